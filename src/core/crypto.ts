/**
 * Crypto: what the engine asks of cryptography, as one small interface.
 *
 * Every implementation is total (no input throws) and gives the same answer on every input; the laws in
 * `medstate/adapters/laws` hold them to it. The reference implementation is `nobleCrypto` (crypto-noble.ts).
 * Source: protocol section 3.
 */

export interface Hasher {
  /** SHA-256 of `data`, 32 bytes. It may be written to `out` from `at` on, if they are given, and `out` be returned. */
  sha256(data: Uint8Array, out?: Uint8Array, at?: number): Uint8Array;
  /** SHA3-256 (FIPS 202) of `data`, 32 bytes; `out` and `at` as for `sha256`. */
  sha3(data: Uint8Array, out?: Uint8Array, at?: number): Uint8Array;
  /**
   * SHA-256 of each 64-byte block of `pairs`: block i of 64 bytes gives the 32 bytes at 32 * i of `out`.
   * `pairs.length` is a multiple of 64 and `out.length` is half of it; the two do not overlap.
   */
  hashPairs(pairs: Uint8Array, out: Uint8Array): void;
}

export interface Crypto extends Hasher {
  /** What stands behind this object, for people: "noble", "native (secp256k1 5)", ... */
  readonly name: string;
  /**
   * The compressed public key (33 bytes) that signed `hash` (32 bytes), or `undefined`.
   * A key comes back only if `signature` has 65 bytes r | s | id, r and s are in 1..n-1, s <= n/2, id is 0 or 1, and a
   * point with that x exists; any other input of any length gives `undefined`. `out` and `at` as for `sha256`; without a key nothing is
   * written there.
   */
  recover(hash: Uint8Array, signature: Uint8Array, out?: Uint8Array, at?: number): Uint8Array | undefined;
  /** The signature r | s | id of `hash` (32 bytes) by `privateKey` (32 bytes, 1..n-1): RFC 6979, low s. Throws on a bad key. */
  sign(hash: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** The compressed public key of `privateKey`. Throws on a bad key. */
  publicKey(privateKey: Uint8Array): Uint8Array;
}
