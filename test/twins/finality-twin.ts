/**
 * Finality twin: rules 1-9, 13 and 14 by their plain definitions, with sets, from the headers alone.
 *
 * It keeps no votes. Whoever asks who prevoted or precommitted a height has it looked up over all blocks of the chain
 * at that time, members or not; the mutants are the wrong rules that the tests must be able to tell from the right
 * ones. Only "x precommits h", which the blocks after x cannot change, is remembered, to keep the tests short.
 */

export const mutants = [
  'thresholds one lower',
  'prevote threshold one lower',
  'precommit threshold one lower',
  'final at prevotes',
  'own prevotes before own precommits',
  'precommit without coverage',
  'precommit without the walk',
  'vote although mhg reaches the own height',
  'new set only',
  'old set only',
  'threshold in the union',
  'office changes without a final since',
  'old leaves as soon as new comes',
  'no readiness test',
  'readiness in any quorum of the round',
  'coverage one height too low',
  'stall one slot early',
  'stall never',
  'stall keeps the old set',
] as const;
export type Mutant = (typeof mutants)[number];

export interface TwinRules {
  readonly window: number;
  readonly stallSlots: number;
  readonly elected: readonly string[];
  readonly mutant?: Mutant | undefined;
}

export interface TwinOffice {
  readonly old: readonly string[];
  readonly new: readonly string[];
  readonly since: number;
}

export interface TwinRound {
  readonly round: number;
  readonly start: number;
  readonly producers: readonly string[];
  readonly office: TwinOffice;
}

export interface TwinBlock {
  readonly slot: number;
  readonly producer: string;
  readonly maxHeightGenerated: number;
  readonly electedAfter: readonly string[];
}

export interface CountedTwinBlock extends TwinBlock, TwinRound {
  readonly height: number;
  readonly maxHeightPrevotedAfter: number;
  readonly finalHeight: number;
}

const union = (...sets: (readonly string[])[]): string[] => [...new Set(sets.flat())].sort((a, b) => (a < b ? -1 : 1));
const equal = (a: readonly string[], b: readonly string[]): boolean => union(a).join() === union(b).join();
const quorum = (size: number): number => Math.floor((2 * size) / 3) + 1;

/** A chain that grows; heights count from 1, as `blocks[height - 1]`. */
export const finalityTwin = (rules: TwinRules) => {
  const { window, mutant } = rules;
  const blocks: CountedTwinBlock[] = [];
  const genesis: TwinOffice = { old: union(rules.elected), new: union(rules.elected), since: 0 };

  const block = (height: number): CountedTwinBlock => {
    const found = blocks[height - 1];
    if (found === undefined) throw new Error(`no block at height ${height}`);
    return found;
  };

  /** Rule 6. */
  const covers = (x: number, h: number): boolean => {
    const low = mutant === 'coverage one height too low' ? 1 : 0;
    const { maxHeightGenerated } = block(x);
    if (mutant === 'vote although mhg reaches the own height' && h === x) return true;
    return maxHeightGenerated < h && h <= x && h > x - window - low;
  };

  /** Rule 7: all that prevote h by the blocks up to `tip`. */
  const prevoters = (tip: number, h: number): Set<string> => {
    const found = new Set<string>();
    for (let x = 1; x <= tip; x++) if (x >= h && covers(x, h)) found.add(block(x).producer);
    return found;
  };

  /** Rule 9. */
  const enough = (h: number, voters: Set<string>, phase: 'prevote' | 'precommit'): boolean => {
    const { office } = block(h);
    const less = mutant === 'thresholds one lower' || mutant === `${phase} threshold one lower` ? 1 : 0;
    const passes = (set: readonly string[]): boolean =>
      set.filter((member) => voters.has(member)).length >= quorum(set.length) - less;
    if (mutant === 'new set only') return passes(office.new);
    if (mutant === 'old set only') return passes(office.old);
    if (mutant === 'threshold in the union') return passes(union(office.old, office.new));
    return passes(office.old) && passes(office.new);
  };

  const isPrevoted = (tip: number, h: number): boolean => h <= tip && enough(h, prevoters(tip, h), 'prevote');

  const known = new Map<string, boolean>();
  /** Rule 8: whether the block at x is one by which its producer precommits h. */
  const precommitsBy = (x: number, h: number): boolean => {
    const key = `${x} ${h}`;
    const answer = known.get(key) ?? lookUpPrecommit(x, h);
    known.set(key, answer);
    return answer;
  };
  const lookUpPrecommit = (x: number, h: number): boolean => {
    if (!(h < x && x < h + window)) return false;
    const { producer } = block(x);
    for (let j = h; j <= x; j++) {
      if (mutant === 'precommit without coverage') break;
      let covered = mutant === 'precommit without the walk' && covers(x, x);
      for (let y = 1; y <= x; y++) covered ||= block(y).producer === producer && covers(y, j);
      if (!covered) return false;
    }
    return isPrevoted(mutant === 'own prevotes before own precommits' ? x : x - 1, h);
  };

  const precommitters = (tip: number, h: number): Set<string> => {
    const found = new Set<string>();
    for (let x = h + 1; x <= tip; x++) if (precommitsBy(x, h)) found.add(block(x).producer);
    return found;
  };

  const isPrecommitted = (tip: number, h: number): boolean =>
    mutant === 'final at prevotes' ? isPrevoted(tip, h) : enough(h, precommitters(tip, h), 'precommit');

  /** The greatest height up to `tip` of which a fact holds at the tip. Votes are never taken back, so "ever" is "now". */
  const greatest = (tip: number, fact: (tip: number, h: number) => boolean): number => {
    for (let h = tip; h > 0; h--) if (fact(tip, h)) return h;
    return 0;
  };

  const electedAfter = (height: number, office: TwinOffice): readonly string[] => {
    const elected = height === 0 ? rules.elected : block(height).electedAfter;
    return elected.length === 0 ? office.new : union(elected);
  };

  const slotOf = (height: number): number => (height === 0 ? 0 : block(height).slot);

  /** Rule 3, for a block at `height` that is the first of a round. */
  const officeAfter = (
    before: TwinOffice,
    elected: readonly string[],
    height: number,
    firstSlot: number,
  ): TwinOffice => {
    const parent = height - 1;
    const final = parent === 0 ? 0 : block(parent).finalHeight;
    const recent = blocks.filter((_, i) => i + 1 > parent - window).map(({ producer }) => producer);
    const seen = new Set(elected.filter((member) => recent.includes(member))).size;
    const ready =
      mutant === 'no readiness test' ||
      (mutant === 'readiness in any quorum of the round'
        ? new Set(recent).size >= quorum(elected.length)
        : seen >= quorum(elected.length));
    if (final >= before.since || mutant === 'office changes without a final since') {
      if (!equal(elected, before.new) && ready)
        return {
          old: mutant === 'old leaves as soon as new comes' ? elected : before.new,
          new: elected,
          since: height,
        };
      return { old: before.new, new: before.new, since: before.since };
    }
    const early = mutant === 'stall one slot early' ? 1 : 0;
    const stalled = firstSlot - slotOf(before.since) > rules.stallSlots - early && mutant !== 'stall never';
    const differs = !equal(before.old, elected) || !equal(before.new, elected);
    if (rules.stallSlots > 0 && stalled && differs && ready)
      return { old: mutant === 'stall keeps the old set' ? before.old : elected, new: elected, since: height };
    return before;
  };

  /** The round that a next block in this slot stands in (rules 3 and 4; protocol section 9). */
  const roundAt = (slot: number): TwinRound => {
    const height = blocks.length + 1;
    const parent = blocks.at(-1);
    const first = { round: 0, start: 1, producers: union(rules.elected), office: genesis };
    let { round, start, producers, office } = parent ?? first;
    if (slot < start + producers.length) return { round, start, producers, office };
    const elected = electedAfter(height - 1, office);
    office = officeAfter(office, elected, height, start + producers.length);
    const next = union(elected, office.old, office.new);
    round += 1;
    start += producers.length;
    producers = next;
    while (slot >= start + producers.length) {
      round += 1;
      start += producers.length;
    }
    return { round, start, producers, office };
  };

  const append = (next: TwinBlock): CountedTwinBlock => {
    const height = blocks.length + 1;
    const counted = { ...next, ...roundAt(next.slot), height, maxHeightPrevotedAfter: 0, finalHeight: 0 };
    blocks.push(counted);
    counted.maxHeightPrevotedAfter = greatest(height, isPrevoted);
    counted.finalHeight = greatest(height, isPrecommitted);
    return counted;
  };

  return { blocks, append, roundAt, prevoters, precommitters, isPrevoted, isPrecommitted };
};

export type FinalityTwin = ReturnType<typeof finalityTwin>;
