/**
 * Level storage: a store in any database with the `abstract-level` interface: LevelDB, RocksDB, memory, a browser's IndexedDB.
 *
 * The embedder chooses the database and its options (cache, compression, place) and hands it over; nothing is imported
 * here, so this runs in a browser. Every batch is one atomic, durable write of that database.
 * Source: protocol section 11; github.com/Level/abstract-level 3.
 */
import type { AbstractLevel } from 'abstract-level';
import { invariant } from '../../core/refusal.ts';
import { type Claim, claim } from './level-claims.ts';
import { asStorageError, closed } from './level-errors.ts';
import { type Operation, operationsOf } from './level-keys.ts';
import { keepsBytes, LevelTables } from './level-tables.ts';
import { Turns } from './level-turns.ts';
import {
  type Batch,
  checkBatch,
  checkFactName,
  checkHeight,
  checkLeaf,
  checkLimit,
  type Storage,
  StorageError,
  type StoredBlock,
  type StoredHistory,
  type StoredRow,
} from './storage.ts';

export interface LevelOptions<F, K, V> {
  /**
   * An empty database, or one that holds a store. To share a database with others hand over a sublevel of it. Its own
   * encodings do not matter. It is opened if it is not open, belongs to the store until the store is closed, and is
   * closed with it; of a sublevel the database below stays open.
   */
  readonly database: AbstractLevel<F, K, V>;
  /** Refuse (`storage_missing`) an empty database rather than make a store in it. */
  readonly mustExist?: boolean;
}

/** After these a batch is known not to be in. */
const NOT_IN: readonly string[] = ['storage_closed', 'storage_full'];

class LevelStore<F, K, V> implements Storage {
  readonly name = 'level';
  readonly #database: AbstractLevel<F, K, V>;
  readonly #tables: LevelTables<F, K, V>;
  readonly #claim: Claim;
  readonly #place: string;
  readonly #turns = new Turns();
  #closing: Promise<void> | undefined;
  /** The database was closed, here or by someone else, and may have changed since. */
  #isGone = false;

  constructor(database: AbstractLevel<F, K, V>, tables: LevelTables<F, K, V>, mine: Claim, place: string) {
    this.#database = database;
    this.#tables = tables;
    this.#claim = mine;
    this.#place = place;
    database.once('closed', () => {
      this.#isGone = true;
      mine.release();
    });
  }

  fact(name: string): Promise<Uint8Array | undefined> {
    return this.#read(
      () => checkFactName(name),
      () => this.#tables.fact(name),
    );
  }

  block(height: number): Promise<StoredBlock | undefined> {
    return this.#read(
      () => checkHeight(height),
      () => this.#tables.block(height),
    );
  }

  blocks(fromHeight: number, limit: number): Promise<readonly StoredBlock[]> {
    const check = (): void => {
      checkHeight(fromHeight);
      checkLimit(limit);
    };
    return this.#read(check, () => this.#tables.blocks(fromHeight, limit));
  }

  topHeight(): Promise<number | undefined> {
    return this.#read(
      () => undefined,
      () => this.#tables.topHeight(),
    );
  }

  rows(leaves: readonly number[]): Promise<readonly (Uint8Array | undefined)[]> {
    const asked = [...leaves];
    return this.#read(
      () => asked.forEach(checkLeaf),
      () => this.#tables.rows(asked),
    );
  }

  scan(fromLeaf: number, limit: number): Promise<readonly StoredRow[]> {
    const check = (): void => {
      checkLeaf(fromLeaf);
      checkLimit(limit);
    };
    return this.#read(check, () => this.#tables.scan(fromLeaf, limit));
  }

  history(fromHeight: number, limit: number): Promise<readonly StoredHistory[]> {
    const check = (): void => {
      checkHeight(fromHeight);
      checkLimit(limit);
    };
    return this.#read(check, () => this.#tables.history(fromHeight, limit));
  }

  commit(batch: Batch): Promise<void> {
    return new Promise((resolve) => {
      this.#checkOpen();
      checkBatch(batch);
      const operations = operationsOf(batch);
      const above = batch.dropBlocksAbove;
      resolve(this.#turns.write(() => this.#explained(() => this.#write(above, operations))));
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#turns.write(async () => {
      try {
        if (!this.#isGone) await this.#database.close();
      } catch (error) {
        throw asStorageError(this.#place, error);
      } finally {
        this.#claim.release();
      }
    });
    return this.#closing;
  }

  #read<T>(check: () => void, action: () => Promise<T>): Promise<T> {
    return new Promise((resolve) => {
      this.#checkOpen();
      check();
      resolve(this.#turns.read(() => this.#explained(action)));
    });
  }

  async #write(above: number | undefined, operations: readonly Operation[]): Promise<void> {
    const dropped = above === undefined ? [] : await this.#tables.blocksAbove(above);
    try {
      await this.#tables.write(dropped, operations);
    } catch (error) {
      const explained = asStorageError(this.#place, error);
      const isKnown = explained instanceof StorageError && NOT_IN.includes(explained.code);
      if (!isKnown) this.#claim.fail(explained);
      throw explained;
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined || this.#isGone) throw closed();
  }

  /** What `action` gives, when its turn has come; what the database throws is made a `StorageError`. */
  async #explained<T>(action: () => Promise<T>): Promise<T> {
    if (this.#isGone) throw closed();
    this.#claim.checkSound();
    try {
      return await action();
    } catch (error) {
      throw asStorageError(this.#place, error);
    }
  }
}

/** What a database is called in errors: by where it is, if it tells. */
const placeOf = (database: object, prefix: string): string => {
  const location = 'location' in database && typeof database.location === 'string' ? ` at ${database.location}` : '';
  return prefix === '' ? `the Level database${location}` : `the sublevel ${prefix} of a Level database`;
};

/**
 * Opens or makes a store in a database.
 *
 * Rejects with `storage_missing`, `storage_not_medstate`, `storage_version_newer`, `storage_damaged`, `storage_busy` (a
 * store of this process is on it, or another process has it) or `storage_failed`; nothing in the database has changed
 * then, and it is closed unless it was open before. What a write means is for the database to say: LevelDB and RocksDB
 * wait for the disk; IndexedDB may not. Only LevelDB and RocksDB keep other processes out: where tabs of a browser share
 * a database, hold a Web Lock while it is open. No room on the disk is `storage_failed`: LevelDB cannot tell whether such
 * a batch is in. LevelDB does not check the sums of its tables: damage inside a value is seen by the hashes of blocks and
 * state alone.
 * PERF: reads go side by side, a commit goes alone.
 */
export const levelStorage = async <F, K, V>({
  database,
  mustExist = false,
}: LevelOptions<F, K, V>): Promise<Storage> => {
  invariant(keepsBytes(database), 'the database keeps text only; hand over one that keeps bytes');
  const prefix = database.prefixKey('', 'utf8');
  const place = placeOf(database, prefix);
  const mine = claim(database, prefix, place);
  const wasOpen = database.status === 'open';
  try {
    mine.checkSound();
    await database.open();
    const tables = new LevelTables(database, place);
    await tables.open(mustExist);
    return new LevelStore(database, tables, mine, place);
  } catch (error) {
    if (!wasOpen) await database.close().catch(() => undefined);
    mine.release();
    throw asStorageError(place, error);
  }
};
