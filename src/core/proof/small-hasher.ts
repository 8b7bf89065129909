/**
 * Small hasher: the hash functions for who verifies and does nothing else; pure JavaScript, for every host.
 *
 * The reference of crypto-noble.ts brings signatures, which weigh more than the verifier. Any `Hasher` may stand in its stead.
 * Source: FIPS 180-4 and 202.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import type { Hasher } from '../crypto.ts';
import { PAIR_BYTES } from '../tree/seal.ts';
import { HASH_BYTES } from '../units.ts';

// PERF: 1.5 us a pair with hashers used again, 2.7 us with one each.
const fresh = sha256.create();
const busy = sha256.create();

export const smallHasher: Hasher = {
  sha256: (data) => sha256(data),
  sha3: (data) => sha3_256(data),
  hashPairs: (pairs, out) => {
    for (let from = 0, to = 0; from < pairs.length; from += PAIR_BYTES, to += HASH_BYTES) {
      fresh._cloneInto(busy);
      busy.update(pairs.subarray(from, from + PAIR_BYTES));
      busy.digestInto(out.subarray(to, to + HASH_BYTES));
    }
  },
};
