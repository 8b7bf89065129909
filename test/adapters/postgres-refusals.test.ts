import { inspect } from 'node:util';
import { types } from 'pg';
import { describe, expect, it } from 'vitest';
import { contentsOf } from '../../src/adapters/laws/storage-model.ts';
import { type PostgresOptions, postgresStorage } from '../../src/adapters/storage/postgres.ts';
import { Account, commitNext, numberedBatch } from './postgres-numbered.ts';
import { describeWithServer, type PostgresServer } from './postgres-server.ts';

type Options = PostgresOptions & { readonly schema: string };

const optionsOf = (server: PostgresServer): Options => ({
  connection: server.connection,
  schema: server.freshSchema(),
});

/** A closed store of two batches. */
const makeStore = async (options: Options): Promise<void> => {
  const storage = await postgresStorage(options);
  for (const number of [1, 2]) await storage.commit(numberedBatch(number));
  await storage.close();
};

/** Every relation of a schema, what it is made of, and all that the tables hold. */
const pictureOf = async (server: PostgresServer, schema: string): Promise<unknown> => {
  const relations = await server.query(
    `SELECT c.oid, c.relname, c.relkind, array_agg(a.attname::text || ' ' || a.atttypid ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname = $1 GROUP BY c.oid, c.relname, c.relkind ORDER BY c.oid`,
    [schema],
  );
  const contents: unknown[] = [];
  for (const { relkind, relname } of relations) {
    if (relkind !== 'r') continue;
    const text = `SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM ${schema}.${relname} t`;
    contents.push(await server.query(text));
  }
  const schemas = await server.query('SELECT nspname FROM pg_namespace WHERE nspname = $1', [schema]);
  return [schemas, relations, contents];
};

/** Whoever opens it is refused with the code, and nothing changes. */
const expectUntouchedRefusal = async (server: PostgresServer, options: Options, code: string): Promise<void> => {
  const before = await pictureOf(server, options.schema);
  for (const more of [{}, { mustExist: true }, { readOnly: true }]) {
    const message = expect.stringContaining(`schema ${options.schema} of database postgres`);
    await expect(postgresStorage({ ...options, ...more })).rejects.toMatchObject({
      name: 'StorageError',
      code,
      message,
    });
  }
  expect(await pictureOf(server, options.schema)).toEqual(before);
};

const COLUMNS = {
  store: ['application', 'version'],
  lease: ['one', 'holder', 'epoch', 'batches', 'expires_at'],
  facts: ['name', 'value'],
  blocks: ['height', 'id', 'bytes'],
  rows: ['leaf', 'bytes'],
  history: ['height', 'bytes'],
} as const;

/** What can be done to a store: statements about the schema `$`, and the code that whoever opens it is told. */
const spoilings: Readonly<Record<string, readonly [statements: string, code: string]>> = {
  'it is of a later version': ['UPDATE $.store SET version = 2', 'storage_version_newer'],
  'it is of a later version that has other tables': [
    'UPDATE $.store SET version = 7; DROP TABLE $.rows, $.lease; CREATE TABLE $.pages (page int8)',
    'storage_version_newer',
  ],
  'it is of some other application by its own word': ["UPDATE $.store SET application = 'x'", 'storage_not_medstate'],
  'its mark is gone': ['DELETE FROM $.store', 'storage_damaged'],
  'its lease is gone': ['DELETE FROM $.lease', 'storage_damaged'],
  'it has two leases': [
    'INSERT INTO $.lease SELECT 2, holder, epoch, batches, expires_at FROM $.lease',
    'storage_damaged',
  ],
  ...Object.fromEntries(
    Object.keys(COLUMNS).map((table) => [
      `its ${table} are gone`,
      [`DROP TABLE $.${table}`, 'storage_damaged'] as const,
    ]),
  ),
  ...Object.fromEntries(
    ['facts', 'blocks', 'rows', 'history'].flatMap((table) => [
      [
        `its ${table} have lost their key`,
        [`ALTER TABLE $.${table} DROP CONSTRAINT ${table}_pkey`, 'storage_damaged'] as const,
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(COLUMNS)
      .filter(([table]) => table !== 'store')
      .map(([table, columns]) => {
        const column = columns.at(-1) ?? '';
        return [
          `the ${column} of its ${table} are gone`,
          [`ALTER TABLE $.${table} DROP ${column}`, 'storage_damaged'] as const,
        ];
      }),
  ),
  'a number has become a text': ['ALTER TABLE $.rows ALTER leaf TYPE text', 'storage_damaged'],
};

describeWithServer('postgres', (server) => {
  describe('what is no store is refused and left as it is', () => {
    const foreign: Readonly<Record<string, string>> = {
      'a table': 'CREATE TABLE $.patients (name text); INSERT INTO $.patients VALUES (1)',
      'tables of the same names': 'CREATE TABLE $.store (id int8); CREATE TABLE $.rows (leaf int8)',
      'a shop':
        "CREATE TABLE $.store (application text PRIMARY KEY, version int8); INSERT INTO $.store VALUES ('shop', 1)",
      'a view': 'CREATE VIEW $.store AS SELECT 1 AS application',
      'a sequence': 'CREATE SEQUENCE $.numbers',
      'an empty table': 'CREATE TABLE $.empty ()',
      'a type of the name of a table': 'CREATE TYPE $.rows AS (leaf int8)',
    };
    for (const [what, statements] of Object.entries(foreign)) {
      it(what, async () => {
        const options = optionsOf(server());
        await server().query(`CREATE SCHEMA ${options.schema}`);
        await server().query(statements.replaceAll('$', options.schema));
        await expectUntouchedRefusal(server(), options, 'storage_not_medstate');
      });
    }
  });

  it('a schema where something that is no table has the name of one is refused', async () => {
    const options = optionsOf(server());
    await server().query(`CREATE SCHEMA ${options.schema}`);
    await server().query(`CREATE TYPE ${options.schema}.history AS ENUM ('old')`);
    const before = await pictureOf(server(), options.schema);
    await expect(postgresStorage(options)).rejects.toMatchObject({ code: 'storage_not_medstate' });
    expect(await pictureOf(server(), options.schema)).toEqual(before);
  });

  it('a store is refused and left as it is, whatever of it is spoilt', async () => {
    for (const [what, [statements, code]] of Object.entries(spoilings)) {
      const options = optionsOf(server());
      await makeStore(options);
      await server().query(statements.replaceAll('$', options.schema));
      await expectUntouchedRefusal(server(), options, code).catch((error: unknown) => {
        throw new Error(`when ${what}`, { cause: error });
      });
    }
  });

  describe('where there is no store yet', () => {
    it('one is made, unless it must exist', async () => {
      const options = optionsOf(server());
      await expectUntouchedMissing(options);
      await makeStore(options);
      const again = await postgresStorage({ ...options, mustExist: true });
      expect(await new Account().of(again)).toEqual({ number: 2, isWhole: true });
      await again.close();
    });

    it('an empty schema becomes one, and is none where one must be', async () => {
      const options = optionsOf(server());
      await server().query(`CREATE SCHEMA ${options.schema}`);
      await expectUntouchedMissing(options);
      await makeStore(options);
    });

    it('a database that is not there is told as missing', async () => {
      const options = { ...optionsOf(server()), connection: { ...server().connection, database: 'elsewhere' } };
      await expect(postgresStorage(options)).rejects.toMatchObject({ code: 'storage_missing' });
    });

    const expectUntouchedMissing = async (options: Options): Promise<void> => {
      const before = await pictureOf(server(), options.schema);
      for (const more of [{ mustExist: true }, { readOnly: true }, { readOnly: true, mustExist: false }]) {
        await expect(postgresStorage({ ...options, ...more })).rejects.toMatchObject({ code: 'storage_missing' });
      }
      expect(await pictureOf(server(), options.schema)).toEqual(before);
    };
  });

  describe('a server that lets nobody in', () => {
    const SECRET = 'a secret of 24 letters..';
    const refusals: Readonly<Record<string, () => PostgresOptions['connection']>> = {
      'a wrong password': () => ({ ...server().connection, password: SECRET }),
      'an unknown user': () => ({ ...server().connection, user: 'nobody_here', password: SECRET }),
      'nobody at the port': () => ({ ...server().connection, port: 1, password: SECRET }),
      'a port that is none': () => ({ ...server().connection, port: 99_999, password: SECRET }),
      'no such host': () => ({ ...server().connection, host: 'no.such.host.invalid', password: SECRET }),
      'an address that is none': () => ({ connectionString: `postgres://me:${SECRET}@[no address/x` }),
      'an address of another place': () => ({
        connectionString: `postgres://me:${encodeURIComponent(SECRET)}@127.0.0.1:1/x`,
      }),
    };
    for (const [what, connection] of Object.entries(refusals)) {
      it(`says so and keeps the password to itself: ${what}`, async () => {
        const error: unknown = await postgresStorage({ connection: connection() }).catch((caught: unknown) => caught);
        expect(error).toMatchObject({ name: 'StorageError', code: 'storage_failed' });
        for (const secret of [SECRET, encodeURIComponent(SECRET)]) {
          expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
        }
      });
    }

    it('for want of rights says which, and one who may only look can read', async () => {
      const options = optionsOf(server());
      await makeStore(options);
      await server().query(`CREATE ROLE looker LOGIN PASSWORD '${SECRET}'`);
      const asLooker = { ...options, connection: { ...server().connection, user: 'looker', password: SECRET } };
      await expect(postgresStorage(asLooker)).rejects.toMatchObject({
        code: 'storage_failed',
        message: /permission denied/,
      });
      const elsewhere = { ...asLooker, schema: server().freshSchema() };
      await expect(postgresStorage(elsewhere)).rejects.toMatchObject({
        code: 'storage_failed',
        message: /permission denied/,
      });
      await server().query(`GRANT USAGE ON SCHEMA ${options.schema} TO looker`);
      await server().query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${options.schema} TO looker`);
      const reader = await postgresStorage({ ...asLooker, readOnly: true });
      expect(await new Account().of(reader)).toEqual({ number: 2, isWhole: true });
      await reader.close();
      await expect(postgresStorage(asLooker)).rejects.toMatchObject({
        code: 'storage_failed',
        message: /permission denied/,
      });
    });
  });

  it('a user and a program with settings of their own change nothing', async () => {
    const options = optionsOf(server());
    await server().query("CREATE ROLE odd LOGIN SUPERUSER PASSWORD 'odd'");
    for (const setting of [
      "bytea_output = 'escape'",
      "default_transaction_isolation = 'serializable'",
      'default_transaction_read_only = on',
      'synchronous_commit = off',
      "datestyle = 'German'",
      "timezone = 'Asia/Seoul'",
      "search_path = 'pg_catalog'",
    ]) {
      await server().query(`ALTER ROLE odd SET ${setting}`);
    }
    const [bytea, int8] = [types.getTypeParser(17), types.getTypeParser(20)];
    types.setTypeParser(17, () => 'spoilt');
    types.setTypeParser(20, () => 'spoilt');
    try {
      const storage = await postgresStorage({
        ...options,
        connection: { ...server().connection, user: 'odd', password: 'odd' },
      });
      await server().query(`CREATE TABLE ${options.schema}.seen AS SELECT ''::text AS setting`);
      await onEachPut(
        options.schema,
        `UPDATE ${options.schema}.seen SET setting = current_setting('synchronous_commit')`,
      );
      for (const number of [1, 2, 3]) expect(await commitNext(storage)).toBe(number);
      expect(await new Account().of(storage)).toEqual({ number: 3, isWhole: true });
      expect(await server().query(`SELECT setting FROM ${options.schema}.seen`)).toEqual([{ setting: 'on' }]);
      await storage.close();
    } finally {
      types.setTypeParser(17, bytea);
      types.setTypeParser(20, int8);
    }
  });

  /** Lets the server do this whenever facts are put: at once, or at COMMIT. */
  const onEachPut = async (schema: string, statements: string, when: 'at once' | 'at COMMIT' = 'at once') => {
    await server().query(`CREATE OR REPLACE FUNCTION ${schema}.mishap() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN ${statements}; RETURN NEW; END $$`);
    await server().query(`DROP TRIGGER IF EXISTS mishap ON ${schema}.facts`);
    const [kind, timing] = when === 'at once' ? ['TRIGGER', 'BEFORE'] : ['CONSTRAINT TRIGGER', 'AFTER'];
    const deferred = when === 'at once' ? '' : 'DEFERRABLE INITIALLY DEFERRED';
    await server().query(`CREATE ${kind} mishap ${timing} INSERT OR UPDATE ON ${schema}.facts ${deferred}
      FOR EACH ROW EXECUTE FUNCTION ${schema}.mishap()`);
  };

  describe('a batch that the server will not take', () => {
    const raise = (state: string): string => `RAISE EXCEPTION 'a mishap' USING ERRCODE = '${state}'`;
    const opened = async () => {
      const options = optionsOf(server());
      const storage = await postgresStorage(options);
      await storage.commit(numberedBatch(1));
      return { storage, schema: options.schema };
    };

    for (const [state, code] of [
      ['53100', 'storage_full'],
      ['40001', 'storage_busy'],
      ['40P01', 'storage_busy'],
      ['55P03', 'storage_busy'],
    ] as const) {
      it(`with ${state} is not in, told as ${code}, and gets in when the cause is gone`, async () => {
        const { storage, schema } = await opened();
        await onEachPut(schema, raise(state));
        await expect(storage.commit(numberedBatch(2))).rejects.toMatchObject({ code, message: /a mishap/ });
        expect(await new Account().of(storage)).toEqual({ number: 1, isWhole: true });
        await server().query(`DROP TRIGGER mishap ON ${schema}.facts`);
        expect(await commitNext(storage)).toBe(2);
        expect(await new Account().of(storage)).toEqual({ number: 2, isWhole: true });
        await storage.close();
      });
    }

    for (const when of ['at once', 'at COMMIT'] as const) {
      it(`because another transaction was in the way, ${when}, is tried again until it gets in`, async () => {
        const { storage, schema } = await opened();
        await server().query(`CREATE SEQUENCE ${schema}.tries`);
        await onEachPut(schema, `IF nextval('${schema}.tries') < 4 THEN ${raise('40001')}; END IF`, when);
        await storage.commit(numberedBatch(2));
        expect(await new Account().of(storage)).toEqual({ number: 2, isWhole: true });
        expect(
          Number((await server().query(`SELECT last_value FROM ${schema}.tries`))[0]?.['last_value']),
        ).toBeGreaterThan(3);
        await storage.close();
      });
    }

    for (const [state, when] of [
      ['P0001', 'at once'],
      ['40003', 'at COMMIT'],
      ['P0001', 'at COMMIT'],
    ] as const) {
      it(`with ${state} ${when} ends the object`, async () => {
        const { storage, schema } = await opened();
        await onEachPut(schema, raise(state), when);
        await expect(storage.commit(numberedBatch(2))).rejects.toMatchObject({ code: 'storage_failed' });
        await expect(storage.topHeight()).rejects.toMatchObject({ code: 'storage_failed' });
        await storage.close();
        const again = await postgresStorage({ connection: server().connection, schema });
        expect(await new Account().of(again)).toEqual({ number: 1, isWhole: true });
        await again.close();
      });
    }
  });

  it('a batch that takes the server too long is given up once, not tried again, and is not in', async () => {
    const options = optionsOf(server());
    const storage = await postgresStorage({ ...options, answerMs: 700 });
    await storage.commit(numberedBatch(1));
    await server().query(`CREATE SEQUENCE ${options.schema}.tries`);
    await onEachPut(options.schema, `PERFORM nextval('${options.schema}.tries'), pg_sleep(2)`);
    await expect(storage.commit({ facts: { note: undefined, slow: new Uint8Array(4) } })).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('no answer for 700 ms'),
    });
    await expect(storage.topHeight()).rejects.toMatchObject({ code: 'storage_failed' });
    await storage.close();
    const again = await postgresStorage({ ...options, waitMs: 30_000 });
    expect(await new Account().of(again)).toEqual({ number: 1, isWhole: true });
    expect(await server().query(`SELECT last_value FROM ${options.schema}.tries`)).toEqual([{ last_value: '1' }]);
    await again.close();
  });

  it('tables that are taken away under an open store are told as damage', async () => {
    const options = optionsOf(server());
    await makeStore(options);
    const storage = await postgresStorage(options);
    const before = await contentsOf(storage);
    await server().query(`ALTER TABLE ${options.schema}.rows RENAME TO lost`);
    await expect(storage.rows([5000])).rejects.toMatchObject({ code: 'storage_damaged' });
    await expect(storage.commit(numberedBatch(3))).rejects.toMatchObject({ code: 'storage_damaged' });
    await server().query(`ALTER TABLE ${options.schema}.lost RENAME TO rows`);
    expect(await contentsOf(storage)).toEqual(before);
    await server().query(`DROP SCHEMA ${options.schema} CASCADE`);
    await expect(storage.scan(0, 1)).rejects.toMatchObject({ code: 'storage_damaged' });
    await storage.close();
  });
});
