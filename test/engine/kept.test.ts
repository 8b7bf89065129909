import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Chain } from '../../src/core/chain.ts';
import { includedIn, keptOf } from '../../src/engine/fork/kept.ts';
import { ChainDriver } from '../twins/chain-driver.ts';
import { anyPlan, evenly, makerOf, slotOf } from '../twins/chain-plans.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const roomy = { unitsPerSecond: '1000', unitBytes: '1024', maxBlockUnits: '0' };

/** The chain, where nothing is recovered. */
const withoutRecovery = (chain: Chain): Chain => ({
  ...chain,
  crypto: {
    ...chain.crypto,
    recover: () => {
      throw new Error('a signature was looked at');
    },
  },
});

describe('what is kept of a block', () => {
  it('gives back its transactions as they were, of every kind and paid by others, and recovers no signature', () => {
    let paid = 0;
    const run = fc.property(anyPlan({ people: 4, blocks: 8, intents: 8 }, evenly, roomy), ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      for (const { jump, intents } of blocks) {
        const { block, bytes, transition } = driver.step(slotOf(driver, jump), intents.map(makerOf));
        const kept = keptOf({ id: block.id, bytes, transition });
        expect(includedIn(withoutRecovery(driver.chain), kept)).toEqual(transition.included);
        paid += transition.included.filter(({ payer }) => payer !== undefined).length;
        // Nothing else of what the block did stays with it.
        expect(Object.keys(kept).sort()).toEqual(['bytes', 'id', 'signers', 'transition']);
        expect(Object.keys(kept.transition).sort()).toEqual(['before', 'rows', 'tip']);
      }
    });
    fc.assert(run, { numRuns: RUNS });
    expect(paid).toBeGreaterThan(0);
  });

  it('of a block that is another, throws', () => {
    const plans = fc.sample(anyPlan({ people: 4, blocks: 1, intents: 1 }, evenly, roomy), { numRuns: 20, seed: 1 });
    const { setting, blocks } = plans.find((plan) => plan.blocks.length > 0) as (typeof plans)[0];
    const driver = new ChainDriver(setting);
    const { block, transition } = driver.step(slotOf(driver, (blocks[0] as (typeof blocks)[0]).jump), []);
    const kept = keptOf({ id: block.id, bytes: new Uint8Array(3), transition });
    expect(() => includedIn(driver.chain, kept)).toThrow('was valid and is not any more');
  });
});
