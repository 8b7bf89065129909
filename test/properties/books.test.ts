import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenInvariants, stateInvariants } from '../../src/core/invariants.ts';
import * as keys from '../../src/core/state/keys.ts';
import { type Account, type Due, noAccount, noDue } from '../../src/core/state/records.ts';
import type { StateReader, StateView } from '../../src/core/state/view.ts';
import type { Address, Hash, Height, Seconds, Slot, Units } from '../../src/core/units.ts';
import { ChainDriver, type ChainSetting } from '../twins/chain-driver.ts';
import { anyPlan, evenly, type Intent, makerOf, slotOf } from '../twins/chain-plans.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const weights = { ...evenly, vote: 2, stake: 2, unstake: 2, become_candidate: 2, register_alias: 2, 'swap payer': 1 };

/** All that lies somewhere: amounts by pocket and owner. */
const pocketsOf = (view: StateView): ReadonlyMap<string, bigint> => {
  const pockets = new Map<string, bigint>();
  const put = (name: string, amount: bigint) => amount !== 0n && pockets.set(name, amount);
  const all = (tag: string) => view.keys(keys.rangeOf(tag), Number.MAX_SAFE_INTEGER);
  for (const key of all(keys.tags.account)) {
    const { balance, staked, withdrawals } = view.get(key as keys.Key<Account>) ?? noAccount;
    put(`balance ${key.slice(2)}`, balance);
    put(`staked ${key.slice(2)}`, staked);
    put(
      `withdrawal ${key.slice(2)}`,
      withdrawals.reduce((sum, { amount }) => sum + amount, 0n),
    );
  }
  for (const key of all(keys.tags.candidacy)) {
    put(
      `candidate_collateral ${key.slice(2)}`,
      view.get(key as ReturnType<typeof keys.candidacyKey>)?.collateral ?? 0n,
    );
  }
  for (const key of all(keys.tags.alias)) {
    const name = Buffer.from(key.slice(2), 'hex').toString();
    put(`alias_collateral ${name}`, view.get(key as ReturnType<typeof keys.aliasKey>)?.collateral ?? 0n);
  }
  return pockets;
};

const sumOf = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((sum, amount) => sum + amount, 0n);

describe('the books of a chain', () => {
  it('hold every invariant, at genesis and after every block', () => {
    const run = fc.property(anyPlan({ people: 5, blocks: 10, intents: 6 }, weights), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const { params } = driver.chain;
      expect(brokenInvariants(driver.tip.state, params)).toEqual([]);
      for (const { jump, intents } of blocks) {
        driver.step(slotOf(driver, jump), intents.map(makerOf));
        expect(brokenInvariants(driver.tip.state, params)).toEqual([]);
        // Nothing that is due stays in the queue.
        expect(driver.tip.state.keys(keys.dueUntil(driver.tip.time), 1)).toEqual([]);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('sum to the supply, and move by the postings of each block, which sum to its reward, and by nothing else', () => {
    const run = fc.property(anyPlan({ people: 5, blocks: 10, intents: 6 }, weights), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const kept = new Map(pocketsOf(driver.tip.state));
      for (const { jump, intents } of blocks) {
        const { transition } = driver.step(slotOf(driver, jump), intents.map(makerOf));
        for (const { pocket, owner, amount } of transition.postings) {
          const name = `${pocket} ${owner}`;
          const after = (kept.get(name) ?? 0n) + amount;
          expect(after >= 0n && amount !== 0n).toBe(true);
          if (after === 0n) kept.delete(name);
          else kept.set(name, after);
        }
        expect(sumOf(transition.postings.map(({ amount }) => amount))).toBe(transition.reward);
        const pockets = pocketsOf(driver.tip.state);
        expect(pockets).toEqual(kept);
        expect(sumOf(pockets.values())).toBe(transition.supply);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });
});

const setting: ChainSetting = {
  params: {
    slotSeconds: '1',
    producersPerRound: '2',
    windowSeconds: '10',
    unstakeSeconds: '20',
    candidateCollateral: '5',
    aliasCollateral: '3',
    maxWithdrawals: '2',
    yearSlots: '10',
  },
  genesisTime: 1000,
  seed: 1,
  holdings: [
    { balance: 100n, staked: 100n, collateral: 5n, votes: [0, 1] },
    { balance: 100n, staked: 50n, collateral: 5n, votes: [1] },
    { balance: 100n, staked: 50n, collateral: undefined, votes: [] },
  ],
};

const intent = (kind: Intent['kind'], by: number): Intent => ({
  kind,
  from: 0,
  to: 1,
  payer: undefined,
  amount: { of: 'number', by },
  pick: 4,
  nonceBy: 0,
  length: 0,
});

/** A chain with something of everything in it. */
const driver = new ChainDriver(setting);
driver.step(1, [
  makerOf(intent('unstake', 7)),
  makerOf(intent('register_alias', 4)),
  makerOf({ ...intent('add_certification', 0), pick: 14 * 4 + 4 }),
]);
driver.step(2, [makerOf(intent('unstake', 2))]);
const { state, time } = driver.tip;
const [owner, other, third] = driver.people.map(({ address }) => address) as [Address, Address, Address];
const account = state.get(keys.accountKey(owner)) as Account;
const candidacyId = account.candidacy as Hash;
const candidacy = state.get(keys.candidacyKey(candidacyId));
const totals = state.get(keys.totalsKey);
const office = state.get(keys.officeKey);
const [certificationKey = ''] = state.keys(keys.rangeOf(keys.tags.certification), 1);
const [certifiedKey = ''] = state.keys(keys.certifiedRange(other), 1);
const [due] = account.withdrawals.map((withdrawal) => withdrawal.due) as [Seconds];
const dueAt = (at: number) => state.get(keys.dueKey(at as Seconds)) as Due;
const usageDue = time + 10;
const aliasName = account.alias as string;

const withAccount = (changed: Partial<Account>, whose = owner) =>
  [keys.accountKey(whose), { ...(state.get(keys.accountKey(whose)) ?? noAccount), ...changed }] as const;
const withDue = (at: number, changed: Partial<Due>) =>
  [keys.dueKey(at as Seconds), { ...noDue, ...state.get(keys.dueKey(at as Seconds)), ...changed }] as const;

type Plant = readonly [what: string, name: RegExp, change: readonly [string, unknown]];

/** States that no chain can come to, and which invariant must say so. */
const plants: readonly Plant[] = [
  ['a coin too many', /sum to the supply/, withAccount({ balance: account.balance + 1n })],
  ['a coin lost in a withdrawal', /sum to the supply/, withAccount({ withdrawals: account.withdrawals.slice(1) })],
  [
    'collateral of a candidate that grew',
    /sum to the supply/,
    [keys.candidacyKey(candidacyId), { ...candidacy, collateral: 6n }],
  ],
  ['collateral of an alias that shrank', /sum to the supply/, [keys.aliasKey(aliasName), { owner, collateral: 1n }]],
  ['a wrong total of stakes', /totals are the sums/, [keys.totalsKey, { ...totals, staked: 1n }]],
  ['a wrong total of withdrawals', /totals are the sums/, [keys.totalsKey, { ...totals, withdrawals: 1n }]],
  ['a stake that gives no power', /power of a candidacy/, withAccount({ staked: account.staked + 1n })],
  ['a vote that gives no power', /power of a candidacy/, withAccount({ votes: [candidacyId] }, third)],
  ['a candidacy without a place', /stands in the ranking once/, [keys.rankKey(candidacy as never), undefined]],
  [
    'a candidacy with two places',
    /stands in the ranking once/,
    [keys.rankKey({ ...(candidacy as NonNullable<typeof candidacy>), power: 9n }), { candidacy: candidacyId }],
  ],
  [
    'a candidacy in a wrong place',
    /stands in the ranking once/,
    [keys.candidacyKey(candidacyId), { ...candidacy, power: 1n }],
  ],
  [
    'units that never come back',
    /used is what the dated queue returns/,
    withAccount({ used: (account.used + 1) as Units }),
  ],
  [
    'units that come back to one who used none',
    /used is what the dated queue returns/,
    withDue(usageDue, { usage: [{ account: third, units: 1 as Units }] }),
  ],
  [
    'units that come back to nobody',
    /used is what the dated queue returns/,
    withDue(usageDue + 1, { usage: [{ account: `02${'1'.repeat(64)}` as Address, units: 1 as Units }] }),
  ],
  [
    'a withdrawal that the queue forgot',
    /open withdrawal stands in the dated queue/,
    withDue(due, { withdrawals: [] }),
  ],
  [
    'a withdrawal that is not open',
    /open withdrawal stands in the dated queue/,
    withDue(due, { withdrawals: [third] }),
  ],
  [
    'more withdrawals than may be',
    /open withdrawal stands in the dated queue/,
    withAccount({ withdrawals: [1, 2, 3].map((at) => ({ due: at as Seconds, amount: 1n })) }),
  ],
  [
    'a withdrawal of nothing',
    /open withdrawal stands in the dated queue/,
    withAccount({ withdrawals: [{ due, amount: 0n }, ...account.withdrawals.slice(1)] }),
  ],
  [
    'withdrawals out of order',
    /open withdrawal stands in the dated queue/,
    withAccount({ withdrawals: [...account.withdrawals].reverse() }),
  ],
  ['an empty entry of the queue', /dated queue holds something/, withDue(999_999, {})],
  [
    'usage out of order',
    /dated queue holds something/,
    withDue(usageDue, { usage: [...dueAt(usageDue).usage, { account: owner, units: 1 as Units }] }),
  ],
  [
    'usage of nothing',
    /dated queue holds something/,
    withDue(usageDue, { usage: [{ account: owner, units: 0 as Units }] }),
  ],
  [
    'one account twice in an entry of the queue',
    /dated queue holds something/,
    withDue(due, { withdrawals: [owner, owner] }),
  ],
  ['a candidacy that its owner forgot', /point at each other/, withAccount({ candidacy: undefined })],
  ['a candidacy of another', /point at each other/, withAccount({ candidacy: candidacyId }, third)],
  ['an alias that its owner forgot', /point at each other/, withAccount({ alias: undefined })],
  ['an alias of another', /point at each other/, withAccount({ alias: aliasName }, third)],
  ['an account of zeros', /all zeros/, withAccount({}, `02${'1'.repeat(64)}` as Address)],
  ['a vote twice for one', /all zeros/, withAccount({ votes: [candidacyId, candidacyId] })],
  ['a certification not found from the certified', /found from the certified/, [certifiedKey, undefined]],
  ['a trace of no certification', /found from the certified/, [certificationKey, undefined]],
  [
    'an office of nobody',
    /office has its sets in order/,
    [keys.officeKey, { ...office, spans: [{ fromHeight: 0, old: [], new: [owner], since: 0 }] }],
  ],
  ['no office at all', /office has its sets in order/, [keys.officeKey, { ...office, spans: [] }]],
  [
    'offices out of order',
    /office has its sets in order/,
    [
      keys.officeKey,
      { ...office, spans: [4, 4].map((fromHeight) => ({ fromHeight, old: [owner], new: [owner], since: 0 })) },
    ],
  ],
  [
    'producers out of order',
    /office has its sets in order/,
    [keys.officeKey, { ...office, producers: [other, owner].sort((a, b) => (a < b ? 1 : -1)) }],
  ],
  [
    'final without a prevote',
    /office has its sets in order/,
    [keys.finalityKey, { maxHeightPrevoted: 1 as Height, finalHeight: 2 as Height }],
  ],
];

/** Records that cannot be written down, as only a state that holds records themselves could have them. */
const unwritable: readonly (typeof plants)[number][] = [
  [
    'a record that its bytes do not hold',
    /what its bytes say/,
    [keys.officeKey, { ...office, sinceSlot: (2 ** 53) as Slot }],
  ],
  ['a record of another form', /what its bytes say/, withAccount({ alias: '' })],
];

describe('the invariants', () => {
  it('all hold in the state that the plants spoil', () => {
    expect(brokenInvariants(state, driver.chain.params)).toEqual([]);
    expect([certificationKey, certifiedKey, aliasName, account.withdrawals.length]).not.toContain('');
    expect(account.withdrawals).toHaveLength(2);
  });

  it.each(plants)('would tell %s', (_, name, change) => {
    const { view } = state.with([{ key: change[0], record: change[1] }]);
    expect(brokenInvariants(view, driver.chain.params).filter((fault) => name.test(fault))).toHaveLength(1);
  });

  it('would each be missed', () => {
    const untried = stateInvariants.filter(
      (invariant) => ![...plants, ...unwritable].some(([, name]) => name.test(invariant.name)),
    );
    expect(untried).toEqual([]);
  });

  it.each(unwritable)('would tell %s', (_, name, [planted, record]) => {
    const view: StateReader = {
      get: <T>(key: keys.Key<T>) => ((key as string) === planted ? (record as T) : state.get(key)),
      keys: (range, limit) => state.keys(range, limit),
    };
    expect(brokenInvariants(view, driver.chain.params).filter((fault) => name.test(fault))).toHaveLength(1);
  });
});
