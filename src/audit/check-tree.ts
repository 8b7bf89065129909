/**
 * Check tree: the state tree over leaves that are set in any order and number, wherever they lie.
 *
 * A damaged store may name any leaf, so only the parts of the tree that hold one take memory. Nodes are kept up to the top of
 * the deepest tree, where empty subtrees have their known hash: no leaf number and no size needs care.
 * PERF: about 64 bytes a leaf, one hash a leaf that is set and a few a call. Source: docs/protocol.md section 15.3.
 */
import { bytesOf } from '../core/bytes.ts';
import type { Hasher } from '../core/crypto.ts';
import { pairHash } from '../core/tree/commitment.ts';
import { copyWords, HASH_WORDS } from '../core/tree/hash-pages.ts';
import { depthOf, PAIR_BYTES, seal } from '../core/tree/seal.ts';
import { HASH_BYTES, type Hash, ZERO_HASH } from '../core/units.ts';

/** Leaf numbers are below 2 to the power of this, as everywhere (see body.ts of the core). */
const MAX_DEPTH = 28;
const PAGE_BITS = 8;
const PAGE_HASHES = 2 ** PAGE_BITS;
const PAGE_MASK = PAGE_HASHES - 1;
/** Pairs in a call of the hasher. */
const BATCH = 1024;

/** The nodes of one level, in pages that are made when they are written to. */
class Level {
  readonly #pages = new Map<number, Int32Array>();
  /** What stands where nothing was set. */
  readonly #empty: Int32Array;

  constructor(empty: Uint8Array) {
    this.#empty = new Int32Array(empty.slice().buffer);
  }

  /** The page with a position, if it was made. */
  page(position: number): Int32Array | undefined {
    return this.#pages.get(position >>> PAGE_BITS);
  }

  /** The page with a position, made of empty nodes if there is none. */
  madePage(position: number): Int32Array {
    const known = this.page(position);
    if (known !== undefined) return known;
    const page = new Int32Array(PAGE_HASHES * HASH_WORDS);
    for (let at = 0; at < page.length; at += HASH_WORDS) copyWords(this.#empty, 0, page, at, HASH_WORDS);
    this.#pages.set(position >>> PAGE_BITS, page);
    return page;
  }

  /** Writes the hashes that lie one after the other in `hashes` to positions[start..end). */
  scatter(positions: Uint32Array, start: number, end: number, hashes: Int32Array): void {
    for (let index = start, from = 0; index < end; index += 1, from += HASH_WORDS) {
      const position = positions[index] as number;
      copyWords(hashes, from, this.madePage(position), (position & PAGE_MASK) * HASH_WORDS, HASH_WORDS);
    }
  }

  /** Puts the children of each of parents[start..end) as a pair into `pairs`. One child of each was written to. */
  gather(parents: Uint32Array, start: number, end: number, pairs: Int32Array): void {
    for (let index = start, to = 0; index < end; index += 1, to += 2 * HASH_WORDS) {
      const left = 2 * (parents[index] as number);
      copyWords(this.madePage(left), (left & PAGE_MASK) * HASH_WORDS, pairs, to, 2 * HASH_WORDS);
    }
  }

  hash(position: number): Uint8Array {
    const words = new Int32Array(HASH_WORDS);
    const page = this.page(position);
    if (page === undefined) words.set(this.#empty);
    else copyWords(page, (position & PAGE_MASK) * HASH_WORDS, words, 0, HASH_WORDS);
    return new Uint8Array(words.buffer);
  }
}

const isZero = (page: Int32Array, at: number): boolean => {
  for (let word = at; word < at + HASH_WORDS; word += 1) if (page[word] !== 0) return false;
  return true;
};

/** The parents of ascending positions, each once. */
const parentsOf = (positions: Uint32Array): Uint32Array => {
  const parents = new Uint32Array(positions.length);
  let count = 0;
  for (const position of positions) {
    const parent = position >>> 1;
    if (count === 0 || parents[count - 1] !== parent) parents[count++] = parent;
  }
  return parents.subarray(0, count);
};

export class CheckTree {
  readonly #hasher: Hasher;
  readonly #levels: readonly Level[];
  readonly #pairs = new Int32Array(2 * BATCH * HASH_WORDS);
  readonly #hashes = new Int32Array(BATCH * HASH_WORDS);
  /** 1 + the greatest leaf in use. */
  #size = 0;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    const levels: Level[] = [];
    for (let level = 0, empty = new Uint8Array(HASH_BYTES); level <= MAX_DEPTH; level += 1) {
      levels.push(new Level(empty));
      empty = new Uint8Array(pairHash(hasher, empty, empty));
    }
    this.#levels = levels;
  }

  get size(): number {
    return this.#size;
  }

  /** The hash of a leaf; zeros where none is in use. */
  leaf(leaf: number): Uint8Array {
    return this.#level(0).hash(leaf);
  }

  /** Sets leaves, which ascend, to the hashes that lie one after the other in `hashes`; zeros take a leaf out of use. */
  set(leaves: Uint32Array, hashes: Int32Array): void {
    this.#level(0).scatter(leaves, 0, leaves.length, hashes);
    for (let dirty = leaves, level = 0; level < MAX_DEPTH; level += 1) {
      dirty = parentsOf(dirty);
      this.#hashOver(level, dirty);
    }
    const last = leaves.at(-1);
    if (last === undefined) return;
    this.#size = Math.max(this.#size, last + 1);
    this.#shrink();
  }

  /** The state root over all leaves in use. */
  get root(): Hash {
    if (this.#size === 0) return seal(this.#hasher, bytesOf(ZERO_HASH), 0);
    return seal(this.#hasher, this.#level(depthOf(this.#size)).hash(0), this.#size);
  }

  #level(level: number): Level {
    return this.#levels[level] as Level;
  }

  #hashOver(level: number, parents: Uint32Array): void {
    for (let start = 0; start < parents.length; start += BATCH) {
      const end = Math.min(start + BATCH, parents.length);
      this.#level(level).gather(parents, start, end, this.#pairs);
      this.#hasher.hashPairs(
        new Uint8Array(this.#pairs.buffer, 0, (end - start) * PAIR_BYTES),
        new Uint8Array(this.#hashes.buffer, 0, (end - start) * HASH_BYTES),
      );
      this.#level(level + 1).scatter(parents, start, end, this.#hashes);
    }
  }

  #shrink(): void {
    while (this.#size > 0) {
      const leaf = this.#size - 1;
      const page = this.#level(0).page(leaf);
      if (page !== undefined && !isZero(page, (leaf & PAGE_MASK) * HASH_WORDS)) return;
      this.#size = page === undefined ? leaf - (leaf & PAGE_MASK) : leaf;
    }
  }
}
