import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainDriver, type Step } from '../twins/chain-driver.ts';
import { accountAt, anyPlan, makerOf, slotOf } from '../twins/chain-plans.ts';
import {
  followLedger,
  naiveAccounts,
  naiveGenesis,
  realAccounts,
  toldOutcomes,
  toldVerdicts,
} from '../twins/chain-twin.ts';
import type { NaiveWithdrawal } from '../twins/naive-ledger.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Everything that sends coins back, and what must come before it. */
const leaving = {
  unstake: 6,
  stake: 3,
  become_candidate: 3,
  quit_candidacy: 3,
  register_alias: 3,
  deregister_alias: 3,
  transfer: 1,
};
const roomy = { unitsPerSecond: '1000', unitBytes: '1024' };

/** What the block's postings put into withdrawals, or took out of them: by owner. */
const movedOf = ({ transition }: Step, sign: 1n | -1n): ReadonlyMap<string, bigint> => {
  const moved = new Map<string, bigint>();
  for (const { pocket, owner, amount } of transition.postings) {
    if (pocket === 'withdrawal' && amount * sign > 0n) moved.set(owner, (moved.get(owner) ?? 0n) + amount * sign);
  }
  return moved;
};

const sumsOf = (list: readonly NaiveWithdrawal[]): ReadonlyMap<string, bigint> => {
  const sums = new Map<string, bigint>();
  for (const { owner, amount } of list) sums.set(owner, (sums.get(owner) ?? 0n) + amount);
  return sums;
};

describe('a withdrawal', () => {
  it('is back at its second and not before, and no other one moves it, however far apart the blocks are', () => {
    const plans = anyPlan({ people: 4, blocks: 12, intents: 6 }, leaving, roomy);
    const run = fc.property(plans, ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const { unstakeSeconds } = driver.chain.params;
      let open: NaiveWithdrawal[] = [];
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        expect(movedOf(step, -1n)).toEqual(sumsOf(open.filter(({ due }) => due <= step.time)));
        open = open.filter(({ due }) => due > step.time);
        const due = step.time + unstakeSeconds;
        for (const [owner, amount] of movedOf(step, 1n))
          open.push({ owner: owner as NaiveWithdrawal['owner'], due, amount });
        for (const { address } of driver.people) {
          const own = open.filter(({ owner }) => owner === address).map(({ due, amount }) => ({ due, amount }));
          expect(accountAt(driver, address)?.withdrawals ?? []).toEqual(own);
        }
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('is of just what was unstaked or locked, and as many may be open as the parameter says', () => {
    const plans = anyPlan({ people: 4, blocks: 12, intents: 6 }, leaving, roomy);
    const run = fc.property(plans, ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const twin = naiveGenesis(driver);
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        expect(toldOutcomes(step)).toEqual(toldVerdicts(followLedger(twin, step)));
        expect(realAccounts(driver)).toEqual(naiveAccounts(twin, driver));
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });
});
