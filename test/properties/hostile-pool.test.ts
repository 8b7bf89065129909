import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainDriver } from '../twins/chain-driver.ts';
import {
  anyPlan,
  type ChainPlan,
  evenly,
  hostileKinds,
  type KindWeights,
  makerOf,
  slotOf,
} from '../twins/chain-plans.ts';
import {
  naiveAccounts,
  naiveGenesis,
  offerAll,
  realAccounts,
  toldOutcomes,
  toldVerdicts,
} from '../twins/chain-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const hostile: KindWeights = { ...evenly, ...Object.fromEntries(hostileKinds.map((kind) => [kind, 2])) };

const plans = anyPlan({ people: 4, blocks: 8, intents: 12 }, hostile);

/** Makes the blocks of a plan and compares each with the naive choice; what became of the offers. */
const compareAll = ({ setting, blocks }: ChainPlan): readonly string[] => {
  const driver = new ChainDriver(setting);
  const twin = naiveGenesis(driver);
  const { maxBlockUnits } = driver.chain.params;
  return blocks.flatMap(({ jump, intents }) => {
    // The driver follows every block from its bytes, and throws if it is rejected.
    const step = driver.step(slotOf(driver, jump), intents.map(makerOf));
    twin.release(step.time);
    const { verdicts, included } = offerAll(twin, step);
    twin.reward(step.slot, step.built.claim.producer);
    const told = toldOutcomes(step);
    expect(told).toEqual(toldVerdicts(verdicts));
    expect(step.transition.included.map(({ id }) => id)).toEqual(included.map(({ id }) => id));
    const units = step.transition.receipts.reduce((sum, receipt) => sum + receipt.units, 0);
    expect(maxBlockUnits === 0 || units <= maxBlockUnits).toBe(true);
    expect(realAccounts(driver)).toEqual(naiveAccounts(twin, driver));
    return told;
  });
};

describe('whatever is offered to a producer', () => {
  it('it makes a valid block of all that may stand there and fits, in the order offered', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        compareAll(plan);
      }),
      { numRuns: RUNS },
    );
  });

  it('is hostile in these tests in every way that a pool can be', () => {
    const told = new Set(fc.sample(plans, { numRuns: 60, seed: 1 }).flatMap(compareAll));
    for (const code of [
      'transaction_too_large',
      'transaction_malformed',
      'kind_unknown',
      'kind_only_in_genesis',
      'chain_id_wrong',
      'payload_too_large',
      'signature_invalid',
      'hash_mismatch',
      'payer_is_sender',
      'nonce_too_low',
      'nonce_too_high',
      'bandwidth_exceeded',
      'block_full',
    ]) {
      expect(told).toContain(`left out: ${code}`);
    }
  });
});
