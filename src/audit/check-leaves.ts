/**
 * Check leaves: the hashes of rows that were decoded, many at once, and what their keys are known by.
 *
 * The same as `leafHash` of commitment.ts row by row. Source: docs/protocol.md section 15.3.
 */
import type { Hasher } from '../core/crypto.ts';
import { ByteRoots } from '../core/tree/byte-roots.ts';
import type { LeafContent } from '../core/tree/commitment.ts';
import { copyWords, HASH_WORDS } from '../core/tree/hash-pages.ts';
import { PAIR_BYTES } from '../core/tree/seal.ts';
import { HASH_BYTES } from '../core/units.ts';

/** A row under its leaf; `undefined` where none is. */
export interface LeafRow {
  readonly leaf: number;
  readonly content: LeafContent | undefined;
}

export interface HashedRows {
  readonly leaves: Uint32Array;
  /** The leaf of row i in words 8i.. */
  readonly hashes: Int32Array;
  /** Of row i the root of its key in words 16i.. and that of its next key after it. */
  readonly keyRoots: Int32Array;
}

const EMPTY: LeafContent = { key: new Uint8Array(0), next: new Uint8Array(0), value: new Uint8Array(0) };

export class LeafHasher {
  readonly hasher: Hasher;
  readonly #roots: ByteRoots;

  constructor(hasher: Hasher) {
    this.hasher = hasher;
    this.#roots = new ByteRoots(hasher);
  }

  hash(rows: readonly LeafRow[]): HashedRows {
    const count = rows.length;
    const contents = rows.map(({ content }) => content ?? EMPTY);
    const keyRoots = this.#rootsOf(contents.flatMap(({ key, next }) => [key, next]));
    const links = this.#hashPairs(keyRoots, count);
    const values = this.#rootsOf(contents.map(({ value }) => value));
    const pairs = new Int32Array(2 * count * HASH_WORDS);
    for (let at = 0; at < count * HASH_WORDS; at += HASH_WORDS) {
      copyWords(links, at, pairs, 2 * at, HASH_WORDS);
      copyWords(values, at, pairs, 2 * at + HASH_WORDS, HASH_WORDS);
    }
    const hashes = this.#hashPairs(pairs, count);
    for (const [index, { content }] of rows.entries()) {
      if (content === undefined) hashes.fill(0, index * HASH_WORDS, (index + 1) * HASH_WORDS);
    }
    return { leaves: Uint32Array.from(rows, ({ leaf }) => leaf), hashes, keyRoots };
  }

  #rootsOf(parts: readonly Uint8Array[]): Int32Array {
    const starts = new Uint32Array(parts.length);
    const ends = new Uint32Array(parts.length);
    let length = 0;
    for (const [index, part] of parts.entries()) {
      starts[index] = length;
      length += part.length;
      ends[index] = length;
    }
    const bytes = new Uint8Array(length);
    for (const [index, part] of parts.entries()) bytes.set(part, starts[index]);
    const roots = new Int32Array(parts.length * HASH_WORDS);
    this.#roots.hash({ bytes, starts, ends }, roots);
    return roots;
  }

  #hashPairs(pairs: Int32Array, count: number): Int32Array {
    const hashes = new Int32Array(count * HASH_WORDS);
    this.hasher.hashPairs(
      new Uint8Array(pairs.buffer, 0, count * PAIR_BYTES),
      new Uint8Array(hashes.buffer, 0, count * HASH_BYTES),
    );
    return hashes;
  }
}
