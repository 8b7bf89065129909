/**
 * PostgreSQL storage: a store in a schema of a PostgreSQL database, for those who outgrow one machine.
 *
 * One engine writes, under a lease; any number read meanwhile. Only what databases that speak PostgreSQL and keep their
 * data on many machines also know is used (CockroachDB, YugabyteDB). Needs pg 8, and a connection of its own: directly, or
 * through a pooler that keeps whole sessions (pgbouncer's `session` mode).
 * Source: protocol section 11; postgresql.org/docs/15/transaction-iso.html.
 */
import pg, { type ClientConfig } from 'pg';
import { invariant } from '../../core/refusal.ts';
import { doorOf } from './postgres-door.ts';
import { asStorageError, missing } from './postgres-errors.ts';
import { heldByOther, type Lease, type LeaseTerms, takeLease } from './postgres-lease.ts';
import { pause, persistently, type Session, sessionOf } from './postgres-session.ts';
import { createTables, isMadeAlready, isSchemaName, lookAt, type Names, namesOf } from './postgres-tables.ts';
import { writerOf } from './postgres-writer.ts';
import type { Storage } from './storage.ts';

export interface PostgresOptions {
  /** Where the server is and how to log in, as `pg` takes it: `{ host, port, database, user, password, ssl }` or `{ connectionString }`. */
  readonly connection: ClientConfig;
  /** The schema of the store: a lower-case name of up to 63 letters, digits and `_`. One database holds many. Default: `medstate`. */
  readonly schema?: string;
  /** Refuse (`storage_missing`) rather than make a new store. */
  readonly mustExist?: boolean;
  /** Read beside a writer, also on a standby; implies `mustExist`. Each call sees the state after the last batch. */
  readonly readOnly?: boolean;
  /**
   * After how many milliseconds without a word from its writer the store may be taken over: 200 to 3 600 000, default 15 000.
   * A writer whose thread is held up for longer may lose the store to one that waits for it.
   */
  readonly leaseMs?: number;
  /** How long to wait for the lease of another writer, in milliseconds. Default 0: `storage_busy` at once. */
  readonly waitMs?: number;
  /** How long the server may take to answer a statement, in milliseconds, before the connection is given up. Default 120 000. */
  readonly answerMs?: number;
}

const LEASE_MS = 15_000;
const MIN_LEASE_MS = 200;
const MAX_LEASE_MS = 3_600_000;
const ANSWER_MS = 120_000;
const MAX_TIMER_MS = 2 ** 31 - 1;
const LOOK_AGAIN_MS = 250;
const MAKING_ROUNDS = 5;

const checkMs = (name: string, value: number, least: number, most: number): void =>
  invariant(
    Number.isInteger(value) && value >= least && value <= most,
    `${name} is a whole number of milliseconds from ${least} to ${most}, not ${value}`,
  );

/** What a user or a server may have set otherwise, set for this connection, by one statement. */
const greetingOf = (settings: Readonly<Record<string, string>>): string =>
  `SELECT ${Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', ${value}, false)`)
    .join(', ')}`;

const readerGreeting = greetingOf({ bytea_output: "'hex'", default_transaction_read_only: "'on'" });
const writerGreeting = (leaseMs: number): string =>
  greetingOf({
    bytea_output: "'hex'",
    default_transaction_read_only: "'off'",
    // A writer that stops in the middle of a transaction must not keep the row of the lease locked for longer than it has it.
    idle_in_transaction_session_timeout: `'${leaseMs}'`,
    lock_timeout: `'${leaseMs}'`,
    // What is acknowledged is on the disk; who asks for more than that is left alone.
    synchronous_commit: "coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on')",
  });

/** Finds the store, or makes it. Another may make it in the same moment; then it is found the next time round. */
const findOrMake = async (session: Session, names: Names, place: string, mayMake: boolean): Promise<void> => {
  for (let round = 1; ; round += 1) {
    const connection = await session.connection();
    const found = await lookAt(connection, names, place);
    if (found === 'store') return;
    if (!mayMake) throw missing(place);
    try {
      return await createTables(connection, names, found);
    } catch (error) {
      if (!isMadeAlready(error) || round === MAKING_ROUNDS) throw error;
    }
  }
};

const waitForLease = async (session: Session, terms: LeaseTerms, waitMs: number): Promise<Lease> => {
  const until = performance.now() + waitMs;
  for (;;) {
    const connection = await session.connection();
    const lease = await takeLease(connection, terms);
    if (lease !== undefined) return lease;
    const leftMs = until - performance.now();
    if (leftMs <= 0) throw await heldByOther(connection, terms);
    await pause(Math.min(leftMs, LOOK_AGAIN_MS));
  }
};

const placeOf = (connection: ClientConfig, schema: string): string => {
  const { host, port, database } = new pg.Client(connection);
  return `schema ${schema} of database ${database ?? ''} at ${host}:${port}`;
};

/** Opens what `options`, checked by now, name. Rejects with a `StorageError` or the driver's own error. */
const open = async (options: PostgresOptions, schema: string, place: string): Promise<Storage> => {
  const { connection: config, mustExist = false, readOnly = false, leaseMs = LEASE_MS, waitMs = 0 } = options;
  const names = namesOf(schema);
  const greeting = readOnly ? readerGreeting : writerGreeting(leaseMs);
  const session = sessionOf({ config, greeting, answerMs: options.answerMs ?? ANSWER_MS });
  const terms = { names, place, leaseMs };
  try {
    await session.connection(); // a server that is not there is told at once, not after a number of attempts
    await persistently(() => findOrMake(session, names, place, !mustExist && !readOnly));
    if (readOnly) return doorOf({ session, names, place });
    const lease = await persistently(() => waitForLease(session, terms, waitMs));
    return doorOf({ session, names, place, writer: writerOf(session, terms, lease) });
  } catch (error) {
    await session.end();
    throw error;
  }
};

/**
 * Opens or makes a store. Rejects with `storage_missing` (no such database, or no store where one must be),
 * `storage_not_medstate` (other tables stand in the schema), `storage_version_newer`, `storage_damaged` (parts of it are
 * gone), `storage_busy` (another writer has the lease) or `storage_failed`; what stands there is then as it was.
 *
 * A writer whose lease ran out and was taken by another gets `storage_fenced` at its next call, and nothing of it is
 * written. When the connection is lost, it is made again and the call is repeated, except around COMMIT: then the call
 * rejects with `storage_failed`, and so does every later one until the store is opened again. Opening again waits for what
 * the server still does with that batch. A batch must fit into memory, here and there, and be smaller than 1 GB.
 * The object keeps the program alive until it is closed.
 */
export const postgresStorage = async (options: PostgresOptions): Promise<Storage> => {
  const { connection, schema = 'medstate', leaseMs = LEASE_MS, waitMs = 0, answerMs = ANSWER_MS } = options;
  invariant(
    isSchemaName(schema),
    `a schema is 1-63 of a-z 0-9 _ and neither pg_... nor a number first: not '${schema}'`,
  );
  checkMs('leaseMs', leaseMs, MIN_LEASE_MS, MAX_LEASE_MS);
  checkMs('waitMs', waitMs, 0, MAX_TIMER_MS);
  checkMs('answerMs', answerMs, 1, MAX_TIMER_MS);
  let place = 'the PostgreSQL server';
  try {
    place = placeOf(connection, schema);
    return await open(options, schema, place);
  } catch (error) {
    throw asStorageError(place, error);
  }
};
