/**
 * Row log: which rows an update overwrote, and what stood there, as one flat array of words.
 *
 * A log is a run of sections: column, number of rows, the rows' positions, the rows' words. Swapping a finished log
 * with the columns undoes the update and leaves a log that redoes it, in the same memory. A row stands in it once.
 */
import { copyWords, ROW_WORDS, type Rows } from './rows.ts';

/** A finished log. */
export type RowDifference = Int32Array;

const HEAD_WORDS = 2;
const FIRST_WORDS = 4096;
/** The memory of a log that is kept for the next one: a full block's is about half of it. */
const KEPT_WORDS = 2 ** 20;

export class RowLog {
  #words: Int32Array = new Int32Array(FIRST_WORDS);
  #length = 0;

  /** Keeps the rows of `column` at positions[start..end), which are about to be overwritten. */
  keep(column: number, rows: Rows, positions: Uint32Array, start: number, end: number): void {
    const count = end - start;
    const positionsAt = this.#length + HEAD_WORDS;
    let to = positionsAt + count;
    this.#reserve(to + count * ROW_WORDS);
    const words = this.#words;
    words[this.#length] = column;
    words[this.#length + 1] = count;
    for (let index = 0; index < count; index += 1) {
      const position = positions[start + index] as number;
      words[positionsAt + index] = position;
      copyWords(rows.words, position * ROW_WORDS, words, to, ROW_WORDS);
      to += ROW_WORDS;
    }
    this.#length = to;
  }

  /** The log since the last call, in memory of its own. */
  finish(): RowDifference {
    const difference = this.#words.slice(0, this.#length);
    this.#length = 0;
    if (this.#words.length > KEPT_WORDS) this.#words = new Int32Array(FIRST_WORDS);
    return difference;
  }

  #reserve(length: number): void {
    if (length <= this.#words.length) return;
    const grown = new Int32Array(Math.max(length, this.#words.length * 2));
    grown.set(this.#words.subarray(0, this.#length));
    this.#words = grown;
  }
}

/** Exchanges the rows of a log with those of the columns. */
export const swapRows = (log: RowDifference, columns: readonly Rows[]): void => {
  let section = 0;
  while (section < log.length) {
    const { words } = columns[log[section] as number] as Rows;
    const count = log[section + 1] as number;
    const positionsAt = section + HEAD_WORDS;
    let at = positionsAt + count;
    for (let index = 0; index < count; index += 1) {
      const row = (log[positionsAt + index] as number) * ROW_WORDS;
      for (let word = 0; word < ROW_WORDS; word += 1) {
        const kept = log[at + word] as number;
        log[at + word] = words[row + word] as number;
        words[row + word] = kept;
      }
      at += ROW_WORDS;
    }
    section = at;
  }
};
