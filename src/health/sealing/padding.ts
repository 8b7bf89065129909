/**
 * Padding: the length of a plaintext, made coarse, so that who sees an object cannot tell by its size which record it is.
 *
 * Behind the content stands the byte 80 and then zeros, up to the next length of Padmé, whose lengths have at most half of their bits
 * set: 12 per cent more at worst, of small contents nothing. The mark is at the end, so the length need not be known when sealing begins.
 * Source: Nikitin and others, Reducing Metadata Leakage from Encrypted Files (PURBs), 2019; ISO/IEC 7816-4 (the mark).
 */
import { floorDiv } from '../../core/units.ts';
import { OBJECT_CHUNK_BYTES } from './limits.ts';
import type { ByteSource } from './pieces.ts';
import { SealingError } from './sealing-error.ts';

const MARK = 0x80;

/** floor(log2 n) for a whole number from 1 to 2^53. */
const log2 = (n: number): number => {
  let bits = 0;
  for (let rest = n; rest > 1; rest = floorDiv(rest, 2)) bits += 1;
  return bits;
};

/** The least length of Padmé that is not below this one. */
export const padmeLength = (length: number): number => {
  if (length < 2) return length;
  const exponent = log2(length);
  const step = 2 ** (exponent - log2(exponent) - 1);
  return floorDiv(length + step - 1, step) * step;
};

/** Zeros in pieces, none of more than a chunk. */
function* zeros(count: number): Generator<Uint8Array> {
  const some = new Uint8Array(Math.min(count, OBJECT_CHUNK_BYTES));
  for (let left = count; left > 0; left -= some.length) yield left < some.length ? some.subarray(0, left) : some;
}

/** The content with its padding. */
export async function* padded(source: ByteSource): AsyncGenerator<Uint8Array, void> {
  let length = 1;
  for await (const piece of source) {
    length += piece.length;
    yield piece;
  }
  yield Uint8Array.of(MARK);
  yield* zeros(padmeLength(length) - length);
}

/** Takes padded chunks in order and gives the content. Of a mark and the zeros behind it only the number is kept. */
export class Unpadder {
  #isMarked = false;
  #zeros = 0;
  #taken = 0;

  /** What is known to be content once this chunk has come. */
  *take(chunk: Uint8Array): Generator<Uint8Array> {
    this.#taken += chunk.length;
    let end = chunk.length;
    while (end > 0 && chunk[end - 1] === 0) end -= 1;
    if (end === 0 && this.#isMarked) {
      this.#zeros += chunk.length;
      return;
    }
    if (this.#isMarked) {
      yield Uint8Array.of(MARK);
      yield* zeros(this.#zeros);
    }
    this.#isMarked = end > 0 && chunk[end - 1] === MARK;
    this.#zeros = this.#isMarked ? chunk.length - end : 0;
    const content = this.#isMarked ? chunk.subarray(0, end - 1) : chunk;
    if (content.length > 0) yield content;
  }

  /** Throws `object_padding_wrong` unless what was held back is the padding of this content. */
  finish(): void {
    const isPadding = this.#isMarked && padmeLength(this.#taken - this.#zeros) === this.#taken;
    if (!isPadding) throw new SealingError('object_padding_wrong');
  }
}
