/**
 * Seal: how a dense Merkle tree of any number of leaves becomes one root that fixes that number.
 *
 * root = H(top | 24 zero bytes | number of leaf slots, 8 bytes big endian). The number gives the depth, so a node of one
 * level can never pass for one of another. Source: protocol section 11, docs/design.md.
 */
import { toHex } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { HASH_BYTES, type Hash } from '../units.ts';

/** A pair of hashes, the block that a node is the hash of. */
export const PAIR_BYTES = 2 * HASH_BYTES;

/** The least d with 2^d >= size, for a size up to 2^31. */
export const depthOf = (size: number): number => (size < 2 ? 0 : 32 - Math.clz32(size - 1));

/** The root over `top` (32 bytes), the node that stands over all `size` leaf slots. */
export const seal = (hasher: Hasher, top: Uint8Array, size: number): Hash => {
  const block = new Uint8Array(PAIR_BYTES);
  block.set(top);
  // Sizes stay below 2^31: the upper four of the eight bytes are zero.
  new DataView(block.buffer).setUint32(PAIR_BYTES - 4, size);
  const root = new Uint8Array(HASH_BYTES);
  hasher.hashPairs(block, root);
  return toHex(root) as Hash;
};
