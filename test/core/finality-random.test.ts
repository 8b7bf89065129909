import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerFault } from '../../src/core/finality.ts';
import type { Height } from '../../src/core/units.ts';
import { blocksOf, fingerprint, keptOf, memberVotesOf, vectorRulesOf, vectors } from '../twins/finality-accounts.ts';
import {
  anyPlan,
  chainOf,
  headerOf,
  leastMhg,
  liveAppend,
  liveGenesis,
  type Plan,
  recount,
} from '../twins/finality-chains.ts';
import { type Mutant, mutants } from '../twins/finality-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Compares the live account with the twin's after every block. */
const compare = (plan: Plan): void => {
  const { blocks, twin, rules } = chainOf(plan);
  let live = liveGenesis(rules);
  for (const {
    height,
    slot,
    round,
    start,
    producers,
    office,
    maxHeightPrevotedAfter,
    finalHeight,
    ...block
  } of twin.blocks) {
    const header = headerOf(live.votes, { slot, ...block });
    expect(headerFault(live.votes, header)).toBeUndefined();
    const least = leastMhg({ ...twin, blocks: twin.blocks.slice(0, height - 1) }, rules.window, block.producer);
    const low = { ...header, maxHeightGenerated: (least - 1) as Height };
    if (least > 0) expect(headerFault(live.votes, low)).toBe('max_height_generated_wrong');
    live = liveAppend(live, { slot, ...block }, rules.stallSlots);
    const { votes } = live;
    expect({ round: live.round, start: live.start, producers: live.producers, office: live.office }).toEqual({
      round,
      start,
      producers,
      office,
    });
    expect([votes.maxHeightPrevoted, votes.finalHeight]).toEqual([maxHeightPrevotedAfter, finalHeight]);
    expect(keptOf(votes)).toEqual(memberVotesOf(twin, height, rules.window));
  }
  expect(live.votes.height).toBe(blocks.length);
};

describe('counting block by block', () => {
  it('gives what the plain definitions give, on every chain of one to seven producers', () => {
    fc.assert(fc.property(anyPlan({ min: 1, max: 7, blocks: 60 }), compare), { numRuns: RUNS });
  });

  it('gives what the plain definitions give, on long chains of 21 producers', () => {
    const runs = Math.max(1, Math.floor(RUNS / 100));
    fc.assert(fc.property(anyPlan({ min: 21, max: 21, blocks: 160 }), compare), { numRuns: runs });
  });
});

const firstDifference = (mutant: Mutant): number => {
  const plans = fc.sample(anyPlan({ min: 1, max: 7, blocks: 60 }), { numRuns: 60, seed: 1 });
  return plans.findIndex((plan) => {
    const { blocks, rules, twin } = chainOf(plan);
    return fingerprint(recount(rules, blocks, mutant), rules.window) !== fingerprint(twin, rules.window);
  });
};

describe('the comparison', () => {
  it.each(mutants)('tells on random chains a chain with this fault: %s', (mutant) => {
    expect(firstDifference(mutant)).toBeGreaterThanOrEqual(0);
  });

  // No vector has a stall, nor a vote that reaches to the very end of the window; the random chains have both.
  const outsideVectors = new Set<Mutant>([
    'coverage one height too low',
    'stall one slot early',
    'stall never',
    'stall keeps the old set',
  ]);
  it.each(mutants.filter((m) => !outsideVectors.has(m)))(
    'tells by the vectors a chain with this fault: %s',
    (mutant) => {
      const differs = vectors.some(({ vector }) => {
        const rules = vectorRulesOf(vector);
        const blocks = blocksOf(vector);
        return (
          fingerprint(recount(rules, blocks, mutant), rules.window) !==
          fingerprint(recount(rules, blocks), rules.window)
        );
      });
      expect(differs).toBe(true);
    },
  );
});
