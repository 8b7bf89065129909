/**
 * Crypto, the best at hand: native code if it loads, else WebAssembly, else the reference.
 *
 * A backend is taken only after it has given the reference's answers once, so a broken build is passed over like a
 * missing one. Which one was taken stands in its `name`.
 */
import { concatBytes, sameBytes } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { nobleCrypto } from '../../core/crypto-noble.ts';

/** Makes a backend, or throws or rejects where it cannot run. */
export type CryptoMaker = () => Promise<Crypto> | Crypto;

/** By falling speed. Each is loaded only when its turn comes, so a peer that is not installed costs nothing. */
const MAKERS: readonly CryptoMaker[] = [
  async () => (await import('./native.ts')).nativeCrypto(),
  async () => (await import('./wasm.ts')).wasmCrypto(),
];

/** More than any backend hashes abreast, and an odd number of them. */
const PAIRS = 35;

/** One answer of each operation, joined; an absent key is no bytes. */
const sampleOf = (crypto: Crypto): Uint8Array => {
  const key = new Uint8Array(32).fill(0x4d);
  const hash = crypto.sha3(key);
  const pairs = Uint8Array.from({ length: PAIRS * 64 }, (_, index) => index ^ (hash[index % 32] as number));
  const parents = new Uint8Array(PAIRS * 32);
  crypto.hashPairs(pairs, parents);
  const signature = crypto.sign(hash, key);
  const signer = crypto.recover(hash, signature) ?? new Uint8Array(0);
  return concatBytes(hash, parents, crypto.sha256(pairs), signature, signer, crypto.publicKey(key));
};

/**
 * The first of `makers` that loads here and answers as the reference does, else the reference itself. Never rejects.
 * Look at `name` to see which one it is: a node that is slow for want of the native addon says so there.
 */
export const bestCrypto = async (makers: readonly CryptoMaker[] = MAKERS): Promise<Crypto> => {
  const right = sampleOf(nobleCrypto);
  for (const make of makers) {
    try {
      const crypto = await make();
      if (sameBytes(sampleOf(crypto), right)) return crypto;
    } catch {
      // Not installed, or no build for this host: the next one runs on more hosts.
    }
  }
  return nobleCrypto;
};
