import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainDriver } from '../twins/chain-driver.ts';
import { anyPlan, evenly, makerOf, slotOf } from '../twins/chain-plans.ts';
import {
  ChainTwin,
  naiveAccounts,
  naiveRanking,
  naiveTotals,
  realAccounts,
  realBlock,
  realRanking,
  realTotals,
} from '../twins/chain-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const weights = { ...evenly, vote: 3, stake: 2, unstake: 2, become_candidate: 2 };

describe('a chain', () => {
  it('is block by block what the naive twins of ledger, rounds and finality make of the same offers', () => {
    const plans = anyPlan({ people: 5, blocks: 12, intents: 5 }, weights);
    const follow = fc.property(plans, ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const twin = new ChainTwin(driver);
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        expect(realBlock(step)).toEqual(twin.follow(step));
        expect(realAccounts(driver)).toEqual(naiveAccounts(twin.ledger, driver));
        expect(realRanking(driver)).toEqual(naiveRanking(twin.ledger));
        expect(realTotals(driver)).toEqual(naiveTotals(twin.ledger));
      }
    });
    fc.assert(follow, { numRuns: RUNS });
  });
});
