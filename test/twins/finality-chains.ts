/**
 * Finality chains: what the finality tests share. A caller that keeps the office, rounds and votes of one chain as an
 * engine would, and random chains with missed slots, absent producers, changing elections and every mhg rule 11 allows.
 */
import fc from 'fast-check';
import { countVotes, noVotes, producersInWindow, type VoteHeader, type Votes } from '../../src/core/finality.ts';
import { firstOffice, nextOffice, type Office, roundProducers } from '../../src/core/office.ts';
import type { Address, Height, Slot } from '../../src/core/units.ts';
import { type FinalityTwin, finalityTwin, type Mutant, type TwinBlock, type TwinRules } from './finality-twin.ts';

/** Any string will do as the name of a producer. */
export const names = (texts: readonly string[]): Address[] => texts.map((text) => text as Address);

export interface Live {
  readonly votes: Votes;
  readonly elected: readonly Address[];
  readonly office: Office;
  readonly sinceSlot: Slot;
  readonly round: number;
  readonly start: number;
  readonly producers: readonly Address[];
}

export const liveGenesis = ({ window, elected }: TwinRules): Live => {
  const office = firstOffice(names(elected));
  const producers = roundProducers(office, names(elected));
  return {
    votes: noVotes(window),
    elected: names(elected),
    office,
    sinceSlot: 0 as Slot,
    round: 0,
    start: 1,
    producers,
  };
};

/** The same chain, with the round begun in which a block of this slot stands. */
const beginRound = (live: Live, slot: number, stallSlots: number): Live => {
  const firstSlot = (live.start + live.producers.length) as Slot;
  if (slot < firstSlot) return live;
  const elected = live.elected.length === 0 ? live.office.new : live.elected;
  const height = (live.votes.height + 1) as Height;
  const office = nextOffice({
    office: live.office,
    elected,
    finalHeight: live.votes.finalHeight,
    firstSlot,
    sinceSlot: live.sinceSlot,
    height,
    stallSlots,
    recentProducers: producersInWindow(live.votes),
  });
  const producers = roundProducers(office, elected);
  const skipped = Math.floor((slot - firstSlot) / producers.length);
  const sinceSlot = office.since === live.office.since ? live.sinceSlot : (slot as Slot);
  const round = live.round + 1 + skipped;
  return { ...live, office, sinceSlot, producers, round, start: firstSlot + skipped * producers.length };
};

export const headerOf = (votes: Votes, { slot, producer, maxHeightGenerated }: TwinBlock): VoteHeader => ({
  height: (votes.height + 1) as Height,
  slot: slot as Slot,
  producer: producer as Address,
  maxHeightGenerated: maxHeightGenerated as Height,
  maxHeightPrevoted: votes.maxHeightPrevoted,
});

export const liveAppend = (live: Live, block: TwinBlock, stallSlots: number): Live => {
  const begun = beginRound(live, block.slot, stallSlots);
  const votes = countVotes(begun.votes, headerOf(begun.votes, block), begun.office);
  return { ...begun, votes, elected: names(block.electedAfter) };
};

export interface Plan {
  readonly size: number;
  readonly people: number;
  readonly window: number | undefined;
  readonly stallSlots: number;
  readonly absent: readonly number[];
  readonly steps: readonly Step[];
}

interface Step {
  readonly skip: number;
  readonly who: 'turn' | 'round' | 'anyone';
  readonly pick: number;
  readonly mhg: 'honest' | 'least' | 'above' | 'around' | 'huge';
  readonly by: number;
  readonly elect: 'same' | 'swap' | 'some' | 'nobody';
}

const weighted = <T>(...pairs: readonly (readonly [number, T])[]): fc.Arbitrary<T> =>
  fc.oneof(...pairs.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

const anyStep: fc.Arbitrary<Step> = fc.record({
  skip: fc.oneof(
    { weight: 14, arbitrary: fc.constant(0) },
    { weight: 5, arbitrary: fc.nat(3) },
    { weight: 1, arbitrary: fc.nat(30) },
  ),
  who: weighted([16, 'turn'], [3, 'round'], [1, 'anyone']),
  pick: fc.nat(1_000),
  mhg: weighted([20, 'honest'], [2, 'least'], [1, 'above'], [2, 'around'], [0, 'huge']),
  by: fc.nat(8),
  elect: weighted([22, 'same'], [2, 'swap'], [1, 'some'], [0, 'nobody']),
});

const rareStep: fc.Arbitrary<Step> = fc.record({
  skip: fc.nat(40),
  who: weighted([1, 'turn'], [1, 'round'], [1, 'anyone']),
  pick: fc.nat(1_000),
  mhg: weighted([4, 'honest'], [2, 'least'], [2, 'above'], [2, 'around'], [1, 'huge']),
  by: fc.nat(60),
  elect: weighted([3, 'same'], [1, 'swap'], [2, 'some'], [1, 'nobody']),
});

export const anyPlan = (sizes: { min: number; max: number; blocks: number }): fc.Arbitrary<Plan> =>
  fc.integer({ min: sizes.min, max: sizes.max }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      people: fc.integer({ min: size, max: size + 4 }),
      window: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 2, max: 40 }), fc.constant(undefined)),
      stallSlots: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 * size })),
      absent: fc.oneof(fc.constant([]), fc.array(fc.nat(size + 3), { maxLength: Math.ceil(size / 2) })),
      steps: fc.array(fc.oneof({ weight: 30, arbitrary: anyStep }, { weight: 1, arbitrary: rareStep }), {
        minLength: 1,
        maxLength: sizes.blocks,
        size: 'max',
      }),
    }),
  );

const person = (index: number): string => `P${String(index).padStart(2, '0')}`;

/** The rules of a planned chain; with default window, nine times the size. */
const rulesOf = (plan: Plan): TwinRules => ({
  window: plan.window ?? 9 * plan.size,
  stallSlots: plan.stallSlots,
  elected: Array.from({ length: plan.size }, (_, i) => person(i)),
});

/** The least mhg that rule 11 allows, looked up over the blocks of the chain. */
export const leastMhg = (twin: FinalityTwin, window: number, producer: string): number => {
  const own = twin.blocks.filter((b) => b.producer === producer && b.height > twin.blocks.length + 1 - window).at(-1);
  return own === undefined ? 0 : Math.max(own.height, own.maxHeightGenerated);
};

const mhgOf = (twin: FinalityTwin, window: number, producer: string, step: Step): number => {
  const least = leastMhg(twin, window, producer);
  const height = twin.blocks.length + 1;
  const signed = twin.blocks.filter((b) => b.producer === producer).map((b) => b.height);
  const stated = {
    honest: Math.max(0, ...signed),
    least,
    above: least + step.by,
    around: height - 2 + (step.by % 4),
    huge: Number.MAX_SAFE_INTEGER - step.by,
  }[step.mhg];
  return Math.min(Math.max(stated, least), Number.MAX_SAFE_INTEGER);
};

const electedOf = (plan: Plan, before: readonly string[], step: Step): readonly string[] => {
  const at = (k: number): string => person((step.pick + k * (1 + (step.by % 3))) % plan.people);
  switch (step.elect) {
    case 'same':
      return before;
    case 'nobody':
      return [];
    case 'swap':
      return before.includes(at(0))
        ? before
        : [at(0), ...before.slice(0, Math.max(0, before.length - (step.by % 2)))].slice(0, plan.size);
    case 'some':
      return [...new Set(Array.from({ length: 1 + (step.by % plan.size) }, (_, k) => at(k)))];
  }
};

const producerOf = (plan: Plan, twin: FinalityTwin, from: number, step: Step): { slot: number; producer: string } => {
  const absent = plan.absent.map(person);
  for (let slot = from; ; slot++) {
    const { start, producers } = twin.roundAt(slot);
    const turn = producers[step.who === 'turn' ? slot - start : step.pick % producers.length] ?? '';
    const producer = step.who === 'anyone' ? person(step.pick % plan.people) : turn;
    if (!absent.includes(producer) || slot > from + 60) return { slot, producer };
  }
};

/** The blocks of a plan, each valid on those before it, and the twin that counted them. */
export const chainOf = (plan: Plan): { blocks: readonly TwinBlock[]; twin: FinalityTwin; rules: TwinRules } => {
  const rules = rulesOf(plan);
  const twin = finalityTwin(rules);
  let elected = rules.elected;
  let slot = 0;
  for (const step of plan.steps) {
    const turn = producerOf(plan, twin, slot + 1 + step.skip, step);
    slot = turn.slot;
    elected = electedOf(plan, elected, step);
    const maxHeightGenerated = mhgOf(twin, rules.window, turn.producer, step);
    twin.append({ ...turn, maxHeightGenerated, electedAfter: elected });
  }
  return { blocks: twin.blocks, twin, rules };
};

/** A mutant's account of the same blocks. */
export const recount = (rules: TwinRules, blocks: readonly TwinBlock[], mutant?: Mutant): FinalityTwin => {
  const twin = finalityTwin({ ...rules, mutant });
  for (const { slot, producer, maxHeightGenerated, electedAfter } of blocks)
    twin.append({ slot, producer, maxHeightGenerated, electedAfter });
  return twin;
};
