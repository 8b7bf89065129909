/**
 * PostgreSQL reads: each read of the door as one statement, which sees one state of the database.
 *
 * Every statement also gives the mark of the lease in that same state: a writer that was taken over without knowing it yet
 * learns it from the first read, and never shows what the other one wrote as its own.
 */
import type { Names } from './postgres-tables.ts';
import { bytesOf, type Cell, int8Array, numberOf } from './postgres-values.ts';
import type { Storage, StoredBlock, StoredHistory } from './storage.ts';

/** Runs `SELECT <what>` and gives its rows. */
export type Select = (what: string, values: readonly unknown[]) => Promise<readonly (readonly Cell[])[]>;

export type Reads = Pick<Storage, 'fact' | 'block' | 'blocks' | 'topHeight' | 'rows' | 'scan' | 'history'>;

const blockOf = ([height, id, bytes]: readonly Cell[]): StoredBlock => ({
  height: numberOf(height),
  id: (id ?? '').slice(2),
  bytes: bytesOf(bytes),
});
const historyOf = ([height, bytes]: readonly Cell[]): StoredHistory => ({
  height: numberOf(height),
  bytes: bytesOf(bytes),
});

/** The reads over a way to run a `SELECT`. Arguments are checked already. */
export const readsOf = (names: Names, select: Select): Reads => ({
  fact: async (name) => {
    const [row] = await select(`value FROM ${names.facts} WHERE name = $1::text`, [name]);
    return row && bytesOf(row[0]);
  },
  block: async (height) => {
    const [row] = await select(`height, id, bytes FROM ${names.blocks} WHERE height = $1::int8`, [height]);
    return row && blockOf(row);
  },
  blocks: async (fromHeight, limit) => {
    const what = `height, id, bytes FROM ${names.blocks} WHERE height >= $1::int8 ORDER BY height LIMIT $2::int8`;
    return (await select(what, [fromHeight, limit])).map(blockOf);
  },
  topHeight: async () => {
    const [row] = await select(`max(height) FROM ${names.blocks}`, []);
    const top = row?.[0] ?? null;
    return top === null ? undefined : numberOf(top);
  },
  rows: async (leaves) => {
    if (leaves.length === 0) return [];
    const what = `leaf, bytes FROM ${names.rows} WHERE leaf = ANY($1::int8[])`;
    const found = new Map<number, Cell | undefined>();
    for (const [leaf, bytes] of await select(what, [int8Array(leaves)])) found.set(numberOf(leaf), bytes);
    return leaves.map((leaf) => (found.has(leaf) ? bytesOf(found.get(leaf)) : undefined));
  },
  scan: async (fromLeaf, limit) => {
    const what = `leaf, bytes FROM ${names.rows} WHERE leaf >= $1::int8 ORDER BY leaf LIMIT $2::int8`;
    const rows = await select(what, [fromLeaf, limit]);
    return rows.map(([leaf, bytes]) => ({ leaf: numberOf(leaf), bytes: bytesOf(bytes) }));
  },
  history: async (fromHeight, limit) => {
    const what = `height, bytes FROM ${names.history} WHERE height >= $1::int8 ORDER BY height LIMIT $2::int8`;
    return (await select(what, [fromHeight, limit])).map(historyOf);
  },
});
