import { describe, expect, it } from 'vitest';
import { earliestReturn } from '../../src/core/bandwidth.ts';
import { Ledger } from '../../src/core/ledger.ts';
import { type AnyKey, dueKey } from '../../src/core/state/keys.ts';
import type { StateReader } from '../../src/core/state/view.ts';
import type { Address, Seconds, Units } from '../../src/core/units.ts';

const user = `02${'22'.repeat(32)}` as Address;
const DUES = 100;

/** A queue of 100 due times; the user's one unit returns with the last. */
const queue = () => {
  const keys: readonly string[] = Array.from({ length: DUES }, (_, index) => dueKey((1_000 + index) as Seconds));
  const last = keys[DUES - 1];
  let asked = 0;
  const state: StateReader = {
    get<T>(key: AnyKey) {
      asked += 1;
      const usage = key === last ? [{ account: user, units: 1 as Units }] : [];
      return { usage, withdrawals: [] } as T;
    },
    keys: (_, limit) => keys.slice(0, limit),
  };
  const totals = { supply: 1n, staked: 0n, withdrawals: 0n, yearsBegun: 0, yearBudget: 0n };
  return { ledger: new Ledger(state, totals), asked: () => asked };
};

describe('when enough bandwidth is back', () => {
  it('is told to the second while the budget lasts, and reading takes from the budget', () => {
    const { ledger } = queue();
    const budget = { entriesLeft: 150 };
    expect(earliestReturn(ledger, user, 1n, 9_999 as Seconds, budget)).toBe(1_099);
    expect(budget.entriesLeft).toBe(50);
  });

  it('is unknown once the budget has run out, and nothing more is read then', () => {
    const { ledger, asked } = queue();
    const budget = { entriesLeft: 40 };
    expect(earliestReturn(ledger, user, 1n, 9_999 as Seconds, budget)).toBe('unknown');
    expect(asked()).toBe(40);
    expect(earliestReturn(ledger, user, 1n, 9_999 as Seconds, budget)).toBe('unknown');
    expect(asked()).toBe(40);
  });

  it('is never if not even the whole window brings it', () => {
    expect(earliestReturn(queue().ledger, user, 2n, 9_999 as Seconds, { entriesLeft: 1_000 })).toBe('never');
  });
});
