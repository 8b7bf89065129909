/**
 * Level tables: the blocks, rows, histories and facts of a store in a database of bytes, and the one write that changes them.
 *
 * Every write puts a key with the number of commits so far and takes away the one before it. So there is always exactly
 * one, unless the database has lost a write from between two others, as LevelDB does in silence when its log has rotted.
 * Source: github.com/Level/abstract-level; LevelDB, db/db_impl.cc (RecoverLogFile ignores what fails its checksum).
 */
import type { AbstractLevel } from 'abstract-level';
import { damaged, missing, notOurs, versionNewer } from './level-errors.ts';
import {
  BLOCK,
  blockOfValue,
  COMMITS,
  copyOf,
  del,
  factKey,
  HISTORY,
  MARKER,
  markerValue,
  numberedKey,
  numberOfKey,
  type Operation,
  put,
  type Range,
  ROW,
  rangeAbove,
  rangeFrom,
  STORE_VERSION,
  versionOfMarker,
} from './level-keys.ts';
import type { StoredBlock, StoredHistory, StoredRow } from './storage.ts';

const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const;
/** `sync`: acknowledged when the disk has it. Databases that do not know the word pass over it. */
const DURABLE = { ...BYTES, sync: true } as const;
/** classic-level takes a limit as 32 bits with a sign. */
const MAX_LIMIT = 2 ** 31 - 1;
const NOTHING = new Uint8Array();

/** Whether the database can keep any bytes, and not only those that are text. */
export const keepsBytes = <F, K, V>({ supports }: AbstractLevel<F, K, V>): boolean =>
  supports.encodings['view'] === true;

export class LevelTables<F, K, V> {
  readonly #database: AbstractLevel<F, K, V>;
  readonly #place: string;
  #commits = 0;

  /** `place` is what the database is called in errors. */
  constructor(database: AbstractLevel<F, K, V>, place: string) {
    this.#database = database;
    this.#place = place;
  }

  /** Finds the store, or makes one where there is nothing. Throws a `StorageError` and leaves alone what is no store of ours. */
  async open(mustExist: boolean): Promise<void> {
    const marker = await this.#get(MARKER);
    if (marker === undefined) {
      const [foreign] = await this.#database.keys<Uint8Array>({ ...BYTES, limit: 1 }).all();
      if (foreign !== undefined) throw notOurs(this.#place);
      if (mustExist) throw missing(this.#place);
      return this.#writeAll([put(MARKER, markerValue()), put(numberedKey(COMMITS, 0), NOTHING)]);
    }
    const version = versionOfMarker(marker);
    if (version === undefined) throw damaged(this.#place, 'does not tell the version of its store');
    if (version > STORE_VERSION) throw versionNewer(this.#place, version);
    const counts = await this.#keys({ ...rangeFrom(COMMITS, 0), limit: 2 });
    if (counts.length !== 1) throw damaged(this.#place, 'has lost a commit from between others');
    this.#commits = this.#numberOf(counts[0]);
  }

  async fact(name: string): Promise<Uint8Array | undefined> {
    const value = await this.#get(factKey(name));
    return value && copyOf(value);
  }

  async block(height: number): Promise<StoredBlock | undefined> {
    const value = await this.#get(numberedKey(BLOCK, height));
    return value && this.#blockOf(height, value);
  }

  async blocks(fromHeight: number, limit: number): Promise<StoredBlock[]> {
    const entries = await this.#entries(BLOCK, fromHeight, limit);
    return entries.map(([key, value]) => this.#blockOf(this.#numberOf(key), value));
  }

  async topHeight(): Promise<number | undefined> {
    const [last] = await this.#keys({ ...rangeFrom(BLOCK, 0), reverse: true, limit: 1 });
    return last && this.#numberOf(last);
  }

  async rows(leaves: readonly number[]): Promise<(Uint8Array | undefined)[]> {
    const keys = leaves.map((leaf) => numberedKey(ROW, leaf));
    const values = await this.#database.getMany<Uint8Array, Uint8Array>(keys, BYTES);
    return values.map((value) => value && copyOf(value));
  }

  async scan(fromLeaf: number, limit: number): Promise<StoredRow[]> {
    const entries = await this.#entries(ROW, fromLeaf, limit);
    return entries.map(([key, value]) => ({ leaf: this.#numberOf(key), bytes: copyOf(value) }));
  }

  async history(fromHeight: number, limit: number): Promise<StoredHistory[]> {
    const entries = await this.#entries(HISTORY, fromHeight, limit);
    return entries.map(([key, value]) => ({ height: this.#numberOf(key), bytes: copyOf(value) }));
  }

  /** The keys of the blocks above a height. PERF: all of them in memory. */
  blocksAbove(height: number): Promise<Uint8Array[]> {
    return this.#keys(rangeAbove(BLOCK, height));
  }

  /** Takes the blocks of `dropped` away, then does `operations`, at once and for good. */
  async write(dropped: readonly Uint8Array[], operations: readonly Operation[]): Promise<void> {
    const next = this.#commits + 1;
    const count = [del(numberedKey(COMMITS, this.#commits)), put(numberedKey(COMMITS, next), NOTHING)];
    await this.#writeAll([...dropped.map(del), ...operations, ...count]);
    this.#commits = next;
  }

  #get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#database.get<Uint8Array, Uint8Array>(key, BYTES);
  }

  #keys(range: Range & { readonly reverse?: boolean; readonly limit?: number }): Promise<Uint8Array[]> {
    return this.#database.keys<Uint8Array>({ ...BYTES, ...range }).all();
  }

  #entries(kind: number, from: number, limit: number): Promise<[Uint8Array, Uint8Array][]> {
    const range = { ...rangeFrom(kind, from), limit: Math.min(limit, MAX_LIMIT) };
    return this.#database.iterator<Uint8Array, Uint8Array>({ ...BYTES, ...range }).all();
  }

  #writeAll(operations: Operation[]): Promise<void> {
    return this.#database.batch<Uint8Array, Uint8Array>(operations, DURABLE);
  }

  #blockOf(height: number, value: Uint8Array): StoredBlock {
    const block = blockOfValue(height, value);
    if (block === undefined) throw damaged(this.#place, `has a block of height ${height} that makes no sense`);
    return block;
  }

  #numberOf(key: Uint8Array | undefined): number {
    const number = key && numberOfKey(key);
    if (number === undefined) throw damaged(this.#place, 'has a key that makes no sense');
    return number;
  }
}
