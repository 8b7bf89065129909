/**
 * PostgreSQL lease: one row that says who may write, and until when unless it says so again.
 *
 * Safety rests on the epoch alone: every taking over raises it, and every batch checks and locks it in its own transaction,
 * so two writers can never both commit, whatever their clocks, pauses and connections do. Time, always the server's, only
 * decides when somebody else may try.
 */
import { hostname } from 'node:os';
import { busy, damaged, fenced, goneBack, sqlStateOf } from './postgres-errors.ts';
import type { Connection } from './postgres-session.ts';
import type { Names } from './postgres-tables.ts';
import { numberOf } from './postgres-values.ts';
import type { StorageError } from './storage.ts';

/** What the row of the lease says to its holder. */
export interface Lease {
  readonly epoch: number;
  readonly batches: number;
}

/** Where the lease is kept, how long it runs, and the place in the words of messages. */
export interface LeaseTerms {
  readonly names: Names;
  readonly place: string;
  readonly leaseMs: number;
}

const LOCK_NOT_AVAILABLE = '55P03';

/** When a lease of `$1` milliseconds runs out. `now()` would be when the transaction began. */
export const EXPIRY = "clock_timestamp() + $1::float8 * interval '1 millisecond'";

/**
 * Takes the lease if it is free or has run out; `undefined` if not. A holder who is writing at this moment keeps it, if his
 * batch gets in and so renews it.
 */
export const takeLease = async (connection: Connection, { names, leaseMs }: LeaseTerms): Promise<Lease | undefined> => {
  // A look first: the update waits for the lock of a holder who is writing.
  const free = await connection.query(`SELECT 1 FROM ${names.lease} WHERE one = 1 AND expires_at <= now()`);
  if (free.rows.length === 0) return undefined;
  try {
    const { rows } = await connection.query(
      `UPDATE ${names.lease} SET holder = $2::text, epoch = epoch + 1, expires_at = ${EXPIRY}
        WHERE one = 1 AND expires_at <= now() RETURNING epoch, batches`,
      [leaseMs, `${hostname()}, process ${process.pid}`],
    );
    const [taken] = rows;
    return taken && { epoch: numberOf(taken[0]), batches: numberOf(taken[1]) };
  } catch (error) {
    if (sqlStateOf(error) === LOCK_NOT_AVAILABLE) return undefined;
    throw error;
  }
};

/** Who holds the lease and how long, as the refusal of another who wants it. */
export const heldByOther = async (connection: Connection, { names, place }: LeaseTerms): Promise<StorageError> => {
  const { rows } = await connection.query(
    `SELECT holder, ceil(extract(epoch FROM expires_at - now()) * 1000)::int8 FROM ${names.lease} WHERE one = 1`,
  );
  const [holder, leftMs] = rows[0] ?? [];
  return busy(place, holder ?? 'another', Math.max(numberOf(leftMs), 0));
};

/** Lets the lease run anew from now. Resolves to false if it is another's. */
export const renewLease = async (connection: Connection, terms: LeaseTerms, epoch: number): Promise<boolean> => {
  const { rows } = await connection.query(
    `UPDATE ${terms.names.lease} SET expires_at = ${EXPIRY} WHERE one = 1 AND epoch = $2::int8 RETURNING epoch`,
    [terms.leaseMs, epoch],
  );
  return rows.length === 1;
};

/** Lets the next one take the lease at once. */
export const releaseLease = async (connection: Connection, { names }: LeaseTerms, epoch: number): Promise<void> => {
  const text = `UPDATE ${names.lease} SET expires_at = '1970-01-01T00:00:00Z' WHERE one = 1 AND epoch = $1::int8`;
  await connection.query(text, [epoch]);
};

/** The mark of a lease: what every read of its holder must find beside what it asks for. */
export const markOf = ({ epoch, batches }: Lease): string => `${epoch}/${batches}`;
/** The mark as a column of any statement. */
export const markColumn = (names: Names): string =>
  `(SELECT epoch::text || '/' || batches::text FROM ${names.lease} WHERE one = 1)`;

/** Why the row of the lease does not say what its holder knows: another took it, or the server lost what it acknowledged. */
export const whyNotOurs = async (
  connection: Connection,
  { names, place }: LeaseTerms,
  { epoch, batches }: Lease,
): Promise<StorageError> => {
  const { rows } = await connection.query(`SELECT epoch, batches, holder FROM ${names.lease} WHERE one = 1`);
  const [found] = rows;
  if (found === undefined) return damaged(place, 'the table lease has not its one row');
  if (numberOf(found[0]) > epoch) return fenced(place, found[2] ?? 'another');
  return goneBack(place, batches, numberOf(found[1]));
};
