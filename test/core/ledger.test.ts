import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/core/ledger.ts';
import { rankKey, tags } from '../../src/core/state/keys.ts';
import type { Candidacy } from '../../src/core/state/records.ts';
import type { StateReader } from '../../src/core/state/view.ts';
import type { Address, Hash, Height } from '../../src/core/units.ts';

const id = '11'.repeat(32) as Hash;
const fresh: Candidacy = {
  owner: `02${'22'.repeat(32)}` as Address,
  collateral: 0n,
  power: 1n,
  height: 5 as Height,
  index: 0,
  url: '',
  produced: 0,
  missed: 0,
};
const nothing: StateReader = { get: () => undefined, keys: () => [] };
const noTotals = { supply: 0n, staked: 0n, withdrawals: 0n, yearsBegun: 0, yearBudget: 0n };

/** Where the ranking has an entry after the changes. */
const ranked = (ledger: Ledger): readonly string[] =>
  ledger.changes.filter(({ key, record }) => key.startsWith(tags.rank) && record !== undefined).map(({ key }) => key);

describe('the ranking in the changes of a block', () => {
  it('has one place for a candidacy, that of its last power, however often somebody asks in between', () => {
    const ledger = new Ledger(nothing, noTotals);
    ledger.openCandidacy(id, fresh);
    expect(ranked(ledger)).toEqual([rankKey(fresh)]);
    ledger.changePower(id, 5n);
    ledger.changePower(id, 2n);
    expect(ranked(ledger)).toEqual([rankKey({ ...fresh, power: 8n })]);
    ledger.changePower(id, -7n);
    expect(ranked(ledger)).toEqual([rankKey(fresh)]);
    ledger.closeCandidacy(id);
    expect(ranked(ledger)).toEqual([]);
  });
});
