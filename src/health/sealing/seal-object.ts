/**
 * Seal object: any bytes under a key of their own, as a stream, uploaded once and shared by capsules.
 *
 * The key is drawn here, for this one object: chunks are numbered from 0, so a key that sealed twice would betray both. Who has to begin
 * again seals again, under another key. Source: docs/decisions/0023-sealed-objects.md.
 */
import { invariant } from '../../core/refusal.ts';
import type { Aead } from './aead.ts';
import { MAX_OBJECT_BYTES, OBJECT_CHUNK_BYTES } from './limits.ts';
import { headerOf, objectKeyOf } from './object-form.ts';
import { padded } from './padding.ts';
import { type ByteSource, cut } from './pieces.ts';
import { drawTwo, type Random } from './random.ts';
import { SealingError } from './sealing-error.ts';
import { type NewHash, nobleSha256 } from './stream-hash.ts';

export interface SealOptions {
  readonly aead: Aead;
  readonly random: Random;
  /** What computes the id on the way; `elsewhere` if somebody else does, because hashing takes longer than sealing. */
  readonly newHash?: NewHash | 'elsewhere';
  /** Whether the length is made coarse; `padme` unless said. */
  readonly padding?: 'padme' | 'none';
}

/** An object while it is being sealed. */
export interface SealedObject {
  /** The key, 32 bytes. Whoever has it can read the object; it goes into capsules. */
  readonly dek: Uint8Array;
  /** The sealed bytes, in pieces of several sizes, to be taken once. Throws `object_too_large` beyond 1 TiB; whatever the source throws goes through. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** SHA-256 of all bytes, once the last has been taken: the name under which the object is kept. */
  objectId(): Uint8Array;
}

/** Gives its generator once: sealing again would use the same key for other bytes. */
class OnceOnly implements AsyncIterable<Uint8Array> {
  #begin: (() => AsyncGenerator<Uint8Array, void>) | undefined;
  constructor(begin: () => AsyncGenerator<Uint8Array, void>) {
    this.#begin = begin;
  }
  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    const begin = this.#begin;
    invariant(begin !== undefined, 'the bytes of a sealed object are taken once; to begin again, seal again');
    this.#begin = undefined;
    return begin();
  }
}

/** Seals what the source gives. Memory: some chunks of 64 KiB, whatever the size. Draws 64 bytes of chance. */
export const sealObject = (source: ByteSource, options: SealOptions): SealedObject => {
  const { aead, random, newHash = nobleSha256, padding = 'padme' } = options;
  const isPadded = padding === 'padme';
  const [dek, salt] = drawTwo(random);
  const header = headerOf(dek, salt, isPadded);
  const hash = newHash === 'elsewhere' ? undefined : newHash();
  let id: Uint8Array | undefined;

  async function* seal(): AsyncGenerator<Uint8Array, void> {
    const key = await objectKeyOf(header, dek, { aead, isPadded });
    hash?.update(header);
    yield Uint8Array.from(header);
    let index = 0;
    for await (const { bytes, isLast } of cut(isPadded ? padded(source) : source, OBJECT_CHUNK_BYTES)) {
      if (index * OBJECT_CHUNK_BYTES + bytes.length > MAX_OBJECT_BYTES) throw new SealingError('object_too_large');
      const { ciphertext, tag } = await key.seal(index, isLast, bytes);
      index += 1;
      hash?.update(ciphertext);
      hash?.update(tag);
      if (isLast) id = hash?.digest();
      if (ciphertext.length > 0) yield ciphertext;
      yield tag;
    }
  }

  return {
    dek: Uint8Array.from(dek),
    bytes: new OnceOnly(seal),
    objectId: () => {
      invariant(id !== undefined, 'the id is known when the last bytes were taken, unless it is computed elsewhere');
      return Uint8Array.from(id);
    },
  };
};
