import { expect, it } from 'vitest';
import { storageLaws } from '../../src/adapters/laws/storage.ts';
import { durabilityLaws } from '../../src/adapters/laws/storage-durable.ts';
import { postgresStorage } from '../../src/adapters/storage/postgres.ts';
import { describeWithServer } from './postgres-server.ts';

describeWithServer('postgres: the laws of storage', (server) => {
  for (const law of storageLaws) {
    it(law.name, () =>
      law.check(() => postgresStorage({ connection: server().connection, schema: server().freshSchema() })),
    );
  }

  for (const law of durabilityLaws) {
    it(law.name, () =>
      law.check(async () => {
        const options = { connection: server().connection, schema: server().freshSchema() };
        return {
          storage: await postgresStorage(options),
          reopen: () => postgresStorage({ ...options, mustExist: true }),
        };
      }),
    );
  }

  it('many chains stand side by side in one database', async () => {
    const connection = server().connection;
    const schemas = [server().freshSchema(), server().freshSchema()];
    const stores = await Promise.all(schemas.map((schema) => postgresStorage({ connection, schema })));
    await Promise.all(stores.map((store, index) => store.commit({ facts: { chain: Uint8Array.of(index) } })));
    const facts = await Promise.all(stores.map((store) => store.fact('chain')));
    expect(facts).toEqual([Uint8Array.of(0), Uint8Array.of(1)]);
    await Promise.all(stores.map((store) => store.close()));
  });
});
