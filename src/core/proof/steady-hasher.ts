/**
 * Steady hasher: any hasher, made fit for one pair at a time.
 *
 * PERF: native code pays microseconds for each short array that it sees for the first time, which its host must first move to where
 * it stays. So it is given the same two, always: large proofs are then checked some ten times faster.
 */
import type { Hasher } from '../crypto.ts';
import { PAIR_BYTES } from '../tree/seal.ts';
import { HASH_BYTES } from '../units.ts';

const pair = new Uint8Array(PAIR_BYTES);
const hash = new Uint8Array(HASH_BYTES);

/** The same hasher, whose `hashPairs` takes one pair. */
export const steady = (hasher: Hasher): Hasher => ({
  sha256: (data) => hasher.sha256(data),
  sha3: (data) => hasher.sha3(data),
  hashPairs: (pairs, out) => {
    pair.set(pairs);
    hasher.hashPairs(pair, hash);
    out.set(hash);
  },
});
