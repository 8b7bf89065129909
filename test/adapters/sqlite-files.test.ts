import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { contentsOfFolder, freshFolder } from './sqlite-folders.ts';
import { accountOf, numberedBatch } from './sqlite-numbered.ts';
import { BATCHES, crashStore, expectUntouchedRefusal, firstBatches, makeStore, overwrite } from './sqlite-stores.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = freshFolder();
  file = join(folder, 'store.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const uint32 = (value: number): Uint8Array => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');

describe('a file that is no store is refused and left as it is', () => {
  const foreign: Readonly<Record<string, () => void>> = {
    'a text': () => writeFileSync(file, 'hello, world\n'),
    'a single byte': () => writeFileSync(file, 'x'),
    'random bytes': () => writeFileSync(file, chanceFrom(1).bytes(10_000)),
    'a page of zeros': () => writeFileSync(file, Buffer.alloc(4096)),
    'a folder': () => mkdirSync(file),
    'a database of another application': () => {
      const database = new Database(file);
      database.exec('CREATE TABLE fact (name TEXT, value BLOB)');
      database.close();
    },
    'a database with the mark of another application': () => {
      const database = new Database(file);
      database.pragma('application_id = 1196444487');
      database.exec('CREATE TABLE t (x)');
      database.close();
    },
    'a database of another application in WAL mode': () => {
      const database = new Database(file);
      database.pragma('journal_mode = WAL');
      database.exec('CREATE TABLE t (x)');
      database.close();
    },
    'a database of another application that was not closed': () => {
      const script = `const d = new (require('better-sqlite3'))(process.argv[1]); d.pragma('journal_mode = WAL');
        d.exec('CREATE TABLE t (x)'); process.kill(process.pid, 'SIGKILL')`;
      spawnSync(process.execPath, ['-e', script, file]);
      expect(existsSync(`${file}-wal`)).toBe(true);
    },
  };
  for (const [what, make] of Object.entries(foreign)) {
    it(what, async () => {
      make();
      await expectUntouchedRefusal(file, 'storage_not_medstate');
    });
  }
});

describe('a store of a later version is refused and left as it is', () => {
  it('when it was closed', async () => {
    await makeStore(file);
    overwrite(file, 60, uint32(3));
    await expectUntouchedRefusal(file, 'storage_version_newer');
  });

  it('when it was not closed', async () => {
    await crashStore(file, firstBatches(BATCHES));
    overwrite(file, 60, uint32(3));
    await expectUntouchedRefusal(file, 'storage_version_newer');
  });

  it('even if only its write-ahead log says so', async () => {
    const script = `const d = new (require('better-sqlite3'))(process.argv[1]); d.pragma('journal_mode = WAL');
      d.pragma('user_version = 3'); process.kill(process.pid, 'SIGKILL')`;
    await makeStore(file);
    spawnSync(process.execPath, ['-e', script, file]);
    rmSync(`${file}-shm`);
    expect(readFileSync(file).readUInt32BE(60)).toBe(2);
    await expectUntouchedRefusal(file, 'storage_version_newer');
  });
});

describe('a store of an earlier version is refused and left as it is', () => {
  const withVersion1 = async (): Promise<void> => {
    await makeStore(file);
    overwrite(file, 60, uint32(1));
  };
  it('when it was closed', async () => {
    await withVersion1();
    await expectUntouchedRefusal(file, 'storage_not_medstate');
    await expect(sqliteStorage({ file })).rejects.toMatchObject({
      message: expect.stringContaining('earlier medstate'),
    });
  });

  it('when it was not closed', async () => {
    await crashStore(file, firstBatches(BATCHES));
    overwrite(file, 60, uint32(1));
    await expectUntouchedRefusal(file, 'storage_not_medstate');
  });
});

describe('where there is no store yet', () => {
  it('a missing file becomes one, unless it must exist', async () => {
    for (const options of [{ mustExist: true }, { readOnly: true }, { readOnly: true, mustExist: false }]) {
      await expect(sqliteStorage({ file, ...options })).rejects.toMatchObject({ code: 'storage_missing' });
      expect(readdirSync(folder)).toEqual([]);
    }
    await makeStore(file);
    expect(readdirSync(folder)).toEqual(['store.db']);
  });

  it('a file of 0 bytes becomes one, and is none where it must exist', async () => {
    writeFileSync(file, '');
    for (const options of [{ mustExist: true }, { readOnly: true }]) {
      await expect(sqliteStorage({ file, ...options })).rejects.toMatchObject({ code: 'storage_missing' });
      expect(contentsOfFolder(folder)['store.db']).toMatch(/^0 /);
    }
    await makeStore(file);
    const storage = await sqliteStorage({ file, mustExist: true });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.close();
  });

  it('a folder that is not there is not made', async () => {
    await expect(sqliteStorage({ file: join(folder, 'no', 'store.db') })).rejects.toMatchObject({
      code: 'storage_missing',
      message: expect.stringContaining(`no folder ${join(folder, 'no')}`),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a path that the driver would change is refused', async () => {
    await expect(sqliteStorage({ file: `${file} ` })).rejects.toMatchObject({ code: 'invariant_violated' });
    await expect(sqliteStorage({ file: '' })).rejects.toMatchObject({ code: 'storage_not_medstate' });
  });
});

describe('a store in a file', () => {
  it('is one plain file once it is closed, and its copy is a store', async () => {
    await makeStore(file);
    expect(readdirSync(folder)).toEqual(['store.db']);
    copyFileSync(file, join(folder, 'copy.db'));
    const copy = await sqliteStorage({ file: join(folder, 'copy.db'), mustExist: true });
    expect(await accountOf(copy)).toEqual({ number: BATCHES, isWhole: true });
    await copy.close();
  });

  it('that is opened for reading is read by two at once, refuses to be written, and does not change', async () => {
    await makeStore(file);
    const before = contentsOfFolder(folder);
    const readers = [await sqliteStorage({ file, readOnly: true }), await sqliteStorage({ file, readOnly: true })];
    for (const reader of readers) {
      expect(await accountOf(reader)).toEqual({ number: BATCHES, isWhole: true });
      await expect(reader.commit({})).rejects.toMatchObject({ code: 'storage_read_only' });
    }
    expect(readdirSync(folder)).toEqual(['store.db']);
    for (const reader of readers) await reader.close();
    expect(contentsOfFolder(folder)).toEqual(before);
  });

  it('that was stopped in the middle of a rollback transaction is recovered by a writer; a reader is told so', async () => {
    await makeStore(file);
    const script = `const d = new (require('better-sqlite3'))(process.argv[1]); d.pragma('cache_size = 1');
      d.exec("BEGIN; UPDATE pack SET bytes = x'00'"); process.kill(process.pid, 'SIGKILL')`;
    spawnSync(process.execPath, ['-e', script, file]);
    expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
    const before = contentsOfFolder(folder);
    await expect(sqliteStorage({ file, readOnly: true })).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining('open it once for writing'),
    });
    expect(contentsOfFolder(folder)).toEqual(before);
    const storage = await sqliteStorage({ file });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.close();
    expect(readdirSync(folder)).toEqual(['store.db']);
  });

  it('bytes behind its last page change nothing', async () => {
    await makeStore(file);
    appendFileSync(file, 'behind');
    const storage = await sqliteStorage({ file });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.close();
  });

  it('takes no more room than it may; what does not fit is not in, and smaller batches still are', async () => {
    const maxFileBytes = 1024 * 1024;
    await makeStore(file, { maxFileBytes });
    const storage = await sqliteStorage({ file, maxFileBytes });
    const big = { facts: { big: new Uint8Array(maxFileBytes), count: new Uint8Array(4) } };
    await expect(storage.commit(big)).rejects.toMatchObject({ code: 'storage_full' });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.commit(numberedBatch(BATCHES + 1));
    expect(await accountOf(storage)).toEqual({ number: BATCHES + 1, isWhole: true });
    await storage.close();
    expect(statSync(file).size).toBeLessThanOrEqual(maxFileBytes);
    for (const wrong of [0, 4096, 1e6 + 0.5, Number.NaN]) {
      await expect(sqliteStorage({ file, maxFileBytes: wrong })).rejects.toMatchObject({ code: 'invariant_violated' });
      await expect(sqliteStorage({ file, logBytes: wrong })).rejects.toMatchObject({ code: 'invariant_violated' });
    }
  });

  it('goes on for ever in little room: what changes again and again is folded before the file is full', async () => {
    const maxFileBytes = 4 * 1024 * 1024;
    const storage = await sqliteStorage({ file, maxFileBytes, durability: 'normal' });
    const bytes = (number: number) => new Uint8Array(150).fill(number);
    await storage.commit({ rows: Array.from({ length: 2000 }, (_, leaf) => ({ leaf, bytes: bytes(0) })) });
    for (let number = 1; number <= 200; number += 1) {
      const leafOf = (index: number) => (index * 19 + number) % 2000;
      const rows = Array.from({ length: 100 }, (_, index) => ({ leaf: leafOf(index), bytes: bytes(number) }));
      await storage.commit({ rows });
    }
    expect((await storage.scan(0, 3000)).length).toBe(2000);
    await storage.close();
    expect(statSync(file).size).toBeLessThan(maxFileBytes);
  });

  it('waits for the disk at each commit unless it is told not to', async () => {
    const pragma = vi.spyOn(Database.prototype, 'pragma');
    for (const [options, level] of [
      [{}, 2],
      [{ durability: 'full' }, 2],
      [{ durability: 'normal' }, 1],
    ] as const) {
      const storage = await sqliteStorage({ file, ...options });
      const connection = pragma.mock.contexts.at(-1) as Database.Database;
      expect(connection.pragma('synchronous', { simple: true })).toBe(level);
      expect(connection.pragma('journal_mode', { simple: true })).toBe('wal');
      await storage.close();
    }
    pragma.mockRestore();
  });
});
