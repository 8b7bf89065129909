/**
 * Finality: what the headers of one chain say about its blocks, counted block by block.
 *
 * Each header votes by two numbers: it prevotes the heights above the highest its producer ever signed before, and
 * precommits what it finds prevoted and has covered without a gap. A height is prevoted, or precommitted, when a
 * quorum of both sets of its office says so; the greatest precommitted height is final, with all its ancestors.
 * Nothing else enters: no clock, no message, no other chain. Source: protocol section 12, finality rules 6-15.
 *
 * PERF per block: one copy of W pointers, and one small object for each vote at a height that is not final yet; with
 * 21 producers about 35 of them.
 */
import type { Office } from './office.ts';
import { invariant } from './refusal.ts';
import {
  emptyTally,
  isPrecommitted,
  isPrevoted,
  precommitFrom,
  prevoteFrom,
  type Quorums,
  quorums,
  type Seats,
  type Tally,
  takeSeats,
  votersOf,
} from './tally.ts';
import type { Address, Height, Slot } from './units.ts';

/** What finality reads of a header. */
export interface VoteHeader {
  readonly height: Height;
  readonly slot: Slot;
  readonly producer: Address;
  /** The greatest height this producer signed before, on any fork; an overstated one is valid and votes less. */
  readonly maxHeightGenerated: Height;
  /** V of the parent. */
  readonly maxHeightPrevoted: Height;
}

export type HeaderFault = 'max_height_prevoted_wrong' | 'max_height_generated_wrong';

/** What the count keeps of a block. */
interface CountedBlock {
  readonly height: Height;
  readonly producer: Address;
  readonly maxHeightGenerated: Height;
  readonly seats: Seats;
}

/**
 * An immutable value: what the chain up to `height` says.
 *
 * `blocks` are the last W, oldest first. `tallies` are those of the heights among them above `finalHeight`: a
 * precommit counts only where the height was prevoted before, so F <= V at all times. Hence no vote at a height up to
 * F can raise V or F, which are the greatest ever, and nothing else reads the votes, so they are not counted.
 */
export interface Votes {
  readonly window: number;
  readonly height: Height;
  /** V: the greatest height ever prevoted. */
  readonly maxHeightPrevoted: Height;
  /** F: the greatest height ever precommitted. */
  readonly finalHeight: Height;
  readonly blocks: readonly CountedBlock[];
  readonly tallies: readonly Tally[];
}

const GENESIS = 0 as Height;

/** The votes at genesis. `window` is W, at least 1. */
export const noVotes = (window: number): Votes => ({
  window,
  height: GENESIS,
  maxHeightPrevoted: GENESIS,
  finalHeight: GENESIS,
  blocks: [],
  tallies: [],
});

/**
 * The lowest height from which this producer's blocks cover every height up to the header's own (rule 8, as the walk).
 *
 * By rule 11 its blocks cover disjoint stretches, so the height below one stretch is covered only if its block stands
 * right there. The walk ends: it goes down with each step, and leaves the window after W steps at most.
 */
const coveredFrom = (votes: Votes, { producer, maxHeightGenerated }: VoteHeader): number => {
  const firstHeight = votes.height - votes.blocks.length + 1;
  let from = maxHeightGenerated + 1;
  for (;;) {
    const block = votes.blocks[from - 1 - firstHeight];
    if (block === undefined || block.producer !== producer || block.maxHeightGenerated >= block.height) return from;
    from = block.maxHeightGenerated + 1;
  }
};

/**
 * The votes after a block, whose header has passed `headerFault` and stands in this office.
 *
 * Precommits are counted on the state before the block, then its prevotes: its own prevote must not be what lets it
 * precommit. A height that is not its parent's plus one throws `InvariantViolation`. `required` is one and the same for
 * all blocks of a chain.
 */
export const countVotes = (votes: Votes, header: VoteHeader, office: Office, required: Quorums = quorums): Votes => {
  const { window } = votes;
  const { height, producer, maxHeightGenerated } = header;
  invariant(height === votes.height + 1, `votes of height ${height} counted on those of height ${votes.height}`);
  const seats = takeSeats(office, votes.blocks.at(-1)?.seats, required);
  const oldest = height - window + 1;

  const precommitted = precommitFrom(votes.tallies, Math.max(oldest, coveredFrom(votes, header)), producer);
  const finalHeight = precommitted.findLast(isPrecommitted)?.height ?? votes.finalHeight;

  const open = precommitted.filter((tally) => tally.height > finalHeight && tally.height >= oldest);
  if (height > finalHeight) open.push(emptyTally(height, seats));
  const tallies = prevoteFrom(open, maxHeightGenerated + 1, producer);
  const prevoted = tallies.findLast(isPrevoted)?.height ?? GENESIS;

  const blocks = votes.blocks.slice(votes.blocks.length < window ? 0 : 1);
  blocks.push({ height, producer, maxHeightGenerated, seats });
  const maxHeightPrevoted = Math.max(votes.maxHeightPrevoted, prevoted) as Height; // the greater of two heights
  return { window, height, maxHeightPrevoted, finalHeight, blocks, tallies };
};

/** What is wrong with the two fields of a header on top of these votes, or undefined. O(W), no allocation. */
export const headerFault = (votes: Votes, header: VoteHeader): HeaderFault | undefined => {
  if (header.maxHeightPrevoted !== votes.maxHeightPrevoted) return 'max_height_prevoted_wrong';
  const last = votes.blocks.findLast((block) => block.producer === header.producer);
  // The oldest block kept is one older than this header's own window once W are kept, and binds it no more.
  if (last === undefined || last.height <= header.height - votes.window) return undefined;
  const signed = Math.max(last.height, last.maxHeightGenerated);
  return header.maxHeightGenerated < signed ? 'max_height_generated_wrong' : undefined;
};

/** Who produced one of the last W blocks, as rule 3 of the office asks. O(W). */
export const producersInWindow = (votes: Votes): ReadonlySet<Address> =>
  new Set(votes.blocks.map((block) => block.producer));

/** The offices of the last W blocks, oldest first, each with the first of these heights that stands in it. O(W). */
export const officesInWindow = (votes: Votes): readonly { readonly from: Height; readonly office: Office }[] =>
  votes.blocks
    .filter((block, index) => block.seats !== votes.blocks[index - 1]?.seats)
    .map(({ height, seats }) => ({ from: height, office: seats.office }));

/** Which members of the office at this height have voted, sorted; undefined at a final height or outside the window. */
export const votesAt = (votes: Votes, height: Height): ReturnType<typeof votersOf> | undefined => {
  const tally = votes.tallies.find((candidate) => candidate.height === height);
  return tally === undefined ? undefined : votersOf(tally);
};

/** What is kept of a chain besides its state, and what its state keeps, to count on from where it stands. */
export interface KeptVotes {
  readonly window: number;
  /** The last W headers, or all if fewer, oldest first, each with the office of its round. Earlier ones are ignored. */
  readonly headers: readonly { readonly header: VoteHeader; readonly office: Office }[];
  readonly maxHeightPrevoted: Height;
  readonly finalHeight: Height;
}

/**
 * The very value that counting from genesis gives, from the last W headers, their offices, V and F.
 *
 * W headers are enough, exactly: a block covers no height above its own, so whether a height h is prevoted, and by
 * whom it is precommitted, depends on blocks at h and above alone; all of these are here for each h of the window. The
 * next header's rule 11 looks at W - 1 of them, and only the readiness test of rule 3 needs the oldest too.
 * Gaps, missing headers, and a V or F that the headers overtake throw `InvariantViolation`: whoever opens a stranger's
 * snapshot proves V, F and the offices against a state root before.
 */
export const restoreVotes = (
  { window, headers, maxHeightPrevoted, finalHeight }: KeptVotes,
  count: typeof countVotes = countVotes,
): Votes => {
  const recent = headers.slice(-window);
  const first = recent[0]?.header.height ?? 1;
  invariant(first === 1 || recent.length === window, `${recent.length} of the last ${window} headers were kept`);
  const before: Votes = { ...noVotes(window), height: (first - 1) as Height, maxHeightPrevoted, finalHeight };
  const votes = recent.reduce((counted, { header, office }) => count(counted, header, office), before);
  invariant(
    votes.maxHeightPrevoted === maxHeightPrevoted && votes.finalHeight === finalHeight,
    `the kept headers say V ${votes.maxHeightPrevoted}, F ${votes.finalHeight}, the state ${maxHeightPrevoted}, ${finalHeight}`,
  );
  return votes;
};
