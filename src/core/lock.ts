/**
 * Lock: what a producer remembers of its last signature, for ever and on every fork, and when it may sign again.
 *
 * Two blocks that an honest producer signs are never in conflict with what its earlier blocks voted for: that is all that
 * finality rests on. One key has one lock, on one machine. Source: protocol section 12, finality rules 18 to 21.
 */
import type { Height, Slot } from './units.ts';

export interface Lock {
  /** The slot of the last block signed. */
  readonly slot: Slot;
  /** M: the greatest height ever signed, on any fork. */
  readonly maxHeight: Height;
  /** m: V of the parent of the last block signed. */
  readonly maxHeightPrevoted: Height;
  /** g: the height of the last block signed. */
  readonly height: Height;
}

/** What the lock must know of a block before it is signed. */
export interface Signing {
  readonly slot: Slot;
  readonly height: Height;
  /** V of the parent, as this node computed it; never what a header states. */
  readonly maxHeightPrevoted: Height;
}

export type LockFault = 'lock_slot' | 'lock_vote';

/** The lock of a key that never signed. */
export const firstLock: Lock = {
  slot: 0 as Slot,
  maxHeight: 0 as Height,
  maxHeightPrevoted: 0 as Height,
  height: 0 as Height,
};

/**
 * Why the block may not be signed: `lock_slot` if its slot is not after the last one signed; `lock_vote` if it stands on a
 * chain that is worth less than the one signed before. `undefined` if it may be.
 */
export const lockFault = (lock: Lock, { slot, height, maxHeightPrevoted }: Signing): LockFault | undefined => {
  if (slot <= lock.slot) return 'lock_slot';
  const isHigher = maxHeightPrevoted === lock.maxHeightPrevoted && height > lock.height;
  return maxHeightPrevoted > lock.maxHeightPrevoted || isHigher ? undefined : 'lock_vote';
};

/** The lock once the block is signed. It is durable before the signature leaves. */
export const lockAfter = (lock: Lock, { slot, height, maxHeightPrevoted }: Signing): Lock => ({
  slot,
  maxHeight: Math.max(lock.maxHeight, height) as Height, // the greater of two heights
  maxHeightPrevoted,
  height,
});

/**
 * The lock of a key whose own lock was lost. No height and no prevoted height is ever above its slot, so the present slot is an
 * upper bound of all that may have been signed; the key is silent until the chain has prevoted that height.
 */
export const lostLock = (present: Slot): Lock => {
  const bound: number = present;
  const height = bound as Height; // no height passes its slot
  return { slot: present, maxHeight: height, maxHeightPrevoted: height, height };
};
