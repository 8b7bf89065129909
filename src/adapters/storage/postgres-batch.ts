/**
 * PostgreSQL batch: a batch as statements.
 *
 * The first checks the lease and puts everything in one go, so nothing is locked before the server has all of it: a writer
 * that stops in the middle of sending holds nobody up. Then come the deletions, each on its own: databases like CockroachDB do
 * not let one statement change a table twice.
 * Source: postgresql.org/docs/15/queries-with.html (data-modifying statements), sql-insert.html (ON CONFLICT).
 */
import { EXPIRY, type Lease } from './postgres-lease.ts';
import type { Names } from './postgres-tables.ts';
import { byteaArray, int8Array, textArray } from './postgres-values.ts';
import type { Batch } from './storage.ts';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A batch goes in only where the row of the lease says the same. */
export interface Fence extends Lease {
  readonly leaseMs: number;
}

/** A column of what is put: its name, and all its values as an array. The first is the key. */
type Column = readonly [name: string, type: 'int8[]' | 'bytea[]' | 'text[]', values: Buffer];

interface Puts {
  readonly table: keyof Names;
  readonly count: number;
  readonly columns: readonly Column[];
}

/** Of two words on the same key the later one stands. */
const latest = <T>(items: readonly T[], keyOf: (item: T) => number): T[] => {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  // In the order of the keys the server goes through its pages once.
  return [...byKey].sort(([a], [b]) => a - b).map(([, item]) => item);
};

type Change<T> = T & { readonly bytes: Uint8Array | undefined };
const isPut = <T>(change: Change<T>): change is Change<T> & { readonly bytes: Uint8Array } =>
  change.bytes !== undefined;

/** The batch without repetitions, and what is put apart from what is taken away. */
const sorted = ({ blocks = [], rows = [], history = [], facts = {} }: Batch) => ({
  blocks: latest(blocks, ({ height }) => height),
  rows: latest(rows, ({ leaf }) => leaf),
  history: latest(history, ({ height }) => height),
  facts: Object.entries(facts).map(([name, bytes]) => ({ name, bytes })),
});
type Sorted = ReturnType<typeof sorted>;

const bytesColumn = (name: string, items: readonly { readonly bytes: Uint8Array }[]): Column => [
  name,
  'bytea[]',
  byteaArray(items.map(({ bytes }) => bytes)),
];

const putsOf = ({ blocks, ...changes }: Sorted): readonly Puts[] => {
  const [rows, history, facts] = [
    changes.rows.filter(isPut),
    changes.history.filter(isPut),
    changes.facts.filter(isPut),
  ];
  const heightsOf = (items: readonly { readonly height: number }[]): Column => [
    'height',
    'int8[]',
    int8Array(items.map(({ height }) => height)),
  ];
  const ids = blocks.map(({ id }) => Buffer.from(id, 'hex'));
  const leaves = int8Array(rows.map(({ leaf }) => leaf));
  const names = textArray(facts.map(({ name }) => name));
  const all: readonly Puts[] = [
    {
      table: 'blocks',
      count: blocks.length,
      columns: [heightsOf(blocks), ['id', 'bytea[]', byteaArray(ids)], bytesColumn('bytes', blocks)],
    },
    { table: 'rows', count: rows.length, columns: [['leaf', 'int8[]', leaves], bytesColumn('bytes', rows)] },
    { table: 'history', count: history.length, columns: [heightsOf(history), bytesColumn('bytes', history)] },
    { table: 'facts', count: facts.length, columns: [['name', 'text[]', names], bytesColumn('value', facts)] },
  ];
  return all.filter(({ count }) => count > 0);
};

/** The check of the lease and all puts. Gives one row, or, if the lease is another's, none, and then nothing is put. */
const fencedPuts = (names: Names, fence: Fence, puts: readonly Puts[]): Statement => {
  const values: unknown[] = [fence.leaseMs, fence.epoch, fence.batches];
  const bind = (value: unknown): string => {
    values.push(value);
    return `$${values.length}`;
  };
  const parts = puts.map(({ table, columns }) => {
    const list = columns.map(([name]) => name).join(', ');
    const arrays = columns.map(([, type, array]) => `${bind(array)}::${type}`).join(', ');
    const [key, ...others] = columns.map(([name]) => name);
    const changes = others.map((name) => `${name} = excluded.${name}`).join(', ');
    return `put_${table} AS (
      INSERT INTO ${names[table]} (${list})
      SELECT ${columns.map(([name]) => `u.${name}`).join(', ')} FROM fence, unnest(${arrays}) AS u (${list})
      ON CONFLICT (${key}) DO UPDATE SET ${changes} RETURNING 1)`;
  });
  const check = `fence AS (
      UPDATE ${names.lease} SET batches = batches + 1, expires_at = ${EXPIRY}
      WHERE one = 1 AND epoch = $2::int8 AND batches = $3::int8 RETURNING epoch)`;
  return { text: `WITH ${[check, ...parts].join(', ')} SELECT epoch FROM fence`, values };
};

const deletionsOf = (names: Names, { dropBlocksAbove }: Batch, changes: Sorted): readonly Statement[] => {
  const statements: Statement[] = [];
  const goneOf = <T>(items: readonly Change<T>[]): Change<T>[] => items.filter((item) => !isPut(item));
  const take = (table: keyof Names, key: string, count: number, array: Buffer, type: string): void => {
    if (count === 0) return;
    statements.push({ text: `DELETE FROM ${names[table]} WHERE ${key} = ANY($1::${type})`, values: [array] });
  };
  if (dropBlocksAbove !== undefined) {
    // Those that are put stand already: the drop comes first by the meaning of a batch, and here it comes last.
    const kept = int8Array(changes.blocks.map(({ height }) => height));
    const text = `DELETE FROM ${names.blocks} WHERE height > $1::int8 AND NOT (height = ANY($2::int8[]))`;
    statements.push({ text, values: [dropBlocksAbove, kept] });
  }
  const [rows, history, facts] = [goneOf(changes.rows), goneOf(changes.history), goneOf(changes.facts)];
  take('rows', 'leaf', rows.length, int8Array(rows.map(({ leaf }) => leaf)), 'int8[]');
  take('history', 'height', history.length, int8Array(history.map(({ height }) => height)), 'int8[]');
  take('facts', 'name', facts.length, textArray(facts.map(({ name }) => name)), 'text[]');
  return statements;
};

/** The statements of a batch, to be run in this order in one transaction. The first gives no row if the fence does not hold. */
export const statementsOf = (
  names: Names,
  fence: Fence,
  batch: Batch,
): { readonly first: Statement; readonly rest: readonly Statement[] } => {
  const changes = sorted(batch);
  return { first: fencedPuts(names, fence, putsOf(changes)), rest: deletionsOf(names, batch, changes) };
};
