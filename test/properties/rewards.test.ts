import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenInvariants } from '../../src/core/invariants.ts';
import { type ChainParams, readParams } from '../../src/core/params.ts';
import { budgetOf, openYear, rewardOf, slotWorth } from '../../src/core/reward.ts';
import { accountKey, totalsKey } from '../../src/core/state/keys.ts';
import type { Totals } from '../../src/core/state/records.ts';
import { MAX_AMOUNT, type Slot } from '../../src/core/units.ts';
import { ChainDriver, type ChainSetting } from '../twins/chain-driver.ts';
import { anySetting } from '../twins/chain-plans.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const paramsOf = (yearSlots: number, inflationPerYear: string): ChainParams => {
  const read = readParams({ chainId: '1', yearSlots: String(yearSlots), inflationPerYear });
  if (read._tag === 'Left') throw new Error(JSON.stringify(read.left));
  return read.right;
};

const anyInflation = fc.constantFrom(
  '5/100',
  '1/3',
  '0/1',
  '1/1',
  '9007199254740991/9007199254740990',
  '7/2',
  '1/1000000',
);

/** floor(budget x slots / yearSlots): what the first so many slots of a year are worth together. */
const upTo = (budget: bigint, slots: number, yearSlots: number): bigint => (budget * BigInt(slots)) / BigInt(yearSlots);

/** The rewards of these slots, one after the other, and the totals after them. */
const mintAll = (params: ChainParams, supply: bigint, slots: readonly number[]) => {
  let totals: Totals = { supply, staked: 0n, withdrawals: 0n, yearsBegun: 0, yearBudget: 0n };
  const minted = new Map<number, bigint>();
  for (const slot of slots) {
    totals = openYear(params, totals, slot as Slot);
    const reward = rewardOf(params, totals, slot as Slot);
    minted.set(slot, reward);
    totals = { ...totals, supply: totals.supply + reward };
  }
  return { totals, minted };
};

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

describe('the rewards of a year', () => {
  it('are exactly its budget when no slot is missed, year after year', () => {
    const run = fc.property(
      fc.integer({ min: 1, max: 200 }),
      anyInflation,
      fc.bigInt(1n, 1n << 120n),
      (yearSlots, inflation, supply) => {
        const params = paramsOf(yearSlots, inflation);
        let expected = supply;
        let from = 1;
        for (let year = 0; year < 3; year += 1) {
          const { totals } = mintAll(params, expected, range(from, yearSlots));
          expected += budgetOf(params, expected);
          expect(totals.supply).toBe(expected);
          from += yearSlots;
        }
        expect(mintAll(params, supply, range(1, 3 * yearSlots)).totals.supply).toBe(expected);
      },
    );
    fc.assert(run, { numRuns: RUNS });
  });

  it('are less by just the worth of the slots missed', () => {
    const missing = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 60 });
    const run = fc.property(
      fc.integer({ min: 1, max: 100 }),
      anyInflation,
      fc.bigInt(1n, 1n << 120n),
      missing,
      (yearSlots, inflation, supply, missed) => {
        const params = paramsOf(yearSlots, inflation);
        const slots = range(1, yearSlots).filter((slot) => !missed.includes(slot));
        const budget = budgetOf(params, supply);
        const lost = range(1, yearSlots)
          .filter((slot) => missed.includes(slot))
          .map((slot) => upTo(budget, slot, yearSlots) - upTo(budget, slot - 1, yearSlots));
        const { totals } = mintAll(params, supply, slots);
        expect(totals.supply).toBe(
          supply +
            (slots.length === 0 ? 0n : budget) -
            (slots.length === 0 ? 0n : lost.reduce((sum, worth) => sum + worth, 0n)),
        );
      },
    );
    fc.assert(run, { numRuns: RUNS });
  });

  it('differ by one raw unit at most from slot to slot, and start anew with each year', () => {
    const run = fc.property(fc.integer({ min: 1, max: 300 }), fc.bigInt(0n, MAX_AMOUNT), (yearSlots, budget) => {
      const params = paramsOf(yearSlots, '1/1');
      const worths = range(1, yearSlots).map((slot) => slotWorth(params, budget, slot as Slot));
      const least = budget / BigInt(yearSlots);
      expect(worths.every((worth) => worth === least || worth === least + 1n)).toBe(true);
      expect(range(yearSlots + 1, yearSlots).map((slot) => slotWorth(params, budget, slot as Slot))).toEqual(worths);
    });
    fc.assert(run, { numRuns: RUNS });
  });
});

/** The slots of a chain's blocks: gaps within a year, over its end, and over whole years. */
const anyGaps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 3, arbitrary: fc.integer({ min: 2, max: 9 }) },
    { weight: 1, arbitrary: fc.nat(70).map((gap) => gap + 1) },
  ),
  { minLength: 1, maxLength: 25 },
);

describe('a chain', () => {
  it('mints by the budget that the first block of each year fixes, and nothing for a slot or a year that nobody used', () => {
    const run = fc.property(anySetting(3), anyGaps, (setting, gaps) => {
      const driver = new ChainDriver(setting);
      const { yearSlots, inflationPerYear } = driver.chain.params;
      const budgets = new Map<number, bigint>();
      let supply = driver.tip.state.get(totalsKey)?.supply ?? 0n;
      for (const gap of gaps) {
        const parent = driver.tip;
        const { slot, transition, built } = driver.step(driver.tip.slot + gap);
        const year = Math.floor((slot - 1) / yearSlots);
        const budget = budgets.get(year) ?? (supply * inflationPerYear.numerator) / inflationPerYear.denominator;
        budgets.set(year, budget);
        const place = (slot - 1) % yearSlots;
        const worth = upTo(budget, place + 1, yearSlots) - upTo(budget, place, yearSlots);
        supply += worth;
        expect([transition.reward, transition.supply]).toEqual([worth, supply]);
        const producer = accountKey(built.claim.producer);
        const before = parent.state.get(producer)?.balance ?? 0n;
        const back = transition.postings.filter(
          ({ pocket, owner, amount }) => pocket === 'withdrawal' && amount < 0n && owner === built.claim.producer,
        );
        expect(driver.tip.state.get(producer)?.balance ?? 0n).toBe(
          before + worth - back.reduce((sum, { amount }) => sum + amount, 0n),
        );
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('never has more coins than 2^128-1: a block that would pass it mints nothing, a later one that would not mints again', () => {
    const inflations = fc.constantFrom('200/1', '255/1', '1000/1', '9007199254740991/1', '3/2');
    const run = fc.property(
      anySetting(2),
      inflations,
      fc.integer({ min: 1, max: 4 }),
      anyGaps,
      (setting, inflationPerYear, yearSlots, gaps) => {
        const rich: ChainSetting = {
          ...setting,
          params: { ...setting.params, inflationPerYear, yearSlots: String(yearSlots) },
          holdings: setting.holdings.map((holding, index) =>
            index === 0 ? { ...holding, balance: (1n << 120n) - 1000n } : holding,
          ),
        };
        const driver = new ChainDriver(rich);
        let supply = driver.tip.state.get(totalsKey)?.supply ?? 0n;
        for (const gap of gaps) {
          const { slot, transition } = driver.step(driver.tip.slot + gap);
          const budget = driver.tip.state.get(totalsKey)?.yearBudget ?? 0n;
          const place = (slot - 1) % yearSlots;
          const worth = upTo(budget, place + 1, yearSlots) - upTo(budget, place, yearSlots);
          expect(transition.reward).toBe(supply + worth >= 1n << 128n ? 0n : worth);
          supply += transition.reward;
          expect(transition.supply).toBe(supply);
          expect(supply <= MAX_AMOUNT).toBe(true);
          // The budget of a year may be greater than any amount; its record holds it all the same.
          expect(brokenInvariants(driver.tip.state, driver.chain.params)).toEqual([]);
        }
      },
    );
    fc.assert(run, { numRuns: RUNS });
  });
});
