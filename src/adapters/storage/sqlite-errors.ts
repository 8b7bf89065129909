/**
 * SQLite errors: what can be wrong with the file of a store, each as a `StorageError` that names the file and the way out.
 *
 * Source: sqlite.org/rescode.html.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from './storage.ts';

/**
 * The version of the tables: 1 had rows by key, 2 has them by leaf number. Who raises it must change `user_version` in rollback mode, as creation does: then the
 * header alone tells the version, whatever a crash left in the WAL.
 */
export const STORE_VERSION = 2;

export const damaged = (file: string, how: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_damaged', `${file} ${how}; restore it from a backup, or sync into a new file`, options);

export const notOurs = (file: string, what: string): StorageError =>
  new StorageError(
    'storage_not_medstate',
    `${file} is ${what}, not a medstate store; it was left as it is: give another path`,
  );

const versionNewer = (file: string, version: number): StorageError =>
  new StorageError(
    'storage_version_newer',
    `${file} was written by a later medstate (store version ${version}, this one knows ${STORE_VERSION}); use that one, or a new file`,
  );

/** Its rows do not fit the state of today, so there is nothing to carry over. */
const versionOlder = (file: string, version: number): StorageError =>
  new StorageError(
    'storage_not_medstate',
    `${file} was written by an earlier medstate (store version ${version}, this one reads ${STORE_VERSION}); it was left as it is: sync into a new file`,
  );

/** Refuses all versions but that of today. */
export const checkVersion = (file: string, version: number): void => {
  if (version > STORE_VERSION) throw versionNewer(file, version);
  if (version < STORE_VERSION) throw versionOlder(file, version);
};

export const busy = (file: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_busy', `${file} is in use; close what has it open, then try again`, options);

export const missing = (file: string): StorageError => {
  const folder = dirname(file);
  const what = existsSync(folder) ? `there is no store at ${file}` : `there is no folder ${folder}`;
  return new StorageError('storage_missing', `${what}; check the path, or make it`);
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
