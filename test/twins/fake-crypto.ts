/**
 * Fake crypto: real hashes, and signatures that anybody can make, for chains of which many must be made quickly.
 *
 * A key is its own public key. A signature holds the signer's key and a mark of the hash; on another hash it is a stranger's,
 * as with a real curve. It passes the checks of form like a real one, and has its twin with the greater s.
 */
import { hash } from 'node:crypto';
import type { Crypto } from '../../src/core/crypto.ts';
import type { Address } from '../../src/core/units.ts';

const digest = (algorithm: string, data: Uint8Array): Uint8Array => {
  const answer = hash(algorithm, data, 'buffer');
  return new Uint8Array(answer.buffer, answer.byteOffset, answer.length);
};

const sha256 = (data: Uint8Array): Uint8Array => digest('sha256', data);
const sha3 = (data: Uint8Array): Uint8Array => digest('sha3-256', data);

/** 33 bytes of a private key: 02 or 03 by its last bit, and the key. */
const publicKey = (privateKey: Uint8Array): Uint8Array => {
  const key = new Uint8Array(33);
  key[0] = 2 + ((privateKey[31] as number) & 1);
  key.set(privateKey, 1);
  return key;
};

/** s: a small number that tells what was signed. */
const markOf = (signed: Uint8Array): Uint8Array => {
  const mark = new Uint8Array(32);
  mark.set(signed.subarray(0, 30), 2);
  mark[1] = 1;
  return mark;
};

const signatureOf = (signed: Uint8Array, privateKey: Uint8Array): Uint8Array => {
  const signature = new Uint8Array(65);
  signature.set(privateKey);
  signature.set(markOf(signed), 32);
  signature[64] = (privateKey[31] as number) & 1;
  return signature;
};

const same = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, index) => byte === b[index]);

/** Who signed; of a signature over something else, a stranger. */
const recover = (signed: Uint8Array, signature: Uint8Array): Uint8Array | undefined => {
  if (signature.length !== 65) return undefined;
  const privateKey = signature.subarray(0, 32);
  if (same(signature, signatureOf(signed, privateKey))) return publicKey(privateKey);
  return publicKey(keyFrom(sha256(new Uint8Array([...signed, ...signature]))));
};

/** A key that is far below the order of the group. */
const keyFrom = (bytes: Uint8Array): Uint8Array => {
  const key = bytes.slice(0, 32);
  key[0] = (key[0] as number) & 0x7f;
  return key;
};

const hashPairs = (pairs: Uint8Array, out: Uint8Array): void => {
  for (let at = 0; at < out.length; at += 32) out.set(sha256(pairs.subarray(2 * at, 2 * at + 64)), at);
};

export const fakeCrypto: Crypto = { name: 'fake', sha256, sha3, hashPairs, recover, sign: signatureOf, publicKey };

export interface Person {
  readonly index: number;
  readonly privateKey: Uint8Array;
  readonly address: Address;
}

/** So many people with known keys. Their addresses are in no order of their numbers. */
export const peopleOf = (count: number): readonly Person[] =>
  Array.from({ length: count }, (_, index) => {
    const privateKey = keyFrom(sha256(new Uint8Array([index, index >> 8, 77])));
    return { index, privateKey, address: Buffer.from(publicKey(privateKey)).toString('hex') as Address };
  });
