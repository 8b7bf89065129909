/**
 * Row hashes: the leaves that rows come to, a batch at a time, with the links that the arena keeps for the next time.
 *
 * The same as `leafHash` of commitment.ts row by row. Source: docs/protocol.md section 15.3.
 */
import type { Hasher } from '../crypto.ts';
import { ByteRoots } from '../tree/byte-roots.ts';
import { copyHash, HASH_WORDS } from '../tree/hash-pages.ts';
import { type Delta, startOf } from './delta.ts';
import { keyEndOf, keyStartOf, nextEndOf, nextStartOf, valueStartOf } from './row.ts';
import type { RowArena } from './row-arena.ts';

/** Rows hashed together: the buffers stay in the nearest of the processor's caches. */
const BATCH = 256;
/** Room for the notes on so many rows is kept for the next time. */
const KEPT = 32_768;

/** What is known of each row that stands in the arena already. */
export interface RowNotes {
  /** The bytes of each that hold its keys. */
  readonly keyParts: Uint32Array;
  /** Whether it gets a new link. */
  readonly relinked: Uint8Array;
  /** Its link in words 8i..; those that are new are put there, and into the arena. */
  readonly links: Int32Array;
}

export class RowHashes {
  readonly #hasher: Hasher;
  readonly #arena: RowArena;
  readonly #roots: ByteRoots;
  readonly #starts = new Uint32Array(2 * BATCH);
  readonly #ends = new Uint32Array(2 * BATCH);
  readonly #pairs = new Int32Array(2 * BATCH * HASH_WORDS);
  readonly #values = new Int32Array(BATCH * HASH_WORDS);
  #keyParts = new Uint32Array(0);
  #relinked = new Uint8Array(0);
  #links = new Int32Array(0);
  #hashes = new Int32Array(0);

  constructor(hasher: Hasher, arena: RowArena) {
    this.#hasher = hasher;
    this.#arena = arena;
    this.#roots = new ByteRoots(hasher);
  }

  /** Room for the notes on so many rows; what stands there is of rows before. PERF: the same memory each time. */
  notes(count: number): RowNotes {
    const held = this.#keyParts.length;
    if (count > held || held > KEPT) {
      const room = count > KEPT ? count : Math.min(2 * count, KEPT);
      this.#keyParts = new Uint32Array(room);
      this.#relinked = new Uint8Array(room);
      this.#links = new Int32Array(room * HASH_WORDS);
      this.#hashes = new Int32Array(room * HASH_WORDS);
    }
    return { keyParts: this.#keyParts, relinked: this.#relinked, links: this.#links };
  }

  /** The leaf of row i of the delta in words 8i..; zeros where it is gone. Notes on all of them were made. In a scratch, until the next call. */
  hash(delta: Delta): Int32Array {
    const count = delta.leaves.length;
    for (let start = 0; start < count; start += BATCH) {
      const end = Math.min(start + BATCH, count);
      this.#link(delta, start, end);
      this.#hashBatch(delta, start, end);
    }
    return this.#hashes;
  }

  #hashPairs(count: number, out: Int32Array): void {
    const pairs = new Uint8Array(this.#pairs.buffer, 0, count * 64);
    this.#hasher.hashPairs(pairs, new Uint8Array(out.buffer, out.byteOffset, count * 32));
  }

  #link(delta: Delta, start: number, end: number): void {
    const { leaves, ends, bytes } = delta;
    const [relinked, links] = [this.#relinked, this.#links];
    let count = 0;
    for (let index = start; index < end; index += 1) {
      const from = startOf(delta, index);
      if (relinked[index] === 0 || from === ends[index]) continue;
      this.#starts[count] = keyStartOf(bytes, from);
      this.#ends[count++] = keyEndOf(bytes, from);
      this.#starts[count] = nextStartOf(bytes, from);
      this.#ends[count++] = nextEndOf(bytes, from);
    }
    if (count === 0) return;
    const spans = { bytes, starts: this.#starts.subarray(0, count), ends: this.#ends.subarray(0, count) };
    this.#roots.hash(spans, this.#pairs);
    this.#hashPairs(count >> 1, this.#values);
    let at = 0;
    for (let index = start; index < end; index += 1) {
      if (relinked[index] === 0 || startOf(delta, index) === ends[index]) continue;
      this.#arena.seek(leaves[index] as number);
      copyHash(this.#values, at, this.#arena.words, this.#arena.linkAt);
      copyHash(this.#values, at, links, index * HASH_WORDS);
      at += HASH_WORDS;
    }
  }

  #hashBatch(delta: Delta, start: number, end: number): void {
    const { ends, bytes } = delta;
    const [keyParts, links, hashes] = [this.#keyParts, this.#links, this.#hashes];
    const count = end - start;
    for (let index = start, at = 0; index < end; index += 1, at += 1) {
      const from = startOf(delta, index);
      const to = ends[index] as number;
      this.#starts[at] = to > from ? valueStartOf(bytes, from + (keyParts[index] as number), to) : to;
      this.#ends[at] = to;
    }
    const spans = { bytes, starts: this.#starts.subarray(0, count), ends: this.#ends.subarray(0, count) };
    this.#roots.hash(spans, this.#values);
    for (let index = start, at = 0; index < end; index += 1, at += HASH_WORDS) {
      copyHash(this.#values, at, this.#pairs, 2 * at + HASH_WORDS);
      copyHash(links, index * HASH_WORDS, this.#pairs, 2 * at);
    }
    this.#hashPairs(count, hashes.subarray(start * HASH_WORDS, end * HASH_WORDS));
    for (let index = start; index < end; index += 1) {
      const isGone = startOf(delta, index) === ends[index];
      if (isGone) hashes.fill(0, index * HASH_WORDS, (index + 1) * HASH_WORDS);
    }
  }
}
