import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { MemoryLevel } from 'memory-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { levelStorage } from '../../src/adapters/storage/level.ts';

const VIEWS = { keyEncoding: 'view', valueEncoding: 'view' } as const;
type Views = MemoryLevel<Uint8Array, Uint8Array>;
const newViews = (): Views => new MemoryLevel<Uint8Array, Uint8Array>(VIEWS);
const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const MARKER = text('medstate');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-level-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A database with a store that holds a row and a block, and is closed. */
const madeStore = async (): Promise<Views> => {
  const database = newViews();
  const storage = await levelStorage({ database });
  const block = { height: 300, id: 'cd'.repeat(32), bytes: Uint8Array.of(7) };
  await storage.commit({ rows: [{ leaf: 258, bytes: Uint8Array.of(1) }], blocks: [block] });
  await storage.close();
  await database.open();
  return database;
};
const entriesOf = (database: Views): Promise<[Uint8Array, Uint8Array][]> => database.iterator().all();

const expectUntouchedRefusal = async (database: Views, code: string): Promise<void> => {
  const before = await entriesOf(database);
  for (const mustExist of [false, true]) {
    await expect(levelStorage({ database, mustExist })).rejects.toMatchObject({ name: 'StorageError', code });
    expect(database.status, 'it is open as it was').toBe('open');
    expect(await entriesOf(database)).toEqual(before);
  }
};

describe('the keys of a store', () => {
  it('are these, in the order of numbers: other versions of this library must find them', async () => {
    const entries = await entriesOf(await madeStore());
    expect(
      entries.map(([key, value]) => [Buffer.from(key).toString('latin1'), Buffer.from(value).toString('latin1')]),
    ).toEqual([
      ['b\0\0\0\0\0\0\x01\x2c', `${'\xcd'.repeat(32)}\x07`],
      ['c\0\0\0\0\0\0\0\x01', ''],
      ['medstate', 'store version 1'],
      ['r\0\0\0\0\0\0\x01\x02', '\x01'],
    ]);
  });

  it('stay within a sublevel, and others live beside it', async () => {
    const database = new MemoryLevel<string, string>();
    await database.put('another', 'application');
    const storage = await levelStorage({ database: database.sublevel('chain', { valueEncoding: 'json' }) });
    const other = await levelStorage({ database: database.sublevel('chain2') });
    await storage.commit({ rows: [{ leaf: 1, bytes: Uint8Array.of(1) }] });
    await other.commit({ rows: [{ leaf: 1, bytes: Uint8Array.of(2) }] });
    expect(await storage.scan(0, 9)).toEqual([{ leaf: 1, bytes: Uint8Array.of(1) }]);
    expect(await other.scan(0, 9)).toEqual([{ leaf: 1, bytes: Uint8Array.of(2) }]);
    await storage.close();
    expect(database.status).toBe('open');
    expect(await database.get('another')).toBe('application');
    const keys = await database.keys().all();
    expect(keys.filter((key) => !key.startsWith('!chain'))).toEqual(['another']);
    await other.close();
  });
});

describe('a database that is no store of ours', () => {
  it('is refused if it holds anything at all, and left as it is', async () => {
    for (const key of ['!', 'a', 'medstat', 'medstate!', 'z', '\xff']) {
      const database = newViews();
      await database.put(Buffer.from(key, 'latin1'), text('something'));
      await expectUntouchedRefusal(database, 'storage_not_medstate');
    }
    const database = newViews();
    await database.put(new Uint8Array(), text('under the empty key'));
    await expectUntouchedRefusal(database, 'storage_not_medstate');
  });

  it("is 'storage_missing' if it is empty and a store was asked for", async () => {
    const database = newViews();
    await database.open();
    await expect(levelStorage({ database, mustExist: true })).rejects.toMatchObject({ code: 'storage_missing' });
    expect(await entriesOf(database)).toEqual([]);
    await (await levelStorage({ database })).close();
    await (await levelStorage({ database, mustExist: true })).close();
  });

  it('is refused if it keeps text only', async () => {
    const database = new MemoryLevel({ storeEncoding: 'utf8' });
    await expect(levelStorage({ database })).rejects.toMatchObject({ code: 'invariant_violated' });
    expect(await database.keys().all()).toEqual([]);
  });
});

describe('a store that cannot be used', () => {
  it('of a later version is refused and left as it is', async () => {
    for (const version of [2, 10, 999_999_999]) {
      const database = await madeStore();
      await database.put(MARKER, text(`store version ${version}`));
      await expectUntouchedRefusal(database, 'storage_version_newer');
    }
  });

  it('whose version cannot be read is damaged', async () => {
    for (const value of [
      '',
      'store version',
      'store version 0',
      'store version 1 ',
      'stOre version 1',
      '\xff',
      'store version 1e3',
    ]) {
      const database = await madeStore();
      await database.put(MARKER, Buffer.from(value, 'latin1'));
      await expectUntouchedRefusal(database, 'storage_damaged');
    }
  });

  it('from between whose commits one was lost is damaged', async () => {
    const lastCommit = Uint8Array.of(0x63, 0, 0, 0, 0, 0, 0, 0, 1);
    const earlier = await madeStore();
    await earlier.put(Uint8Array.of(0x63, 0, 0, 0, 0, 0, 0, 0, 0), new Uint8Array());
    await expectUntouchedRefusal(earlier, 'storage_damaged');
    const none = await madeStore();
    await none.del(lastCommit);
    await expectUntouchedRefusal(none, 'storage_damaged');
    const odd = await madeStore();
    await odd.batch([
      { type: 'del', key: lastCommit },
      { type: 'put', key: text('c........x'), value: text('') },
    ]);
    await expectUntouchedRefusal(odd, 'storage_damaged');
  });

  it('says so where a key or a block makes no sense, and answers elsewhere', async () => {
    const database = await madeStore();
    await database.put(Uint8Array.of(0x62, 0, 0, 0, 0, 0, 0, 1, 0x2d), new Uint8Array(31));
    await database.put(text('hb'), text('not nine bytes'));
    await database.put(Uint8Array.of(0x72, 0xff, 0, 0, 0, 0, 0, 0, 0), text('a leaf above 2^53'));
    const storage = await levelStorage({ database });
    const damaged = { name: 'StorageError', code: 'storage_damaged' };
    await expect(storage.block(301)).rejects.toMatchObject(damaged);
    await expect(storage.blocks(301, 1)).rejects.toMatchObject(damaged);
    await expect(storage.history(0, 1)).rejects.toMatchObject(damaged);
    await expect(storage.scan(259, 1)).rejects.toMatchObject(damaged);
    expect(await storage.block(300)).toMatchObject({ height: 300, id: 'cd'.repeat(32) });
    expect(await storage.rows([258])).toEqual([Uint8Array.of(1)]);
    await storage.close();
  });
});

describe('one database has one store', () => {
  it('whoever comes second is told that it is busy, until the first has closed', async () => {
    const database = new MemoryLevel();
    const first = await levelStorage({ database });
    await expect(levelStorage({ database })).rejects.toMatchObject({ name: 'StorageError', code: 'storage_busy' });
    await first.commit({ facts: { note: Uint8Array.of(1) } });
    await first.close();
    const second = await levelStorage({ database });
    await first.close();
    await expect(levelStorage({ database })).rejects.toMatchObject({ code: 'storage_busy' });
    expect(await second.fact('note')).toEqual(Uint8Array.of(1));
    await second.close();
  });

  it('of two that open it at the same time one gets it', async () => {
    const database = new MemoryLevel();
    const openings = await Promise.allSettled([levelStorage({ database }), levelStorage({ database })]);
    expect(openings.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('also when it is reached through two objects of the same sublevel', async () => {
    const database = new MemoryLevel();
    const first = await levelStorage({ database: database.sublevel('a').sublevel('b') });
    for (const same of [database.sublevel('a').sublevel('b'), database.sublevel(['a', 'b'])]) {
      await expect(levelStorage({ database: same })).rejects.toMatchObject({ code: 'storage_busy' });
    }
    await (await levelStorage({ database: database.sublevel('b') })).close();
    await first.close();
    await (await levelStorage({ database: database.sublevel('a').sublevel('b'), mustExist: true })).close();
  });

  it('a refused opening does not hold it', async () => {
    const database = newViews();
    await database.put(text('a'), text('b'));
    await expect(levelStorage({ database })).rejects.toMatchObject({ code: 'storage_not_medstate' });
    await database.clear();
    await (await levelStorage({ database })).close();
  });
});

describe('a classic-level database that cannot be opened', () => {
  const refusalOf = (place: string, options = {}): Promise<unknown> => {
    const database = new ClassicLevel(place, options);
    return levelStorage({ database }).catch((error: unknown) => {
      expect(database.status).toBe('closed');
      return error;
    });
  };

  it("is 'storage_busy' while another object holds it, 'storage_missing' if it may not be made", async () => {
    const place = join(folder, 'held');
    const holder = await levelStorage({ database: new ClassicLevel(place) });
    expect(await refusalOf(place)).toMatchObject({ code: 'storage_busy', message: expect.stringContaining(place) });
    await holder.close();
    const absent = await refusalOf(join(folder, 'absent'), { createIfMissing: false });
    expect(absent).toMatchObject({ code: 'storage_missing' });
  });

  it("is 'storage_failed' where a file stands in its place or the path cannot be made", async () => {
    const place = join(folder, 'file');
    writeFileSync(place, 'a file');
    expect(await refusalOf(place)).toMatchObject({ name: 'StorageError', code: 'storage_failed' });
    expect(await refusalOf(join(place, 'below'))).toMatchObject({ name: 'StorageError', code: 'storage_failed' });
  });

  it('whose store is refused is closed again unless it was open before, so that no one holds it unawares', async () => {
    const place = join(folder, 'closed');
    const database = new ClassicLevel<string, string>(place);
    await database.put('some', 'thing');
    await expect(levelStorage({ database })).rejects.toMatchObject({ code: 'storage_not_medstate' });
    expect(database.status).toBe('open');
    await database.close();
    expect(await refusalOf(place)).toMatchObject({ code: 'storage_not_medstate' });
    await expect(levelStorage({ database })).rejects.toMatchObject({ code: 'storage_not_medstate' });
    expect(database.status).toBe('closed');
    await database.open();
    await database.clear();
    await database.close();
    const storage = await levelStorage({ database });
    expect(database.status).toBe('open');
    await storage.close();
    expect(database.status).toBe('closed');
  });
});
