/**
 * Lock file errors: what can be wrong with the file of a lock, each as a `KeyError` that names the file and the way out.
 *
 * Source: sqlite.org/rescode.html.
 */
import { KeyError } from './key-error.ts';

/** The version of the table; 1 did not know what was signed last. */
export const LOCK_VERSION = 2;

const LOST = 'restore nothing older than the last signature; if it is lost, begin it as lost';

export const damaged = (file: string, how: string, options?: ErrorOptions): KeyError =>
  new KeyError('lock_damaged', `${file} ${how}; ${LOST}, in a new file`, options);

export const notOurs = (file: string, what: string): KeyError =>
  new KeyError('lock_not_medstate', `${file} is ${what}, not a lock; it was left as it is: give another path`);

export const versionNewer = (file: string, version: number): KeyError =>
  new KeyError(
    'lock_version_newer',
    `${file} was written by a later medstate (lock version ${version}, this one knows ${LOCK_VERSION}); use that one`,
  );

export const busy = (file: string, options?: ErrorOptions): KeyError =>
  new KeyError('lock_busy', `${file} is held by a key that is open; close that one: a key signs in one place`, options);

export const missing = (file: string): KeyError =>
  new KeyError('lock_missing', `there is no lock at ${file}; check the path: only a key without one may begin one`);

export const exists = (file: string): KeyError =>
  new KeyError('lock_exists', `there is a lock at ${file} already; open it as it is, without beginning it`);

export const otherKey = (file: string, address: string): KeyError =>
  new KeyError('lock_other_key', `${file} is the lock of ${address}; open that of this key`);

export const closed = (file: string): KeyError => new KeyError('lock_closed', `${file} was closed; open it anew`);

/** What SQLite or the file system reported, as a `KeyError`; one of ours stays what it is, a fault of the code too. */
export const asLockError = (file: string, code: 'lock_unreadable' | 'lock_failed', error: unknown): unknown => {
  if (!(error instanceof Error) || !('code' in error) || error instanceof KeyError) return error;
  const reported = String(error.code);
  const options = { cause: error };
  const is = (prefix: string): boolean => reported.startsWith(`SQLITE_${prefix}`);
  if (is('BUSY') || is('LOCKED')) return busy(file, options);
  // A plain SQLITE_ERROR is a table that is not as it was made.
  if (is('CORRUPT') || is('NOTADB') || reported === 'SQLITE_ERROR')
    return damaged(file, `is damaged: ${error.message} (${reported})`, options);
  if (!is('') && !('syscall' in error)) return error;
  const what = code === 'lock_failed' ? 'written' : 'read';
  return new KeyError(
    code,
    `${file} could not be ${what}: ${error.message} (${reported}); check the disk and the permissions`,
    options,
  );
};
