import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { type NetworkPlan, planOf, readPlanFile, runNetwork, shrinkPlan } from '../../src/sim/index.ts';

const hasher = await bestCrypto();
const NETWORKS = Number(process.env['MEDSTATE_NETWORKS'] ?? 500);
const FIRST = Number(process.env['MEDSTATE_FIRST_SEED'] ?? 1);
const SHARE = Math.floor(NETWORKS / 2);
/** One seed in so many has a calm that is long enough for new final blocks. */
const LONG_CALM_EVERY = 8;

/** A plan in which nothing goes wrong, for so many slots. */
const quiet = (seats: number, slots: number): NetworkPlan => ({
  ...planOf(1, { producers: seats, byzantine: false, elections: false, restarts: false, kinds: [] }),
  chaosSlots: slots,
  calmSlots: 1,
});

/** The same, but the last so many producers never run: their nodes fall silent with the first slot. */
const without = (plan: NetworkPlan, silent: number): NetworkPlan => ({
  ...plan,
  byzantine: Array.from({ length: silent }, (_, index) => ({ node: plan.nodes - 1 - index, villainies: [] })),
});

describe('when all is calm again', () => {
  it(`every honest node finalises what is made in the calm, within twelve rounds, in ${SHARE} networks`, async () => {
    const rounds: number[] = [];
    for (let seed = FIRST + NETWORKS; seed < FIRST + NETWORKS + SHARE; seed += 1) {
      const untilFinal = seed % LONG_CALM_EVERY === 0;
      const plan = planOf(seed, { untilFinal });
      const run = await runNetwork(plan, { hasher, untilFinal });
      expect(run.violations, `seed ${seed}`).toEqual([]);
      if (run.settledSlots !== undefined) rounds.push(run.settledSlots / plan.seats);
    }
    expect(rounds.length).toBeGreaterThan(SHARE / 20);
  });
});

describe('a producer that dies while it signs', () => {
  // Both stood still for good when the block was lost and its lock was not; see docs/finality.md.
  it.each([81680, 30544])('finishes its block, and finality goes on: the network of seed %i', async (seed) => {
    const file = new URL(`../vectors/networks/dies-while-signing-${seed}.json`, import.meta.url);
    const read = readPlanFile(JSON.parse(readFileSync(file, 'utf8')));
    if (E.isLeft(read)) throw new Error(JSON.stringify(read.left));
    for (const atWrite of [1, 2]) {
      const { plan } = read.right;
      const restarts = plan.restarts.map((restart) => ({ ...restart, atWrite }));
      const run = await runNetwork({ ...plan, restarts }, { hasher, untilFinal: true });
      expect(run.violations).toEqual([]);
      expect(run.resumed).toBe(atWrite - 1);
    }
  });
});

describe('a network of seven', () => {
  it('goes on to finalise with two of them gone', async () => {
    const run = await runNetwork({ ...without(quiet(7, 60), 2), chaosSlots: 0, calmSlots: 60 }, { hasher });
    expect(run.violations).toEqual([]);
    expect(run.finalHeight).toBeGreaterThan(20);
  });

  it('makes blocks and finalises none with three of them gone, and says so', async () => {
    const plan = { ...without(quiet(7, 60), 3), chaosSlots: 0, calmSlots: 60 };
    const run = await runNetwork(plan, { hasher, untilFinal: true });
    expect(run.violations.map(({ code }) => code)).toEqual(['not_final_again']);
    expect(run.finalHeight).toBe(0);
    expect(run.height).toBeGreaterThan(25);
    // With less of a calm anything would not be final: that is not what is to be shown.
    const again = (lesser: NetworkPlan) => runNetwork(lesser, { hasher, untilFinal: true });
    const least = await shrinkPlan({ ...plan, transfersPerThousandSlots: 200 }, 'not_final_again', again, 8);
    expect(least).toEqual({ ...plan, transfersPerThousandSlots: 0 });
  });
});
