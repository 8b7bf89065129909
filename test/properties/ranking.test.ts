import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { electedOf } from '../../src/core/round.ts';
import { type Key, rangeOf, tags } from '../../src/core/state/keys.ts';
import type { Account, Candidacy } from '../../src/core/state/records.ts';
import type { StateView } from '../../src/core/state/view.ts';
import { ChainDriver } from '../twins/chain-driver.ts';
import { anyPlan, makerOf, slotOf } from '../twins/chain-plans.ts';
import { followLedger, naiveGenesis, naiveRanking, realRanking } from '../twins/chain-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const voting = { vote: 6, stake: 3, unstake: 3, become_candidate: 3, quit_candidacy: 2, transfer: 1 };
const roomy = { unitsPerSecond: '1000', unitBytes: '1024', maxWithdrawals: '9', candidateNeedsAlias: 'false' };

/** All records under a tag, with what names them. */
const recordsOf = <T>(view: StateView, tag: string): readonly (readonly [string, T])[] =>
  view.keys(rangeOf(tag), Number.MAX_SAFE_INTEGER).map((key) => [key.slice(2), view.get(key as Key<T>) as T]);

/** All candidacies, with their power computed from all accounts, sorted from nothing. */
const rankedAnew = (view: StateView) => {
  const accounts = recordsOf<Account>(view, tags.account);
  const candidacies = recordsOf<Candidacy>(view, tags.candidacy).map(([id, candidacy]) => {
    const voters = accounts.filter(([, { votes }]) => votes.some((vote) => vote === id));
    return { ...candidacy, id, power: voters.reduce((power, [, { staked }]) => power + staked, 0n) };
  });
  return candidacies.sort((a, b) => {
    if (a.power !== b.power) return a.power > b.power ? -1 : 1;
    if (a.height !== b.height) return a.height - b.height;
    if (a.index !== b.index) return a.index - b.index;
    return a.owner < b.owner ? -1 : 1;
  });
};

describe('the ranking', () => {
  it('is all candidacies by the stakes of their voters, then age, then address, after every block', () => {
    const run = fc.property(anyPlan({ people: 6, blocks: 10, intents: 6 }, voting, roomy), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const check = () => {
        const anew = rankedAnew(driver.tip.state);
        expect(realRanking(driver).map(({ id, owner, power }) => [id, owner, power])).toEqual(
          anew.map(({ id, owner, power }) => [id, owner, power]),
        );
        for (const count of [0, 1, 3, 99]) {
          expect(electedOf(driver.tip.state, count)).toEqual(anew.slice(0, count).map(({ owner }) => owner));
        }
      };
      check();
      for (const { jump, intents } of blocks) {
        driver.step(slotOf(driver, jump), intents.map(makerOf));
        check();
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('follows votes, stakes and candidacies as a naive ledger has them', () => {
    const run = fc.property(anyPlan({ people: 6, blocks: 10, intents: 6 }, voting, roomy), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      const twin = naiveGenesis(driver);
      for (const { jump, intents } of blocks) {
        const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
        followLedger(twin, step);
        // Slots are counted in another test.
        const uncounted = <T extends object>(places: readonly T[]) =>
          places.map((place) => ({ ...place, produced: 0, missed: 0 }));
        expect(uncounted(realRanking(driver))).toEqual(uncounted(naiveRanking(twin)));
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });
});
