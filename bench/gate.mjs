/**
 * Gate: a short form of the benches for a test: what the engine costs a transfer beside a bare recovery, and how that grows. Prints JSON.
 *
 * CPU time and ratios of one run, so that neighbours hardly matter. GATE_PLANTED adds what half a
 * recovery a transfer would cost, which the gate must see.
 */
import { bareRecoveries } from './bare.mjs';
import { median, ratioOf, seededBelow, timed } from './measure.mjs';
import { namedRun } from './named-run.mjs';

const [ROUNDS, WARMING, COUNT] = [5, 4, 1_000];
const recover = bareRecoveries(COUNT);

const roundsOf = async (accounts) => {
  const run = await namedRun(accounts);
  const below = seededBelow(3);
  const transfer = () =>
    run.transaction({ kind: 'transfer', to: run.addressOf(below(accounts)), value: 1n }, below(accounts));
  const [shares, bares] = [[], []];
  for (let round = 0; round < ROUNDS + WARMING; round += 1) {
    const block = run.make(Array.from({ length: COUNT }, transfer));
    const bare = timed(recover).micros;
    const { readMicros, checkMicros, reduceMicros } = run.follow(block);
    const planted = process.env.GATE_PLANTED === undefined ? 0 : timed(recover).micros / 2;
    if (round < WARMING) continue;
    shares.push(readMicros + checkMicros + reduceMicros + planted);
    bares.push(bare);
  }
  return { shares, bares };
};

const small = await roundsOf(1_000);
// A planted loss shows at one size.
const large = process.env.GATE_PLANTED === undefined ? await roundsOf(10_000) : small;
console.log(
  JSON.stringify({
    besideRecovery: ratioOf(small.shares, small.bares),
    growth: median(large.shares) / median(small.shares),
  }),
);
