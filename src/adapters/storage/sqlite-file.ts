/**
 * SQLite file: what stands under a path, and a connection to it that is safe to have; nothing foreign is ever changed.
 *
 * A file is looked at before anything may write: its first bytes without SQLite, then its pages through a read-only
 * connection. A store that was closed is one plain file in rollback mode, so reading it makes no side files; while a
 * writer has it, it is in WAL mode and exclusively locked. One writer or any number of readers.
 * Source: sqlite.org/fileformat2.html section 1.3 (the header), sqlite.org/wal.html section 8 (WAL without shared memory).
 */
import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StorageError } from './storage.ts';

/** "MEDS" in the header: the file is ours. */
export const APPLICATION_ID = 0x4d454453;
/**
 * The version of the tables. Who raises it must change `user_version` in rollback mode, as creation does: then the
 * header alone tells the version, whatever a crash left in the WAL.
 */
export const STORE_VERSION = 1;

/** Up to this size all pages are looked through at each opening (about 50 ms); of a larger file the number of pages is. */
const CHECKED_BYTES = 16 * 1024 * 1024;

const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
const HEADER_BYTES = 100;
const MIN_PAGE_BYTES = 512;
const MAX_PAGE_BYTES = 65_536;
const ROLLBACK_MODE = 1;
const WAL_MODE = 2;
/** No reserved bytes a page, then three payload fractions that never differ: bytes 20-23. */
const FIXED_FRACTIONS = 0x00402020;

/** What was found: no store yet, or one; `needsRecovery`: SQLite was stopped in the middle of making or closing it. */
export type Found =
  | { readonly what: 'nothing' }
  | { readonly what: 'store'; readonly needsRecovery: boolean; readonly checkPages: boolean };

const firstBytes = (file: string, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
};

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

const damaged = (file: string, how: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_damaged', `${file} ${how}; restore it from a backup, or sync into a new file`, options);

export const notOurs = (file: string, what: string): StorageError =>
  new StorageError(
    'storage_not_medstate',
    `${file} is ${what}, not a medstate store; it was left as it is: give another path`,
  );

export const versionNewer = (file: string, version: number): StorageError =>
  new StorageError(
    'storage_version_newer',
    `${file} was written by a later medstate (store version ${version}, this one knows ${STORE_VERSION}); use that one, or a new file`,
  );

/** A file without a byte is where a store may be made, unless a WAL beside it says that there was one. */
const foundNothing = (file: string): Found => {
  if (sizeOf(`${file}-wal`) > 0) throw damaged(file, 'is missing or empty, but its write-ahead log (-wal) is there');
  return { what: 'nothing' };
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
  const version = header.readUInt32BE(60);
  if (version > STORE_VERSION) throw versionNewer(file, version);

  const { pageBytes, isInWalMode } = layoutOf(file, header);
  const isShort = stat.size < header.readUInt32BE(28) * pageBytes;
  // With a WAL the rest may be there, so the pages are looked through; in rollback mode SQLite itself refuses.
  if (isShort && isInWalMode && sizeOf(`${file}-wal`) === 0)
    throw damaged(file, `was cut off after ${stat.size} bytes`);
  return { what: 'store', needsRecovery: hasHotJournal(file), checkPages: isShort || stat.size <= CHECKED_BYTES };
};

/** What SQLite or the file system reported, as a `StorageError`; one of ours stays what it is, a fault of the code too. */
export const asStorageError = (file: string, error: unknown): unknown => {
  if (!(error instanceof Error) || !('code' in error) || error instanceof StorageError) return error;
  const code = String(error.code);
  const why = `${error.message} (${code})`;
  const options = { cause: error };
  const is = (prefix: string): boolean => code.startsWith(`SQLITE_${prefix}`);
  if (is('BUSY') || is('LOCKED')) return busy(file, options);
  if (is('CORRUPT') || is('NOTADB')) return damaged(file, `is damaged: ${why}`, options);
  if (is('FULL') || code === 'ENOSPC') {
    return new StorageError(
      'storage_full',
      `no room is left for ${file}: make room, or raise maxFileBytes; ${why}`,
      options,
    );
  }
  if (is('READONLY_ROLLBACK') || is('READONLY_RECOVERY')) {
    return new StorageError(
      'storage_failed',
      `${file} was not closed; open it once for writing to recover it: ${why}`,
      options,
    );
  }
  if (is('') || 'syscall' in error) {
    return new StorageError(
      'storage_failed',
      `${file} could not be used: ${why}; check the disk and the permissions`,
      options,
    );
  }
  return error;
};

export const busy = (file: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_busy', `${file} is in use; close what has it open, then try again`, options);

export const missing = (file: string): StorageError => {
  const folder = dirname(file);
  const what = existsSync(folder) ? `there is no store at ${file}` : `there is no folder ${folder}`;
  return new StorageError('storage_missing', `${what}; check the path, or make it`);
};

/** A connection that reads one state for as long as it is open, and keeps writers out meanwhile. */
export interface Reader {
  readonly database: Database.Database;
  close(): void;
}

const firstColumn = (database: Database.Database, pragma: string): unknown => database.pragma(pragma, { simple: true });

/** Opens a store for reading. Throws `StorageError`; the file and its WAL stay as they are, no new side file is left. */
export const openReader = (file: string, checkPages: boolean): Reader => {
  const hadIndex = existsSync(`${file}-shm`);
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
  let isLocked = false;
  const close = (): void => {
    // Only under the lock, which keeps every writer away: then an empty WAL is of no use to anyone. Its index SQLite
    // makes anew from the WAL whenever it is not there.
    if (isLocked && sizeOf(`${file}-wal`) === 0) removeIfPossible(`${file}-wal`);
    if (isLocked && !hadIndex) removeIfPossible(`${file}-shm`);
    database.close();
  };
  try {
    database.exec('BEGIN');
    const version = Number(firstColumn(database, 'user_version'));
    isLocked = true;
    if (version > STORE_VERSION) throw versionNewer(file, version);
    const verdict = checkPages ? firstColumn(database, 'quick_check(1)') : 'ok';
    if (verdict !== 'ok') throw damaged(file, `is damaged: ${String(verdict)}`);
    return { database, close };
  } catch (error) {
    close();
    throw asStorageError(file, error);
  }
};

// Windows removes no open file; an empty WAL or a stale index then stays, which does no harm.
const removeIfPossible = (file: string): void => {
  try {
    rmSync(file, { force: true });
  } catch {
    return;
  }
};
