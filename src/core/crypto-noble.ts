/**
 * Crypto, the reference: @noble/secp256k1 and @noble/hashes, pure JavaScript, for every host.
 *
 * Recovery is written out on the library's points, because its `recoverPublicKey` throws where a stranger's bytes name
 * no point or lead to infinity, and core has no `catch`. Here both are plain conditions.
 * Source: protocol section 3; SEC 1 section 4.1.6 (recovery), RFC 6979 (nonces), FIPS 180-4 and 202 (hashes).
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { sha3_256 } from '@noble/hashes/sha3.js';
import { etc, getPublicKey, hashes, Point, sign } from '@noble/secp256k1';
import type { Crypto } from './crypto.ts';
import { invariant } from './refusal.ts';
import { isPrivateKey, isRecoverable } from './signature.ts';
import { HASH_BYTES, SIGNATURE_BYTES } from './units.ts';

// The library signs synchronously only with these two set; they are its one global state.
hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

const { p: FIELD, n: ORDER, b: CURVE_B } = Point.CURVE();

const PAIR_BYTES = 2 * HASH_BYTES;
const S_OFFSET = 32;
const ID_OFFSET = 64;

/** The y of the curve's point at `x` whose last bit is `parity`, or `undefined` if there is no point. */
const yAt = (x: bigint, parity: bigint): bigint | undefined => {
  const square = (((x * x) % FIELD) * x + CURVE_B) % FIELD;
  // p = 3 modulo 4: the square root, if there is one, is square^((p + 1) / 4).
  let root = 1n;
  for (let power = square, exponent = (FIELD + 1n) >> 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) root = (root * power) % FIELD;
    power = (power * power) % FIELD;
  }
  if ((root * root) % FIELD !== square) return undefined;
  return (root & 1n) === parity ? root : FIELD - root;
};

/** About 2 ms. */
const recover = (hash: Uint8Array, signature: Uint8Array): Uint8Array | undefined => {
  if (!isRecoverable(hash, signature)) return undefined;
  // With id 0 or 1 the nonce point's x is r itself, and r < n < p is a field element.
  const r = etc.bytesToNumberBE(signature.subarray(0, S_OFFSET));
  const s = etc.bytesToNumberBE(signature.subarray(S_OFFSET, ID_OFFSET));
  const y = yAt(r, BigInt(signature[ID_OFFSET] as number));
  if (y === undefined) return undefined;
  const inverse = etc.invert(r, ORDER);
  const ofBase = etc.mod(-etc.bytesToNumberBE(hash) * inverse, ORDER);
  const ofNonce = etc.mod(s * inverse, ORDER);
  const nonce = Point.fromAffine({ x: r, y });
  const key = Point.BASE.multiplyUnsafe(ofBase).add(nonce.multiplyUnsafe(ofNonce));
  // s R = e G is easy to arrange for whoever chooses the hash: then no key has signed.
  return key.is0() ? undefined : key.toBytes(true);
};

const signHash = (hash: Uint8Array, privateKey: Uint8Array): Uint8Array => {
  invariant(hash.length === HASH_BYTES, 'a hash to sign has 32 bytes');
  invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
  const idFirst = sign(hash, privateKey, { prehash: false, lowS: true, format: 'recovered' });
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(idFirst.subarray(1));
  signature[ID_OFFSET] = idFirst[0] as number;
  return signature;
};

/** PERF: 1.5 us a block with one hasher used again, 2.7 us with one each. */
const hashPairs = (pairs: Uint8Array, out: Uint8Array): void => {
  invariant(pairs.length % PAIR_BYTES === 0 && out.length * 2 === pairs.length, 'two hashes in, one hash out');
  const fresh = sha256.create();
  const hasher = sha256.create();
  for (let offset = 0; offset < out.length; offset += HASH_BYTES) {
    fresh._cloneInto(hasher);
    hasher.update(pairs.subarray(2 * offset, 2 * offset + PAIR_BYTES));
    hasher.digestInto(out.subarray(offset, offset + HASH_BYTES));
  }
};

/** The reference all other backends must agree with. Loads no native code. */
export const nobleCrypto: Crypto = {
  name: 'noble',
  sha256: (data) => sha256(data),
  sha3: (data) => sha3_256(data),
  hashPairs,
  recover,
  sign: signHash,
  publicKey: (privateKey) => {
    invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
    return getPublicKey(privateKey, true);
  },
};
