/**
 * Check reading: what a store holds, read to its end in pages of about a megabyte, past nothing that cannot be read.
 */
import { StorageError } from '../adapters/storage/storage.ts';

const PAGE_BYTES = 1024 * 1024;
/** A row may have a hundred kilobytes and more, and one after many short ones is not foreseen. */
const MOST_ITEMS = 1024;

const isDamage = (error: unknown): error is StorageError =>
  error instanceof StorageError && error.code === 'storage_damaged';

/** What a store reads, or `undefined` if it says that it is damaged there. */
export const ifReadable = async <T>(
  read: Promise<T>,
  onDamage: (why: string) => void = () => undefined,
): Promise<T | undefined> => {
  try {
    return await read;
  } catch (error) {
    if (!isDamage(error)) throw error;
    onDamage(error.message);
    return undefined;
  }
};

/** What is read: numbered, of some length. */
export interface Reading<T> {
  /** At most `limit` of them from a number on, ascending. */
  readonly read: (from: number, limit: number) => Promise<readonly T[]>;
  readonly numberOf: (item: T) => number;
  readonly bytesOf: (item: T) => number;
  /** The store says that it is damaged at this number or not far above it; nothing beyond is read. */
  readonly onDamage: (from: number, why: string) => void;
}

/** A page, fewer if the store cannot read so many together; or why there is none. */
const readPage = async <T>(
  { read }: Reading<T>,
  from: number,
  most: number,
): Promise<{ readonly page: readonly T[]; readonly asked: number } | string> => {
  for (let asked = most; ; asked = Math.floor(asked / 4)) {
    try {
      return { page: await read(from, asked), asked };
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (asked === 1) return error.message;
      if (asked < 4) asked = 4;
    }
  }
};

/** Everything from a number on, page by page. Rejects with what the store rejects with, unless it says `storage_damaged`. */
export async function* pagesOf<T>(reading: Reading<T>, first = 0): AsyncGenerator<readonly T[]> {
  let most = 1;
  for (let from = first; ; ) {
    const found = await readPage(reading, from, most);
    if (typeof found === 'string') return reading.onDamage(from, found);
    const { page, asked } = found;
    const last = page.at(-1);
    if (last === undefined) return;
    const end = reading.numberOf(last) + 1;
    // What lies below would be read over and over.
    if (end <= from) return reading.onDamage(from, `the store answers with ${end - 1}, which is below`);
    yield page;
    if (page.length < asked) return;
    from = end;
    const bytes = page.reduce((sum, item) => sum + reading.bytesOf(item), page.length);
    const fitting = Math.floor((PAGE_BYTES * page.length) / bytes);
    most = Math.max(1, Math.min(MOST_ITEMS, 2 * most, fitting));
  }
}
