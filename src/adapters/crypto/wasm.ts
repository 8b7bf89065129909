/**
 * Crypto on WebAssembly: libsecp256k1 by `@bitauth/libauth`, hashes by `hash-wasm`, pairs by `@chainsafe/as-sha256`, for hosts that load no
 * native code, browsers among them.
 *
 * Libauth has no SHA-3, and its SHA-256 is no faster than the reference's (1.6 us for 64 bytes; four pairs abreast take 0.75 each).
 * Source: protocol section 3.
 */
import { instantiateSecp256k1, type Secp256k1 } from '@bitauth/libauth';
import type { IHasher } from 'hash-wasm';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { nobleCrypto } from '../../core/crypto-noble.ts';
import { InvariantViolation, invariant } from '../../core/refusal.ts';
import { isPrivateKey, isRecoverable, reduceHash } from '../../core/signature.ts';
import { HASH_BYTES, SIGNATURE_BYTES } from '../../core/units.ts';

const ID_OFFSET = 64;
const PAIR_BYTES = 2 * HASH_BYTES;

/** One hasher that is used again; no call lets another in between. */
const hashBy =
  (hasher: IHasher): Hasher['sha256'] =>
  (data, out = new Uint8Array(HASH_BYTES), at = 0) => {
    const hash = hasher.init().update(data).digest('binary');
    for (let index = 0; index < HASH_BYTES; index += 1) out[at + index] = hash[index] as number;
    return out;
  };

/** The hashes of these peers, and the names of those that are installed; of one that is not the reference does the work, many times slower. */
const loadHasher = async (): Promise<{ readonly names: readonly string[]; readonly hasher: Hasher }> => {
  const { sha256, sha3, hashPairs } = nobleCrypto;
  const names: string[] = [];
  const hasher: Hasher = { sha256, sha3, hashPairs };
  try {
    const { createSHA3, createSHA256 } = await import('hash-wasm');
    const [bySha256, bySha3] = [await createSHA256(), await createSHA3(256)];
    hasher.sha256 = hashBy(bySha256);
    hasher.sha3 = hashBy(bySha3);
    names.push('hash-wasm');
  } catch {
    // Not installed.
  }
  try {
    const { hashInto } = await import('@chainsafe/as-sha256');
    hasher.hashPairs = (pairs, out) => {
      invariant(pairs.length % PAIR_BYTES === 0 && out.length * 2 === pairs.length, 'two hashes in, one hash out');
      hashInto(pairs, out);
    };
    names.push('as-sha256');
  } catch {
    // Not installed.
  }
  return { names, hasher };
};

const recoverBy =
  (secp256k1: Secp256k1): Crypto['recover'] =>
  (hash, signature) => {
    if (!isRecoverable(hash, signature)) return undefined;
    // The range checks leave 0 and 1; the module's type knows no `number`.
    const id = signature[ID_OFFSET] === 0 ? 0 : 1;
    const key = secp256k1.recoverPublicKeyCompressed(signature.subarray(0, ID_OFFSET), id, hash);
    // A text says that r is no x-coordinate, or that the key is the point at infinity.
    return typeof key === 'string' ? undefined : key;
  };

const signBy =
  (secp256k1: Secp256k1): Crypto['sign'] =>
  (hash, privateKey) => {
    invariant(hash.length === HASH_BYTES, 'a hash to sign has 32 bytes');
    invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
    const signed = secp256k1.signMessageHashRecoverableCompact(privateKey, reduceHash(hash));
    if (typeof signed === 'string') throw new InvariantViolation(signed);
    const signature = new Uint8Array(SIGNATURE_BYTES);
    signature.set(signed.signature);
    signature[ID_OFFSET] = signed.recoveryId;
    return signature;
  };

const publicKeyBy =
  (secp256k1: Secp256k1): Crypto['publicKey'] =>
  (privateKey) => {
    invariant(isPrivateKey(privateKey), 'a private key is a number of 32 bytes in 1..n-1');
    const key = secp256k1.derivePublicKeyCompressed(privateKey);
    if (typeof key === 'string') throw new InvariantViolation(key);
    return key;
  };

/**
 * A backend on WebAssembly, named after what it found. Needs `@bitauth/libauth` (an optional peer); `hash-wasm` and
 * `@chainsafe/as-sha256` (two others) are used when they are. Its memory is its own, 16 MiB, but for that of as-sha256, which has one for
 * all. Cost: about 30 ms, and 0.2 s to load libauth once.
 */
export const wasmCrypto = async (): Promise<Crypto> => {
  // The seed blinds signing against side channels; no answer depends on it.
  const secp256k1 = await instantiateSecp256k1(crypto.getRandomValues(new Uint8Array(32)));
  const { names, hasher } = await loadHasher();
  return {
    name: `wasm (${['libauth', ...names].join(', ')})`,
    ...hasher,
    recover: recoverBy(secp256k1),
    sign: signBy(secp256k1),
    publicKey: publicKeyBy(secp256k1),
  };
};
