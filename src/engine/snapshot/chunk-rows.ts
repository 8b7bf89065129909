/**
 * Chunk rows: the bytes of a file of rows, and the node of the state tree that they come to.
 *
 * A row stands there as its leaf (4 bytes big endian), its length (4 bytes big endian) and its bytes; leaves ascend.
 * Source: docs/protocol.md section 15.3.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { StoredRow } from '../../adapters/storage/storage.ts';
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { decodeRow, keyEndOf, keyStartOf, nextEndOf, nextStartOf, valueStartOf } from '../../core/state/row.ts';
import { ByteRoots } from '../../core/tree/byte-roots.ts';
import { copyWords, HASH_WORDS } from '../../core/tree/hash-pages.ts';
import { PAIR_BYTES } from '../../core/tree/seal.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { endOf } from './layout.ts';
import type { Chunk } from './manifest.ts';
import type { Ring } from './ring.ts';

const HEAD_BYTES = 8;

/** Rows as they lie in a file: row i belongs to leaves[i] and is bytes[starts[i]..ends[i]). */
export interface ChunkRows {
  readonly bytes: Uint8Array;
  readonly leaves: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** What a row takes of a file. */
export const bytesInFile = ({ bytes }: StoredRow): number => HEAD_BYTES + bytes.length;

/** The bytes of the file with these rows. */
export const encodeRows = (rows: readonly StoredRow[]): Uint8Array => {
  const file = new Uint8Array(rows.reduce((sum, row) => sum + bytesInFile(row), 0));
  const view = new DataView(file.buffer);
  let at = 0;
  for (const { leaf, bytes } of rows) {
    view.setUint32(at, leaf);
    view.setUint32(at + 4, bytes.length);
    file.set(bytes, at + HEAD_BYTES);
    at += HEAD_BYTES + bytes.length;
  }
  return file;
};

/** Where a file of rows is not of its form. */
export interface RowsFault {
  readonly what: string;
  readonly offset: number;
  readonly leaf?: number;
}

const isRow = (bytes: Uint8Array): boolean => {
  const row = decodeRow(bytes);
  return E.isRight(row) && row.right.key.length > 0 && row.right.next.length > 0;
};

/** The rows that bytes are, of leaves of the chunk, each in its one canonical form; or the first place that is not. */
export const readRows = (
  bytes: Uint8Array,
  chunk: Pick<Chunk, 'first' | 'exponent'>,
): E.Either<RowsFault, ChunkRows> => {
  const most = 2 ** chunk.exponent;
  const [leaves, starts, ends] = [new Uint32Array(most), new Uint32Array(most), new Uint32Array(most)];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  let least = chunk.first;
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) return E.left({ what: 'it ends within the head of a row', offset: at });
    const leaf = view.getUint32(at);
    const start = at + HEAD_BYTES;
    const end = start + view.getUint32(at + 4);
    if (leaf < least || leaf >= endOf(chunk)) {
      return E.left({ what: `leaf ${leaf} has no place there, but ${least} to ${endOf(chunk) - 1}`, offset: at });
    }
    if (end > bytes.length) return E.left({ what: 'it ends within the row', offset: at, leaf });
    if (!isRow(bytes.subarray(start, end))) {
      return E.left({ what: 'the row is not in its canonical form', offset: start, leaf });
    }
    leaves[count] = leaf;
    starts[count] = start;
    ends[count++] = end;
    least = leaf + 1;
    at = end;
  }
  if (count === 0) return E.left({ what: 'it holds no row', offset: 0 });
  const held = { leaves: leaves.subarray(0, count), starts: starts.subarray(0, count), ends: ends.subarray(0, count) };
  return E.right({ bytes, ...held });
};

/** The rows for a store; they share the memory of the file. */
export const storedRows = ({ bytes, leaves, starts, ends }: ChunkRows): readonly StoredRow[] =>
  Array.from(leaves, (leaf, index) => ({ leaf, bytes: bytes.subarray(starts[index], ends[index]) }));

/** Rows hashed together: plenty for any batch hasher, and the buffers stay in the processor's cache. */
const BATCH = 1024;

/** Hashes chunk after chunk in the same buffers. PERF: about eleven hashes a row of an account, in batches. */
export class ChunkHasher {
  readonly #hasher: Hasher;
  readonly #roots: ByteRoots;
  readonly #starts = new Uint32Array(2 * BATCH);
  readonly #ends = new Uint32Array(2 * BATCH);
  /** Roots of keys and next keys in turns; then links and roots of values in turns. */
  readonly #pairs = new Int32Array(2 * BATCH * HASH_WORDS);
  readonly #links = new Int32Array(BATCH * HASH_WORDS);
  readonly #values = new Int32Array(BATCH * HASH_WORDS);
  /** A level of the subtree, and the one above it. */
  #level = new Int32Array(0);
  #above = new Int32Array(0);

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
    this.#roots = new ByteRoots(hasher);
  }

  /** The node over the leaves of the chunk. Every row passes by the ring. */
  node(rows: ChunkRows, { first, exponent }: Pick<Chunk, 'first' | 'exponent'>, ring: Ring): Hash {
    const words = 2 ** exponent * HASH_WORDS;
    if (this.#level.length < words) [this.#level, this.#above] = [new Int32Array(words), new Int32Array(words)];
    this.#level.fill(0, 0, words);
    for (let start = 0; start < rows.leaves.length; start += BATCH) {
      const end = Math.min(start + BATCH, rows.leaves.length);
      this.#link(rows, start, end, ring);
      this.#value(rows, start, end);
      for (let index = start, at = 0; index < end; index += 1, at += HASH_WORDS) {
        const slot = (rows.leaves[index] as number) - first;
        copyWords(this.#values, at, this.#level, slot * HASH_WORDS, HASH_WORDS);
      }
    }
    return this.#climb(exponent);
  }

  #link({ bytes, starts }: ChunkRows, start: number, end: number, ring: Ring): void {
    let at = 0;
    for (let index = start; index < end; index += 1) {
      const row = starts[index] as number;
      const key = [keyStartOf(bytes, row), keyEndOf(bytes, row)] as const;
      const next = [nextStartOf(bytes, row), nextEndOf(bytes, row)] as const;
      ring.addOrder(bytes, key, next);
      for (const [from, to] of [key, next]) {
        this.#starts[at] = from;
        this.#ends[at++] = to;
      }
    }
    this.#roots.hash({ bytes, starts: this.#starts.subarray(0, at), ends: this.#ends.subarray(0, at) }, this.#pairs);
    ring.addRoots(this.#pairs, end - start);
    this.#hashPairs(this.#pairs, end - start, this.#links);
  }

  #value({ bytes, starts, ends }: ChunkRows, start: number, end: number): void {
    const count = end - start;
    for (let index = start, at = 0; index < end; index += 1, at += 1) {
      const to = ends[index] as number;
      this.#starts[at] = valueStartOf(bytes, nextEndOf(bytes, starts[index] as number), to);
      this.#ends[at] = to;
    }
    const spans = { bytes, starts: this.#starts.subarray(0, count), ends: this.#ends.subarray(0, count) };
    this.#roots.hash(spans, this.#values);
    for (let index = 0, at = 0; index < count; index += 1, at += HASH_WORDS) {
      copyWords(this.#links, at, this.#pairs, 2 * at, HASH_WORDS);
      copyWords(this.#values, at, this.#pairs, 2 * at + HASH_WORDS, HASH_WORDS);
    }
    this.#hashPairs(this.#pairs, count, this.#values);
  }

  #climb(exponent: number): Hash {
    for (let nodes = 2 ** exponent; nodes > 1; nodes /= 2) {
      this.#hashPairs(this.#level, nodes / 2, this.#above);
      [this.#level, this.#above] = [this.#above, this.#level];
    }
    return toHex(new Uint8Array(this.#level.buffer, 0, HASH_BYTES)) as Hash;
  }

  #hashPairs(pairs: Int32Array, count: number, out: Int32Array): void {
    this.#hasher.hashPairs(
      new Uint8Array(pairs.buffer, 0, count * PAIR_BYTES),
      new Uint8Array(out.buffer, 0, count * HASH_BYTES),
    );
  }
}
