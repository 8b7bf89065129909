/**
 * Row stream: the rows of a store in the order of their leaves, read in pages, with no more at a time in memory than asked for.
 */
import type { Storage, StoredRow } from '../../adapters/storage/storage.ts';
import { damaged } from '../outcome.ts';
import { bytesInFile } from './chunk-rows.ts';

/** What a page should come to. */
const PAGE_BYTES = 1024 * 1024;
const LEAST_PAGE_ROWS = 16;
/** Long rows may follow short ones: a busy second of the dated queue has some 120 kB. Then a page is 60 MB, and once only. */
const MOST_PAGE_ROWS = 512;

export class RowStream {
  readonly #storage: Storage;
  /** Rows that were read and not taken. */
  readonly #rows: StoredRow[] = [];
  /** The leaf to read on from. */
  #from = 0;
  #pageRows = LEAST_PAGE_ROWS;
  #isOver = false;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Whether the rows that are left below the leaf `end` take at most `limit` bytes of a file. Reads no further than to know. */
  async fits(end: number, limit: number): Promise<boolean> {
    let bytes = 0;
    for (let at = 0; ; at += 1) {
      while (at >= this.#rows.length && !this.#isOver && this.#from < end) await this.#readPage();
      const row = this.#rows[at];
      if (row === undefined || row.leaf >= end) return true;
      bytes += bytesInFile(row);
      if (bytes > limit) return false;
    }
  }

  /** The rows that are left below the leaf `end`; `fits` has said that they do. */
  take(end: number): readonly StoredRow[] {
    const taken = this.#rows.findIndex(({ leaf }) => leaf >= end);
    return this.#rows.splice(0, taken < 0 ? this.#rows.length : taken);
  }

  async #readPage(): Promise<void> {
    const page = await this.#storage.scan(this.#from, this.#pageRows);
    this.#isOver = page.length < this.#pageRows;
    this.#rows.push(...page);
    const last = page.at(-1);
    if (last === undefined) return;
    // Rows below what was asked for would be read over and over.
    if (last.leaf < this.#from) throw damaged(`the row of leaf ${last.leaf} stands above that of ${this.#from - 1}`);
    this.#from = last.leaf + 1;
    const bytes = page.reduce((sum, row) => sum + bytesInFile(row), 0);
    const fitting = Math.floor((PAGE_BYTES * page.length) / bytes);
    this.#pageRows = Math.min(MOST_PAGE_ROWS, Math.max(LEAST_PAGE_ROWS, fitting));
  }
}

/** A store may hold rows of leaves below. */
const STORE_LEAVES = 2 ** 32;

/** 1 + the greatest leaf that has a row; 0 without a row. PERF: 32 short reads. */
export const sizeOfStore = async (storage: Storage): Promise<number> => {
  let [low, high] = [0, STORE_LEAVES];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await storage.scan(middle, 1)).length > 0) low = middle + 1;
    else high = middle;
  }
  return low;
};
