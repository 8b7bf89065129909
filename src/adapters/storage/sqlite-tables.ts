/**
 * SQLite tables: the tables of a store, and every statement on them, prepared once.
 *
 * Keys and ids are BLOBs, which SQLite orders byte by byte. Entries and facts have no rowid: their key is the place they
 * stand at, so a lookup is one descent. PERF: 4-7 us a lookup, which lists of keys (IN) do not beat, and 20-30 us an
 * entry put, at 200 000 entries.
 * Source: sqlite.org/withoutrowid.html, sqlite.org/stricttables.html.
 */
import type Database from 'better-sqlite3';
import type { Batch, StoredBlock, StoredEntry } from './storage.ts';
import type { SynchronousStore } from './synchronous.ts';

const TABLES = `
  CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE block (height INTEGER NOT NULL PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE entry (key BLOB NOT NULL PRIMARY KEY, leaf INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
`;

interface BlockRow {
  readonly height: number;
  readonly id: Buffer;
  readonly bytes: Buffer;
}
interface EntryRow {
  readonly key: Buffer;
  readonly leaf: number;
  readonly value: Buffer;
}

/** The calls of a store on its tables, but for letting go of the file. */
export type Tables = Omit<SynchronousStore, 'close'>;

export const createTables = (database: Database.Database): void => {
  database.exec(TABLES);
};

const bytesOfHex = (hex: string): Buffer => Buffer.from(hex, 'hex');

// A plain array over the row's own memory: `slice` of a Buffer would be no copy.
const plain = (row: Buffer): Uint8Array => new Uint8Array(row.buffer, row.byteOffset, row.byteLength);

const blockOf = ({ height, id, bytes }: BlockRow): StoredBlock => ({
  height,
  id: id.toString('hex'),
  bytes: plain(bytes),
});
const entryOf = ({ key, leaf, value }: EntryRow): StoredEntry => ({
  key: key.toString('hex'),
  leaf,
  value: plain(value),
});

/** The batch as one function that applies its parts in order, outside any transaction. */
const preparedWrites = (database: Database.Database): ((batch: Batch) => void) => {
  const dropAbove = database.prepare<[number]>('DELETE FROM block WHERE height > ?');
  const putBlock = database.prepare<[number, Buffer, Uint8Array]>('INSERT OR REPLACE INTO block VALUES (?, ?, ?)');
  const putEntry = database.prepare<[Buffer, number, Uint8Array]>('INSERT OR REPLACE INTO entry VALUES (?, ?, ?)');
  const dropEntry = database.prepare<[Buffer]>('DELETE FROM entry WHERE key = ?');
  const putFact = database.prepare<[string, Uint8Array]>('INSERT OR REPLACE INTO fact VALUES (?, ?)');
  const dropFact = database.prepare<[string]>('DELETE FROM fact WHERE name = ?');

  return ({ dropBlocksAbove, blocks = [], entries = [], facts = {} }) => {
    if (dropBlocksAbove !== undefined) dropAbove.run(dropBlocksAbove);
    for (const { height, id, bytes } of blocks) putBlock.run(height, bytesOfHex(id), bytes);
    for (const { key, leaf, value } of entries) {
      if (value === undefined) dropEntry.run(bytesOfHex(key));
      else putEntry.run(bytesOfHex(key), leaf, value);
    }
    for (const [name, value] of Object.entries(facts)) {
      if (value === undefined) dropFact.run(name);
      else putFact.run(name, value);
    }
  };
};

/** The tables of an open store. */
export const tablesOf = (database: Database.Database): Tables => {
  const fact = database.prepare<[string], { readonly value: Buffer }>('SELECT value FROM fact WHERE name = ?');
  const block = database.prepare<[number], BlockRow>('SELECT height, id, bytes FROM block WHERE height = ?');
  const blocks = database.prepare<[number, number], BlockRow>(
    'SELECT height, id, bytes FROM block WHERE height >= ? ORDER BY height LIMIT ?',
  );
  const top = database.prepare<[], { readonly height: number | null }>('SELECT max(height) AS height FROM block');
  const entry = database.prepare<[Buffer], EntryRow>('SELECT key, leaf, value FROM entry WHERE key = ?');
  const from = database.prepare<[Buffer, number], EntryRow>(
    'SELECT key, leaf, value FROM entry WHERE key >= ? ORDER BY key LIMIT ?',
  );
  const between = database.prepare<[Buffer, Buffer, number], EntryRow>(
    'SELECT key, leaf, value FROM entry WHERE key >= ? AND key < ? ORDER BY key LIMIT ?',
  );
  const write = preparedWrites(database);
  const writeAtOnce = database.transaction(write);

  return {
    fact: (name) => {
      const row = fact.get(name);
      return row && plain(row.value);
    },
    block: (height) => {
      const row = block.get(height);
      return row && blockOf(row);
    },
    blocks: (fromHeight, limit) => blocks.all(fromHeight, limit).map(blockOf),
    topHeight: () => top.get()?.height ?? undefined,
    entriesOf: (keys) =>
      keys.map((key) => {
        const row = entry.get(bytesOfHex(key));
        return row && entryOf(row);
      }),
    range: (start, to, limit) => {
      const first = bytesOfHex(start);
      const rows = to === undefined ? from.all(first, limit) : between.all(first, bytesOfHex(to), limit);
      return rows.map(entryOf);
    },
    commit: (batch) => {
      writeAtOnce(batch);
    },
  };
};
