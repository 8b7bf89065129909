/**
 * Level errors: what can be wrong with a database that was handed over, each as a `StorageError` that names it and the way out.
 *
 * Source: the codes of github.com/Level/abstract-level#errors and github.com/Level/classic-level.
 */
import { STORE_VERSION } from './level-keys.ts';
import { StorageError } from './storage.ts';

export const closed = (): StorageError =>
  new StorageError('storage_closed', 'this storage was closed, or its database was; open it again to use it');

export const damaged = (place: string, how: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_damaged', `${place} ${how}; restore it from a backup, or sync into a new one`, options);

export const notOurs = (place: string): StorageError =>
  new StorageError(
    'storage_not_medstate',
    `${place} holds what is no medstate store; it was left as it is: hand over an empty database, or a sublevel`,
  );

export const versionNewer = (place: string, version: number): StorageError =>
  new StorageError(
    'storage_version_newer',
    `${place} was written by a later medstate (store version ${version}, this one knows ${STORE_VERSION}); use that one, or a new database`,
  );

export const busy = (place: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_busy', `${place} is in use; close what has it open, then try again`, options);

export const missing = (place: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_missing', `there is no store in ${place}; check the path, or make it`, options);

const failed = (place: string, why: string, options?: ErrorOptions): StorageError =>
  new StorageError('storage_failed', `${place} could not be used: ${why}; check the disk and its room`, options);

/** Until the database was closed, what it would write stands behind a torn record of its log, and may be lost with it. */
export const failedEarlier = (place: string, cause: unknown): StorageError =>
  new StorageError(
    'storage_failed',
    `an earlier commit to ${place} failed; close this storage and the database, and open both again`,
    { cause },
  );

const GONE = new Set(['LEVEL_ITERATOR_NOT_OPEN', 'LEVEL_SNAPSHOT_NOT_OPEN', 'LEVEL_ABORTED']);
/** LevelDB reads behind the end of a table. */
const CUT_OFF = /\.(ldb|sst): Invalid argument/;
const ABSENT = /does not exist \(create_if_missing is false\)/;

/** What the database, or a disk or browser below it, reported, as a `StorageError`; one of ours stays what it is, a fault of the code too. */
export const asStorageError = (place: string, error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof StorageError) return error;
  const code = 'code' in error ? String(error.code) : '';
  const options = { cause: error };
  if (code === 'LEVEL_DATABASE_NOT_OPEN') {
    if (!(error.cause instanceof Error)) return closed();
    return asStorageError(place, error.cause);
  }
  if (GONE.has(code)) return closed();
  if (code === 'LEVEL_LOCKED') return busy(place, options);
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_DECODE_ERROR' || CUT_OFF.test(error.message))
    return damaged(place, `is damaged: ${error.message}`, options);
  // A transaction of IndexedDB that goes over the quota is taken back as a whole.
  if (error.name === 'QuotaExceededError')
    return new StorageError('storage_full', `no room is left for ${place}: make room; ${error.message}`, options);
  if (ABSENT.test(error.message)) return missing(place, options);
  const isFault = error instanceof TypeError || code === 'invariant_violated';
  return isFault ? error : failed(place, code === '' ? error.message : `${error.message} (${code})`, options);
};
