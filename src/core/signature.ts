/**
 * Signature: what 65 bytes must be before any curve is touched, and who signed.
 *
 * The range checks live here, once, so that every backend refuses the same bytes for the same reason; a backend adds
 * nothing but the curve. Numbers are compared as bytes: no bigint is made for a signature that is refused.
 * Source: protocol section 3; SEC 1 section 4.1.6; SEC 2 section 2.4.1 (the order n).
 */
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { ADDRESS_BYTES, HASH_BYTES, SIGNATURE_BYTES } from './units.ts';

/** Why a signature is refused. `signature_high_s` only if its twin (r, n - s, id ^ 1) would have been accepted. */
export type SignatureFault = 'signature_invalid' | 'signature_high_s';

const SCALAR_BYTES = 32;
const S_OFFSET = 32;
const ID_OFFSET = 64;

/** n, the order of the group, and floor(n / 2), big endian. */
const ORDER = bytesOf('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
const HALF_ORDER = bytesOf('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');

/** Negative, zero or positive as the 32 bytes of `bytes` at `offset` are below, at or above `limit`. */
const compareAt = (bytes: Uint8Array, offset: number, limit: Uint8Array): number => {
  for (let index = 0; index < SCALAR_BYTES; index += 1) {
    const difference = (bytes[offset + index] as number) - (limit[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
};

const isZeroAt = (bytes: Uint8Array, offset: number): boolean => {
  for (let index = offset; index < offset + SCALAR_BYTES; index += 1) if (bytes[index] !== 0) return false;
  return true;
};

/** Whether the 32 bytes at `offset` are in 1..n-1. */
const isScalarAt = (bytes: Uint8Array, offset: number): boolean =>
  !isZeroAt(bytes, offset) && compareAt(bytes, offset, ORDER) < 0;

/** left - right for two numbers of 32 bytes, left >= right. */
const minus = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  const result = new Uint8Array(SCALAR_BYTES);
  let borrow = 0;
  for (let index = SCALAR_BYTES - 1; index >= 0; index -= 1) {
    const digit = (left[index] as number) - (right[index] as number) - borrow;
    borrow = digit < 0 ? 1 : 0;
    result[index] = digit & 0xff;
  }
  return result;
};

/** Whether these are 32 bytes in 1..n-1, as a private key must be. */
export const isPrivateKey = (bytes: Uint8Array): boolean => bytes.length === SCALAR_BYTES && isScalarAt(bytes, 0);

/**
 * What is wrong with the bytes of a signature r(32) | s(32) | id(1): `signature_invalid` unless there are 65 of them
 * with r and s in 1..n-1 and id 0 or 1; `signature_high_s` if only s > n/2 stands against them. `undefined` promises
 * no signer: r may still be no x-coordinate, or the key the point at infinity.
 */
export const signatureFault = (signature: Uint8Array): SignatureFault | undefined => {
  if (signature.length !== SIGNATURE_BYTES || (signature[ID_OFFSET] as number) > 1) return 'signature_invalid';
  if (!isScalarAt(signature, 0) || !isScalarAt(signature, S_OFFSET)) return 'signature_invalid';
  return compareAt(signature, S_OFFSET, HALF_ORDER) > 0 ? 'signature_high_s' : undefined;
};

/** Whether a backend may hand these to its curve: a hash of 32 bytes and a signature without fault. */
export const isRecoverable = (hash: Uint8Array, signature: Uint8Array): boolean =>
  hash.length === HASH_BYTES && signatureFault(signature) === undefined;

/** The other signature that recovers the same key: (r, n - s, id ^ 1). For well-formed signatures alone. */
const twinOf = (signature: Uint8Array): Uint8Array => {
  const twin = signature.slice();
  twin.set(minus(ORDER, signature.subarray(S_OFFSET, ID_OFFSET)), S_OFFSET);
  twin[ID_OFFSET] = (signature[ID_OFFSET] as number) ^ 1;
  return twin;
};

/**
 * `hash` (32 bytes) modulo n; the very same bytes if it is below n. RFC 6979 feeds its nonce with this, but the
 * libsecp256k1 inside today's packages feeds it the hash itself: a backend on it reduces first, then signs like others.
 */
export const reduceHash = (hash: Uint8Array): Uint8Array =>
  compareAt(hash, 0, ORDER) >= 0 ? minus(hash, ORDER) : hash;

/** Where the keys of many signers go. */
export interface KeyPlace {
  readonly keys: Uint8Array;
  readonly at: number;
}

/** `recoverSigner`, the key written to its place; `undefined` if there is one. PERF: no small array for each signer. */
export const recoverInto = (
  crypto: Crypto,
  hash: Uint8Array,
  signature: Uint8Array,
  { keys, at }: KeyPlace,
): SignatureFault | undefined => {
  const fault = signatureFault(signature);
  if (fault === 'signature_invalid') return fault;
  const key = crypto.recover(hash, fault === undefined ? signature : twinOf(signature), keys, at);
  if (key === undefined) return 'signature_invalid';
  if (key !== keys) keys.set(key, at);
  return fault;
};

/**
 * The compressed public key that signed `hash`, or why there is none. A signature that nobody can have made is
 * `signature_invalid` whatever its s; `signature_high_s` tells a sender that the lower twin would be right.
 * Cost: at most one recovery.
 */
export const recoverSigner = (
  crypto: Crypto,
  hash: Uint8Array,
  signature: Uint8Array,
): E.Either<SignatureFault, Uint8Array> => {
  const keys = new Uint8Array(ADDRESS_BYTES);
  const fault = recoverInto(crypto, hash, signature, { keys, at: 0 });
  return fault === undefined ? E.right(keys) : E.left(fault);
};
