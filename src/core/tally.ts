/**
 * Tally: the prevotes and precommits at one height, and when they are enough.
 *
 * Only the members of that height's office count, each once, and a quorum needs enough of both its sets. Whoever
 * votes without a seat there has no effect and is not kept. Source: protocol section 12, finality rules 7-9.
 *
 * PERF a mask of bits for who, and counts for how many: adding a vote costs two small objects and no search.
 */
import { type Office, sameOffice, threshold } from './office.ts';
import type { Address, Height } from './units.ts';

/** A member's place in the masks of its office, and which of the two sets it counts for. */
interface Seat {
  readonly bit: bigint;
  readonly old: 0 | 1;
  readonly new: 0 | 1;
}

/** How many of a set of some size must vote, in each phase. */
export interface Quorums {
  readonly prevote: (size: number) => number;
  readonly precommit: (size: number) => number;
}

/** Rule 9: the same in both phases. Other quorums are for simulations alone. */
export const quorums: Quorums = { prevote: threshold, precommit: threshold };

/** How many of each set of an office must vote. */
interface Quorum {
  readonly old: number;
  readonly new: number;
}

/** An office made ready for counting; all heights of one office share it. */
export interface Seats {
  readonly office: Office;
  readonly of: ReadonlyMap<Address, Seat>;
  readonly prevoteQuorum: Quorum;
  readonly precommitQuorum: Quorum;
}

/** The members that voted, as bits of their seats, and how many of them sit in each set. */
interface Poll {
  readonly voters: bigint;
  readonly old: number;
  readonly new: number;
}

/** The votes at one height. Immutable. */
export interface Tally {
  readonly height: Height;
  readonly seats: Seats;
  readonly prevotes: Poll;
  readonly precommits: Poll;
}

const NOBODY: Poll = { voters: 0n, old: 0, new: 0 };

const seatsOf = (office: Office, { prevote, precommit }: Quorums): Seats => {
  const old = new Set(office.old);
  const successors = new Set(office.new);
  const of = new Map<Address, Seat>();
  for (const member of new Set([...old, ...successors])) {
    const bit = 1n << BigInt(of.size);
    of.set(member, { bit, old: old.has(member) ? 1 : 0, new: successors.has(member) ? 1 : 0 });
  }
  return {
    office,
    of,
    prevoteQuorum: { old: prevote(old.size), new: prevote(successors.size) },
    precommitQuorum: { old: precommit(old.size), new: precommit(successors.size) },
  };
};

/** The seats of an office. Almost every block stands in its parent's office, whose seats are then taken over. */
export const takeSeats = (office: Office, before: Seats | undefined, required: Quorums): Seats =>
  before !== undefined && sameOffice(before.office, office) ? before : seatsOf(office, required);

export const emptyTally = (height: Height, seats: Seats): Tally => ({
  height,
  seats,
  prevotes: NOBODY,
  precommits: NOBODY,
});

const hasQuorum = (poll: Poll, quorum: Quorum): boolean => poll.old >= quorum.old && poll.new >= quorum.new;

export const isPrevoted = ({ prevotes, seats }: Tally): boolean => hasQuorum(prevotes, seats.prevoteQuorum);

export const isPrecommitted = ({ precommits, seats }: Tally): boolean => hasQuorum(precommits, seats.precommitQuorum);

const withVoter = (poll: Poll, seat: Seat): Poll =>
  (poll.voters & seat.bit) !== 0n
    ? poll
    : { voters: poll.voters | seat.bit, old: poll.old + seat.old, new: poll.new + seat.new };

/** How a vote enters a tally. PERF written out field by field: spreading doubles the time of a block. */
type Cast = (tally: Tally, seat: Seat) => Tally;

const prevote: Cast = ({ height, seats, prevotes, precommits }, seat) => ({
  height,
  seats,
  prevotes: withVoter(prevotes, seat),
  precommits,
});

const precommit: Cast = (tally, seat) => {
  if (!isPrevoted(tally)) return tally;
  const { height, seats, prevotes } = tally;
  const precommits = withVoter(tally.precommits, seat);
  return precommits === tally.precommits ? tally : { height, seats, prevotes, precommits };
};

const castFrom = (tallies: readonly Tally[], from: number, producer: Address, cast: Cast): Tally[] => {
  let seats: Seats | undefined;
  let seat: Seat | undefined;
  return tallies.map((tally) => {
    if (tally.height < from) return tally;
    if (tally.seats !== seats) {
      seats = tally.seats;
      seat = seats.of.get(producer);
    }
    return seat === undefined ? tally : cast(tally, seat);
  });
};

/** The tallies with this producer's prevote at each height from `from` on. */
export const prevoteFrom = (tallies: readonly Tally[], from: number, producer: Address): Tally[] =>
  castFrom(tallies, from, producer, prevote);

/** The tallies with this producer's precommit at each height from `from` on that is prevoted in them. */
export const precommitFrom = (tallies: readonly Tally[], from: number, producer: Address): Tally[] =>
  castFrom(tallies, from, producer, precommit);

/** The members that prevoted and precommitted, each sorted. */
export const votersOf = ({
  seats,
  prevotes,
  precommits,
}: Tally): { readonly prevotes: readonly Address[]; readonly precommits: readonly Address[] } => {
  const sorted = [...seats.of].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const members = ({ voters }: Poll) => sorted.filter(([, { bit }]) => (voters & bit) !== 0n).map(([member]) => member);
  return { prevotes: members(prevotes), precommits: members(precommits) };
};
