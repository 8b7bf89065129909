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
/** Hashes in a page of full size. */
export const PAGE_HASHES = 2 ** PAGE_BITS;
const PAGE_MASK = PAGE_HASHES - 1;
const FIRST_HASHES = 16;
/** The words of hash i begin at i << HASH_SHIFT, those of its pair of children at i << PAIR_SHIFT. */
const HASH_SHIFT = 3;
const PAIR_SHIFT = 4;
const PAIR_WORDS = 2 * HASH_WORDS;
/** Pairs in a page, as a power of two. */
const PAIR_BITS = PAGE_BITS - 1;

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

/** Where the positions end, from `from` on, that lie in one page of 2^bits as positions[from] does. */
const endInPage = (positions: Uint32Array, from: number, bits: number): number => {
  const page = (positions[from] as number) >> bits;
  let to = from + 1;
  while (to < positions.length && (positions[to] as number) >> bits === page) to += 1;
  return to;
};

// PERF: each of these goes through one page, so that the host looks up once where it lies: half the time of a look for each position.

const gatherPairsIn = (page: Int32Array, positions: Uint32Array, from: number, to: number, pairs: Int32Array): void => {
  const mask = page.length - 1;
  for (let index = from, out = from * PAIR_WORDS; index < to; index += 1, out += PAIR_WORDS) {
    const pair = ((positions[index] as number) << PAIR_SHIFT) & mask;
    copyHash(page, pair, pairs, out);
    copyHash(page, pair + HASH_WORDS, pairs, out + HASH_WORDS);
  }
};

const scatterIn = (page: Int32Array, positions: Uint32Array, from: number, to: number, hashes: Int32Array): void => {
  const mask = page.length - 1;
  for (let index = from, source = from * HASH_WORDS; index < to; index += 1, source += HASH_WORDS)
    copyHash(hashes, source, page, ((positions[index] as number) << HASH_SHIFT) & mask);
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

  /** The first hashes, at most a page of them, where they lie. */
  first(count: number): Uint8Array {
    const page = this.#pages[0] as Int32Array;
    return new Uint8Array(page.buffer, page.byteOffset, count * HASH_BYTES);
  }

  /** Whether a hash is the one at `at` words of `words`. */
  holds(index: number, words: Int32Array, at: number): boolean {
    const page = this.#pages[index >> PAGE_BITS] as Int32Array;
    const start = (index & PAGE_MASK) * HASH_WORDS;
    for (let word = 0; word < HASH_WORDS; word += 1) if (page[start + word] !== words[at + word]) return false;
    return true;
  }

  /** Puts the pair 2i, 2i + 1 of each i of the positions, which ascend, one after the other into `pairs`. */
  gatherPairs(positions: Uint32Array, pairs: Int32Array): void {
    for (let from = 0, to: number; from < positions.length; from = to) {
      to = endInPage(positions, from, PAIR_BITS);
      const page = this.#pages[(positions[from] as number) >> PAIR_BITS] as Int32Array;
      gatherPairsIn(page, positions, from, to, pairs);
    }
  }

  /** Overwrites the hashes at these positions, which ascend, with those in `hashes`, one after the other. */
  scatter(positions: Uint32Array, hashes: Int32Array): void {
    for (let from = 0, to: number; from < positions.length; from = to) {
      to = endInPage(positions, from, PAGE_BITS);
      const page = this.#pages[(positions[from] as number) >> PAGE_BITS] as Int32Array;
      scatterIn(page, positions, from, to, hashes);
    }
  }

  /** A page; the pairs of one of full size lie in one line of the processor's cache each. */
  #emptyPage(hashes: number): Int32Array {
    const { memory, start } = this.#lines.take(hashes * HASH_BYTES);
    return new Int32Array(memory, start, hashes * HASH_WORDS);
  }
}
