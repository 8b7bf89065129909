import * as fc from 'fast-check';
import { MemoryLevel } from 'memory-level';
import { describe, expect, it } from 'vitest';
import { levelStorage } from '../../src/adapters/storage/level.ts';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';
import { LiveLevel } from './level-live.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const batchOf = (number: number): Batch => ({
  dropBlocksAbove: 0,
  blocks: [1, 2, 3].map((height) => ({ height, id: 'ab'.repeat(32), bytes: Uint8Array.of(number) })),
  rows: [1, 2, 3].map((leaf) => ({ leaf, bytes: Uint8Array.of(number) })),
});
const failure = { name: 'StorageError', code: 'storage_failed' };

/** Where a store may stand in a database. */
const places = {
  'the whole of it': (database: LiveLevel) => database,
  'a sublevel': (database: LiveLevel) => database.sublevel('a'),
} as const;

/** Every call that there is but `close`. */
const callsOn = (storage: Storage): Readonly<Record<string, () => Promise<unknown>>> => ({
  fact: () => storage.fact('note'),
  block: () => storage.block(1),
  blocks: () => storage.blocks(0, 9),
  topHeight: () => storage.topHeight(),
  rows: () => storage.rows([1]),
  scan: () => storage.scan(0, 9),
  history: () => storage.history(0, 9),
  commit: () => storage.commit(batchOf(2)),
});

describe('calls that are made at once', () => {
  it('take effect in their order: each read sees the commits before it and none after it', async () => {
    const call = fc.constantFrom('commit', 'rows', 'scan', 'blocks');
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 12 }), async (calls) => {
        const storage = await levelStorage({ database: new LiveLevel() });
        await storage.commit(batchOf(0));
        let number = 0;
        const answers = calls.map(async (kind) => {
          if (kind === 'commit') {
            number += 1;
            return storage.commit(batchOf(number));
          }
          const expected = [number, number, number];
          const found =
            kind === 'rows' ? await storage.rows([1, 2, 3]) : (await storage[kind](1, 3)).map(({ bytes }) => bytes);
          expect(found.map((bytes) => bytes?.[0])).toEqual(expected);
        });
        await Promise.all(answers);
        await storage.close();
      }),
      { numRuns: RUNS },
    );
  });

  it('are done before a closing that was called after them', async () => {
    const database = new LiveLevel();
    const storage = await levelStorage({ database });
    const commits = [1, 2, 3].map((number) => storage.commit(batchOf(number)));
    const read = storage.rows([1]);
    const closing = storage.close();
    await expect(storage.rows([1])).rejects.toMatchObject({ code: 'storage_closed' });
    await Promise.all([...commits, closing, storage.close()]);
    expect(await read).toEqual([Uint8Array.of(3)]);
    expect(database.status).toBe('closed');
  });
});

describe('a commit', () => {
  it('is one write that waits for the disk, also in a sublevel', async () => {
    for (const within of Object.values(places)) {
      const database = new LiveLevel();
      const storage = await levelStorage({ database: within(database) });
      database.writes.length = 0;
      await storage.commit(batchOf(1));
      await storage.commit({});
      expect(database.writes).toEqual([
        expect.objectContaining({ sync: true }),
        expect.objectContaining({ sync: true }),
      ]);
      await storage.close();
    }
  });

  it('that is not acknowledged ends the store: whether it is in shows only when the store is opened again', async () => {
    for (const isStored of [true, false]) {
      const database = new LiveLevel();
      const storage = await levelStorage({ database });
      await storage.commit(batchOf(1));
      const late = storage.commit(batchOf(1));
      database.failure = { error: Object.assign(new Error('torn'), { code: 'LEVEL_IO_ERROR' }), isStored };
      const [first, second, read] = [storage.commit(batchOf(7)), storage.commit(batchOf(8)), storage.rows([1])];
      await expect(late).rejects.toMatchObject({ ...failure, cause: database.failure.error });
      for (const call of [first, second, read, ...Object.values(callsOn(storage)).map((each) => each())]) {
        await expect(call).rejects.toMatchObject(failure);
      }
      database.failure = undefined;
      await expect(storage.commit(batchOf(9)), 'although it would work').rejects.toMatchObject(failure);
      await storage.close();
      const again = await levelStorage({ database, mustExist: true });
      expect(await again.rows([1, 2])).toEqual([Uint8Array.of(1), Uint8Array.of(1)]);
      await again.commit(batchOf(5));
      await again.close();
      await (await levelStorage({ database, mustExist: true })).close();
    }
  });

  it('that fails stops the other stores of the same database, until the database was closed', async () => {
    const database = new LiveLevel();
    const [one, other] = [database.sublevel('one'), database.sublevel('other')];
    const [first, second] = [await levelStorage({ database: one }), await levelStorage({ database: other })];
    await second.commit(batchOf(3));
    database.failure = { error: new Error('gone'), isStored: false };
    await expect(first.commit(batchOf(1))).rejects.toMatchObject(failure);
    database.failure = undefined;
    await expect(second.commit(batchOf(4))).rejects.toMatchObject(failure);
    await expect(second.rows([1])).rejects.toMatchObject(failure);
    await first.close();
    await expect(levelStorage({ database: one }), 'the database itself is still open').rejects.toMatchObject(failure);
    await database.close();
    await database.open();
    const again = await levelStorage({ database: database.sublevel('other') });
    expect(await again.rows([1])).toEqual([Uint8Array.of(3)]);
    await again.close();
  });

  it('for which there is no room is not in, and the store goes on', async () => {
    const database = new LiveLevel();
    const storage = await levelStorage({ database });
    await storage.commit(batchOf(1));
    database.failure = { error: new DOMException('over the quota', 'QuotaExceededError'), isStored: false };
    await expect(storage.commit(batchOf(2))).rejects.toMatchObject({ code: 'storage_full' });
    database.failure = undefined;
    expect(await storage.rows([1])).toEqual([Uint8Array.of(1)]);
    await storage.commit(batchOf(3));
    await storage.close();
    const again = await levelStorage({ database, mustExist: true });
    expect(await again.rows([1])).toEqual([Uint8Array.of(3)]);
    await again.close();
  });

  it('does not end the store when the batch makes no sense', async () => {
    const storage = await levelStorage({ database: new MemoryLevel() });
    await expect(storage.commit({ rows: [{ leaf: -1, bytes: undefined }] })).rejects.toMatchObject({
      code: 'invariant_violated',
    });
    await storage.commit(batchOf(1));
    expect(await storage.rows([3])).toEqual([Uint8Array.of(1)]);
  });
});

describe('a database that is closed by someone else', () => {
  for (const [name, within] of Object.entries(places)) {
    it(`closes its store in ${name} for good: it may have changed before it is open again`, async () => {
      const database = new LiveLevel();
      const storage = await levelStorage({ database: within(database) });
      const ends = Promise.allSettled([storage.commit(batchOf(1)), storage.commit(batchOf(2)), storage.rows([1])]);
      await database.close();
      await database.open();
      const acknowledged = (await ends).slice(0, 2).filter(({ status }) => status === 'fulfilled').length;
      for (const [call, make] of Object.entries(callsOn(storage))) {
        await expect(make(), call).rejects.toMatchObject({ name: 'StorageError', code: 'storage_closed' });
      }
      const again = await levelStorage({ database: within(database) });
      const [row] = await again.rows([1]);
      expect(row?.[0]).toBe([undefined, 1, 2][acknowledged]);
      await storage.close();
      await again.commit(batchOf(4));
      const third = levelStorage({ database: within(database) });
      await expect(third, 'the old one lets go of nothing').rejects.toMatchObject({ code: 'storage_busy' });
      await again.close();
    });
  }
});
