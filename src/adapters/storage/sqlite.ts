/**
 * SQLite storage: a store in one file, for a node on one machine.
 *
 * While it is open for writing it is in WAL mode under an exclusive lock; a killed process loses nothing that was
 * acknowledged, and the next opening recovers. Once closed it is a single plain file, which can be copied. Every call has
 * done its work when it returns its promise: better-sqlite3 is synchronous. Needs better-sqlite3 12 (13 crashes on Node 20).
 * Source: protocol section 11; sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve as toAbsolute } from 'node:path';
import Database from 'better-sqlite3';
import { invariant } from '../../core/refusal.ts';
import { asStorageError, busy, checkVersion, damaged, missing, notOurs, STORE_VERSION } from './sqlite-errors.ts';
import { APPLICATION_ID, lookAt } from './sqlite-file.ts';
import { openReader } from './sqlite-reader.ts';
import { FOLDING, type Folding } from './sqlite-rows.ts';
import { createTables, type Tables, tablesOf } from './sqlite-tables.ts';
import { type Storage, StorageError } from './storage.ts';
import { type SynchronousStore, storageOver } from './synchronous.ts';

export interface SqliteOptions {
  /** Path of the file. Beside it, while it is open or after a crash, `-wal` belongs to it. */
  readonly file: string;
  /** Refuse (`storage_missing`) rather than make a new store. */
  readonly mustExist?: boolean;
  /** Read the state as it was at the opening; implies `mustExist`, and keeps writers out while it is open. */
  readonly readOnly?: boolean;
  /**
   * What a promise of `commit` means. `full`, the default: the batch survives the loss of power. `normal`: it survives the
   * death of the process; after a loss of power the last batches, up to some 32 MiB, may be gone, never in part.
   */
  readonly durability?: 'full' | 'normal';
  /** The most bytes the file may take, its write-ahead log of up to some 32 MiB beside it not counted; at least 1 MiB; what does not fit is refused with `storage_full`. Default: no limit. */
  readonly maxFileBytes?: number;
  /**
   * How many bytes of changed rows the log takes at least before they are folded into their places: from 64 KiB, by default 16 MiB. It
   * grows with the state, to 256 bytes a leaf and at most half a GiB, and has at most an eighth of `maxFileBytes`; in the file it takes up
   * to twice as much. A shorter one spares room and costs time.
   */
  readonly logBytes?: number;
}

/** PERF: a commit costs a fifth less than with 4 KiB; with 16 KiB reads of single rows become dearer. */
const PAGE_BYTES = 8192;
const CACHE_KIB = 32_768;
const MIN_FILE_BYTES = 1024 * 1024;
const SHORTEST_LOG_BYTES = 64 * 1024;
/**
 * So many pages of the write-ahead log are taken into the file together, 32 MiB. PERF: with SQLite's 1000 that happens after each batch of rows, with a
 * flush of the file; half a microsecond of a transfer at a million accounts.
 */
const CHECKPOINT_PAGES = 4096;
/** The write-ahead log is cut back to this length after a batch of hundreds of megabytes. */
const MAX_WAL_BYTES = 64 * 1024 * 1024;

const simple = (database: Database.Database, pragma: string): unknown => database.pragma(pragma, { simple: true });

/** Makes the tables, or finds that they are there. Runs under the lock: what was seen before it may be out of date. */
const createOrVerify = (file: string, database: Database.Database): void => {
  const version = Number(simple(database, 'user_version'));
  if (simple(database, 'application_id') === APPLICATION_ID) {
    checkVersion(file, version);
    return;
  }
  if (Number(simple(database, 'page_count')) > 1) throw notOurs(file, 'a database of some other application');
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${STORE_VERSION}`);
  createTables(database);
};

const tablesIn = (file: string, database: Database.Database, folding = FOLDING): Tables =>
  tablesOf(database, (how) => damaged(file, how), folding);

/** A log that has not been folded when the file is full could never be. */
const foldingOf = ({ maxFileBytes = Number.POSITIVE_INFINITY, logBytes }: SqliteOptions): Folding => {
  const { minRoundBytes, maxRoundBytes } = FOLDING;
  const most = Math.min(maxRoundBytes, maxFileBytes / 8);
  return { ...FOLDING, minRoundBytes: Math.min(logBytes ?? minRoundBytes, most), maxRoundBytes: most };
};

/** Lets the last pages of the WAL into the file and takes the file out of WAL mode, so that it stands alone. */
const closeWriter = (database: Database.Database): void => {
  try {
    database.pragma('journal_mode = DELETE');
  } catch {
    // Nothing is lost: all batches are in the file and its WAL, and the next opening does this again.
  } finally {
    database.close();
  }
};

const openWriter = (file: string, options: SqliteOptions): SynchronousStore => {
  const { durability = 'full', maxFileBytes, mustExist = false } = options;
  const database = new Database(file, { fileMustExist: mustExist, timeout: 0 });
  try {
    database.pragma(`page_size = ${PAGE_BYTES}`);
    // Taken before the first access to the WAL, so that its index is kept in memory and no -shm file is needed.
    database.pragma('locking_mode = EXCLUSIVE');
    database.transaction(() => createOrVerify(file, database)).exclusive();
    rmSync(`${file}-shm`, { force: true }); // a reader may have left it; under the lock nobody uses it
    if (simple(database, 'journal_mode = WAL') !== 'wal') {
      throw new StorageError('storage_failed', `SQLite cannot keep a write-ahead log for ${file}; use a local disk`);
    }
    database.pragma(`synchronous = ${durability}`);
    database.pragma(`cache_size = -${CACHE_KIB}`);
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.pragma(`journal_size_limit = ${MAX_WAL_BYTES}`);
    if (maxFileBytes !== undefined) database.pragma(`max_page_count = ${Math.floor(maxFileBytes / PAGE_BYTES)}`);
    return { ...tablesIn(file, database, foldingOf(options)), close: () => closeWriter(database) };
  } catch (error) {
    database.close();
    throw error;
  }
};

// POSIX drops a process's locks on a file when the process closes any descriptor of it, and SQLite cannot guard against
// descriptors that are not its own. So a file that is open here is known here, and is not looked at again.
const openHere = new Map<string, { isWriter: boolean; count: number }>();

const identityOf = (file: string): string | undefined => {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
};

const refuseToWrite = (file: string): never => {
  throw new StorageError('storage_read_only', `${file} was opened for reading; open it without readOnly to write`);
};

const readerOf = (file: string, isKnown: boolean): SynchronousStore => {
  const { database, close } = openReader(file, isKnown);
  try {
    return { ...tablesIn(file, database), commit: () => refuseToWrite(file), close };
  } catch (error) {
    close();
    throw error;
  }
};

const open = (file: string, options: SqliteOptions): SynchronousStore => {
  const { readOnly = false, mustExist = false } = options;
  const present = openHere.get(identityOf(file) ?? '');
  if (present !== undefined) {
    if (present.isWriter || !readOnly) throw busy(file);
    return readerOf(file, true);
  }
  const found = lookAt(file);
  if (found === 'nothing') {
    if (mustExist || readOnly || !existsSync(dirname(file))) throw missing(file);
    return openWriter(file, options);
  }
  if (readOnly) return readerOf(file, false);
  // What needs recovery cannot be read before; and recovery only ever happens to a store of ours.
  if (found === 'store') readerOf(file, false).close();
  return openWriter(file, options);
};

/** `open`, remembered until it is closed. */
const openOnce = (file: string, options: SqliteOptions): SynchronousStore => {
  const store = open(file, options);
  const identity = identityOf(file) ?? '';
  const here = openHere.get(identity) ?? { isWriter: options.readOnly !== true, count: 0 };
  here.count += 1;
  openHere.set(identity, here);
  return {
    ...store,
    close: () => {
      here.count -= 1;
      if (here.count === 0) openHere.delete(identity);
      store.close();
    },
  };
};

/**
 * Opens or makes a store. A file of 0 bytes is a place for a new store, and no store for `mustExist` and `readOnly`.
 *
 * Rejects with `storage_missing`, `storage_not_medstate`, `storage_version_newer`, `storage_damaged`, `storage_busy` (at
 * once; a lock is never waited for) or `storage_failed`. What stood there is then as it was, and no side file is left; a
 * new file that the disk had no room for stays behind with 0 bytes. SQLite keeps no checksums: damage inside a value is
 * not seen here but by the hashes of blocks and state. Use one thread for a file, and let nothing else in this process
 * open it meanwhile, not even to copy it: that ends the lock.
 * PERF: files of up to 32 MiB are read through at opening; of larger ones damage may show only when it is read. While it is
 * open it holds 32 MiB of pages, and up to four bytes for each leaf of the state.
 */
export const sqliteStorage = (options: SqliteOptions): Promise<Storage> =>
  new Promise((resolve) => {
    const { maxFileBytes = MIN_FILE_BYTES, logBytes = SHORTEST_LOG_BYTES } = options;
    const isEnough = Number.isSafeInteger(maxFileBytes) && maxFileBytes >= MIN_FILE_BYTES;
    invariant(isEnough, `maxFileBytes is a whole number, at least ${MIN_FILE_BYTES}, not ${maxFileBytes}`);
    const isLog = Number.isSafeInteger(logBytes) && logBytes >= SHORTEST_LOG_BYTES;
    invariant(isLog, `logBytes is a whole number, at least ${SHORTEST_LOG_BYTES}, not ${logBytes}`);
    const file = toAbsolute(options.file);
    // better-sqlite3 trims its paths and would open another file.
    invariant(file === file.trim(), `the path '${file}' ends in white space`);
    const explain = (error: unknown): unknown => asStorageError(file, error);
    try {
      resolve(storageOver('sqlite', openOnce(file, options), explain));
    } catch (error) {
      throw explain(error);
    }
  });
