/**
 * Rows: a growing array of 32-byte rows, seen as bytes by hashers and as words by copies.
 *
 * Eight words are copied several times faster than a `subarray` of 32 bytes is made. Words are only moved, never
 * computed with, so the byte order of the machine does not matter.
 */
import { HASH_BYTES } from '../units.ts';

/** Words in a row. */
export const ROW_WORDS = 8;
const FIRST_ROWS = 16;

export class Rows {
  #held: number;
  bytes: Uint8Array;
  words: Int32Array;

  constructor(rows: number = FIRST_ROWS) {
    this.#held = rows;
    this.bytes = new Uint8Array(rows * HASH_BYTES);
    this.words = new Int32Array(this.bytes.buffer);
  }

  /** Makes room for `rows` rows, doubling; new rows are zeros. */
  reserve(rows: number): void {
    if (rows <= this.#held) return;
    while (this.#held < rows) this.#held *= 2;
    const { bytes } = this;
    this.bytes = new Uint8Array(this.#held * HASH_BYTES);
    this.bytes.set(bytes);
    this.words = new Int32Array(this.bytes.buffer);
  }

  /** A copy of row `index`. */
  row(index: number): Uint8Array {
    return this.bytes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }

  /** Overwrites row `index`. */
  set(index: number, row: Uint8Array): void {
    this.bytes.set(row, index * HASH_BYTES);
  }

  /** Whether row `index` is these 32 bytes. */
  holds(index: number, row: Uint8Array): boolean {
    const { bytes } = this;
    const start = index * HASH_BYTES;
    for (let at = 0; at < HASH_BYTES; at += 1) if (bytes[start + at] !== row[at]) return false;
    return true;
  }
}

/** Copies `count` words. */
export const copyWords = (source: Int32Array, from: number, target: Int32Array, to: number, count: number): void => {
  for (let word = 0; word < count; word += 1) target[to + word] = source[from + word] as number;
};
