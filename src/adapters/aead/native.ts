/**
 * Aead on native code: AES-256-GCM and SHA-256 by `node:crypto`, at once and without promises.
 *
 * PERF: a chunk costs what the cipher costs and one array for the answer; a second array and a copy would be a third more.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { invariant } from '../../core/refusal.ts';
import type { Aead, AeadKey, Sealed } from './aead.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** AES-256-GCM under one key, without waiting. */
export interface NativeAeadKey extends AeadKey {
  seal(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed;
  open(nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** The door without waiting. */
export interface NativeAead extends Aead {
  withKey(key: Uint8Array): NativeAeadKey;
}

/** A plain view of the same memory: what a Buffer's own methods do differently is of no use here. */
const plain = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

const seal = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Sealed => {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  cipher.final(); // GCM holds nothing back
  return { ciphertext: plain(ciphertext), tag: plain(cipher.getAuthTag()) };
};

const open = (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined => {
  if (sealed.length < TAG_BYTES) return undefined;
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plaintext = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch {
    // The one thing left that can be wrong is the tag. What was deciphered must not be seen by anybody.
    plaintext.fill(0);
    return undefined;
  }
  return plain(plaintext);
};

/** AES-256-GCM by `node:crypto`. */
export const nativeAead: NativeAead = {
  name: 'node:crypto',
  withKey: (bytes) => {
    invariant(bytes.length === KEY_BYTES, `a key of AES-256 has ${KEY_BYTES} bytes`);
    const key = Uint8Array.from(bytes);
    const demandNonce = (nonce: Uint8Array): void =>
      invariant(nonce.length === NONCE_BYTES, `a nonce has ${NONCE_BYTES} bytes`);
    return {
      seal: (nonce, aad, plaintext) => {
        demandNonce(nonce);
        return seal(key, nonce, aad, plaintext);
      },
      open: (nonce, aad, sealed) => {
        demandNonce(nonce);
        return open(key, nonce, aad, sealed);
      },
    };
  },
};

/** SHA-256 of bytes as they come; the `NewHash` of `medstate/health/sealing`. */
export const nativeSha256 = (): { update(bytes: Uint8Array): void; digest(): Uint8Array } => {
  const hash = createHash('sha256');
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => Uint8Array.from(hash.digest()),
  };
};
