/**
 * Stub crypto: real hashes, and signatures that cost nothing and that anybody can make, for simulations alone.
 *
 * A signature still says who made it over what: it holds the key of its signer and a mark of the hash, and on another hash it is a
 * stranger's. Nothing but `src/sim` imports it, which a test of the code sees to.
 */
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { HASH_BYTES, SIGNATURE_BYTES } from '../../core/units.ts';

const ID_OFFSET = 64;
const ADDRESS_BYTES = 33;

/** 02 or 03 by the last bit of the key, and the key: in a stub everybody may know it. */
const publicKey = (privateKey: Uint8Array): Uint8Array => {
  const key = new Uint8Array(ADDRESS_BYTES);
  key[0] = 2 + ((privateKey[HASH_BYTES - 1] as number) & 1);
  key.set(privateKey, 1);
  return key;
};

/** s: small, never zero, and told by what was signed. */
const writeMark = (signature: Uint8Array, signed: Uint8Array): void => {
  signature.set(signed.subarray(0, HASH_BYTES - 2), HASH_BYTES + 2);
  signature[HASH_BYTES + 1] = 1;
};

const sign = (signed: Uint8Array, privateKey: Uint8Array): Uint8Array => {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(privateKey);
  // r is below the order of the group, which a hash need not be.
  signature[0] = (privateKey[0] as number) & 0x7f;
  writeMark(signature, signed);
  signature[ID_OFFSET] = (privateKey[0] as number) >>> 7;
  return signature;
};

const isMarkOf = (signature: Uint8Array, signed: Uint8Array): boolean => {
  if (signature[HASH_BYTES] !== 0 || signature[HASH_BYTES + 1] !== 1) return false;
  for (let at = 0; at < HASH_BYTES - 2; at += 1) if (signature[HASH_BYTES + 2 + at] !== signed[at]) return false;
  return true;
};

const recoverWith =
  ({ sha256 }: Hasher): Crypto['recover'] =>
  (signed, signature) => {
    if (signature.length !== SIGNATURE_BYTES || signed.length !== HASH_BYTES) return undefined;
    const privateKey = signature.slice(0, HASH_BYTES);
    privateKey[0] = (privateKey[0] as number) | ((signature[ID_OFFSET] as number) << 7);
    // A flipped bit of r must not give the same key: a block would have two forms, and both be right.
    const isReduced = (signature[0] as number) < 0x80 && (signature[ID_OFFSET] as number) < 2;
    if (isReduced && isMarkOf(signature, signed)) return publicKey(privateKey);
    return publicKey(sha256(new Uint8Array([...signed, ...signature])));
  };

/** A stub on these hashes. */
export const stubCrypto = (hasher: Hasher): Crypto => ({
  name: 'stub',
  sha256: (data, out, at) => hasher.sha256(data, out, at),
  sha3: (data, out, at) => hasher.sha3(data, out, at),
  hashPairs: (pairs, out) => hasher.hashPairs(pairs, out),
  recover: recoverWith(hasher),
  sign,
  publicKey,
});
