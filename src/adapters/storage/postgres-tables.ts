/**
 * PostgreSQL tables: the tables of a store in a schema of their own, how they are made and how they are known again.
 *
 * Plain tables with a number or a name as primary key, so that databases which speak PostgreSQL but keep their data on many
 * machines serve as well. No sequence, no trigger, no index besides the keys.
 * Source: postgresql.org/docs/15/catalogs.html; cockroachlabs.com/docs/stable/postgresql-compatibility.
 */
import { damaged, notOurs, STORE_VERSION, sqlStateOf, versionNewer } from './postgres-errors.ts';
import type { Connection } from './postgres-session.ts';
import type { Cell } from './postgres-values.ts';

/** Every table, and the types of its columns; the first is the primary key. */
const TABLES = {
  store: { application: 'text', version: 'int8' },
  lease: { one: 'int8', holder: 'text', epoch: 'int8', batches: 'int8', expires_at: 'timestamptz' },
  facts: { name: 'text', value: 'bytea' },
  blocks: { height: 'int8', id: 'bytea', bytes: 'bytea' },
  rows: { leaf: 'int8', bytes: 'bytea' },
  history: { height: 'int8', bytes: 'bytea' },
} as const;

type Table = keyof typeof TABLES;
const tables = Object.keys(TABLES) as readonly Table[];

/** The tables as statements name them, and the schema, which is a plain name already. */
export type Names = Readonly<Record<Table, string>> & { readonly schema: string };

const SCHEMA_NAME = /^(?!pg_|information_schema$)[a-z_][a-z0-9_]{0,62}$/;
export const isSchemaName = (name: string): boolean => SCHEMA_NAME.test(name);

export const namesOf = (schema: string): Names => ({
  schema,
  ...(Object.fromEntries(tables.map((table) => [table, `"${schema}"."${table}"`])) as Record<Table, string>),
});

const creationOf = (names: Names, table: Table): string => {
  const columns = Object.entries(TABLES[table]).map(
    ([name, type], index) => `${name} ${type} NOT NULL${index === 0 ? ' PRIMARY KEY' : ''}`,
  );
  return `CREATE TABLE ${names[table]} (${columns.join(', ')})`;
};

/** Every relation of the schema, with each column, its type, and whether the relation has a primary key. */
const LOOK = `
  SELECT n.nspname, c.relname, a.attname, t.typname,
    EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')
  FROM pg_catalog.pg_namespace n
  LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE n.nspname = $1`;

/** What is wrong with one of our tables, as far as the catalog tells; `undefined` if nothing is. */
const faultOf = (found: readonly (readonly Cell[])[], table: Table): string | undefined => {
  const columns = found.filter(([, relation]) => relation === table);
  if (columns.length === 0) return `the table ${table} is missing`;
  for (const [name, type] of Object.entries(TABLES[table])) {
    const column = columns.find(([, , attribute]) => attribute === name);
    if (column === undefined) return `the column ${name} of ${table} is missing`;
    if (column[3] !== type) return `the column ${name} of ${table} is of another type`;
  }
  return columns[0]?.[4] === 't' ? undefined : `the table ${table} has lost its primary key`;
};

/** What stands in the schema. A store that opens is whole as far as its tables go. */
export type Found = 'no schema' | 'an empty schema' | 'store';

/** Looks at the schema and changes nothing. Throws `StorageError` if something else than a store of ours stands there. */
export const lookAt = async (connection: Connection, names: Names, place: string): Promise<Found> => {
  const { rows: found } = await connection.query(LOOK, [names.schema]);
  if (found.length === 0) return 'no schema';
  if (found.every(([, relation]) => relation === null)) return 'an empty schema';

  const others = tables.filter((table) => table !== 'store');
  if (faultOf(found, 'store') !== undefined) {
    const hasRest = others.every((table) => faultOf(found, table) === undefined);
    throw hasRest ? damaged(place, 'the table store is missing') : notOurs(place, 'tables of some other application');
  }
  const { rows } = await connection.query(`SELECT application, version FROM ${names.store}`);
  const [application, version] = rows[0] ?? [];
  if (rows.length === 0) throw damaged(place, 'the table store is empty');
  if (rows.length !== 1 || application !== 'medstate') throw notOurs(place, 'tables of some other application');
  if (Number(version) > STORE_VERSION) throw versionNewer(place, String(version));

  const fault = others.map((table) => faultOf(found, table)).find((each) => each !== undefined);
  if (fault !== undefined) throw damaged(place, fault);
  const { rows: leases } = await connection.query(`SELECT one FROM ${names.lease}`);
  if (leases.length !== 1 || leases[0]?.[0] !== '1') throw damaged(place, 'the table lease has not its one row');
  return 'store';
};

/** Whether the schema or a table was there already when it was to be made: most likely another one did it in the same moment. */
export const isMadeAlready = (error: unknown): boolean => /^(?:42P06|42P07|42710|23505)/.test(sqlStateOf(error) ?? '');

/** Makes the schema, if there is none, and the tables: all or nothing. */
export const createTables = async (connection: Connection, names: Names, found: Found): Promise<void> => {
  await connection.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
  try {
    if (found === 'no schema') await connection.query(`CREATE SCHEMA "${names.schema}"`);
    for (const table of tables) await connection.query(creationOf(names, table));
    await connection.query(`INSERT INTO ${names.lease} VALUES (1, '', 0, 0, '1970-01-01T00:00:00Z')`);
    await connection.query(`INSERT INTO ${names.store} VALUES ('medstate', ${STORE_VERSION})`);
    await connection.query('COMMIT');
  } catch (error) {
    await connection.query('ROLLBACK').catch(connection.drop);
    throw error;
  }
};
