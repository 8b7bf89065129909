import { describe, expect, it } from 'vitest';
import { campaign, firstBroken, liveRanges, rangeOf, rivalRange } from '../../src/sim/rule/campaign.ts';
import { runRule } from '../../src/sim/rule/run.ts';
import { type WrongRuleName, wrongRuleNames, wrongRules } from '../../src/sim/wrong-rules.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const SIZES = [4, 7] as const;

describe('the right rules', () => {
  it.each([
    ['four to seven', SIZES, RUNS],
    ['one to six', [1, 6], RUNS],
    ['eight to 21', [8, 21], Math.ceil(RUNS / 20)],
  ] as const)('never make two blocks in conflict final, whatever the weather, with %s producers', (_, sizes, runs) => {
    const found = campaign({ firstSeed: 1, runs, range: { sizes } }, false);
    expect(found.conflicts).toEqual([]);
    expect(found.honestEvidence).toBe(0);
    expect(found.officeChanges).toBeGreaterThan(0);
  });

  it('never do so when two forks overtake one another, for long', () => {
    const found = campaign({ firstSeed: 1, runs: RUNS, range: rivalRange }, false);
    expect(found.conflicts).toEqual([]);
    expect(found.honestEvidence).toBe(0);
  });

  it.each(['byzantine', 'ghosts'] as const)('make something final again after the storm, with %s', (who) => {
    const found = campaign(
      { firstSeed: 1, runs: Math.ceil(RUNS / 2), range: { sizes: SIZES, ...liveRanges[who] } },
      true,
    );
    expect(found.stuck).toEqual([]);
    expect(found.conflicts).toEqual([]);
  });

  it('give the same run for the same seed', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const twice = [1, 2].map(() => {
        const { blocks, finalHeight, officeChanges, guardNeeded } = runRule({ seed, sizes: SIZES });
        return { blocks, finalHeight, officeChanges, guardNeeded };
      });
      expect(twice[0]).toEqual(twice[1]);
    }
  });
});

/** Seeds shortly before the run in which each wrong rule breaks; the search goes on a little if the runs ever change. */
const nearby: Partial<Readonly<Record<WrongRuleName, number>>> = {
  'prevote-threshold-one-lower': 41,
  'precommit-threshold-one-lower': 105,
  'own-prevotes-first': 105,
  'no-coverage-walk': 197,
  'lock-lost': 388,
  'lock-from-chain': 388,
  'lock-keeps-heights-only': 32,
  'no-lock': 32,
  'new-set-only': 119,
  'office-does-not-wait': 283,
  'no-readiness-test': 115,
  'old-set-only': 7046,
  'union-threshold': 792,
  'own-height-always': 331,
  'last-height-for-highest': 608,
};

describe('each guard is needed', () => {
  it.each(wrongRuleNames)('it breaks without it: %s', (name) => {
    const broken = firstBroken(wrongRules[name], {
      firstSeed: nearby[name] ?? 1,
      runs: 3_000,
      range: rangeOf(name, SIZES),
    });
    expect(broken).toBeDefined();
    if (wrongRules[name].loses === 'liveness') expect(broken?.result.conflict).toBeUndefined();
  });
});
