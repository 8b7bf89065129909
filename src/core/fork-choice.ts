/**
 * Fork choice: which of two valid chains a node stands on, by their last headers alone.
 *
 * The order is total and reads no clock and no time of arrival, so all nodes that know the same blocks choose the same chain.
 * Only chains that hold the node's final block are compared. Source: protocol section 12, finality rule 16.
 */
import { compareText } from './bytes.ts';
import type { Hash, Height, Slot } from './units.ts';

/** What fork choice reads of the last block of a chain. */
export interface ForkTip {
  /** As its header states it: V of its parent. 0 for genesis. */
  readonly maxHeightPrevoted: Height;
  readonly height: Height;
  readonly slot: Slot;
  readonly id: Hash;
}

/** Negative if the chain that ends in `a` is to be preferred to that of `b`; 0 only for one and the same block. */
export const compareForks = (a: ForkTip, b: ForkTip): number =>
  b.maxHeightPrevoted - a.maxHeightPrevoted || b.height - a.height || a.slot - b.slot || compareText(a.id, b.id);
