/**
 * Merkle list: one root over a list of hashes, for a block's transactions and receipts.
 *
 * The same nodes as the state tree: H(left | right), missing subtrees on the right are those of zero leaves, and the
 * root binds the number of leaves. Source: protocol section 11, docs/design.md.
 */
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import { HASH_BYTES, type Hash } from '../units.ts';
import { PAIR_BYTES, seal } from './seal.ts';

/** The root over these leaves of 32 bytes each, in their order. */
export const listRoot = (hasher: Hasher, leaves: readonly Uint8Array[]): Hash => {
  // A level is its nodes and, after them, its empty subtree: it fills an odd pair, and with itself makes the next one.
  let level = new Uint8Array((leaves.length + 1) * HASH_BYTES);
  for (const [index, leaf] of leaves.entries()) {
    invariant(leaf.length === HASH_BYTES, `leaf ${index} has ${leaf.length} bytes, not ${HASH_BYTES}`);
    level.set(leaf, index * HASH_BYTES);
  }
  let count = leaves.length;
  while (count > 1) {
    const parents = (count + 1) >> 1;
    const pairs = new Uint8Array((parents + 1) * PAIR_BYTES);
    const empty = level.subarray(count * HASH_BYTES);
    pairs.set(level);
    pairs.set(empty, parents * PAIR_BYTES);
    pairs.set(empty, parents * PAIR_BYTES + HASH_BYTES);
    level = new Uint8Array((parents + 1) * HASH_BYTES);
    hasher.hashPairs(pairs, level);
    count = parents;
  }
  return seal(hasher, level.subarray(0, HASH_BYTES), leaves.length);
};
