/**
 * Cores: how much faster is a stored chain replayed on two cores than on one?
 *
 * Blocks of 3 000 signed transfers among 10 000 accounts on SQLite, replayed from genesis by `replay` as `medstate replay` does it: on one
 * core by one thread alone, and on two with a worker for each core. Processes of their own, in turns, by the time that passes: neighbours
 * make it worse. CPU time stands beside it: what the second core costs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sqliteStorage } from '../dist/adapters/storage/sqlite.js';
import { blockId, readBlock } from '../dist/core/index.js';
import { blockOf, chainOf, right, transfersOf } from './chain.mjs';
import { median, NODE_FLAGS, ratioOf } from './measure.mjs';
import { atLeast, reportOf, text } from './report.mjs';

const ACCOUNTS = 10_000;
const COUNT = 3_000;
const BLOCKS = Number(process.env.BLOCKS ?? 12);
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const report = reportOf(import.meta.url, `replay of blocks of ${text(COUNT)} signed transfers, two cores against one`);

/** A store of these blocks, and the root that they lead to. */
const makeStore = async (file) => {
  const world = await chainOf(ACCOUNTS, { people: COUNT });
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const nonces = new Map();
  let tip = world.takeTip();
  for (let block = 0; block < BLOCKS; block += 1) {
    const made = blockOf(world, tip, transfersOf(world, COUNT, nonces, ACCOUNTS));
    const { header } = right(readBlock(made.bytes));
    const id = blockId(world.crypto, header);
    await storage.commit({ blocks: [{ height: header.height, id, bytes: made.bytes }] });
    tip = made.tip;
  }
  await storage.close();
  return tip.state.root;
};

const last = availableParallelism() - 1;
const runOn = (cores, workers, file, root) => {
  const program = fileURLToPath(new URL('cores-run.mjs', import.meta.url));
  const words = [
    '-c',
    cores,
    process.execPath,
    ...NODE_FLAGS,
    program,
    file,
    String(ACCOUNTS),
    String(COUNT),
    String(workers),
  ];
  const { status, stdout, stderr, error } = spawnSync('taskset', words, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) throw error ?? new Error(stderr);
  const run = JSON.parse(stdout);
  if (run.root !== root || run.transactions !== BLOCKS * COUNT) throw new Error('wrong answer');
  const per = (micros) => micros / run.transactions;
  return { wall: per(run.wall), cpu: per(run.micros), thread: per(run.thread) };
};

if (last < 1) report.note('this machine has one core');
else {
  const folder = mkdtempSync(join(tmpdir(), 'medstate-cores-'));
  try {
    const file = join(folder, 'store');
    const root = await makeStore(file);
    const [one, two] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      one.push(runOn(String(last), 0, file, root));
      two.push(runOn(`${last - 1},${last}`, 2, file, root));
    }
    const of = (runs, name) => runs.map((run) => run[name]);
    report.row({
      what: `replay, ${text(ACCOUNTS)} accounts, blocks of ${text(COUNT)}, two cores`,
      figure: median(of(two, 'wall')),
      unit: 'us a transfer',
      against: 'one core',
      limit: median(of(one, 'wall')),
      ratio: ratioOf(of(one, 'wall'), of(two, 'wall')),
      mark: atLeast(1.7),
      note:
        `CPU time ${text(median(of(two, 'cpu')))} us against ${text(median(of(one, 'cpu')))} us; ` +
        `the reducing thread has ${text(median(of(two, 'thread')))} us of it`,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
