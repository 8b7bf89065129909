/**
 * Cores run: one replay of the store of the bench `cores`, in a process of its own; prints JSON. Arguments: the store, the
 * accounts, how many of them have keys, how many workers.
 *
 * It replays twice and tells of the second time: by then the code is compiled, and the workers have come.
 */
import { readFileSync } from 'node:fs';
import { sqliteStorage } from '../dist/adapters/storage/sqlite.js';
import { checkPool } from '../dist/adapters/workers/check-pool.js';
import { replay } from '../dist/audit/index.js';
import { chainOf, right } from './chain.mjs';
import { timedAsync } from './measure.mjs';

/** CPU microseconds of this thread alone; not a number where the system does not tell. */
const threadMicros = () => {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  } catch {
    return Number.NaN;
  }
};

const [file, accounts, people, workers] = process.argv.slice(2);
const world = await chainOf(Number(accounts), { people: Number(people) });
const founding = { ...world.founding, tip: world.takeTip() };
const storage = await sqliteStorage({ file, readOnly: true });
const failures = [];
const checker = checkPool({
  crypto: world.crypto,
  workers: Number(workers),
  onFailure: (error) => failures.push(String(error)),
});
while (checker.workers < Number(workers) && failures.length === 0) await new Promise((wake) => setTimeout(wake, 10));

await replay(founding, storage, { checker });
const threadBefore = threadMicros();
const { micros, wall, result } = await timedAsync(() => replay(founding, storage, { checker }));
const thread = threadMicros() - threadBefore;
const { transactions, tip } = right(result);
await checker.close();
await storage.close();
if (failures.length > 0) throw new Error(`a worker failed: ${failures[0]}`);
console.log(JSON.stringify({ micros, wall, thread, transactions, root: tip.state.root }));
