import { afterAll, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { type PostgresOptions, postgresStorage } from '../../src/adapters/storage/postgres.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { Account, commitNext, numberedBatch } from './postgres-numbered.ts';
import { ChildProgram } from './postgres-processes.ts';
import { atText, type Fate, PostgresProxy } from './postgres-proxy.ts';
import { describeWithServer, type PostgresServer } from './postgres-server.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 5);
const CUTS = 4 * KILLS;
const MAX_RUN_MS = 250;
/** A short lease, so that a store whose writer was killed is free again soon. */
const LEASE = { leaseMs: 400, waitMs: 60_000 };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let program: ChildProgram | undefined;
const children = (): ChildProgram => {
  program ??= new ChildProgram();
  return program;
};
afterAll(() => program?.remove());

const optionsOf = (server: PostgresServer): PostgresOptions & { readonly schema: string } => ({
  connection: server.connection,
  schema: server.freshSchema(),
  ...LEASE,
});

/** Opens the store, and demands that it holds what was acknowledged, perhaps one batch more, and nothing in part. */
const examine = async (options: PostgresOptions, account: Account, acknowledged: number): Promise<Storage> => {
  const storage = await postgresStorage({ ...options, mustExist: true });
  const { number, isWhole } = await account.of(storage);
  expect([acknowledged, acknowledged + 1]).toContain(number);
  expect(isWhole).toBe(true);
  return storage;
};

/** An opening and a read may be cut too often in a row; the next one is not. */
const persist = async <T>(action: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'storage_failed') throw error;
    }
  }
};

describeWithServer('postgres', (server) => {
  describe('a store holds every batch that was acknowledged and none in part', () => {
    it(`when its writer is killed, ${KILLS} times over`, async () => {
      const [options, account, chance] = [optionsOf(server()), new Account(), chanceFrom(KILLS)];
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const child = children().start(['write'], options);
        await child.spoke();
        await pause(chance.below(MAX_RUN_MS));
        child.signal('SIGKILL');
        await child.ended;
        expect(child.codes()).toEqual([]);
        const storage = await examine(options, account, child.numbers().at(-1) ?? 0);
        // The next child finds a lease that has not run out, as it would after a kill.
        if (kill % 2 === 0) await commitNext(storage);
        await storage.close();
      }
    });

    it(`when its server is killed or told to stop at once, ${KILLS} times over`, async () => {
      const [options, account, chance] = [optionsOf(server()), new Account(), chanceFrom(KILLS + 1)];
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const child = children().start(['write'], options);
        await child.spoke();
        await pause(chance.below(MAX_RUN_MS));
        await server().crash(kill % 2 === 0 ? 'immediate' : 'killed');
        const before = child.numbers().length;
        await server().start();
        // If the crash met no COMMIT, the writer finds the server again and goes on.
        const goesOn = (): boolean => child.numbers().length > before + 1;
        while (!goesOn() && !child.hasEnded()) await pause(20);
        if (goesOn()) child.signal('SIGKILL');
        else expect(child.codes()).toEqual(['storage_failed', 'storage_failed']);
        await child.ended;
        await (await examine(options, account, child.numbers().at(-1) ?? 0)).close();
      }
    });

    it(`when its connections are ended in the middle, ${CUTS} times over`, async () => {
      const [options, account, chance] = [optionsOf(server()), new Account(), chanceFrom(KILLS + 2)];
      let storage = await postgresStorage(options);
      let [acknowledged, isDone] = [0, false];
      const killer = (async () => {
        for (let kill = 1; kill <= CUTS; kill += 1) {
          await pause(chance.below(30));
          await server().query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'medstate' AND pid <> pg_backend_pid()`);
        }
        isDone = true;
      })();
      while (!isDone) {
        try {
          await storage.commit(numberedBatch(acknowledged + 1));
          acknowledged += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: 'storage_failed' });
          await expect(storage.topHeight()).rejects.toMatchObject({ code: 'storage_failed' });
          await storage.close();
          storage = await persist(() => examine(options, account, acknowledged));
          acknowledged = (await persist(() => account.of(storage))).number;
        }
      }
      await killer;
      await storage.close();
      await (await examine(options, account, acknowledged)).close();
    });
  });

  describe('when the wire is cut', () => {
    /** A store with one batch that is reached through a proxy. */
    const throughProxy = async () => {
      const proxy = new PostgresProxy(server().connection);
      const options = { ...optionsOf(server()), connection: await proxy.connection() };
      const storage = await postgresStorage(options);
      await storage.commit(numberedBatch(1));
      return { proxy, options, storage };
    };

    for (const [where, fate, held] of [
      ['before COMMIT arrives', 'cut', 1],
      ['after COMMIT arrived', 'deliver and cut', 2],
    ] as const) {
      it(`${where}, the call says that nobody knows, and the object does nothing more; opening again tells`, async () => {
        const { proxy, options, storage } = await throughProxy();
        proxy.judge = atText('COMMIT\0', fate);
        await expect(storage.commit(numberedBatch(2))).rejects.toMatchObject({
          code: 'storage_failed',
          message: expect.stringContaining('nobody told whether it is in'),
        });
        await expect(storage.commit(numberedBatch(2))).rejects.toMatchObject({ code: 'storage_failed' });
        await expect(storage.rows([1])).rejects.toMatchObject({ code: 'storage_failed' });
        await storage.close();
        const again = await postgresStorage({ ...options, waitMs: 0 });
        expect(await new Account().of(again)).toEqual({ number: held, isWhole: true });
        await again.close();
        await proxy.stop();
      });
    }

    it('anywhere before that, the batch is tried again and gets in once', async () => {
      const { proxy, options, storage } = await throughProxy();
      let number = 1;
      for (const text of ['BEGIN ISOLATION', 'fence AS', 'DELETE FROM']) {
        for (const fate of ['cut', 'deliver and cut'] as const) {
          number += 1;
          let seen: Fate = 'pass';
          const judge = atText(text, fate);
          proxy.judge = (piece) => {
            const verdict = judge(piece);
            if (verdict !== 'pass') seen = verdict;
            return verdict;
          };
          await storage.commit({ ...numberedBatch(number), dropBlocksAbove: 1000 });
          expect(seen, `the cut at ${text}`).toBe(fate);
        }
      }
      const row = await storage.rows([5000]);
      expect(row[0]?.[0]).toBe(number);
      expect(await server().query(`SELECT batches FROM ${options.schema}.lease`)).toEqual([
        { batches: String(number) },
      ]);
      await storage.close();
      await proxy.stop();
    });

    it('a read is asked again, by writers and readers', async () => {
      const { proxy, options, storage } = await throughProxy();
      const reader = await postgresStorage({ ...options, readOnly: true });
      for (const each of [storage, reader]) {
        for (const fate of ['cut', 'deliver and cut'] as const) {
          proxy.judge = atText('SELECT', fate);
          expect(await new Account().of(each)).toEqual({ number: 1, isWhole: true });
        }
      }
      await Promise.all([storage.close(), reader.close()]);
      await proxy.stop();
    });

    it('or everything is held up, the call gives up after a while, and so does the server', async () => {
      const proxy = new PostgresProxy(server().connection);
      const options = { ...optionsOf(server()), connection: await proxy.connection(), answerMs: 900 };
      const storage = await postgresStorage(options);
      await storage.commit(numberedBatch(1));
      proxy.judge = atText('COMMIT\0', 'hold');
      const commit = expect(storage.commit(numberedBatch(2))).rejects.toMatchObject({ code: 'storage_failed' });
      // The server ends the transaction that goes nowhere, so another may have the store.
      const other = await postgresStorage({ ...options, connection: server().connection });
      expect(await new Account().of(other)).toEqual({ number: 1, isWhole: true });
      await commit;
      proxy.release();
      await other.commit(numberedBatch(2));
      await storage.close();
      expect(await new Account().of(other)).toEqual({ number: 2, isWhole: true });
      await other.close();
      await proxy.stop();
    });

    it(`after any piece of what is sent, ${CUTS} times over, nothing is lost and nothing is there in part`, async () => {
      const [proxy, account, chance] = [new PostgresProxy(server().connection), new Account(), chanceFrom(KILLS + 3)];
      const options = { ...optionsOf(server()), connection: await proxy.connection() };
      let storage = await postgresStorage(options);
      let acknowledged = 0;
      for (let cut = 1; cut <= CUTS; cut += 1) {
        let left = chance.below(14);
        const fate = chance.oneOf(['cut', 'deliver and cut'] as const);
        proxy.judge = () => {
          left -= 1;
          return left === 0 ? fate : 'pass';
        };
        while (left > 0) {
          const isIn = await storage.commit(numberedBatch(acknowledged + 1)).then(
            () => true,
            (error: unknown) => {
              expect(error).toMatchObject({ code: 'storage_failed' });
              return false;
            },
          );
          if (isIn) acknowledged += 1;
          else {
            await storage.close();
            storage = await examine(options, account, acknowledged);
            acknowledged = (await account.of(storage)).number;
          }
        }
      }
      proxy.judge = () => 'pass';
      await storage.close();
      await (await examine(options, account, acknowledged)).close();
      await proxy.stop();
    });
  });

  describe('between two calls', () => {
    it('a connection may be lost, or the server start anew, and nobody notices', async () => {
      const options = optionsOf(server());
      const writer = await postgresStorage({ ...options, leaseMs: 60_000 });
      const reader = await postgresStorage({ ...options, readOnly: true });
      await writer.commit(numberedBatch(1));
      await server().query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'medstate'",
      );
      await pause(50);
      expect(await new Account().of(reader)).toEqual({ number: 1, isWhole: true });
      await writer.commit(numberedBatch(2));
      await server().crash('immediate');
      await server().start();
      await writer.commit(numberedBatch(3));
      for (const each of [writer, reader]) expect(await new Account().of(each)).toEqual({ number: 3, isWhole: true });
      await Promise.all([writer.close(), reader.close()]);
    });

    it('a server that lost what it had acknowledged is found out by the next batch and the next read', async () => {
      for (const call of [
        (storage: Storage) => storage.commit(numberedBatch(3)),
        (storage: Storage) => storage.topHeight(),
        (storage: Storage) => storage.rows([7777]),
      ]) {
        const options = optionsOf(server());
        const writer = await postgresStorage(options);
        for (const number of [1, 2]) await writer.commit(numberedBatch(number));
        // As after a standby took over that had not got the last batch.
        await server().query(`UPDATE ${options.schema}.lease SET batches = 1`);
        await expect(call(writer)).rejects.toMatchObject({
          code: 'storage_failed',
          message: expect.stringContaining('holds 1 batches, but 2 were acknowledged'),
        });
        await expect(writer.commit(numberedBatch(3))).rejects.toMatchObject({ code: 'storage_failed' });
        await writer.close();
      }
    });
  });
});
