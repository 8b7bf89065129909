import { afterAll, describe, expect, it } from 'vitest';
import { contentsOf } from '../../src/adapters/laws/storage-model.ts';
import { type PostgresOptions, postgresStorage } from '../../src/adapters/storage/postgres.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { Account, commitNext, numberedBatch } from './postgres-numbered.ts';
import { ChildProgram } from './postgres-processes.ts';
import { describeWithServer, type PostgresServer } from './postgres-server.ts';

const STOPS = Number(process.env['MEDSTATE_KILLS'] ?? 2);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const LONG_AGO = "'1970-01-01T00:00:00Z'";

/** Every call that a storage has, but for `close`. */
const callsOf = (storage: Storage): readonly (() => Promise<unknown>)[] => [
  () => storage.fact('count'),
  () => storage.block(0),
  () => storage.blocks(0, 1),
  () => storage.topHeight(),
  () => storage.rows([5000]),
  () => storage.scan(0, 1),
  () => storage.history(0, 1),
  () => storage.commit({}),
];

const optionsOf = (server: PostgresServer): PostgresOptions & { readonly schema: string } => ({
  connection: server.connection,
  schema: server.freshSchema(),
});

/** The lease of the store runs out this moment, as if its holder had slept. */
const runOut = (server: PostgresServer, schema: string): Promise<unknown> =>
  server.query(`UPDATE ${schema}.lease SET expires_at = ${LONG_AGO}`);

let program: ChildProgram | undefined;
const children = (): ChildProgram => {
  program ??= new ChildProgram();
  return program;
};
afterAll(() => program?.remove());

describeWithServer('postgres', (server) => {
  describe('a store has one writer', () => {
    it('and another is told so until it is closed, while readers come and go', async () => {
      const options = optionsOf(server());
      const writer = await postgresStorage(options);
      expect(await commitNext(writer)).toBe(1);
      await expect(postgresStorage(options)).rejects.toMatchObject({
        code: 'storage_busy',
        message: expect.stringMatching(
          new RegExp(`held by .* process ${process.pid}, whose lease runs for \\d+ ms more`),
        ),
      });
      const elsewhere = children().start(['open'], options);
      await elsewhere.ended;
      expect(elsewhere.codes()).toEqual(['storage_busy']);
      const reader = await postgresStorage({ ...options, readOnly: true });
      expect(await new Account().of(reader)).toEqual({ number: 1, isWhole: true });
      expect(await commitNext(writer)).toBe(2);
      expect(await new Account().of(reader)).toEqual({ number: 2, isWhole: true });
      await expect(reader.commit({})).rejects.toMatchObject({ code: 'storage_read_only' });
      await writer.close();
      const next = await postgresStorage(options);
      expect(await commitNext(next)).toBe(3);
      await Promise.all([reader.close(), next.close()]);
    });

    it('of many that make a new store at once one gets it, and the others are told that it is busy', async () => {
      const options = optionsOf(server());
      const openings = await Promise.allSettled(Array.from({ length: 6 }, () => postgresStorage(options)));
      const opened = openings.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      const codes = openings.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      expect(opened).toHaveLength(1);
      expect(codes).toEqual(new Array(5).fill('storage_busy'));
      for (const storage of opened) {
        expect(await commitNext(storage)).toBe(1);
        await storage.close();
      }
    });

    it('of many that wait for it each gets it once the one before has closed it', async () => {
      const options = { ...optionsOf(server()), waitMs: 60_000 };
      const racers = 4;
      const turns = Array.from({ length: racers }, async () => {
        const storage = await postgresStorage(options);
        const number = await commitNext(storage);
        await storage.close();
        return number;
      });
      expect((await Promise.all(turns)).sort()).toEqual([1, 2, 3, 4]);
    });

    it('of many processes that open it again and again no two commit the same number', async () => {
      const options = { ...optionsOf(server()), waitMs: 60_000 };
      const times = 3;
      const racers = [0, 1, 2].map(() => children().start(['race', times], options));
      await Promise.all(racers.map((racer) => racer.ended));
      const numbers = racers.flatMap((racer) => racer.numbers());
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 3 * times }, (_, index) => index + 1));
      const reader = await postgresStorage({ ...options, readOnly: true });
      expect(await new Account().of(reader)).toEqual({ number: 3 * times, isWhole: true });
      await reader.close();
    });

    it('which keeps it for as long as it lives, though it says nothing', async () => {
      const options = { ...optionsOf(server()), leaseMs: 400 };
      const writer = await postgresStorage(options);
      await expect(postgresStorage({ ...options, waitMs: 1600 })).rejects.toMatchObject({ code: 'storage_busy' });
      expect(await commitNext(writer)).toBe(1);
      await writer.close();
    });

    it('which keeps it through a batch that takes longer than its lease runs', async () => {
      const options = { ...optionsOf(server()), leaseMs: 300 };
      const writer = await postgresStorage(options);
      await server().query(`CREATE FUNCTION ${options.schema}.slow() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN PERFORM pg_sleep(0.8); RETURN NEW; END $$`);
      await server().query(`CREATE TRIGGER slow BEFORE INSERT ON ${options.schema}.facts
      FOR EACH STATEMENT EXECUTE FUNCTION ${options.schema}.slow()`);
      const waiting = expect(postgresStorage({ ...options, waitMs: 2000 })).rejects.toMatchObject({
        code: 'storage_busy',
      });
      for (const number of [1, 2, 3]) await writer.commit(numberedBatch(number));
      await waiting;
      expect(await new Account().of(writer)).toEqual({ number: 3, isWhole: true });
      await writer.close();
    });
  });

  describe('a writer that slept past its lease and was followed by another', () => {
    /** A writer that has committed a batch, and the one that took the store over. */
    const takenOver = async (options = optionsOf(server())) => {
      const first = await postgresStorage(options);
      await commitNext(first);
      await runOut(server(), options.schema);
      const second = await postgresStorage(options);
      return { first, second };
    };

    it('commits nothing when it wakes, and does nothing any more', async () => {
      const { first, second } = await takenOver();
      const before = await contentsOf(second);
      await expect(first.commit(numberedBatch(2))).rejects.toMatchObject({
        code: 'storage_fenced',
        message: expect.stringContaining('taken over by'),
      });
      expect(await contentsOf(second)).toEqual(before);
      for (const call of callsOf(first)) await expect(call()).rejects.toMatchObject({ code: 'storage_fenced' });
      await first.close();
      await expect(first.topHeight()).rejects.toMatchObject({ code: 'storage_closed' });
      for (const number of [2, 3]) await second.commit(numberedBatch(number));
      expect(await new Account().of(second)).toEqual({ number: 3, isWhole: true });
      await second.close();
    });

    it('is refused an empty batch and one that only deletes, too', async () => {
      for (const batch of [{}, { dropBlocksAbove: 0, rows: [{ leaf: 5000, bytes: undefined }] }]) {
        const { first, second } = await takenOver();
        const before = await contentsOf(second);
        await expect(first.commit(batch)).rejects.toMatchObject({ code: 'storage_fenced' });
        expect(await contentsOf(second)).toEqual(before);
        await Promise.all([first.close(), second.close()]);
      }
    });

    it('learns it from whatever it reads, found or not', async () => {
      const reads = (storage: Storage): readonly (() => Promise<unknown>)[] => [
        ...callsOf(storage).slice(0, -1),
        () => storage.block(9999),
        () => storage.rows([7777]),
        () => storage.scan(7777, 5),
        () => storage.blocks(9999, 5),
      ];
      const options = optionsOf(server());
      for (let index = 0; index < reads({} as Storage).length; index += 1) {
        const { first, second } = await takenOver(options);
        await expect(reads(first)[index]?.()).rejects.toMatchObject({ code: 'storage_fenced' });
        await Promise.all([first.close(), second.close()]);
      }
    });

    it('learns it from the renewal of its lease, and takes it from nobody when it is closed', async () => {
      const options = { ...optionsOf(server()), leaseMs: 400 };
      const first = await postgresStorage(options);
      await server().query(`UPDATE ${options.schema}.lease SET epoch = epoch + 1, holder = 'a test',
      expires_at = now() + interval '1 hour'`);
      await pause(600);
      await first.close();
      await expect(postgresStorage(options)).rejects.toMatchObject({
        code: 'storage_busy',
        message: expect.stringContaining('held by a test'),
      });
    });

    it('keeps the store if nobody followed', async () => {
      const options = optionsOf(server());
      const writer = await postgresStorage(options);
      await runOut(server(), options.schema);
      expect(await commitNext(writer)).toBe(1);
      await expect(postgresStorage(options)).rejects.toMatchObject({ code: 'storage_busy' });
      await writer.close();
    });

    it(`even in the middle of a batch: ${STOPS} processes are stopped while they write, and woken after another took over`, async () => {
      const options = { ...optionsOf(server()), leaseMs: 300, waitMs: 60_000 };
      const account = new Account();
      for (let stop = 1; stop <= STOPS; stop += 1) {
        const child = children().start(['write'], options);
        await child.spoke();
        await pause(((stop * 37) % 97) + 3);
        child.signal('SIGSTOP');
        const acknowledged = child.numbers().at(-1) ?? 0;
        const storage = await postgresStorage(options);
        const found = await account.of(storage);
        expect(found.isWhole).toBe(true);
        expect([acknowledged, acknowledged + 1]).toContain(found.number);
        expect(await commitNext(storage)).toBe(found.number + 1);
        child.signal('SIGCONT');
        await child.ended;
        // Where it lost its connection around COMMIT it knows less, and stops as well.
        expect(['storage_fenced', 'storage_failed']).toContain(child.codes()[0]);
        expect(child.codes()[1]).toBe(child.codes()[0]);
        expect(child.numbers().at(-1)).toBeLessThanOrEqual(found.number);
        expect(await commitNext(storage)).toBe(found.number + 2);
        expect(await account.of(storage)).toEqual({ number: found.number + 2, isWhole: true });
        await storage.close();
      }
    });
  });

  describe('readers beside a writer', () => {
    it('see one state between two batches in each call', async () => {
      const options = optionsOf(server());
      const writer = await postgresStorage(options);
      const leaves = Array.from({ length: 400 }, (_, leaf) => leaf);
      /** Every round gives all rows and blocks another value; the last rows come and go, and the blocks move up. */
      const put = (round: number): Promise<void> => {
        const bytes = Uint8Array.of(round);
        const isEven = round % 2 === 0;
        return writer.commit({
          rows: leaves.map((leaf) => ({ leaf, bytes: leaf < 350 || isEven ? bytes : undefined })),
          dropBlocksAbove: 0,
          blocks: leaves.slice(0, 40).map((index) => ({ height: index + round, id: 'ab'.repeat(32), bytes })),
        });
      };
      const roundOf = (values: readonly Uint8Array[]): number => {
        const rounds = new Set(values.map(([round]) => round));
        expect(rounds.size, 'the rounds of which one call saw values').toBe(1);
        return Number([...rounds][0]);
      };
      await put(1);
      const readers = await Promise.all([0, 1].map(() => postgresStorage({ ...options, readOnly: true })));
      let isWriting = true;
      const reading = readers.map(async (reader) => {
        const seen = new Set<number>();
        while (isWriting) {
          const blocks = await reader.blocks(1, 1000);
          expect(blocks[0]?.height).toBe(roundOf(blocks.map(({ bytes }) => bytes)));
          expect(blocks).toHaveLength(40);
          for (const rows of [
            await reader.scan(0, 1000).then((all) => all.map(({ bytes }) => bytes)),
            await reader.rows(leaves),
          ]) {
            const values = rows.flatMap((bytes) => bytes ?? []);
            const round = roundOf(values);
            expect(values).toHaveLength(round % 2 === 0 ? 400 : 350);
            seen.add(round);
          }
        }
        return seen.size;
      });
      for (let round = 2; round < 40; round += 1) await put(round);
      isWriting = false;
      for (const states of await Promise.all(reading)) expect(states).toBeGreaterThan(3);
      await Promise.all([writer, ...readers].map((each) => each.close()));
    });
  });
});

describe('the options of a postgres storage', () => {
  it('are refused when they make no sense, before anything is asked of a server', async () => {
    const connection = { host: '127.0.0.1', port: 1 };
    const wrong: readonly Partial<PostgresOptions>[] = [
      ...['', 'Upper', 'two words', 'x"y', '1st', 'pg_mine', 'information_schema', 'x'.repeat(64), 'é'].map(
        (schema) => ({
          schema,
        }),
      ),
      ...[199, 3_600_001, 0.5, Number.NaN].map((leaseMs) => ({ leaseMs })),
      ...[-1, 0.5, 2 ** 31].map((waitMs) => ({ waitMs })),
      ...[0, 0.5, 2 ** 31].map((answerMs) => ({ answerMs })),
    ];
    for (const part of wrong) {
      await expect(postgresStorage({ connection, ...part })).rejects.toMatchObject({ code: 'invariant_violated' });
    }
  });
});
