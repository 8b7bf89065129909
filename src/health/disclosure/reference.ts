/**
 * Reference: a long string that was shown by its digest, and the bytes that come later.
 */
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { ChunkHasher } from '../tree/chunks.ts';
import type { PartialReference } from './partial.ts';

/** Whether these parts, one after the other, are the UTF-8 text of the string that was shown by reference. */
export const isReferenced = (hasher: Hasher, reference: PartialReference, parts: Iterable<Uint8Array>): boolean => {
  const { byteLength, chunkRoot, salt } = reference;
  const chunks = new ChunkHasher(hasher, salt);
  for (const part of parts) {
    chunks.update(part);
    if (chunks.byteLength > byteLength) return false;
  }
  return chunks.byteLength === byteLength && toHex(chunks.finish()) === chunkRoot;
};
