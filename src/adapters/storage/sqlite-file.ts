/**
 * SQLite file: what stands under a path, found out from its first bytes, without SQLite and without changing one.
 *
 * SQLite makes side files, or rolls back, as soon as it reads a file; so nothing foreign may get that far.
 * Source: sqlite.org/fileformat2.html section 1.3 (the header) and 3 (the rollback journal).
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { checkVersion, damaged, notOurs } from './sqlite-errors.ts';

/** "MEDS" in the header: the file is ours. */
export const APPLICATION_ID = 0x4d454453;

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const HEADER_BYTES = 100;
const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 65_536;
const ROLLBACK_MODE = 1;
const WAL_MODE = 2;
/** No reserved bytes a page, then three payload fractions that never differ: bytes 20-23. */
const FIXED_FRACTIONS = 0x00402020;

/** A store to recover was stopped in the middle of a rollback transaction: when it was made, opened or closed. */
export type Found = 'nothing' | 'store' | 'store to recover';

const firstBytes = (file: string, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
};

/** The size in bytes; 0 if there is no such file. */
export const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** A file without a byte is where a store may be made, unless a WAL beside it says that there was one. */
const foundNothing = (file: string): Found => {
  if (sizeOf(`${file}-wal`) > 0) throw damaged(file, 'is missing or empty, but its write-ahead log (-wal) is there');
  return 'nothing';
};

/** What the header says of the pages. SQLite would find the same faults, but only after it has made a WAL beside the file. */
const layoutOf = (file: string, header: Buffer): { readonly pageBytes: number; readonly isInWalMode: boolean } => {
  const pageBytes = header.readUInt16BE(16) === 1 ? MAX_PAGE_BYTES : header.readUInt16BE(16);
  const isPageSize = pageBytes >= MIN_PAGE_BYTES && (pageBytes & (pageBytes - 1)) === 0;
  const [writeMode, readMode] = [header[18], header[19]];
  const isMode = writeMode === readMode && (readMode === ROLLBACK_MODE || readMode === WAL_MODE);
  if (!isPageSize || !isMode || header.readUInt32BE(20) !== FIXED_FRACTIONS)
    throw damaged(file, 'has a damaged header');
  return { pageBytes, isInWalMode: readMode === WAL_MODE };
};

/** Whether a transaction in rollback mode was cut short; a journal that is done with begins with a zero. */
const hasHotJournal = (file: string): boolean => {
  const journal = `${file}-journal`;
  return sizeOf(journal) > 0 && firstBytes(journal, 1)[0] !== 0;
};

/**
 * Looks at the file without SQLite and without changing it. Throws `StorageError` if it is no store of ours.
 * It opens and closes the file, and on POSIX that ends every lock this process has on it: never look at one that it has open.
 */
export const lookAt = (file: string): Found => {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return foundNothing(file);
  if (!stat.isFile()) throw notOurs(file, stat.isDirectory() ? 'a folder' : 'no regular file');
  if (stat.size === 0) return foundNothing(file);

  const header = firstBytes(file, HEADER_BYTES);
  const start = header.subarray(0, MAGIC.length);
  if (!start.equals(MAGIC.subarray(0, start.length))) throw notOurs(file, 'some other file');
  if (header.length < HEADER_BYTES) throw damaged(file, `was cut off after ${header.length} bytes`);
  if (header.readUInt32BE(68) !== APPLICATION_ID) throw notOurs(file, 'a database of some other application');
  checkVersion(file, header.readUInt32BE(60));

  const { pageBytes, isInWalMode } = layoutOf(file, header);
  const isShort = stat.size < header.readUInt32BE(28) * pageBytes;
  // Of the others the reader finds out, under its lock. Here SQLite would only make a WAL before it refuses.
  if (isShort && isInWalMode && sizeOf(`${file}-wal`) === 0)
    throw damaged(file, `was cut off after ${stat.size} bytes`);
  return hasHotJournal(file) ? 'store to recover' : 'store';
};
