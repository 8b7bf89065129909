/**
 * Hasher: the reference hash functions, one block at a time, for tests that need a hasher and nothing else of cryptography.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import type { Hasher } from '../../src/core/crypto.ts';

export const twinHasher: Hasher = {
  sha256: (data) => sha256(data),
  sha3: (data) => sha3_256(data),
  hashPairs: (pairs, out) => {
    for (let start = 0; start < pairs.length; start += 64)
      out.set(sha256(pairs.subarray(start, start + 64)), start / 2);
  },
};
