/**
 * PostgreSQL writer: the holder of the lease, and the one way by which batches get in.
 *
 * A batch that failed before its COMMIT was sent is not in, and is tried again where that helps. Once COMMIT was sent and the
 * connection was lost, nobody knows; then the writer stops, and whoever opens the store again sees what became of it.
 */
import { statementsOf } from './postgres-batch.ts';
import { fateUnknown, isRolledBack } from './postgres-errors.ts';
import { type Lease, type LeaseTerms, markOf, releaseLease, renewLease, whyNotOurs } from './postgres-lease.ts';
import { type Connection, persistently, type Session } from './postgres-session.ts';
import type { Batch } from './storage.ts';

/** How many times a lease is renewed in its time, by commits or, when none come, by a timer. */
const RENEWALS = 4;

export interface Writer {
  /** All of the batch or nothing. After `storage_failed` it may be either. */
  commit(batch: Batch): Promise<void>;
  /** Throws unless a read has found this mark of the lease (postgres-lease.ts). */
  checkMark(connection: Connection, mark: string): Promise<void>;
  /** Renews the lease if that is due. A server that does not answer is asked again the next time. */
  renew(): Promise<void>;
  /** Lets go of the lease, if the server can be reached. Never rejects. */
  release(): Promise<void>;
  /** How often `renew` is to be called. */
  readonly renewalMs: number;
}

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';

const rollBack = async (connection: Connection): Promise<void> => {
  // A connection that cannot even do this is of no use; the server rolls back when it is cut.
  await connection.query('ROLLBACK').catch(connection.drop);
};

/** Ends the transaction. Rejects with the error of the server if that took all back, and else, if in doubt, with `storage_failed`. */
const commitOn = async (connection: Connection, place: string): Promise<void> => {
  try {
    const { command } = await connection.query('COMMIT');
    if (command !== 'COMMIT') throw new Error(`the server answered COMMIT with ${command}`);
  } catch (error) {
    if (isRolledBack(error)) throw error;
    connection.drop();
    throw fateUnknown(place, error);
  }
};

/** A writer by the lease that it has taken. One call at a time. */
export const writerOf = (session: Session, terms: LeaseTerms, taken: Lease): Writer => {
  const { names, place, leaseMs } = terms;
  const renewalMs = leaseMs / RENEWALS;
  let lease = taken;
  let renewedAt = performance.now();

  const attempt = async (batch: Batch): Promise<void> => {
    const connection = await session.connection();
    const startedAt = performance.now();
    const { first, rest } = statementsOf(names, { ...lease, leaseMs }, batch);
    try {
      await connection.query(BEGIN);
      const { rows } = await connection.query(first.text, first.values);
      if (rows.length === 0) throw await whyNotOurs(connection, terms, lease);
      for (const { text, values } of rest) await connection.query(text, values);
      // The lease runs from the first statement; a batch that took long would leave little of it.
      if (performance.now() - startedAt > renewalMs) await renewLease(connection, terms, lease.epoch);
      await commitOn(connection, place);
    } catch (error) {
      await rollBack(connection);
      throw error;
    }
    lease = { ...lease, batches: lease.batches + 1 };
    renewedAt = startedAt;
  };

  return {
    commit: (batch) => persistently(() => attempt(batch)),
    checkMark: async (connection, mark) => {
      if (mark !== markOf(lease)) throw await whyNotOurs(connection, terms, lease);
    },
    renew: async () => {
      const startedAt = performance.now();
      if (startedAt - renewedAt < renewalMs) return;
      const connection = await session.connection();
      if (!(await renewLease(connection, terms, lease.epoch))) throw await whyNotOurs(connection, terms, lease);
      renewedAt = startedAt;
    },
    release: async () => {
      try {
        await releaseLease(await session.connection(), terms, lease.epoch);
      } catch {
        // The lease runs out by itself.
      }
    },
    renewalMs,
  };
};
