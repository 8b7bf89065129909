/**
 * Crypto on WebAssembly: libsecp256k1 by `@bitauth/libauth`, for hosts that load no native code, browsers among them.
 *
 * Hashes are the reference's: libauth's SHA-256 costs the same (1.6 us against 1.5 for 64 bytes), and it has no SHA-3.
 * Source: protocol section 3.
 */
import { instantiateSecp256k1, type Secp256k1 } from '@bitauth/libauth';
import type { Crypto } from '../../core/crypto.ts';
import { nobleCrypto } from '../../core/crypto-noble.ts';
import { InvariantViolation, invariant } from '../../core/refusal.ts';
import { isPrivateKey, isRecoverable, reduceHash } from '../../core/signature.ts';
import { HASH_BYTES, SIGNATURE_BYTES } from '../../core/units.ts';

const ID_OFFSET = 64;

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
    name: 'wasm (libauth)',
    sha256: nobleCrypto.sha256,
    sha3: nobleCrypto.sha3,
    hashPairs: nobleCrypto.hashPairs,
    recover: recoverBy(secp256k1),
    sign: signBy(secp256k1),
    publicKey: publicKeyBy(secp256k1),
  };
};
