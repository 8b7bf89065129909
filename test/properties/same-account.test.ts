import { describe, expect, it } from 'vitest';
import { brokenInvariants } from '../../src/core/invariants.ts';
import { accountKey, certificationKey, certifiedKey } from '../../src/core/state/keys.ts';
import { type Account, noAccount } from '../../src/core/state/records.ts';
import type { Hash } from '../../src/core/units.ts';
import { ChainDriver, type ChainSetting } from '../twins/chain-driver.ts';
import { honestKinds, type Intent, type IntentKind, makerOf } from '../twins/chain-plans.ts';
import {
  followLedger,
  naiveAccounts,
  naiveGenesis,
  realAccounts,
  toldOutcomes,
  toldVerdicts,
} from '../twins/chain-twin.ts';

/** No inflation, so that nothing but the transactions moves a coin. */
const setting: ChainSetting = {
  params: {
    inflationPerYear: '0/1',
    producersPerRound: '1',
    candidateCollateral: '20',
    aliasCollateral: '10',
    unitBytes: '100',
    maxPayloadBytes: '600',
  },
  genesisTime: 1000,
  seed: 3,
  holdings: [
    { balance: 0n, staked: 1000n, collateral: 5n, votes: [0] },
    { balance: 500n, staked: 300n, collateral: undefined, votes: [0] },
    { balance: 500n, staked: 200n, collateral: undefined, votes: [] },
    { balance: 500n, staked: 100n, collateral: undefined, votes: [] },
  ],
};

const A = 1;
const B = 2;
const C = 3;

const intent = (kind: IntentKind, from: number, to: number, payer: number | undefined): Intent => ({
  kind,
  from,
  to,
  payer,
  amount: { of: 'number', by: 40 },
  // Hash 0, alias 0, and times that a certification may have.
  pick: 14 * 4 + 4,
  nonceBy: 0,
  length: 0,
});

/** The change of one account by one transaction in the second block. */
const changeOf = (kind: IntentKind, from: number, to: number, payer: number | undefined) => {
  const driver = new ChainDriver(setting);
  const before = driver.people.map(({ address }) => driver.tip.state.get(accountKey(address)) ?? noAccount);
  const step = driver.step(1, [makerOf(intent(kind, from, to, payer))]);
  const after = driver.people.map(({ address }) => driver.tip.state.get(accountKey(address)) ?? noAccount);
  const units = step.transition.receipts[0]?.units ?? 0;
  const difference = (index: number) => {
    const [old, now] = [before[index] as Account, after[index] as Account];
    return {
      nonce: now.nonce - old.nonce,
      balance: now.balance - old.balance,
      staked: now.staked - old.staked,
      used: now.used - old.used,
    };
  };
  return { driver, step, units, of: difference, told: toldOutcomes(step) };
};

const nothing = { nonce: 0n, balance: 0n, staked: 0n, used: 0 };

describe('a transfer', () => {
  it('to its own sender moves nothing, and costs nonce and units like any other', () => {
    const { of, units, told } = changeOf('transfer', A, A, undefined);
    expect(told).toEqual(['executed']);
    expect(units).toBeGreaterThan(1);
    expect(of(A)).toEqual({ ...nothing, nonce: 1n, used: units });
  });

  it('to its own sender, paid by another, moves nothing', () => {
    const { of, units, told } = changeOf('transfer', A, A, B);
    expect(told).toEqual(['executed']);
    expect(of(A)).toEqual({ ...nothing, nonce: 1n });
    expect(of(B)).toEqual({ ...nothing, used: units });
  });

  it('to who pays for it gives the value and takes the units', () => {
    const { of, units, told } = changeOf('transfer', A, B, B);
    expect(told).toEqual(['executed']);
    expect(of(A)).toEqual({ ...nothing, nonce: 1n, balance: -40n });
    expect(of(B)).toEqual({ ...nothing, balance: 40n, used: units });
  });

  it('of three accounts keeps them apart', () => {
    const { of, units } = changeOf('transfer', A, B, C);
    expect([of(A), of(B), of(C)]).toEqual([
      { ...nothing, nonce: 1n, balance: -40n },
      { ...nothing, balance: 40n },
      { ...nothing, used: units },
    ]);
  });

  it('paid by its own sender is refused', () => {
    const { of, told } = changeOf('transfer', A, B, A);
    expect(told).toEqual(['left out: payer_is_sender']);
    expect([of(A), of(B)]).toEqual([nothing, nothing]);
  });

  it('of more than there is, to oneself, fails all the same', () => {
    const driver = new ChainDriver(setting);
    const step = driver.step(1, [makerOf({ ...intent('transfer', A, A, B), amount: { of: 'balance', by: 1 } })]);
    expect(toldOutcomes(step)).toEqual(['balance_too_small']);
  });
});

describe('a certification', () => {
  const hash = '1'.repeat(64) as Hash;

  it('of its own certifier stands under it twice over', () => {
    const { driver, told, of, units } = changeOf('add_certification', A, A, undefined);
    const { address } = driver.person(A);
    expect(told).toEqual(['executed']);
    expect(driver.tip.state.get(certificationKey(address, hash))?.certified).toBe(address);
    expect(driver.tip.state.get(certifiedKey(address, address, hash))?.stored).toBe(driver.tip.time);
    expect(of(A)).toEqual({ ...nothing, nonce: 1n, used: units });
  });

  it('paid by whom it certifies changes that account by its units alone', () => {
    const { told, of, units } = changeOf('add_certification', A, B, B);
    expect(told).toEqual(['executed']);
    expect([of(A), of(B)]).toEqual([
      { ...nothing, nonce: 1n },
      { ...nothing, used: units },
    ]);
  });
});

const roles = [A, B].flatMap((to) => [undefined, A, B, C].map((payer) => ({ to, payer })));
const cases = honestKinds.flatMap((kind) =>
  roles.map(({ to, payer }) => ({ kind, to, payer: payer === undefined ? 'nobody' : `account ${payer}`, by: payer })),
);

describe('every kind, with every choice of receiver and payer among sender and others', () => {
  it.each(cases)(
    '$kind of account 1 to account $to paid by $payer does what the naive ledger says, done twice in a block',
    ({ kind, to, by }) => {
      const driver = new ChainDriver(setting);
      const twin = naiveGenesis(driver);
      const maker = makerOf(intent(kind, A, to, by));
      for (const slot of [1, 2]) {
        const step = driver.step(slot, [maker, maker]);
        expect(toldOutcomes(step)).toEqual(toldVerdicts(followLedger(twin, step)));
        expect(realAccounts(driver)).toEqual(naiveAccounts(twin, driver));
        expect(brokenInvariants(driver.tip.state, driver.chain.params)).toEqual([]);
      }
    },
  );
});
