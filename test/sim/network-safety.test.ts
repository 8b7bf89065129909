import { readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { planOf, readPlanFile, runNetwork, shrinkPlan } from '../../src/sim/index.ts';

const hasher = await bestCrypto();
const NETWORKS = Number(process.env['MEDSTATE_NETWORKS'] ?? 500);
const FIRST = Number(process.env['MEDSTATE_FIRST_SEED'] ?? 1);
/** Seeds are shared out to several files, so that these run side by side. */
const SHARE = Math.ceil(NETWORKS / 2);

describe('networks of honest and Byzantine producers', () => {
  it(`finalise one chain, whatever goes wrong, for ${SHARE} seeds, and agree once it is calm`, async () => {
    const seen = { reorganisations: 0, convicted: 0, finalHeight: 0, nodeBlocks: 0, officeChanges: 0 };
    for (let seed = FIRST; seed < FIRST + SHARE; seed += 1) {
      const run = await runNetwork(planOf(seed), { hasher });
      expect(run.violations, `seed ${seed}`).toEqual([]);
      seen.reorganisations += run.reorganisations;
      seen.convicted += run.convicted;
      seen.finalHeight += run.finalHeight;
      seen.nodeBlocks += run.nodeBlocks;
      seen.officeChanges += run.officeChanges;
    }
    // The weather was bad, and yet they went on.
    expect(Math.min(seen.reorganisations, seen.convicted, seen.finalHeight)).toBeGreaterThan(SHARE / 10);
    // And the voters were heard.
    expect(seen.officeChanges).toBeGreaterThan(SHARE / 20);
  });

  it('do the same in every run of one seed, to the last message, and something else for another', async () => {
    const traceOf = async (seed: number): Promise<string> => {
      const lines: string[] = [];
      await runNetwork(planOf(seed), { hasher, trace: (line) => lines.push(line) });
      return lines.join('\n');
    };
    const first = await traceOf(11);
    expect(first.split('\n').length).toBeGreaterThan(500);
    expect(await traceOf(11)).toBe(first);
    expect(await traceOf(12)).not.toBe(first);
  });
});

describe('the one-phase rule of the first network', () => {
  const file = new URL('../vectors/networks/one-phase.json', import.meta.url);
  const read = readPlanFile(JSON.parse(readFileSync(file, 'utf8')));
  if (E.isLeft(read)) throw new Error(JSON.stringify(read.left));
  const { plan } = read.right;

  it('finalises two chains in a network that the rule of two phases gets through', async () => {
    const forked = await runNetwork(plan, { hasher, wrongRule: 'one-phase' });
    expect(forked.violations.map(({ code }) => code)).toContain('final_conflict');
    const sound = await runNetwork({ ...plan, calmSlots: 40 }, { hasher });
    expect(sound.violations).toEqual([]);
  });

  it('needs all of what is left in the shrunk plan', async () => {
    const least = await shrinkPlan(plan, 'final_conflict', (lesser) =>
      runNetwork(lesser, { hasher, wrongRule: 'one-phase' }),
    );
    expect(least).toEqual(plan);
  });
});
