/**
 * Open object: the plaintext of a sealed object, as a stream or whole.
 *
 * Nothing of a chunk leaves before its tag was checked, and nothing at all before the key was. A stream has still handed out the first
 * chunks when it finds the last one missing: its taker must be able to throw them away, else take `openWhole`.
 * Source: docs/decisions/0023-sealed-objects.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { sameBytes } from '../../core/bytes.ts';
import type { Aead } from './aead.ts';
import { MAX_OBJECT_BYTES, MAX_WHOLE_BYTES } from './limits.ts';
import { HEADER_BYTES, type ObjectKey, openHeader, SEALED_CHUNK_BYTES } from './object-form.ts';
import { Unpadder } from './padding.ts';
import { type ByteSource, cut } from './pieces.ts';
import { orThrow, SealingError, type SealingFault } from './sealing-error.ts';
import { type NewHash, nobleSha256 } from './stream-hash.ts';

export interface OpenOptions {
  readonly aead: Aead;
  /** The key out of the capsule, 32 bytes. */
  readonly dek: Uint8Array;
  /** The id that the bytes must have, as the capsule says; not looked at unless given. */
  readonly objectId?: Uint8Array;
  readonly newHash?: NewHash;
  /** The most bytes of plaintext, padding included: 1 TiB as a stream, 128 MiB whole, unless said. */
  readonly maxBytes?: number;
}

/**
 * The plaintext, piece by piece. Throws a `SealingError` where the object is not whole and unchanged; what was handed out before must
 * then be thrown away. Memory: two chunks of 64 KiB. What the source throws goes through.
 */
export async function* openObject(source: ByteSource, options: OpenOptions): AsyncGenerator<Uint8Array, void> {
  const { aead, dek, objectId, newHash = nobleSha256, maxBytes = MAX_OBJECT_BYTES } = options;
  const hash = objectId === undefined ? undefined : newHash();
  const unpadder = new Unpadder();
  let key: ObjectKey | undefined;
  let index = 0;
  let left = maxBytes;
  for await (const { bytes, isLast } of cut(source, SEALED_CHUNK_BYTES, HEADER_BYTES)) {
    hash?.update(bytes);
    if (key === undefined) {
      key = orThrow(await openHeader(bytes, dek, aead));
      if (isLast) throw new SealingError('object_truncated');
      continue;
    }
    const plaintext = orThrow(await key.open(index, isLast, bytes));
    index += 1;
    left -= plaintext.length;
    if (left < 0) throw new SealingError('object_too_large');
    if (isLast && hash !== undefined && !sameBytes(hash.digest(), objectId as Uint8Array)) {
      throw new SealingError('object_id_wrong');
    }
    if (key.isPadded) yield* unpadder.take(plaintext);
    else if (plaintext.length > 0) yield plaintext;
  }
  if (key?.isPadded) unpadder.finish();
}

/**
 * All of the plaintext, or the reason why not; of an object that is not whole and unchanged nothing is released. What the source throws
 * goes through. Memory: twice the plaintext.
 */
export const openWhole = async (
  source: ByteSource,
  options: OpenOptions,
): Promise<E.Either<SealingFault, Uint8Array>> => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of openObject(source, { maxBytes: MAX_WHOLE_BYTES, ...options })) {
      pieces.push(piece);
      length += piece.length;
    }
  } catch (error) {
    if (error instanceof SealingError) return E.left({ code: error.code, message: error.message });
    throw error;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return E.right(whole);
};
