/**
 * Ring: whether the keys of rows that pass by, in any order, form one ring, in memory that does not grow.
 *
 * Each row names its key and the next one. The roots of all keys and of all next keys are summed up; if the sums are the same,
 * the next keys are the keys. If then exactly one row names a key that is not above its own, the rows are one ring in the order of the
 * keys, and no key is there twice. Under a state root that somebody vouches for this holds anyhow; the sums find what goes wrong
 * where nobody does.
 */
import { concatBytes, sameBytes } from '../../core/bytes.ts';
import { HASH_BYTES } from '../../core/units.ts';

/** Words of 32 bits in a root. */
const WORDS = HASH_BYTES >> 2;
/** What `bytes` of a ring are: two sums and the number of turns. */
const RING_BYTES = 2 * HASH_BYTES + 4;

const compare = (bytes: Uint8Array, a: readonly [number, number], b: readonly [number, number]): number => {
  const [aStart, aEnd] = a;
  const [bStart, bEnd] = b;
  const shorter = Math.min(aEnd - aStart, bEnd - bStart);
  for (let at = 0; at < shorter; at += 1) {
    const difference = (bytes[aStart + at] as number) - (bytes[bStart + at] as number);
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
};

const bytesOfWords = (words: Int32Array): Uint8Array => {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setInt32(4 * index, word);
  return bytes;
};

export class Ring {
  readonly #keys = new Int32Array(WORDS);
  readonly #nexts = new Int32Array(WORDS);
  #turns = 0;

  /** A ring as it stood when `bytes` was read of it; `undefined` if they are none. */
  static from(bytes: Uint8Array): Ring | undefined {
    if (bytes.length !== RING_BYTES) return undefined;
    const ring = new Ring();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let word = 0; word < WORDS; word += 1) {
      ring.#keys[word] = view.getInt32(4 * word);
      ring.#nexts[word] = view.getInt32(HASH_BYTES + 4 * word);
    }
    ring.#turns = view.getInt32(2 * HASH_BYTES);
    return ring;
  }

  /** What passed by so far. */
  get bytes(): Uint8Array {
    return concatBytes(bytesOfWords(this.#keys), bytesOfWords(this.#nexts), bytesOfWords(Int32Array.of(this.#turns)));
  }

  /** Adds the roots of `count` rows: of each the key's, then the next key's, one after the other in `roots`. */
  addRoots(roots: Int32Array, count: number): void {
    for (let row = 0, at = 0; row < count; row += 1, at += 2 * WORDS) {
      for (let word = 0; word < WORDS; word += 1) {
        this.#keys[word] = ((this.#keys[word] as number) + (roots[at + word] as number)) | 0;
        this.#nexts[word] = ((this.#nexts[word] as number) + (roots[at + WORDS + word] as number)) | 0;
      }
    }
  }

  /** Adds the order of a row's key and next key, which lie in `bytes` from start up to end. */
  addOrder(bytes: Uint8Array, key: readonly [number, number], next: readonly [number, number]): void {
    if (compare(bytes, next, key) <= 0) this.#turns += 1;
  }

  /** Whether the rows so far are one ring. */
  get isClosed(): boolean {
    return this.#turns === 1 && sameBytes(bytesOfWords(this.#keys), bytesOfWords(this.#nexts));
  }
}
