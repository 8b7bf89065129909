/**
 * Transfer: how much of a signed transfer is its signature's recovery, from the block's bytes to the root, in memory and on the disk?
 *
 * One core, blocks that come in a row (`followAll`). A round is so many blocks that the rows of final ones come to the store in it, and what is owed at its end is counted, too.
 * The limit is the bare recovery of the same signatures by the native library, and nothing else. Ratios of the limit are by
 * the time that passes, the disk's included; those by CPU time stand beside them.
 */
import { nativeCrypto } from '../dist/adapters/crypto/native.js';
import { nativeRecover } from './bare.mjs';
import { measureEndToEnd } from './end-to-end.mjs';
import { median, onOneCore, ratioOf } from './measure.mjs';
import { atLeast, reportOf, text } from './report.mjs';

onOneCore(import.meta.url);
const ROUNDS = Number(process.env.ROUNDS ?? 8);
const report = reportOf(import.meta.url, 'signed transfers end to end, one core');

const plans = [
  { accounts: 10_000, count: 3_000, blocksPerRound: 10, mark: atLeast(0.85), diskMark: atLeast(0.9) },
  { accounts: 10_000, count: 200, blocksPerRound: 100, mark: atLeast(0.8) },
  { accounts: 1_000_000, count: 3_000, blocksPerRound: 10, mark: atLeast(0.78), diskMark: atLeast(0.9) },
];
for (const { mark, diskMark, ...plan } of plans) {
  const size = `${text(plan.accounts)} accounts, blocks of ${text(plan.count)}`;
  const { bare, memory, disk } = await measureEndToEnd({
    ...plan,
    rounds: ROUNDS,
    // The host goes on compiling for some hundred thousand transfers, which a node soon has behind it.
    warming: 5,
    crypto: nativeCrypto(),
    recover: nativeRecover,
  });
  const row = (what, a, against, b, reached) =>
    report.row({
      what: `${what}, ${size}`,
      figure: median(a.wall),
      unit: 'us a transfer',
      against,
      limit: median(b.wall),
      ratio: ratioOf(b.wall, a.wall),
      mark: reached,
      note: `by CPU time ${text(median(a.cpu))} us, ratio ${text(ratioOf(b.cpu, a.cpu))}`,
    });
  row('bytes to SQLite', disk, 'bare native recovery', bare, mark);
  row('bytes to root in memory', memory, 'bare native recovery', bare);
  row('durable against in memory', disk, 'in memory', memory, diskMark);
}
