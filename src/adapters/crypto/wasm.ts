/**
 * Crypto on WebAssembly: libsecp256k1 by `@bitauth/libauth`, hashes by `hash-wasm`, pairs by `@chainsafe/as-sha256`, for hosts that load no
 * native code, browsers among them.
 *
 * Libauth has no SHA-3, and its SHA-256 is no faster than the reference's (1.6 us for 64 bytes; four pairs abreast take 0.75 each).
 * Source: protocol section 3.
 */
import { instantiateSecp256k1, type Secp256k1 } from '@bitauth/libauth';
import { hashInto } from '@chainsafe/as-sha256';
import { createSHA3, createSHA256, type IHasher } from 'hash-wasm';
import type { Crypto, Hasher } from '../../core/crypto.ts';
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

const hashPairs: Hasher['hashPairs'] = (pairs, out) => {
  invariant(pairs.length % PAIR_BYTES === 0 && out.length * 2 === pairs.length, 'two hashes in, one hash out');
  hashInto(pairs, out);
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

/** A backend on WebAssembly with a memory of its own, 16 MiB. Cost: about 30 ms, and 0.2 s to load libauth once. */
export const wasmCrypto = async (): Promise<Crypto> => {
  // The seed blinds signing against side channels; no answer depends on it.
  const secp256k1 = await instantiateSecp256k1(crypto.getRandomValues(new Uint8Array(32)));
  return {
    name: 'wasm (libauth, hash-wasm, as-sha256)',
    sha256: hashBy(await createSHA256()),
    sha3: hashBy(await createSHA3(256)),
    hashPairs,
    recover: recoverBy(secp256k1),
    sign: signBy(secp256k1),
    publicKey: publicKeyBy(secp256k1),
  };
};
