/**
 * SQLite reader: a store opened for reading, after a look whether all of it is there.
 *
 * A reader holds one state and keeps writers out. It leaves the file and its WAL as they are and no side file behind:
 * a closed store is in rollback mode and needs none, and of one that a crash left in WAL mode the index is taken away
 * again. No writer ever uses that index, since writers are exclusive and keep theirs in memory.
 * Source: sqlite.org/wal.html section 8 (WAL without shared memory), sqlite.org/fileformat2.html section 4.1 (the WAL).
 */
import { closeSync, existsSync, openSync, readSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { asStorageError, checkVersion, damaged } from './sqlite-errors.ts';
import { sizeOf } from './sqlite-file.ts';

/** Up to this size all pages are looked through at each opening; of a larger file only that they are there. */
const CHECKED_BYTES = 32 * 1024 * 1024;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** The state of a store, for as long as it is open. */
export interface Reader {
  readonly database: Database.Database;
  close(): void;
}

const numberOf = (database: Database.Database, pragma: string): number =>
  Number(database.pragma(pragma, { simple: true }));

/** The pages that the committed frames of the WAL hold. Frames of another salt are left from before the last checkpoint. */
const pagesInWal = (file: string, pageBytes: number): ReadonlySet<number> => {
  const committed = new Set<number>();
  const log = openSync(`${file}-wal`, 'r');
  try {
    const header = Buffer.alloc(WAL_HEADER_BYTES);
    readSync(log, header, 0, WAL_HEADER_BYTES, 0);
    const frame = Buffer.alloc(FRAME_HEADER_BYTES);
    let pending: number[] = [];
    for (let at = WAL_HEADER_BYTES; ; at += FRAME_HEADER_BYTES + pageBytes) {
      const isWhole = readSync(log, frame, 0, FRAME_HEADER_BYTES, at) === FRAME_HEADER_BYTES;
      if (!isWhole || frame.compare(header, 16, 24, 8, 16) !== 0) return committed;
      pending.push(frame.readUInt32BE(0));
      if (frame.readUInt32BE(4) === 0) continue;
      for (const page of pending) committed.add(page);
      pending = [];
    }
  } finally {
    closeSync(log);
  }
};

/**
 * Throws `storage_damaged` if a page that holds something is neither whole in the file nor in the WAL. A file may be short
 * rightly, when a checkpoint was cut off; and pages that were freed in the transaction that made them are nowhere.
 */
const checkNothingIsMissing = (file: string, database: Database.Database): void => {
  const [pageBytes, pages] = [numberOf(database, 'page_size'), numberOf(database, 'page_count')];
  const wholePages = Math.floor(sizeOf(file) / pageBytes);
  if (wholePages >= pages) return;
  const logged = sizeOf(`${file}-wal`) === 0 ? new Set() : pagesInWal(file, pageBytes);
  let missing = 0;
  for (let page = wholePages + 1; page <= pages; page += 1) if (!logged.has(page)) missing += 1;
  if (missing === 0) return;
  const used = database.prepare<[number], number>('SELECT pageno FROM dbstat WHERE pageno > ?').pluck().all(wholePages);
  if (used.some((page) => !logged.has(page))) throw damaged(file, `was cut off after ${sizeOf(file)} bytes`);
};

const check = (file: string, database: Database.Database): void => {
  checkVersion(file, numberOf(database, 'user_version'));
  checkNothingIsMissing(file, database);
  if (sizeOf(file) > CHECKED_BYTES) return;
  const verdict = database.pragma('quick_check(1)', { simple: true });
  if (verdict !== 'ok') throw damaged(file, `is damaged: ${String(verdict)}`);
};

/**
 * Opens a store of ours, one that `lookAt` found to need no recovery; `isKnown` if this process has it open already.
 * Throws `StorageError`.
 */
export const openReader = (file: string, isKnown = false): Reader => {
  const hadIndex = existsSync(`${file}-shm`);
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
  let isLocked = false;
  const close = (): void => {
    // Only under the lock, which keeps every writer away: then an empty WAL is of no use to anyone, and SQLite makes the
    // index anew from the WAL whenever it is not there.
    if (isLocked && sizeOf(`${file}-wal`) === 0) removeIfPossible(`${file}-wal`);
    if (isLocked && !hadIndex) removeIfPossible(`${file}-shm`);
    database.close();
  };
  try {
    database.exec('BEGIN');
    numberOf(database, 'user_version'); // the first read takes the lock, or rejects with SQLITE_BUSY
    isLocked = true;
    if (!isKnown) check(file, database);
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
