/**
 * Share: what does the engine itself cost a transfer, all but the recovery of its signature, in memory?
 *
 * Blocks of 3 000 transfers between accounts that look random, among 10 000 and 1 000 000. Signatures name their senders. Beside each
 * block stands the bare recovery of a thousand signatures. CPU time, one core.
 */
import { bareRecoveries } from './bare.mjs';
import { median, onOneCore, ratioOf, seededBelow, timed } from './measure.mjs';
import { namedRun } from './named-run.mjs';
import { atMost, reportOf, text } from './report.mjs';
import { twinLedger } from './twin-ledger.mjs';

onOneCore(import.meta.url);
const ROUNDS = Number(process.env.ROUNDS ?? 25);
const WARMING = 10;
const [COUNT, BARE] = [3_000, 1_000];
const report = reportOf(import.meta.url, 'the engine beside the signatures, in memory');
const recover = bareRecoveries(BARE);

const measure = async (accounts) => {
  const run = await namedRun(accounts);
  const [below, twin] = [seededBelow(7), twinLedger(Math.min(accounts, 2 * COUNT * (ROUNDS + WARMING)))];
  const transfer = () => {
    const [from, to] = [below(accounts), below(accounts)];
    twin.transfer(run.addressOf(from), run.addressOf(to), 1n);
    return run.transaction({ kind: 'transfer', to: run.addressOf(to), value: 1n }, from);
  };
  const rounds = [];
  for (let round = 0; round < ROUNDS + WARMING; round += 1) {
    const block = run.make(Array.from({ length: COUNT }, transfer));

    const bare = timed(recover).micros / BARE;
    const { readMicros, checkMicros, reduceMicros } = run.follow(block);
    const [read, check, reduce] = [readMicros, checkMicros, reduceMicros].map((micros) => micros / COUNT);
    if (round >= WARMING) rounds.push({ bare, read, check, reduce, share: read + check + reduce });
  }
  twin.check(run.tip.state);
  return (name) => rounds.map((round) => round[name]);
};

for (const [accounts, mark] of [
  [10_000, atMost(6)],
  [1_000_000, atMost(11)],
]) {
  const of = await measure(accounts);
  const part = (name) => text(median(of(name)));
  report.row({
    what: `a transfer, ${text(accounts)} accounts`,
    figure: median(of('share')),
    unit: 'us',
    against: 'bare native recovery',
    limit: median(of('bare')),
    ratio: ratioOf(of('share'), of('bare')),
    mark,
    marked: median(of('share')),
    note: `read and header ${part('read')}, decode and hash ${part('check')}, reduce ${part('reduce')} us`,
  });
}
