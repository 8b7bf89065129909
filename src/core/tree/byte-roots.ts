/**
 * Byte roots: the roots over many byte strings at once, all their chunks of one level in one call of the hasher.
 *
 * The same as `bytesRoot` of commitment.ts one by one, at a small part of the price. Source: docs/protocol.md section 15.3.
 */
import { copyBytes, viewOf } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { HASH_BYTES } from '../units.ts';
import { pairHash } from './commitment.ts';
import { copyHash, copyWords, HASH_WORDS } from './hash-pages.ts';
import { PAIR_BYTES } from './seal.ts';

const FIRST_BYTES = 64 * 1024;
const CHUNK_BITS = 5;
/** A length is written into the last bytes of a pair. */
const LENGTH_BYTES = 4;

const chunksOf = (length: number): number => (length + HASH_BYTES - 1) >> CHUNK_BITS;
/** Chunks as they lie in a level: a single one alone, else in whole pairs. */
const paddedOf = (count: number): number => (count > 1 ? (count + 1) & ~1 : 0);

/** Where byte strings lie: string i is bytes[starts[i]..ends[i]). */
export interface Spans {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

export class ByteRoots {
  readonly #hasher: Hasher;
  /** The level that is hashed, and the one that comes of it. */
  #level = new Uint8Array(FIRST_BYTES);
  #above = new Uint8Array(FIRST_BYTES >> 1);
  #tops = new Uint8Array(FIRST_BYTES);
  #levelView = viewOf(this.#level);
  #topsView = viewOf(this.#tops);
  /** Which strings have nodes in the level, and how many. */
  #items = new Uint32Array(0);
  #counts = new Uint32Array(0);
  /** The hash of a subtree of zero chunks, by its height. */
  readonly #zeros: Uint8Array[] = [new Uint8Array(HASH_BYTES)];

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /** Writes the root of string i to words 8i.. of `roots`. */
  hash(spans: Spans, roots: Int32Array): void {
    const count = spans.starts.length;
    const pairBytes = count * PAIR_BYTES;
    if (this.#tops.length < pairBytes) {
      this.#tops = new Uint8Array(2 * pairBytes);
      this.#topsView = viewOf(this.#tops);
    }
    if (this.#items.length < count) {
      this.#items = new Uint32Array(2 * count);
      this.#counts = new Uint32Array(2 * count);
    }
    const tops = this.#tops;
    tops.fill(0, 0, pairBytes);
    const lasting = this.#firstLevel(spans);
    this.#climb(lasting, tops);
    for (let index = 0; index < count; index += 1) {
      const length = (spans.ends[index] as number) - (spans.starts[index] as number);
      this.#topsView.setUint32((index + 1) * PAIR_BYTES - LENGTH_BYTES, length);
    }
    this.#hasher.hashPairs(
      tops.subarray(0, pairBytes),
      new Uint8Array(roots.buffer, roots.byteOffset, count * HASH_BYTES),
    );
  }

  /** Lays the chunks out; strings of one chunk have their top at once. Those of more are noted with their chunk counts; how many they are. */
  #firstLevel({ bytes, starts, ends }: Spans): number {
    const [items, counts, tops] = [this.#items, this.#counts, this.#topsView];
    const source = viewOf(bytes);
    let [lasting, chunks] = [0, 0];
    for (let index = 0; index < starts.length; index += 1) {
      const start = starts[index] as number;
      const end = ends[index] as number;
      const own = chunksOf(end - start);
      if (own <= 1) copyBytes(source, start, end, tops, index * PAIR_BYTES);
      else {
        items[lasting] = index;
        counts[lasting++] = own;
        chunks += paddedOf(own);
      }
    }
    this.#reserve(chunks * HASH_BYTES);
    this.#level.fill(0, 0, chunks * HASH_BYTES);
    let at = 0;
    for (let place = 0; place < lasting; place += 1) {
      const index = items[place] as number;
      const start = starts[index] as number;
      const end = ends[index] as number;
      copyBytes(source, start, end, this.#levelView, at);
      at += paddedOf(counts[place] as number) * HASH_BYTES;
    }
    return lasting;
  }

  /** Hashes level upon level until each string has one node left, its top. */
  #climb(lasting: number, tops: Uint8Array): void {
    const [items, counts] = [this.#items, this.#counts];
    const topWords = new Int32Array(tops.buffer);
    let left = lasting;
    for (let height = 1; left > 0; height += 1) {
      let pairs = 0;
      for (let place = 0; place < left; place += 1) pairs += paddedOf(counts[place] as number) >> 1;
      const above = this.#above.subarray(0, pairs * HASH_BYTES);
      this.#hasher.hashPairs(this.#level.subarray(0, pairs * PAIR_BYTES), above);
      const [aboveWords, levelWords] = [new Int32Array(this.#above.buffer), new Int32Array(this.#level.buffer)];
      let [from, to, kept] = [0, 0, 0];
      for (let place = 0; place < left; place += 1) {
        const count = paddedOf(counts[place] as number) >> 1;
        if (count === 1) copyHash(aboveWords, from, topWords, (items[place] as number) * 2 * HASH_WORDS);
        else {
          items[kept] = items[place] as number;
          counts[kept++] = count;
          copyWords(aboveWords, from, levelWords, to, count * HASH_WORDS);
          to += count * HASH_WORDS;
          if (count & 1) {
            this.#level.set(this.#zero(height), to * Int32Array.BYTES_PER_ELEMENT);
            to += HASH_WORDS;
          }
        }
        from += count * HASH_WORDS;
      }
      left = kept;
    }
  }

  #zero(height: number): Uint8Array {
    for (let known = this.#zeros.length; known <= height; known += 1) {
      const below = this.#zeros[known - 1] as Uint8Array;
      this.#zeros.push(pairHash(this.#hasher, below, below));
    }
    return this.#zeros[height] as Uint8Array;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#level.length) return;
    this.#level = new Uint8Array(2 * bytes);
    this.#levelView = viewOf(this.#level);
    this.#above = new Uint8Array(bytes);
  }
}
