import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countVotes,
  headerFault,
  noVotes,
  officesInWindow,
  producersInWindow,
  restoreVotes,
  type VoteHeader,
  type Votes,
  votesAt,
} from '../../src/core/finality.ts';
import type { Office } from '../../src/core/office.ts';
import type { Address, Height } from '../../src/core/units.ts';
import { livesOf } from '../twins/finality-accounts.ts';
import { anyPlan, chainOf, headerOf, type Live, type Plan } from '../twins/finality-chains.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

interface Kept {
  readonly header: VoteHeader;
  readonly office: Office;
}

/** The chain of a plan as a caller keeps it: after each block the votes, and all headers with their offices. */
const keptChain = (plan: Plan): { lives: Live[]; kept: Kept[]; window: number } => {
  const { blocks, rules } = chainOf(plan);
  const lives = livesOf(rules, blocks);
  const kept = blocks.map((block, i) => {
    const before = lives[i - 1]?.votes ?? noVotes(rules.window);
    return { header: headerOf(before, block), office: lives[i]?.office ?? expect.fail('no office') };
  });
  return { lives, kept, window: rules.window };
};

const restored = (votes: Votes, headers: readonly Kept[]): Votes =>
  restoreVotes({
    window: votes.window,
    headers,
    maxHeightPrevoted: votes.maxHeightPrevoted,
    finalHeight: votes.finalHeight,
  });

describe('votes restored from the last W headers, their offices, V and F', () => {
  it('are the very value that was counted from genesis, and count on equally', () => {
    const property = fc.property(anyPlan({ min: 1, max: 7, blocks: 60 }), fc.nat(), (plan, cut) => {
      const { lives, kept, window } = keptChain(plan);
      for (const height of [1 + (cut % lives.length), lives.length]) {
        const votes = lives[height - 1]?.votes ?? expect.fail('no votes');
        const last = kept.slice(Math.max(0, height - window), height);
        expect(restored(votes, last)).toEqual(votes);
        expect(restored(votes, kept.slice(0, height))).toEqual(votes);
        const on = kept
          .slice(height)
          .reduce((v, { header, office }) => countVotes(v, header, office), restored(votes, last));
        expect(on).toEqual(lives.at(-1)?.votes);
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('need of the offices only those that the window names', () => {
    const property = fc.property(anyPlan({ min: 1, max: 7, blocks: 60 }), (plan) => {
      const { lives, kept, window } = keptChain(plan);
      const votes = lives.at(-1)?.votes ?? expect.fail('no votes');
      const offices = officesInWindow(votes);
      const named = kept.slice(-window).map(({ header }) => {
        const { office } = offices.findLast(({ from }) => from <= header.height) ?? expect.fail('no office');
        return { header, office };
      });
      expect(named).toEqual(kept.slice(-window));
      expect(restored(votes, named)).toEqual(votes);
      expect(offices.slice(1).some(({ office }, i) => office === offices[i]?.office)).toBe(false);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('stand at genesis if nothing is kept', () => {
    expect(restored(noVotes(5), [])).toEqual(noVotes(5));
  });

  it('cannot be had from a header less, a gap, or a V or F that the headers overtake', () => {
    const members = ['P00', 'P01', 'P02'] as Address[];
    const office: Office = { old: members, new: members, since: 0 as Height };
    const kept: Kept[] = [];
    let votes = noVotes(6);
    for (let i = 0; i < 20; i++) {
      const block = { slot: i + 1, producer: `P0${i % 3}`, maxHeightGenerated: Math.max(0, i - 2), electedAfter: [] };
      kept.push({ header: headerOf(votes, block), office });
      votes = countVotes(votes, headerOf(votes, block), office);
    }
    expect([votes.maxHeightPrevoted, votes.finalHeight]).toEqual([18, 15]);
    for (const more of [kept, kept.slice(-9)]) expect(restored(votes, more)).toEqual(votes);
    expect(() => restored(votes, kept.slice(-5))).toThrow('5 of the last 6 headers were kept');
    expect(() => restored(votes, [...kept.slice(0, 17), ...kept.slice(18)])).toThrow(
      'votes of height 19 counted on those of height 17',
    );
    expect(() => restored({ ...votes, maxHeightPrevoted: 17 as Height }, kept)).toThrow(
      'the kept headers say V 18, F 15, the state 17, 15',
    );
    expect(() => restored({ ...votes, finalHeight: 14 as Height }, kept)).toThrow(
      'the kept headers say V 18, F 15, the state 18, 14',
    );
  });
});

describe('votes are values', () => {
  it('are left alone by the blocks counted on them, so that forks share them', () => {
    const property = fc.property(anyPlan({ min: 1, max: 5, blocks: 40 }), fc.nat(), (plan, cut) => {
      const { lives, kept } = keptChain(plan);
      const height = cut % lives.length;
      const votes = lives[height - 1]?.votes ?? noVotes(plan.window ?? 9 * plan.size);
      const next = kept[height] ?? expect.fail('no block');
      const before = structuredClone(votes);
      const one = countVotes(votes, next.header, next.office);
      const other = countVotes(votes, { ...next.header, producer: 'P99' as Address }, next.office);
      expect(votes).toEqual(before);
      expect(countVotes(votes, next.header, next.office)).toEqual(one);
      expect(producersInWindow(other).has('P99' as Address)).toBe(true);
      expect(producersInWindow(one).has('P99' as Address)).toBe(false);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('know who produced one of the last W blocks, the tip and the oldest included', () => {
    const property = fc.property(anyPlan({ min: 1, max: 7, blocks: 30 }), (plan) => {
      const { lives, kept, window } = keptChain(plan);
      lives.forEach(({ votes }, i) => {
        const last = kept.slice(Math.max(0, i + 1 - window), i + 1).map(({ header }) => header.producer);
        expect(producersInWindow(votes)).toEqual(new Set(last));
      });
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('count a producer once, even if its headers were never checked', () => {
    const members = ['P00', 'P01', 'P02', 'P03'] as Address[];
    const office: Office = { old: members, new: members, since: 0 as Height };
    let votes = noVotes(36);
    for (let slot = 1; slot <= 9; slot++)
      votes = countVotes(
        votes,
        headerOf(votes, { slot, producer: 'P02', maxHeightGenerated: 0, electedAfter: [] }),
        office,
      );
    expect(votesAt(votes, 1 as Height)).toEqual({ prevotes: ['P02'], precommits: [] });
    expect([votes.maxHeightPrevoted, votes.finalHeight]).toEqual([0, 0]);
  });

  it('are asked for mhp before mhg, and forget a producer whose last block is W heights back', () => {
    const office: Office = { old: ['P00'] as Address[], new: ['P00'] as Address[], since: 0 as Height };
    let votes = noVotes(4);
    const block = (producer: string, maxHeightGenerated: number) =>
      headerOf(votes, { slot: votes.height + 1, producer, maxHeightGenerated, electedAfter: [] });
    for (const producer of ['P01', 'P00', 'P00', 'P00'])
      votes = countVotes(votes, block(producer, producer === 'P01' ? 7 : votes.height), office);
    expect(headerFault(votes, block('P01', 0))).toBeUndefined();
    expect(headerFault({ ...votes, window: 5 }, block('P01', 6))).toBe('max_height_generated_wrong');
    expect(headerFault({ ...votes, window: 5 }, block('P01', 7))).toBeUndefined();
    expect(headerFault(votes, block('P00', 3))).toBe('max_height_generated_wrong');
    expect(headerFault(votes, { ...block('P00', 3), maxHeightPrevoted: 0 as Height })).toBe(
      'max_height_prevoted_wrong',
    );
  });
});

describe('a network of a few producers', () => {
  /** F after 40 slots of turns, with the last `absent` of them never there. */
  const finalAfter = (size: number, absent: number): number => {
    const plan = { size, people: size, window: undefined, stallSlots: 0 };
    const steps = Array.from(
      { length: 40 },
      () => ({ skip: 0, who: 'turn', pick: 0, mhg: 'honest', by: 0, elect: 'same' }) as const,
    );
    const gone = Array.from({ length: absent }, (_, i) => size - 1 - i);
    return keptChain({ ...plan, steps, absent: gone }).lives.at(-1)?.votes.finalHeight ?? expect.fail('no votes');
  };

  it('of one makes each block final with the next', () => {
    expect(finalAfter(1, 0)).toBe(39);
  });

  it('of two or three needs them all, of four can miss one, of seven two', () => {
    for (const [size, spare] of [
      [2, 0],
      [3, 0],
      [4, 1],
      [7, 2],
    ] as const) {
      expect(finalAfter(size, spare)).toBeGreaterThan(20);
      expect(finalAfter(size, spare + 1)).toBe(0);
    }
  });
});
