/**
 * PostgreSQL errors: what can go wrong with a server and a connection, each as a `StorageError` that says what to do.
 *
 * A message names the store and gives what the server said, never what was sent to it: no password, no value.
 * Source: postgresql.org/docs/15/errcodes-appendix.html.
 */
import { InvariantViolation } from '../../core/refusal.ts';
import { type StorageCode, StorageError } from './storage.ts';

/** The version of the tables. */
export const STORE_VERSION = 1;

/** The code of an error that the server sent, five letters and digits; `undefined` if the error is not from the server. */
export const sqlStateOf = (error: unknown): string | undefined =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** After these the server has ended the connection, or is about to. */
const ENDS_CONNECTION = /^(?:08|28|57P0|25P03|25P04|53300)/;

/** A fault of a program, ours or one around us, and no failure of the driver: those of Node that judge settings have a code. */
const isFault = (error: Error): boolean =>
  error instanceof InvariantViolation ||
  (['TypeError', 'RangeError', 'ReferenceError'].includes(error.name) && !('code' in error));

/** Whether there is no connection any more, or none that can be trusted: all errors that are the driver's own say so. */
export const isConnectionLost = (error: unknown): boolean => {
  if (!(error instanceof Error) || error instanceof StorageError || isFault(error)) return false;
  const state = sqlStateOf(error);
  return state === undefined || ENDS_CONNECTION.test(state);
};

/** Another transaction was in the way, and the server has taken back all of this one. 40003 alone leaves that open. */
export const isRolledBack = (error: unknown): boolean => {
  const state = sqlStateOf(error);
  return state?.startsWith('40') === true && state !== '40003';
};

/** Whether the same may go well the next time. Says nothing of what the first time has left behind. */
export const isPassing = (error: unknown): boolean =>
  isRolledBack(error) || (isConnectionLost(error) && !/^(?:28|53300)/.test(sqlStateOf(error) ?? ''));

/** What the server's codes mean here: the beginning of a code, our code, and what to do. The first that fits counts. */
const MEANINGS: readonly (readonly [begin: string, code: StorageCode, advice: string])[] = [
  ['3D000', 'storage_missing', 'make that database, or name another'],
  ['53100', 'storage_full', 'make room on the disk of the server'],
  ['53300', 'storage_failed', 'the server has no connection left: close some, or raise max_connections'],
  ['28', 'storage_failed', 'check the user and the password'],
  ['42501', 'storage_failed', 'grant the user what it lacks'],
  ['25006', 'storage_failed', 'this server takes no writes: connect to the primary, or open with readOnly'],
  ['55P03', 'storage_busy', 'another transaction holds a lock on the tables of the store: end it'],
  ['40', 'storage_busy', 'another transaction was in the way each time it was tried: end it, then try again'],
  ['42P07', 'storage_not_medstate', 'something else has the names of its tables: name another schema'],
  ['42710', 'storage_not_medstate', 'something else has the names of its tables: name another schema'],
  ['42P01', 'storage_damaged', 'a table was taken away: restore the schema from a backup, or use another'],
  ['42703', 'storage_damaged', 'a column was taken away: restore the schema from a backup, or use another'],
  ['42P10', 'storage_damaged', 'a primary key was taken away: restore the schema from a backup, or use another'],
  ['3F000', 'storage_damaged', 'the schema was taken away: restore it from a backup, or use another'],
  ['XX001', 'storage_damaged', 'the server found damage on its disk: restore the database from a backup'],
  ['XX002', 'storage_damaged', 'the server found a damaged index: have it made anew (REINDEX)'],
  ['57P03', 'storage_failed', 'the server is starting or stopping: try again later'],
  ['57', 'storage_failed', 'the server or somebody at it ended the work: open the store again'],
];

/** What the server or the driver said. Where Node judges the settings nothing is told: it quotes them. */
const wordsOf = (error: Error): string => {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code.startsWith('ERR_')) return `the connection settings make no sense (${code})`;
  const all = error instanceof AggregateError ? error.errors.map((each: unknown) => String(each)).join(', ') : '';
  return `${error.message || all || error.name}${code === '' ? '' : ` (${code})`}`;
};

/** The error as a `StorageError` about the store at that place; one of ours stays what it is, and so does a fault. */
export const asStorageError = (place: string, error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof StorageError || isFault(error)) return error;
  const state = sqlStateOf(error);
  const [, code, advice] = MEANINGS.find(([begin]) => state?.startsWith(begin)) ?? [];
  const why = advice ?? (state === undefined ? 'check that the server runs and can be reached' : 'see the server log');
  return new StorageError(code ?? 'storage_failed', `${place}: ${wordsOf(error)}; ${why}`, { cause: error });
};

export const missing = (place: string): StorageError =>
  new StorageError('storage_missing', `there is no store in ${place}; check the names, or make it`);

export const notOurs = (place: string, what: string): StorageError =>
  new StorageError(
    'storage_not_medstate',
    `${place} holds ${what}, not a medstate store; it was left as it is: name another schema`,
  );

export const versionNewer = (place: string, version: string): StorageError =>
  new StorageError(
    'storage_version_newer',
    `${place} was written by a later medstate (store version ${version}, this one knows ${STORE_VERSION}); use that one, or another schema`,
  );

export const damaged = (place: string, what: string): StorageError =>
  new StorageError('storage_damaged', `${place} is damaged: ${what}; restore it from a backup, or use another schema`);

export const busy = (place: string, holder: string, leftMs: number): StorageError =>
  new StorageError(
    'storage_busy',
    `${place} is held by ${holder}, whose lease runs for ${leftMs} ms more unless it is renewed; close that one, or wait (waitMs)`,
  );

export const fenced = (place: string, holder: string): StorageError =>
  new StorageError(
    'storage_fenced',
    `${place} was taken over by ${holder} after the lease of this writer had run out; close this one, and open it again`,
  );

export const goneBack = (place: string, batches: number, found: number): StorageError =>
  new StorageError(
    'storage_failed',
    `${place} holds ${found} batches, but ${batches} were acknowledged: it was restored, or a standby took over; close this one, and open it again`,
  );

export const noAnswer = (answerMs: number, cause: unknown): StorageError =>
  new StorageError(
    'storage_failed',
    `the PostgreSQL server gave no answer for ${answerMs} ms; see what keeps it, or allow more time (answerMs)`,
    { cause },
  );

export const fateUnknown = (place: string, cause: unknown): StorageError =>
  new StorageError(
    'storage_failed',
    `${place}: the connection was lost while a batch was committed, and nobody told whether it is in; close this one, and open it again`,
    { cause },
  );
