/**
 * Stream hash: SHA-256 of bytes as they come, for the id of an object.
 *
 * WebCrypto has none that takes parts, so the default is the library's; on Node `nativeSha256` of `medstate/adapters/aead` is five times
 * faster.
 */
import { sha256 } from '@noble/hashes/sha2.js';

export interface StreamHash {
  /** The next bytes. */
  update(bytes: Uint8Array): void;
  /** The hash of all, 32 bytes. Nothing may follow. */
  digest(): Uint8Array;
}

/** A new hash of nothing yet. */
export type NewHash = () => StreamHash;

/** SHA-256 by @noble/hashes, on every host. */
export const nobleSha256: NewHash = () => {
  const hash = sha256.create();
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
};
