/**
 * PostgreSQL door: the calls of a store one after the other, in the order in which they were made.
 *
 * One connection does one thing at a time, and the order of the calls is what makes batches take effect in it. Here too is
 * what ends an object before it is closed: a batch of unknown fate, or another writer in its place.
 */
import { asStorageError } from './postgres-errors.ts';
import { markColumn } from './postgres-lease.ts';
import { type Reads, readsOf, type Select } from './postgres-reads.ts';
import { persistently, type Session } from './postgres-session.ts';
import type { Names } from './postgres-tables.ts';
import type { Writer } from './postgres-writer.ts';
import {
  checkBatch,
  checkFactName,
  checkHeight,
  checkLeaf,
  checkLimit,
  type Storage,
  StorageError,
} from './storage.ts';

export interface DoorParts {
  readonly session: Session;
  readonly names: Names;
  readonly place: string;
  /** Without one the store is read only. */
  readonly writer?: Writer;
}

/** Runs actions one after the other; gives what each gives. */
const queueOf = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(action: () => Promise<T>): Promise<T> => {
    const result = last.then(action);
    last = result.catch(() => undefined);
    return result;
  };
};

const selectOf = ({ session, names, writer }: DoorParts): Select => {
  const mark = writer === undefined ? "''" : markColumn(names);
  return (what, values) =>
    persistently(async () => {
      const connection = await session.connection();
      const { rows } = await connection.query(`SELECT ${mark}, ${what}`, values);
      if (writer === undefined) return rows.map((row) => row.slice(1));
      // A read that found nothing has brought no mark. One that is right now was right then: it never comes back.
      const [found] = rows.length > 0 ? rows : (await connection.query(`SELECT ${mark}`)).rows;
      await writer.checkMark(connection, found?.[0] ?? '');
      return rows.map((row) => row.slice(1));
    });
};

const closed = (): StorageError =>
  new StorageError('storage_closed', 'this storage was closed; open it again to use it');
const ended = (by: StorageError): StorageError =>
  new StorageError(by.code, `an earlier call was the last that this storage did: ${by.message}`, { cause: by });
const readOnly = (place: string): StorageError =>
  new StorageError('storage_read_only', `${place} was opened for reading; open it without readOnly to write`);

/** Calls `renew` again and again, and never twice at once. Gives the function that stops it. */
const repeatedly = (renew: () => Promise<unknown>, everyMs: number): (() => void) => {
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    renew().then(
      () => {
        isBusy = false;
      },
      () => {
        isBusy = false;
      },
    );
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** The store as a `Storage`. */
export const doorOf = (parts: DoorParts): Storage => {
  const { session, place, writer } = parts;
  const reads: Reads = readsOf(parts.names, selectOf(parts));
  const inTurn = queueOf();
  let closing: Promise<void> | undefined;
  let end: StorageError | undefined;

  /** Does the action in its turn, unless the object has come to its end by then. `endings` are the failures that end it. */
  const call = async <T>(check: () => void, action: () => Promise<T>, endings: readonly string[]): Promise<T> => {
    if (closing !== undefined) throw closed();
    check();
    return await inTurn(async () => {
      if (end !== undefined) throw ended(end);
      try {
        return await action();
      } catch (error) {
        const explained = asStorageError(place, error);
        if (explained instanceof StorageError && endings.includes(explained.code)) end = explained;
        throw explained;
      }
    });
  };
  const read = <T>(check: () => void, action: () => Promise<T>): Promise<T> => call(check, action, ['storage_fenced']);
  const stop = writer && repeatedly(() => read(() => undefined, writer.renew), writer.renewalMs);

  const close = async (): Promise<void> => {
    stop?.();
    await inTurn(async () => {
      if (end?.code !== 'storage_fenced') await writer?.release();
      await session.end();
    });
  };

  return {
    name: 'postgres',
    fact: (name) =>
      read(
        () => checkFactName(name),
        () => reads.fact(name),
      ),
    block: (height) =>
      read(
        () => checkHeight(height),
        () => reads.block(height),
      ),
    blocks: (fromHeight, limit) =>
      read(
        () => {
          checkHeight(fromHeight);
          checkLimit(limit);
        },
        () => reads.blocks(fromHeight, limit),
      ),
    topHeight: () => read(() => undefined, reads.topHeight),
    rows: (leaves) =>
      read(
        () => leaves.forEach(checkLeaf),
        () => reads.rows(leaves),
      ),
    scan: (fromLeaf, limit) =>
      read(
        () => {
          checkLeaf(fromLeaf);
          checkLimit(limit);
        },
        () => reads.scan(fromLeaf, limit),
      ),
    history: (fromHeight, limit) =>
      read(
        () => {
          checkHeight(fromHeight);
          checkLimit(limit);
        },
        () => reads.history(fromHeight, limit),
      ),
    commit: (batch) =>
      call(() => checkBatch(batch), async () => {
        if (writer === undefined) throw readOnly(place);
        await writer.commit(batch);
      }, ['storage_fenced', 'storage_failed']),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
};
