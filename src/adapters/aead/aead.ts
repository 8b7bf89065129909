/**
 * Aead: the door to AES-256-GCM as its laws see it; the `Aead` of `medstate/health/sealing` has the same form.
 */

/** Ciphertext, as long as the plaintext, and its tag of 16 bytes. */
export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** AES-256-GCM under one key. */
export interface AeadKey {
  /** Nonces have 12 bytes; another length throws. */
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed | Promise<Sealed>;
  /** The plaintext of ciphertext and tag in one array, or `undefined` unless everything is as it was. */
  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A cipher on trial. */
export interface Aead {
  readonly name: string;
  /** The cipher under a key of 32 bytes; another length throws. */
  withKey(key: Uint8Array): AeadKey | Promise<AeadKey>;
}
