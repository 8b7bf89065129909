/**
 * Office: the two sets of producers whose votes count at a height, and how a round's beginning hands over from one
 * to the next.
 *
 * A set voted in becomes `new` and counts beside `old` until a block of that joint time is final; then it stands
 * alone. Whoever counts therefore always shares a set with whoever counted before, which keeps two conflicting
 * blocks from both becoming final while the set changes. Source: protocol section 12, finality rules 1-5.
 */
import { type Address, floorDiv, type Height, type Slot } from './units.ts';

/** Who counts: both sets sorted ascending, without duplicates, never empty. `since` is where `new` last changed. */
export interface Office {
  readonly old: readonly Address[];
  readonly new: readonly Address[];
  readonly since: Height;
}

/** What the first block x of a round, with parent P, knows when it settles its office. */
export interface OfficeInput {
  /** The office of P. */
  readonly office: Office;
  /** E(P), in any order, without duplicates: the first of the ranking, or `office.new` if the ranking is empty. */
  readonly elected: readonly Address[];
  /** F(P), the chain's own, never the greater one that a node may remember from another chain. */
  readonly finalHeight: Height;
  /** The first slot of the round after P's, whether x stands in that round or in a later one. */
  readonly firstSlot: Slot;
  /**
   * The slot of the block at height `office.since` (0 for genesis). Rule 3b may ask for it long after that block has
   * left the window, so the state keeps it beside the office: when `since` changes, it becomes the slot of x.
   */
  readonly sinceSlot: Slot;
  /** The height of x. */
  readonly height: Height;
  readonly stallSlots: number;
  /** Who produced one of the last W blocks up to P: `producersInWindow` of P's votes. */
  readonly recentProducers: ReadonlySet<Address>;
}

/** How many of a set make a quorum: floor(2 size / 3) + 1. */
export const threshold = (size: number): number => floorDiv(2 * size, 3) + 1;

/** Whether both hold the same members. Either may be in any order; neither may hold one twice. */
export const sameSet = (a: readonly Address[], b: readonly Address[]): boolean => {
  if (a.length !== b.length) return false;
  const members = new Set(b);
  return a.every((member) => members.has(member));
};

/** Whether votes for the two offices are counted alike and pass on alike. */
export const sameOffice = (a: Office, b: Office): boolean =>
  a === b || (a.since === b.since && sameSet(a.old, b.old) && sameSet(a.new, b.new));

const byAddress = (a: Address, b: Address): number => (a < b ? -1 : a > b ? 1 : 0);

const sorted = (members: readonly Address[]): readonly Address[] => [...members].sort(byAddress);

/** The office of round 0: the elected of genesis, in any order, are both sets. */
export const firstOffice = (elected: readonly Address[]): Office => {
  const members = sorted(elected);
  return { old: members, new: members, since: 0 as Height };
};

/** Whether enough of the elected have shown a running node to form a quorum: an absent set must not freeze finality. */
const isReady = ({ elected, recentProducers }: OfficeInput): boolean =>
  elected.filter((member) => recentProducers.has(member)).length >= threshold(elected.length);

/** Whether rule 3b lets the voters replace sets that stopped making anything final, although nothing final allows it. */
const isStalled = ({ office, elected, stallSlots, firstSlot, sinceSlot }: OfficeInput): boolean =>
  stallSlots > 0 &&
  firstSlot - sinceSlot > stallSlots &&
  !(sameSet(office.old, elected) && sameSet(office.new, elected));

/**
 * The office of a round, settled once, by its first block; a block that begins several rounds settles it once for all
 * of them. The same object comes back if nothing changes, and `since` is the block's height exactly if it changed.
 */
export const nextOffice = (input: OfficeInput): Office => {
  const { office, elected, finalHeight, height } = input;
  if (finalHeight >= office.since) {
    if (!sameSet(elected, office.new) && isReady(input))
      return { old: office.new, new: sorted(elected), since: height };
    return sameSet(office.old, office.new) ? office : { ...office, old: office.new };
  }
  if (isStalled(input) && isReady(input)) {
    const members = sorted(elected);
    return { old: members, new: members, since: height };
  }
  return office;
};

/**
 * The producers of a round, sorted by address, one slot each: the elected from their very first round, and those of
 * the office until the handover is final, since whoever has no slot cannot vote.
 */
export const roundProducers = (office: Office, elected: readonly Address[]): readonly Address[] =>
  sorted([...new Set([...elected, ...office.old, ...office.new])]);
