import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { totalsKey } from '../../src/core/state/keys.ts';
import { noAccount, type Totals } from '../../src/core/state/records.ts';
import type { LiveState } from '../../src/core/steps/work.ts';
import type { Address } from '../../src/core/units.ts';
import { ChainDriver, type MakeOffer, type Step } from '../twins/chain-driver.ts';
import { accountAt, anyPlan, anySetting, type Intent, makerOf, slotOf } from '../twins/chain-plans.ts';
import { followLedger, naiveGenesis, toldOutcomes, toldVerdicts } from '../twins/chain-twin.ts';
import type { Charge } from '../twins/naive-ledger.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Traffic of somebody who wants more than the quota: stakes come and go, others pay, sizes vary. */
const greedy = { transfer: 6, stake: 3, unstake: 4, vote: 1, add_record: 1, become_candidate: 1, quit_candidacy: 1 };
const tight = { unitsPerSecond: '2', unitBytes: '100', maxBlockUnits: '0' };

const sumOf = (charges: readonly Charge[]): number => charges.reduce((sum, { units }) => sum + units, 0);
const chargedTo = (charges: readonly Charge[], who: Address): readonly Charge[] =>
  charges.filter((charge) => charge.who === who);

/** What an account may use, and by what stake: from the live state between two transactions. */
interface Moment {
  readonly staked: ReadonlyMap<Address, bigint>;
  readonly totals: Pick<Totals, 'supply' | 'staked' | 'withdrawals'>;
}

const momentOf = ({ people, tip }: ChainDriver, state: Pick<LiveState, 'account'>): Moment => {
  const accounts = people.map(({ address }) => [address, state.account(address)] as const);
  const under = accounts.flatMap(([, { withdrawals }]) => withdrawals.map(({ amount }) => amount));
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  return {
    staked: new Map(accounts.map(([address, { staked }]) => [address, staked])),
    totals: {
      supply: tip.state.get(totalsKey)?.supply ?? 0n,
      staked: sum(accounts.map(([, { staked }]) => staked)),
      withdrawals: sum(under),
    },
  };
};

const quotaAt = ({ chain: { params } }: ChainDriver, { staked, totals }: Moment, who: Address): bigint => {
  const floor = (totals.supply * params.stakeFloor.numerator) / params.stakeFloor.denominator;
  const bound = totals.staked + totals.withdrawals;
  const basis = params.stakeBasis === 'supply' ? totals.supply : bound > floor ? bound : floor;
  return basis === 0n ? 0n : (BigInt(params.unitsPerSecond * params.windowSeconds) * (staked.get(who) ?? 0n)) / basis;
};

/** Makes a block, and tells the moment before each offer and after the last. */
const watched = (driver: ChainDriver, slot: number, intents: readonly Intent[]): readonly [Step, readonly Moment[]] => {
  const moments: Moment[] = [];
  const makers = intents.map(
    (intent): MakeOffer =>
      (sight) => {
        moments.push(momentOf(driver, sight.state));
        return makerOf(intent)(sight);
      },
  );
  const parent = driver.tip;
  const step = driver.step(slot, makers);
  const after = momentOf(driver, {
    account: (address) => accountAt(driver, address) ?? noAccount,
  });
  // The reward comes after the transactions: no supply of theirs.
  moments.push({ ...after, totals: { ...after.totals, supply: parent.state.get(totalsKey)?.supply ?? 0n } });
  return [step, moments];
};

describe('bandwidth', () => {
  it('is never used above the quota within any window, but by the whole-stake exit and by a stake that pays for itself', () => {
    const plans = anyPlan({ people: 4, blocks: 10, intents: 6 }, greedy, tight);
    const run = fc.property(plans, ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const { windowSeconds } = driver.chain.params;
      const charges: Charge[] = [];
      for (const { jump, intents } of blocks) {
        const [step, moments] = watched(driver, slotOf(driver, jump), intents);
        const { included } = step.transition;
        for (const [place, { leftOut, failed }] of step.outcomes.entries()) {
          if (leftOut !== undefined) continue;
          const tx = included[step.outcomes.slice(0, place).filter((before) => before.leftOut === undefined).length];
          if (tx === undefined) throw new Error('a transaction is missing');
          const [before, after] = [moments[place] as Moment, moments[place + 1] as Moment];
          const who = tx.payer ?? tx.sender;
          charges.push({ who, time: step.time, units: tx.units });
          const windowUnits = sumOf(chargedTo(charges, who).filter(({ time }) => time > step.time - windowSeconds));
          const alone = tx.payer === undefined && failed === undefined;
          const isExit = alone && tx.kind.name === 'unstake' && tx.transaction.value === before.staked.get(who);
          const paysItself = alone && tx.kind.name === 'stake' && windowUnits <= quotaAt(driver, after, who);
          expect(windowUnits <= quotaAt(driver, before, who) || isExit || paysItself).toBe(true);
        }
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('lets in and leaves out what a plain list of charges says, by either basis, and tells when enough is back', () => {
    const plans = anyPlan({ people: 4, blocks: 10, intents: 6 }, greedy, { ...tight, maxWithdrawals: '3' });
    const run = fc.property(plans, ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const { windowSeconds } = driver.chain.params;
      const twin = naiveGenesis(driver);
      for (const { jump, intents } of blocks) {
        const chargesBefore = [...twin.charges];
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        const verdicts = followLedger(twin, step);
        expect(toldOutcomes(step)).toEqual(toldVerdicts(verdicts));
        let included = 0;
        for (const [place, { leftOut }] of step.outcomes.entries()) {
          const { checked } = step.offers[place] as Step['offers'][number];
          if (leftOut === undefined) included += 1;
          if (leftOut?.code !== 'bandwidth_exceeded' || checked._tag === 'Left') continue;
          const { payer, sender, units } = checked.right;
          const charges = chargedTo(
            [...chargesBefore, ...twin.charges.slice(chargesBefore.length).slice(0, included)],
            payer ?? sender,
          );
          const quota = verdicts[place]?.quota ?? -1n;
          const usedAt = (t: number) => sumOf(charges.filter(({ time }) => time > t - windowSeconds));
          const times = [...new Set(charges.map(({ time }) => time + windowSeconds))]
            .filter((t) => t > step.time)
            .sort((a, b) => a - b);
          const earliest = times.find((t) => BigInt(usedAt(t) + units) <= quota);
          expect(leftOut.details).toEqual({
            units: String(units),
            quota: quota.toString(),
            used: String(usedAt(step.time)),
            earliest: earliest === undefined ? null : String(earliest),
          });
        }
        for (const { address } of driver.people) {
          expect(accountAt(driver, address)?.used ?? 0).toBe(twin.used(address, step.time));
        }
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('used at T is back at T + window, and one second earlier is not, whatever else happens', () => {
    const second = { slotSeconds: '1', windowSeconds: '7', unstakeSeconds: '9', ...tight, unitsPerSecond: '30' };
    const traffic = fc.array(fc.tuple(fc.nat(2), fc.boolean(), fc.nat(120)), { minLength: 30, maxLength: 40 });
    const run = fc.property(anySetting(3, second), traffic, (setting, seconds) => {
      const driver = new ChainDriver(setting);
      const charges: Charge[] = [];
      for (const [from, speaks, length] of seconds) {
        const transfer: Intent = {
          kind: 'transfer',
          from,
          to: 1,
          payer: undefined,
          amount: { of: 'number', by: 1 },
          pick: 0,
          nonceBy: 0,
          length,
        };
        const { transition, time } = driver.step(driver.tip.slot + 1, speaks ? [makerOf(transfer)] : []);
        for (const { sender, units } of transition.included) charges.push({ who: sender, time, units });
        for (const { address } of driver.people) {
          const counted = chargedTo(charges, address).filter((charge) => time < charge.time + 7);
          expect(accountAt(driver, address)?.used ?? 0).toBe(sumOf(counted));
        }
      }
    });
    fc.assert(run, { numRuns: Math.ceil(RUNS / 4) });
  });
});
