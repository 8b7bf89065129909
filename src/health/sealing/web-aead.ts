/**
 * Aead by WebCrypto: AES-256-GCM of the host, in browsers, workers and Node alike.
 *
 * PERF: each chunk goes to another thread and back, which takes longer than the cipher; on Node `nativeAead` of `medstate/adapters/aead` is
 * several times faster.
 */
import { invariant } from '../../core/refusal.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, type Aead } from './aead.ts';

const paramsOf = (nonce: Uint8Array, aad: Uint8Array): GcmParams => {
  invariant(nonce.length === AEAD_NONCE_BYTES, `a nonce has ${AEAD_NONCE_BYTES} bytes`);
  return { name: 'AES-GCM', iv: nonce, additionalData: aad };
};

/** The host says `OperationError`, and nothing more, of a tag that does not fit. */
const isWrongTag = (error: unknown): boolean => error instanceof Error && error.name === 'OperationError';

/** AES-256-GCM by the host's WebCrypto. */
export const webAead: Aead = {
  name: 'WebCrypto',
  withKey: async (bytes) => {
    invariant(bytes.length === AEAD_KEY_BYTES, `a key of AES-256 has ${AEAD_KEY_BYTES} bytes`);
    const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
    return {
      seal: async (nonce, aad, plaintext) => {
        const sealed = new Uint8Array(await crypto.subtle.encrypt(paramsOf(nonce, aad), key, plaintext));
        return { ciphertext: sealed.subarray(0, plaintext.length), tag: sealed.subarray(plaintext.length) };
      },
      open: async (nonce, aad, sealed) => {
        const params = paramsOf(nonce, aad);
        if (sealed.length < AEAD_TAG_BYTES) return undefined;
        try {
          return new Uint8Array(await crypto.subtle.decrypt(params, key, sealed));
        } catch (error) {
          if (isWrongTag(error)) return undefined;
          throw error;
        }
      },
    };
  },
};
