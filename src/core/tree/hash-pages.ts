/**
 * Hash pages: a growing array of 32-byte hashes in pages, copied word by word.
 *
 * Pages, because one array of ten million hashes would be copied whole each time it grows; words, because eight of them are
 * copied several times faster than a `subarray` is made. Words are only moved, never computed with, so the byte order of
 * the machine does not matter.
 */
import { HASH_BYTES } from '../units.ts';
import type { LineMemory } from './line-memory.ts';

/** Words in a hash. */
export const HASH_WORDS = 8;
const PAGE_BITS = 14;
const PAGE_HASHES = 2 ** PAGE_BITS;
const PAGE_MASK = PAGE_HASHES - 1;
const FIRST_HASHES = 16;

/** Copies `count` words. PERF: four a turn, because the host does not unroll loops. */
export const copyWords = (source: Int32Array, from: number, target: Int32Array, to: number, count: number): void => {
  let word = 0;
  for (; word + 3 < count; word += 4) {
    target[to + word] = source[from + word] as number;
    target[to + word + 1] = source[from + word + 1] as number;
    target[to + word + 2] = source[from + word + 2] as number;
    target[to + word + 3] = source[from + word + 3] as number;
  }
  for (; word < count; word += 1) target[to + word] = source[from + word] as number;
};

/** Copies a hash, the eight words of it written out. */
export const copyHash = (source: Int32Array, from: number, target: Int32Array, to: number): void => {
  target[to] = source[from] as number;
  target[to + 1] = source[from + 1] as number;
  target[to + 2] = source[from + 2] as number;
  target[to + 3] = source[from + 3] as number;
  target[to + 4] = source[from + 4] as number;
  target[to + 5] = source[from + 5] as number;
  target[to + 6] = source[from + 6] as number;
  target[to + 7] = source[from + 7] as number;
};

export class HashPages {
  readonly #lines: LineMemory;
  /** All of full size but the first, which grows to it. */
  readonly #pages: Int32Array[];

  constructor(lines: LineMemory) {
    this.#lines = lines;
    this.#pages = [this.#emptyPage(FIRST_HASHES)];
  }

  /** Makes room for `count` hashes; new ones are zeros. */
  reserve(count: number): void {
    const first = this.#pages[0] as Int32Array;
    let held = first.length >> 3;
    if (count > held && held < PAGE_HASHES) {
      while (held < count && held < PAGE_HASHES) held *= 2;
      const grown = this.#emptyPage(held);
      grown.set(first);
      this.#pages[0] = grown;
    }
    while (this.#pages.length << PAGE_BITS < count) this.#pages.push(this.#emptyPage(PAGE_HASHES));
  }

  /** A copy of a hash. */
  hash(index: number): Uint8Array {
    const page = this.#pages[index >> PAGE_BITS] as Int32Array;
    const start = page.byteOffset + (index & PAGE_MASK) * HASH_BYTES;
    return new Uint8Array(page.buffer.slice(start, start + HASH_BYTES));
  }

  /** Whether a hash is the one at `at` words of `words`. */
  holds(index: number, words: Int32Array, at: number): boolean {
    const page = this.#pages[index >> PAGE_BITS] as Int32Array;
    const start = (index & PAGE_MASK) * HASH_WORDS;
    for (let word = 0; word < HASH_WORDS; word += 1) if (page[start + word] !== words[at + word]) return false;
    return true;
  }

  /** Puts the pair 2i, 2i + 1 of each i of positions[start..end) one after the other into `pairs`. */
  gatherPairs(positions: Uint32Array, start: number, end: number, pairs: Int32Array): void {
    const pages = this.#pages;
    for (let index = start, to = 0; index < end; index += 1, to += 2 * HASH_WORDS) {
      const left = 2 * (positions[index] as number);
      const page = pages[left >> PAGE_BITS] as Int32Array;
      const from = (left & PAGE_MASK) * HASH_WORDS;
      copyHash(page, from, pairs, to);
      copyHash(page, from + HASH_WORDS, pairs, to + HASH_WORDS);
    }
  }

  /** Overwrites the hashes at positions[start..end) with those in `hashes`, one after the other. */
  scatter(positions: Uint32Array, start: number, end: number, hashes: Int32Array): void {
    const pages = this.#pages;
    for (let index = start, from = 0; index < end; index += 1, from += HASH_WORDS) {
      const position = positions[index] as number;
      const page = pages[position >> PAGE_BITS] as Int32Array;
      copyHash(hashes, from, page, (position & PAGE_MASK) * HASH_WORDS);
    }
  }

  /** A page; the pairs of one of full size lie in one line of the processor's cache each. */
  #emptyPage(hashes: number): Int32Array {
    const { memory, start } = this.#lines.take(hashes * HASH_BYTES);
    return new Int32Array(memory, start, hashes * HASH_WORDS);
  }
}
