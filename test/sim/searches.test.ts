import { describe, expect, it } from 'vitest';
import { contradictionOf, type Statement } from '../../src/core/evidence.ts';
import { noVotes } from '../../src/core/finality.ts';
import { compareForks, type ForkTip } from '../../src/core/fork-choice.ts';
import { HeaderLog } from '../../src/core/header-log.ts';
import { firstOffice, threshold } from '../../src/core/office.ts';
import type { Address, Hash, Height, Slot } from '../../src/core/units.ts';
import { attackHandover, handoverCases } from '../../src/sim/rule/handover-attack.ts';
import { runSteady } from '../../src/sim/rule/steady.ts';
import { type Move, searchTwoBranches } from '../../src/sim/rule/two-branches.ts';
import { type Rules, type WrongRuleName, wrongRules } from '../../src/sim/wrong-rules.ts';

describe('the attack on a change of the set', () => {
  it('succeeds where each height is counted in the set of its own round, from 2 T - n - f differing seats on', () => {
    for (const { size, byzantine } of handoverCases) {
      const rules = wrongRules['office-follows-ranking'];
      const least = 2 * threshold(size) - size - byzantine;
      const breaks = (differing: number): boolean =>
        attackHandover({ size, byzantine, differing, rules }) !== undefined;
      expect([breaks(least - 1), breaks(least)]).toEqual([false, true]);
    }
    expect(handoverCases).toHaveLength(39);
  });

  it('fails against the right rules, at that number of seats', () => {
    for (const { size, byzantine } of handoverCases) {
      const least = 2 * threshold(size) - size - byzantine;
      expect(attackHandover({ size, byzantine, differing: least })).toBeUndefined();
    }
  });
});

const finalHeightsOf = (moves: readonly Move[], { agreement }: Rules): readonly number[] => {
  const office = firstOffice(['p0', 'p1', 'p2', 'p3'] as Address[]);
  return [0, 1].map((branch) => {
    const on = moves.filter((move) => move.branch === branch);
    return on.reduce((votes, { producer, maxHeightGenerated }) => {
      const header = {
        height: (votes.height + 1) as Height,
        slot: (votes.height + 1) as Slot,
        producer: `p${producer}` as Address,
        maxHeightGenerated: maxHeightGenerated as Height,
        maxHeightPrevoted: votes.maxHeightPrevoted,
      };
      expect(agreement.headerFault(votes, header)).toBeUndefined();
      return agreement.countVotes(votes, header, office);
    }, noVotes(36)).finalHeight;
  });
};

/** Fewest blocks on two branches of four producers, one Byzantine, after which both are final. */
const shortest: readonly (readonly [WrongRuleName, blocks: number, phases: 1 | 2])[] = [
  ['one-phase', 6, 1],
  ['final-at-prevotes', 7, 1],
  ['thresholds-one-lower', 8, 2],
  ['precommit-threshold-one-lower', 11, 2],
];

describe('every order of blocks on two branches', () => {
  it('leads to no conflict under the right rules', () => {
    const { conflict, states } = searchTwoBranches({ size: 4, byzantine: 1, depth: 12 });
    expect(conflict).toBeUndefined();
    expect(states.reduce((sum, some) => sum + some, 0)).toBeGreaterThan(500);
    expect(searchTwoBranches({ size: 4, byzantine: 1, depth: 10, everyHeight: true }).conflict).toBeUndefined();
  });

  it.each(shortest)('leads to a conflict under %s after %i blocks and not before', (name, blocks, phases) => {
    const rules = wrongRules[name];
    const search = (depth: number) => searchTwoBranches({ size: 4, byzantine: 1, depth, phases, rules }).conflict;
    expect(search(blocks - 1)).toBeUndefined();
    const conflict = search(blocks) ?? expect.fail('no conflict');
    expect(conflict).toHaveLength(blocks);
    for (const final of finalHeightsOf(conflict, rules)) expect(final).toBeGreaterThan(0);
  });

  it('is the same whether or not states that go on alike are one', () => {
    for (const [name, blocks, phases] of shortest.slice(0, 3)) {
      const rules = wrongRules[name];
      const search = (depth: number) =>
        searchTwoBranches({ size: 4, byzantine: 1, depth, phases, rules, merge: false });
      expect(search(blocks - 1).conflict).toBeUndefined();
      expect(search(blocks).conflict).toHaveLength(blocks);
    }
    expect(searchTwoBranches({ size: 4, byzantine: 1, depth: 10, merge: false }).conflict).toBeUndefined();
  });
});

describe('a network whose messages arrive', () => {
  const run = { seed: 1, size: 21, slots: 1_000, offlineFrom: 300, replaceFrom: 400 };

  it('goes on making blocks final when six of 21 are gone', () => {
    const { finalHeights } = runSteady({ ...run, offline: 6 });
    expect(finalHeights.at(-1)).toBeGreaterThan((finalHeights[400] ?? 0) + 400);
  });

  it('makes nothing final any more when seven of 21 are gone', () => {
    const { finalHeights } = runSteady({ ...run, offline: 7 });
    expect(finalHeights.at(-1)).toBe(finalHeights[400]);
  });

  it('does so again once voters have replaced the seven and the stall has lasted stallSlots', () => {
    const { finalHeights } = runSteady({ ...run, offline: 7, stallSlots: 400 });
    expect(finalHeights.at(-1)).toBeGreaterThan((finalHeights[400] ?? 0) + 200);
  });

  it('makes a block final one block later if there is one producer', () => {
    expect(new Set(runSteady({ seed: 1, size: 1, slots: 50 }).lags)).toEqual(new Set([1]));
  });
});

const tip = (maxHeightPrevoted: number, height: number, slot: number, id: string): ForkTip => ({
  maxHeightPrevoted: maxHeightPrevoted as Height,
  height: height as Height,
  slot: slot as Slot,
  id: id as Hash,
});

describe('the order of fork choice', () => {
  it('is total: any two tips but one and the same are told apart, and no three go round', () => {
    const few = [0, 1, 2];
    const tips = few.flatMap((v) => few.flatMap((h) => few.flatMap((s) => ['aa', 'bb'].map((id) => tip(v, h, s, id)))));
    for (const a of tips)
      for (const b of tips) {
        const order = Math.sign(compareForks(a, b));
        expect(order === 0).toBe(a === b);
        expect(order + Math.sign(compareForks(b, a))).toBe(0);
      }
    const sorted = [...tips].sort(compareForks);
    for (const [i, a] of sorted.entries())
      for (const b of sorted.slice(i + 1)) expect(compareForks(a, b)).toBeLessThan(0);
  });

  it('puts what is prevoted before height, height before an early slot, and that before the id', () => {
    expect(compareForks(tip(2, 1, 9, 'b'), tip(1, 9, 1, 'a'))).toBeLessThan(0);
    expect(compareForks(tip(1, 3, 9, 'b'), tip(1, 2, 1, 'a'))).toBeLessThan(0);
    expect(compareForks(tip(1, 2, 3, 'b'), tip(1, 2, 4, 'a'))).toBeLessThan(0);
    expect(compareForks(tip(1, 2, 3, 'a'), tip(1, 2, 3, 'b'))).toBeLessThan(0);
  });
});

describe('evidence', () => {
  const isEvidence = (x: Statement, y: Statement): boolean => contradictionOf(x, y) !== undefined;
  const convicts = (headers: readonly Statement[]): boolean => {
    const log = new HeaderLog();
    return headers.some((each) => log.add(each) !== undefined);
  };
  const header = (slot: number, height: number, mhg: number, mhp: number): Statement => ({
    id: [slot, height, mhg, mhp].join() as Hash,
    slot: slot as Slot,
    height: height as Height,
    producer: 'p' as Address,
    maxHeightGenerated: mhg as Height,
    maxHeightPrevoted: mhp as Height,
  });

  it.each([
    ['two blocks in one slot', header(5, 5, 3, 1), header(5, 6, 5, 2)],
    ['a later block that states less than the height of the first', header(5, 5, 3, 1), header(6, 6, 4, 2)],
    ['a later block that states less than the first stated', header(5, 5, 7, 1), header(6, 6, 6, 2)],
    ['a later block on a chain where less is prevoted', header(5, 5, 3, 2), header(6, 6, 5, 1)],
    ['a later block that is no higher where no more is prevoted', header(5, 5, 3, 2), header(6, 5, 5, 2)],
  ])('is %s', (_, x, y) => {
    expect(isEvidence(x, y)).toBe(true);
    expect(isEvidence(y, x)).toBe(true);
  });

  it('is found among neighbours by slot if it is anywhere, over all small triples', () => {
    const some = [1, 2, 3].flatMap((slot) =>
      [1, 2].flatMap((height) => [0, 1, 2].flatMap((mhg) => [0, 1].map((mhp) => header(slot, height, mhg, mhp)))),
    );
    for (const a of some)
      for (const b of some)
        for (const c of some) {
          if (a.slot >= b.slot || b.slot >= c.slot) continue;
          const pairs = isEvidence(a, b) || isEvidence(b, c) || isEvidence(a, c);
          if (convicts([c, a, b]) !== pairs) expect.fail(JSON.stringify([a, b, c]));
        }
  });
});
