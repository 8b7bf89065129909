/**
 * Lock file: the lock of one key in a file of its own, which one process at a time holds.
 *
 * The file is held exclusively from opening to closing, so that no second node signs with the same key and the same lock; a
 * process that dies lets go of it, and what it had written is there. A copy of the file is not a lock: it is the beginning of a
 * second signature. Needs better-sqlite3 12.
 * Source: protocol section 12, finality rules 19 to 21; sqlite.org/pragma.html (synchronous, locking_mode).
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname, resolve as toAbsolute } from 'node:path';
import Database from 'better-sqlite3';
import { isAddress } from '../../core/json.ts';
import { firstLock, lostLock } from '../../core/lock.ts';
import { invariant } from '../../core/refusal.ts';
import type { Address, Hash, Slot } from '../../core/units.ts';
import { asLockError, busy, closed, damaged, exists, LOCK_VERSION, missing, otherKey } from './lock-file-errors.ts';
import { isLockFile, LOCK_APPLICATION_ID } from './lock-file-look.ts';
import type { KeptLock, LockStore } from './lock-store.ts';

/** How a lock begins: that of a key that never signed anywhere, or of one whose lock was lost, in the present slot. */
export type LockBeginning = 'new-key' | { readonly lostAt: Slot };

export interface LockFileOptions {
  /** The key that the lock belongs to. */
  readonly address: Address;
  /** Makes the file, which must not be there. Without it the file must be there. */
  readonly begin?: LockBeginning;
}

interface LockRow {
  readonly address: string;
  readonly slot: number;
  readonly max_height: number;
  readonly max_height_prevoted: number;
  readonly height: number;
  readonly signed_id: string | null;
  readonly digest: string;
}

const TABLE = `CREATE TABLE lock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  address TEXT NOT NULL,
  slot INTEGER NOT NULL,
  max_height INTEGER NOT NULL,
  max_height_prevoted INTEGER NOT NULL,
  height INTEGER NOT NULL,
  digest TEXT NOT NULL,
  signed_id TEXT
) STRICT`;
const WRITE = `INSERT OR REPLACE INTO lock VALUES
  (1, @address, @slot, @max_height, @max_height_prevoted, @height, @digest, @signed_id)`;
const READ = 'SELECT address, slot, max_height, max_height_prevoted, height, digest, signed_id FROM lock';
/** The first version did not keep what was signed. A file of it stays as it is until the key signs. */
const READ_FIRST = 'SELECT address, slot, max_height, max_height_prevoted, height, digest, NULL AS signed_id FROM lock';
const WIDEN = `ALTER TABLE lock ADD COLUMN signed_id TEXT; PRAGMA user_version = ${LOCK_VERSION}`;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isId = (value: unknown): boolean =>
  value === undefined || (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value));
const isLock = ({ signedId, ...counts }: KeptLock): boolean => Object.values(counts).every(isCount) && isId(signedId);

/** SQLite keeps no checksums, and a lock with one bit too few would let the key sign twice. */
const digestOf = (address: string, lock: KeptLock, version = LOCK_VERSION): string => {
  const { slot, maxHeight, maxHeightPrevoted, height, signedId = 'nothing' } = lock;
  const parts = ['medstate lock', version, address, slot, maxHeight, maxHeightPrevoted, height];
  const text = (version === 1 ? parts : [...parts, signedId]).join(' ');
  return createHash('sha256').update(text).digest('hex');
};

const rowOf = (address: Address, lock: KeptLock): LockRow => ({
  address,
  slot: lock.slot,
  max_height: lock.maxHeight,
  max_height_prevoted: lock.maxHeightPrevoted,
  height: lock.height,
  signed_id: lock.signedId ?? null,
  digest: digestOf(address, lock),
});

const lockOf = (file: string, address: Address, row: LockRow | undefined, version = LOCK_VERSION): KeptLock => {
  if (row === undefined) throw damaged(file, 'holds no lock');
  const { slot, max_height: maxHeight, max_height_prevoted: maxHeightPrevoted, height, signed_id: signedId } = row;
  const counts = { slot, maxHeight, maxHeightPrevoted, height };
  const lock = (signedId === null ? counts : { ...counts, signedId: signedId as Hash }) as KeptLock; // the digest below proves that we wrote it
  if (!isLock(lock) || row.digest !== digestOf(row.address, lock, version)) {
    throw damaged(file, 'holds a lock that was changed');
  }
  if (row.address !== address) throw otherKey(file, row.address);
  return lock;
};

const versionOf = (database: Database.Database): number => Number(database.pragma('user_version', { simple: true }));

const readFrom = (file: string, address: Address, database: Database.Database): KeptLock => {
  const version = versionOf(database);
  const row = database.prepare<[], LockRow>(version === 1 ? READ_FIRST : READ).get();
  return lockOf(file, address, row, version);
};

const writeTo = (database: Database.Database, row: LockRow): void => {
  const write = database.transaction(() => {
    if (versionOf(database) === 1) database.exec(WIDEN);
    database.prepare(WRITE).run(row);
  });
  write.exclusive();
};

/** That the file is in its folder, durably. Where folders cannot be synced, there is nothing more to do. */
const syncFolder = (file: string): void => {
  if (process.platform === 'win32') return;
  const descriptor = openSync(dirname(file), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const begun = (begin: LockBeginning): KeptLock => (begin === 'new-key' ? firstLock : lostLock(begin.lostAt));

const openDatabase = (file: string, { address, begin }: LockFileOptions): Database.Database => {
  const database = new Database(file, { fileMustExist: begin === undefined, timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    // More than FULL: without it a commit may be undone by a loss of power before the journal's end is on the disk.
    database.pragma('synchronous = EXTRA');
    database
      .transaction(() => {
        if (begin === undefined) {
          readFrom(file, address, database);
          return;
        }
        // Seen again under the lock: another process may have begun it since the first look.
        if (Number(database.pragma('page_count', { simple: true })) > 1) throw exists(file);
        database.pragma(`application_id = ${LOCK_APPLICATION_ID}`);
        database.pragma(`user_version = ${LOCK_VERSION}`);
        database.exec(TABLE);
        database.prepare(WRITE).run(rowOf(address, begun(begin)));
      })
      .exclusive();
    if (begin !== undefined) syncFolder(file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

const storeOver = (file: string, address: Address, database: Database.Database, letGo: () => void): LockStore => {
  const doing = <T>(code: 'lock_unreadable' | 'lock_failed', action: () => T): Promise<T> =>
    new Promise((resolve) => {
      if (!database.open) throw closed(file);
      try {
        resolve(action());
      } catch (error) {
        throw asLockError(file, code, error);
      }
    });
  return {
    address,
    read: () => doing('lock_unreadable', () => readFrom(file, address, database)),
    write: (lock) =>
      doing('lock_failed', () => {
        invariant(isLock(lock), 'a lock is made of whole numbers and the id of a block');
        writeTo(database, rowOf(address, lock));
      }),
    close: () =>
      new Promise((resolve) => {
        if (database.open) {
          database.close();
          letGo();
        }
        resolve();
      }),
  };
};

// POSIX drops a process's locks on a file when the process closes any descriptor of it. So a file that is open here is known
// here, by what it is and not by its path, and is not looked at again.
const openHere = new Set<string>();

const identityOf = (file: string): string | undefined => {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
};

const open = (file: string, options: LockFileOptions): LockStore => {
  const { address, begin } = options;
  if (openHere.has(identityOf(file) ?? '')) throw busy(file);
  const isThere = isLockFile(file);
  if (isThere && begin !== undefined) throw exists(file);
  if (!isThere && (begin === undefined || !existsSync(dirname(file)))) throw missing(file);
  const database = openDatabase(file, options);
  const identity = identityOf(file) ?? '';
  openHere.add(identity);
  return storeOver(file, address, database, () => openHere.delete(identity));
};

/**
 * Opens the lock of a key, or begins it. Rejects, and leaves what is there as it is, with `lock_missing`, `lock_exists` (it was
 * to be begun), `lock_other_key`, `lock_busy` (at once; nothing is waited for), `lock_not_medstate`, `lock_version_newer`,
 * `lock_damaged`, `lock_unreadable` or `lock_failed` (it could not be begun; a file of 0 bytes may stay, in which a lock can
 * begin). Use one thread for a file, and let nothing else in this process open it meanwhile: that would end the hold on it.
 */
export const openLockFile = (path: string, options: LockFileOptions): Promise<LockStore> =>
  new Promise((resolve) => {
    const file = toAbsolute(path);
    // better-sqlite3 trims its paths and would open another file.
    invariant(file === file.trim(), `the path '${file}' ends in white space`);
    invariant(isAddress(options.address), `'${options.address}' is no address`);
    const lost = typeof options.begin === 'object' ? options.begin.lostAt : 0;
    invariant(Number.isSafeInteger(lost) && lost >= 0, `a slot is a whole number from 0 to 2^53-1, not ${lost}`);
    try {
      resolve(open(file, options));
    } catch (error) {
      throw asLockError(file, options.begin === undefined ? 'lock_unreadable' : 'lock_failed', error);
    }
  });
