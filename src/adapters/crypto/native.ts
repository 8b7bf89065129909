/**
 * Crypto on native code: libsecp256k1 by the npm package `secp256k1`, hashes by `node:crypto`, pairs by hashtree.
 *
 * The package's main entry falls back to JavaScript without a word where its addon does not load; the `bindings` entry
 * used here has no such fallback, so this backend is native or it is not made at all.
 * Source: protocol section 3.
 */
import { hash as digest, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { isPrivateKey, isRecoverable, reduceHash } from '../../core/signature.ts';
import { ADDRESS_BYTES, HASH_BYTES, SIGNATURE_BYTES } from '../../core/units.ts';

type Secp256k1 = typeof import('secp256k1');
type Hashtree = typeof import('@chainsafe/hashtree');

const require = createRequire(import.meta.url);

const PAIR_BYTES = 2 * HASH_BYTES;
const ID_OFFSET = 64;

const loadSecp256k1 = (): Secp256k1 => {
  try {
    return require('secp256k1/bindings') as Secp256k1;
  } catch (cause) {
    throw new Error('the native addon of npm secp256k1 does not load here: use wasmCrypto or nobleCrypto', { cause });
  }
};

/** Hashtree has no build for some hosts; `node:crypto` then does its work, some 20 times slower. */
const loadHashtree = (): Hashtree | undefined => {
  try {
    return require('@chainsafe/hashtree') as Hashtree;
  } catch {
    return undefined;
  }
};

/**
 * PERF: the one-shot `hash` costs 0.4 us (SHA-256) or 0.9 us (SHA3-256) for 200 bytes when it answers with text, a character a byte,
 * and twice that when it answers with a Buffer, whose memory lies outside the heap.
 */
const hashBy =
  (algorithm: 'sha256' | 'sha3-256') =>
  (data: Uint8Array, out: Uint8Array = new Uint8Array(HASH_BYTES), at = 0): Uint8Array => {
    const text = digest(algorithm, data, 'binary');
    for (let index = 0; index < HASH_BYTES; index += 1) out[at + index] = text.charCodeAt(index);
    return out;
  };

const sha256 = hashBy('sha256');

const hashPairsBy =
  (hashtree: Hashtree | undefined): Hasher['hashPairs'] =>
  (pairs, out) => {
    invariant(pairs.length % PAIR_BYTES === 0 && out.length * 2 === pairs.length, 'two hashes in, one hash out');
    if (hashtree !== undefined) return hashtree.hashInto(pairs, out);
    for (let offset = 0; offset < out.length; offset += HASH_BYTES) {
      out.set(sha256(pairs.subarray(2 * offset, 2 * offset + PAIR_BYTES)), offset);
    }
  };

/**
 * r and s of the signature under way, and the key that is found. PERF: half the time of a `subarray`; and what an addon is handed anew each
 * time gets memory outside the heap, which the collector gives back one by one.
 */
const compact = new Uint8Array(ID_OFFSET);
const found = new Uint8Array(ADDRESS_BYTES);

const recoverBy =
  (secp256k1: Secp256k1): Crypto['recover'] =>
  (hash, signature, out = new Uint8Array(ADDRESS_BYTES), at = 0) => {
    if (!isRecoverable(hash, signature)) return undefined;
    for (let index = 0; index < ID_OFFSET; index += 1) compact[index] = signature[index] as number;
    try {
      secp256k1.ecdsaRecover(compact, signature[ID_OFFSET] as number, hash, true, found);
    } catch {
      // All that is left to refuse: r is no x-coordinate, or the key is the point at infinity.
      return undefined;
    }
    for (let index = 0; index < ADDRESS_BYTES; index += 1) out[at + index] = found[index] as number;
    return out;
  };

const signBy =
  (secp256k1: Secp256k1): Crypto['sign'] =>
  (hash, privateKey) => {
    invariant(hash.length === HASH_BYTES, 'a hash to sign has 32 bytes');
    invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
    const { signature: compact, recid } = secp256k1.ecdsaSign(reduceHash(hash), privateKey);
    const signature = new Uint8Array(SIGNATURE_BYTES);
    signature.set(compact);
    signature[ID_OFFSET] = recid;
    return signature;
  };

/**
 * A backend on native code, named after what it found. Throws an `Error` with its cause if the addon of `secp256k1`
 * (an optional peer) does not load; `@chainsafe/hashtree` (another) is used when it does.
 */
export const nativeCrypto = (): Crypto => {
  const secp256k1 = loadSecp256k1();
  const hashtree = loadHashtree();
  // Blinds signing against side channels; no answer depends on it.
  secp256k1.contextRandomize(randomBytes(32));
  return {
    name: `native (secp256k1, ${hashtree === undefined ? 'node:crypto' : 'hashtree'})`,
    sha256,
    sha3: hashBy('sha3-256'),
    hashPairs: hashPairsBy(hashtree),
    recover: recoverBy(secp256k1),
    sign: signBy(secp256k1),
    publicKey: (privateKey) => {
      invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
      return secp256k1.publicKeyCreate(privateKey, true);
    },
  };
};
