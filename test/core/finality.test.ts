import { describe, expect, it } from 'vitest';
import { headerFault, type VoteHeader, type Votes, votesAt } from '../../src/core/finality.ts';
import type { Address, Height } from '../../src/core/units.ts';
import {
  accountOf,
  blocksOf,
  expectedOf,
  keptOf,
  liveAccountOf,
  livesOf,
  vectorRulesOf,
  vectors,
  windowOf,
} from '../twins/finality-accounts.ts';
import { leastMhg, liveGenesis, names, recount } from '../twins/finality-chains.ts';

describe.each(vectors)('the vectors of finality: $name', ({ vector }) => {
  const rules = vectorRulesOf(vector);
  const blocks = blocksOf(vector);
  const lives = livesOf(rules, blocks);
  const tip = lives.at(-1) ?? expect.fail('no block');

  it('has the offices, rounds, V and F of its blocks', () => {
    expect(liveAccountOf(lives)).toEqual(expectedOf(vector));
  });

  it('has the votes of the members at the heights that are not final', () => {
    const members = (height: number) => {
      const office = vector.blocks[height - 1]?.expect.office;
      return new Set([...(office?.old ?? []), ...(office?.new ?? [])]);
    };
    const wanted = vector.windowAtTip
      .filter(({ height }) => height > tip.votes.finalHeight)
      .map(({ height, prevotes, precommits }) => ({
        height,
        prevotes: prevotes.filter((p) => members(height).has(p)),
        precommits: precommits.filter((p) => members(height).has(p)),
      }));
    expect(wanted.length).toBeGreaterThan(0);
    expect(keptOf(tip.votes)).toEqual(wanted);
  });

  it('finds every header right, and wrong with one more or less in mhp, or less in mhg than the rule allows', () => {
    let live = liveGenesis(rules);
    for (const { header } of vector.blocks) {
      const stated = { ...header } as unknown as VoteHeader;
      expect(headerFault(live.votes, stated)).toBeUndefined();
      for (const by of [-1, 1]) {
        const lie = { ...stated, maxHeightPrevoted: (header.maxHeightPrevoted + by) as Height };
        expect(headerFault(live.votes, lie)).toBe('max_height_prevoted_wrong');
      }
      live = lives[header.height - 1] ?? live;
    }
    const { height, maxHeightPrevoted, smallestValidMaxHeightGenerated } = vector.nextHeader;
    for (const [producer, least] of Object.entries(smallestValidMaxHeightGenerated)) {
      const next = { height, slot: 1_000, producer: producer as Address, maxHeightPrevoted } as unknown as VoteHeader;
      const fault = (mhg: number) => headerFault(tip.votes, { ...next, maxHeightGenerated: mhg as Height });
      expect(fault(least)).toBeUndefined();
      if (least > 0) expect(fault(least - 1)).toBe('max_height_generated_wrong');
    }
  });

  it('is told alike by the twin, with the votes of everyone in the window', () => {
    const twin = recount(rules, blocks);
    expect(accountOf(twin)).toEqual(expectedOf(vector));
    expect(windowOf(twin, rules.window)).toEqual(vector.windowAtTip);
    for (const [producer, least] of Object.entries(vector.nextHeader.smallestValidMaxHeightGenerated))
      expect(leastMhg(twin, rules.window, producer)).toBe(least);
  });
});

describe('the worked example', () => {
  const { vector } = vectors.find(({ name }) => name === 'worked-4.json') ?? expect.fail('no worked example');
  const rules = vectorRulesOf(vector);
  const blocks = blocksOf(vector);
  const lives = livesOf(rules, blocks);
  const after = (height: number): Votes => lives[height - 1]?.votes ?? expect.fail(`${height}`);

  it('prevotes height 1 with its third block', () => {
    expect([1, 2, 3].map((h) => after(h).maxHeightPrevoted)).toEqual([0, 0, 1]);
    expect(votesAt(after(3), 1 as Height)?.prevotes).toEqual(['P00', 'P01', 'P02']);
  });

  it('precommits with block 4 the height 1 only, which was prevoted before it, and not 2, which it helps to prevote', () => {
    expect(after(4).maxHeightPrevoted).toBe(2);
    expect([1, 2, 3, 4].map((h) => votesAt(after(4), h as Height)?.precommits)).toEqual([['P03'], [], [], []]);
    const wrong = recount(rules, blocks.slice(0, 4), 'own prevotes before own precommits');
    expect([1, 2].map((h) => [...wrong.precommitters(4, h)])).toEqual([['P02', 'P03'], ['P03']]);
  });

  it('makes height 2 final with block 7, by the precommits of blocks 5, 6 and 7', () => {
    expect(after(6).finalHeight).toBe(0);
    expect(votesAt(after(6), 2 as Height)?.precommits).toEqual(['P02', 'P03']);
    expect(after(7).finalHeight).toBe(2);
    expect([...recount(rules, blocks.slice(0, 7)).precommitters(7, 2)]).toEqual(['P02', 'P03', 'P01']);
  });

  it('counts no vote of block 8, whose mhg is above its own height', () => {
    const own = (votes: Votes) => votes.tallies.filter((t) => t.height <= 7).map((t) => votesAt(votes, t.height));
    expect(own(after(8))).toEqual(own(after(7)));
    expect(votesAt(after(8), 8 as Height)?.prevotes).toEqual([]);
  });

  it('counts P04 nowhere below 8, where the office that it is a member of begins', () => {
    const kept = lives.flatMap(({ votes }) =>
      votes.tallies.map((t) => ({ at: t.height, ...votesAt(votes, t.height) })),
    );
    const heights = kept.filter((k) => k.prevotes?.includes('P04' as Address)).map((k) => k.at);
    expect(Math.min(...heights)).toBe(8);
    expect(recount(rules, blocks).prevoters(25, 1).has('P04')).toBe(true);
  });

  it('ends the handover in the round after block 9 became final, and with it the round of five', () => {
    expect(after(17).finalHeight).toBe(9);
    expect(lives[17]?.office).toEqual({
      old: names(['P00', 'P01', 'P02', 'P04']),
      new: names(['P00', 'P01', 'P02', 'P04']),
      since: 8,
    });
    expect(lives.map(({ producers }) => producers.length).slice(6, 18)).toEqual([4, ...Array(10).fill(5), 4]);
  });
});
