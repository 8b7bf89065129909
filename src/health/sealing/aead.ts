/**
 * Aead: the door to AES-256-GCM, one chunk at a time; what is behind it may be the host's own code.
 *
 * The laws in `medstate/adapters/laws` hold every implementation to the same answers. Source: NIST SP 800-38D.
 */

export const AEAD_KEY_BYTES = 32;
export const AEAD_NONCE_BYTES = 12;
export const AEAD_TAG_BYTES = 16;

/** What `seal` gives: two pieces, to be kept one behind the other. Joining them would cost a third of the time of the cipher. */
export interface Sealed {
  /** As long as the plaintext. */
  readonly ciphertext: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

/** AES-256-GCM under one key. Nonces have 12 bytes, and no two calls of `seal` may have the same one. */
export interface AeadKey {
  /** Ciphertext and tag; the plaintext may be changed once the answer is there. */
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed | Promise<Sealed>;
  /** The plaintext of ciphertext and tag in one array, or `undefined` unless all of key, nonce, aad, ciphertext and tag are as they were. Bytes of any length may be given. */
  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

export interface Aead {
  /** What stands behind this object, for people. */
  readonly name: string;
  /** The cipher under a key of 32 bytes. The key is copied. */
  withKey(key: Uint8Array): AeadKey | Promise<AeadKey>;
}
