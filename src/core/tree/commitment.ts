/**
 * Commitment: the hashes that a leaf of the state tree stands for, one entry at a time.
 *
 * Bytes are hashed as a list of 32-byte chunks, so that all the work of a block is pairs and one batch hasher does it. The
 * tree hashes in batches; this is the same said plainly, for proofs, checks of single rows, and tests.
 * Source: protocol section 11; docs/protocol.md section 15.3.
 */
import type { Hasher } from '../crypto.ts';
import { HASH_BYTES } from '../units.ts';
import { PAIR_BYTES } from './seal.ts';

/** H(left | right): SHA-256 of the 64 bytes. */
export const pairHash = (hasher: Hasher, left: Uint8Array, right: Uint8Array): Uint8Array => {
  const pair = new Uint8Array(PAIR_BYTES);
  pair.set(left);
  pair.set(right, HASH_BYTES);
  const hash = new Uint8Array(HASH_BYTES);
  hasher.hashPairs(pair, hash);
  return hash;
};

/** 32 bytes that end in a number of up to 32 bits, big endian. */
const numberChunk = (value: number): Uint8Array => {
  const chunk = new Uint8Array(HASH_BYTES);
  new DataView(chunk.buffer).setUint32(HASH_BYTES - 4, value);
  return chunk;
};

/** Two zero chunks are the pair that stands over a missing one, and so on upwards. */
const zeroAt = (hasher: Hasher, height: number): Uint8Array => {
  let zero: Uint8Array = new Uint8Array(HASH_BYTES);
  for (let level = 0; level < height; level += 1) zero = pairHash(hasher, zero, zero);
  return zero;
};

/**
 * The root over bytes: chunks of 32 bytes, the last one filled up with zeros, missing subtrees on the right those of zero
 * chunks, and H(top | number of bytes) over all, the number as 32 bytes big endian.
 */
export const bytesRoot = (hasher: Hasher, bytes: Uint8Array): Uint8Array => {
  let level: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += HASH_BYTES) {
    const chunk = new Uint8Array(HASH_BYTES);
    chunk.set(bytes.subarray(start, start + HASH_BYTES));
    level.push(chunk);
  }
  for (let height = 0; level.length > 1; height += 1) {
    const parents: Uint8Array[] = [];
    for (let at = 0; at < level.length; at += 2) {
      parents.push(pairHash(hasher, level[at] as Uint8Array, level[at + 1] ?? zeroAt(hasher, height)));
    }
    level = parents;
  }
  return pairHash(hasher, level[0] ?? zeroAt(hasher, 0), numberChunk(bytes.length));
};

/** What one leaf commits to. */
export interface LeafContent {
  readonly key: Uint8Array;
  /** The next greater key; of the greatest the least; of a single one its own. */
  readonly next: Uint8Array;
  readonly value: Uint8Array;
}

/** H(H(key root | root of the next key) | value root). */
export const leafHash = (hasher: Hasher, { key, next, value }: LeafContent): Uint8Array => {
  const link = pairHash(hasher, bytesRoot(hasher, key), bytesRoot(hasher, next));
  return pairHash(hasher, link, bytesRoot(hasher, value));
};
