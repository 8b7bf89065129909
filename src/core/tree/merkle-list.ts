/**
 * Merkle list: one root over a list of hashes, for a block's transactions and receipts.
 *
 * The same nodes as the state tree: H(left | right), missing subtrees on the right are those of zero leaves, and the
 * root binds the number of leaves. Source: protocol section 11, docs/design.md.
 */
import type { Hasher } from '../crypto.ts';
import { InvariantViolation, invariant } from '../refusal.ts';
import { HASH_BYTES, type Hash } from '../units.ts';
import { PAIR_BYTES, seal } from './seal.ts';

/** 32 is 2 to this power. */
const HASH_SHIFT = 5;

/** The root over these leaves of 32 bytes each, one after the other. */
export const rootOfLeaves = (hasher: Hasher, leaves: Uint8Array): Hash => {
  invariant(leaves.length % HASH_BYTES === 0, `${leaves.length} bytes are no whole leaves`);
  let count = leaves.length >> HASH_SHIFT;
  // A level is its nodes and, after them, its empty subtree: it fills an odd pair, and with itself makes the next one.
  let level = new Uint8Array(leaves.length + HASH_BYTES);
  level.set(leaves);
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
  return seal(hasher, level.subarray(0, HASH_BYTES), leaves.length >> HASH_SHIFT);
};

/** The root over these leaves of 32 bytes each, in their order. */
export const listRoot = (hasher: Hasher, leaves: readonly Uint8Array[]): Hash => {
  const joined = new Uint8Array(leaves.length * HASH_BYTES);
  for (let index = 0; index < leaves.length; index += 1) {
    const leaf = leaves[index] as Uint8Array;
    // Thrown here, not by `invariant`: its message would be made for every leaf.
    if (leaf.length !== HASH_BYTES) {
      throw new InvariantViolation(`leaf ${index} has ${leaf.length} bytes, not ${HASH_BYTES}`);
    }
    joined.set(leaf, index * HASH_BYTES);
  }
  return rootOfLeaves(hasher, joined);
};
