/**
 * Evidence: two headers of one producer that no honest producer signs both of.
 *
 * Each clause is the reverse of what a lock allows, so a pair convicts whoever signed it, on whatever forks the two stand.
 * Evidence is kept and shown beside the state; it changes no vote and no reward.
 * Source: protocol section 12, finality rules 22 and 23.
 */
import type { VoteHeader } from './finality.ts';
import { threshold } from './office.ts';
import type { Address, Hash } from './units.ts';

/** What a producer stated by signing a header. Its slot is that of the header's time. */
export interface Statement extends VoteHeader {
  /** Two with the same id are one statement, whatever their signatures. */
  readonly id: Hash;
}

/**
 * How the later of two statements contradicts the earlier one; of several the first in this order. The words never change
 * their meaning.
 *
 * - `same_slot`: two blocks in one slot.
 * - `height_generated_below_height`: it denies having signed the height of the earlier one.
 * - `height_generated_fell`: it states a lower greatest height than the earlier one did.
 * - `height_prevoted_fell`: it stands on a chain that was worth less than that of the earlier one.
 * - `height_not_above`: it stands on a chain worth the same, not above the earlier one.
 */
export type Contradiction =
  | 'same_slot'
  | 'height_generated_below_height'
  | 'height_generated_fell'
  | 'height_prevoted_fell'
  | 'height_not_above';

const laterAgainst = (earlier: Statement, later: Statement): Contradiction | undefined => {
  if (later.slot === earlier.slot) return 'same_slot';
  if (later.maxHeightGenerated < earlier.height) return 'height_generated_below_height';
  if (later.maxHeightGenerated < earlier.maxHeightGenerated) return 'height_generated_fell';
  if (later.maxHeightPrevoted < earlier.maxHeightPrevoted) return 'height_prevoted_fell';
  const isLevel = later.maxHeightPrevoted === earlier.maxHeightPrevoted;
  return isLevel && later.height <= earlier.height ? 'height_not_above' : undefined;
};

/**
 * Why the two statements, in whichever order, are evidence against their producer; `undefined` if they are none: because an
 * honest producer may have made both, or because they are one and the same, or of two producers.
 *
 * If the statements of a producer are in the order of their slots and no two neighbours contradict each other, no two do.
 */
export const contradictionOf = (a: Statement, b: Statement): Contradiction | undefined => {
  if (a.producer !== b.producer || a.id === b.id) return undefined;
  return a.slot <= b.slot ? laterAgainst(a, b) : laterAgainst(b, a);
};

/** Two statements of one producer that contradict each other, in the order of their slots; in one slot, of their ids. */
export interface Evidence<T extends Statement = Statement> {
  readonly producer: Address;
  readonly contradiction: Contradiction;
  readonly earlier: T;
  readonly later: T;
}

/** The evidence that two statements are, in whichever order they come; `undefined` if they are none. */
export const evidenceOf = <T extends Statement>(a: T, b: T): Evidence<T> | undefined => {
  const contradiction = contradictionOf(a, b);
  if (contradiction === undefined) return undefined;
  const isInOrder = a.slot < b.slot || (a.slot === b.slot && a.id < b.id);
  const [earlier, later] = isInOrder ? [a, b] : [b, a];
  return { producer: a.producer, contradiction, earlier, later };
};

/** What evidence says about a set of producers. */
export interface Conviction {
  /** The members of the set against whom there is evidence, in the order of the set. */
  readonly convicted: readonly Address[];
  /** How many there are at least if two final blocks whose offices share this set are in conflict: 2 T - size, 9 of 21. */
  readonly demanded: number;
}

/** Which members of a set of producers, each named once, the evidence convicts. That it is verified is the caller's affair. */
export const convictionOf = (evidence: readonly Evidence[], set: readonly Address[]): Conviction => {
  const producers = new Set(evidence.map(({ producer }) => producer));
  return {
    convicted: set.filter((member) => producers.has(member)),
    demanded: 2 * threshold(set.length) - set.length,
  };
};
