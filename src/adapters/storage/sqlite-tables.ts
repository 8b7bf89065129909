/**
 * SQLite tables: the tables of a store, and every statement on them, prepared once.
 *
 * Source: sqlite.org/withoutrowid.html, sqlite.org/stricttables.html.
 */
import type Database from 'better-sqlite3';
import { FOLDING, type Folding, ROW_TABLES, SqliteRows } from './sqlite-rows.ts';
import type { Batch, StoredBlock, StoredHistory } from './storage.ts';
import type { SynchronousStore } from './synchronous.ts';

const TABLES = `
  CREATE TABLE fact (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE block (height INTEGER NOT NULL PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE history (height INTEGER NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  ${ROW_TABLES}
`;

interface BlockRow {
  readonly height: number;
  readonly id: Buffer;
  readonly bytes: Buffer;
}
interface HistoryRow {
  readonly height: number;
  readonly bytes: Buffer;
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
const historyOf = ({ height, bytes }: HistoryRow): StoredHistory => ({ height, bytes: plain(bytes) });

/** The batch but for its rows as one function that applies its parts in order, outside any transaction. */
const preparedWrites = (database: Database.Database): ((batch: Batch) => void) => {
  const dropAbove = database.prepare<[number]>('DELETE FROM block WHERE height > ?');
  const putBlock = database.prepare<[number, Buffer, Uint8Array]>('INSERT OR REPLACE INTO block VALUES (?, ?, ?)');
  const putHistory = database.prepare<[number, Uint8Array]>('INSERT OR REPLACE INTO history VALUES (?, ?)');
  const dropHistory = database.prepare<[number]>('DELETE FROM history WHERE height = ?');
  const putFact = database.prepare<[string, Uint8Array]>('INSERT OR REPLACE INTO fact VALUES (?, ?)');
  const dropFact = database.prepare<[string]>('DELETE FROM fact WHERE name = ?');

  return ({ dropBlocksAbove, blocks = [], history = [], facts = {} }) => {
    if (dropBlocksAbove !== undefined) dropAbove.run(dropBlocksAbove);
    for (const { height, id, bytes } of blocks) putBlock.run(height, bytesOfHex(id), bytes);
    for (const { height, bytes } of history) {
      if (bytes === undefined) dropHistory.run(height);
      else putHistory.run(height, bytes);
    }
    for (const [name, value] of Object.entries(facts)) {
      if (value === undefined) dropFact.run(name);
      else putFact.run(name, value);
    }
  };
};

/** The tables of an open store. `spoilt` makes the error for a file that makes no sense. */
export const tablesOf = (
  database: Database.Database,
  spoilt: (what: string) => Error,
  folding: Folding = FOLDING,
): Tables => {
  const fact = database.prepare<[string], Buffer>('SELECT value FROM fact WHERE name = ?').pluck();
  const block = database.prepare<[number], BlockRow>('SELECT height, id, bytes FROM block WHERE height = ?');
  const blocks = database.prepare<[number, number], BlockRow>(
    'SELECT height, id, bytes FROM block WHERE height >= ? ORDER BY height LIMIT ?',
  );
  const top = database.prepare<[], number | null>('SELECT max(height) FROM block').pluck();
  const histories = database.prepare<[number, number], HistoryRow>(
    'SELECT height, bytes FROM history WHERE height >= ? ORDER BY height LIMIT ?',
  );
  const rows = new SqliteRows(database, spoilt, folding);
  const write = preparedWrites(database);
  const writeAtOnce = database.transaction((batch: Batch) => {
    write(batch);
    return rows.write(batch.rows ?? []);
  });

  return {
    fact: (name) => {
      const value = fact.get(name);
      return value && plain(value);
    },
    block: (height) => {
      const row = block.get(height);
      return row && blockOf(row);
    },
    blocks: (fromHeight, limit) => blocks.all(fromHeight, limit).map(blockOf),
    topHeight: () => top.get() ?? undefined,
    rows: (leaves) => rows.rows(leaves),
    scan: (fromLeaf, limit) => rows.scan(fromLeaf, limit),
    history: (fromHeight, limit) => histories.all(fromHeight, limit).map(historyOf),
    commit: (batch) => {
      // What the rows know of the log follows only once the batch is in.
      const isIn = writeAtOnce(batch);
      isIn();
    },
  };
};
