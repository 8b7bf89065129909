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
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { type SqliteOptions, sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { accountOf, numberedBatch } from './sqlite-numbered.ts';
import { contentsOfFolder, freshFolder } from './sqlite-processes.ts';

const BATCHES = 12;

let folder = '';
let file = '';
beforeEach(() => {
  folder = freshFolder();
  file = join(folder, 'store.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A closed store of so many numbered batches. */
const makeStore = async (batches = BATCHES, options: Partial<SqliteOptions> = {}): Promise<void> => {
  const storage = await sqliteStorage({ file, ...options });
  for (let number = 1; number <= batches; number += 1) await storage.commit(numberedBatch(number));
  await storage.close();
};

/** The files of a store as a crash would leave them: copied while it is open, then put in its place. */
const crashStore = async (batches = BATCHES): Promise<void> => {
  const storage = await sqliteStorage({ file });
  for (let number = 1; number <= batches; number += 1) await storage.commit(numberedBatch(number));
  const copy = (name: string): void => copyFileSync(name, name.replace('store.db', 'copy.db'));
  for (const name of [file, `${file}-wal`]) copy(name);
  await storage.close();
  for (const suffix of ['', '-wal']) {
    copyFileSync(join(folder, `copy.db${suffix}`), `${file}${suffix}`);
    rmSync(join(folder, `copy.db${suffix}`));
  }
};

const overwrite = (offset: number, bytes: Uint8Array): void => {
  const content = readFileSync(file);
  content.set(bytes, offset);
  writeFileSync(file, content);
};

const uint32 = (value: number): Uint8Array => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');

/** Whoever opens it is refused with the code, and no byte and no file of the folder changes. */
const expectUntouchedRefusal = async (code: string): Promise<void> => {
  const before = contentsOfFolder(folder);
  for (const options of [{}, { mustExist: true }, { readOnly: true }]) {
    const error = await sqliteStorage({ file, ...options }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'StorageError', code, message: expect.stringContaining(file) });
    expect(contentsOfFolder(folder)).toEqual(before);
  }
};

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
      await expectUntouchedRefusal('storage_not_medstate');
    });
  }
});

describe('a store of a later version is refused and left as it is', () => {
  it('when it was closed', async () => {
    await makeStore();
    overwrite(60, uint32(2));
    await expectUntouchedRefusal('storage_version_newer');
  });

  it('when it was not closed', async () => {
    await crashStore();
    overwrite(60, uint32(2));
    await expectUntouchedRefusal('storage_version_newer');
  });

  it('even if only its write-ahead log says so', async () => {
    const script = `const d = new (require('better-sqlite3'))(process.argv[1]); d.pragma('journal_mode = WAL');
      d.pragma('user_version = 2'); process.kill(process.pid, 'SIGKILL')`;
    await makeStore();
    spawnSync(process.execPath, ['-e', script, file]);
    rmSync(`${file}-shm`);
    expect(readFileSync(file).readUInt32BE(60)).toBe(1);
    await expectUntouchedRefusal('storage_version_newer');
  });
});

describe('a damaged store is refused and left as it is', () => {
  const lengthsOf = (size: number): number[] => [
    ...[1, 15, 16, 50, 99, 100, 511, 512, 4095, 4096, 4097],
    ...[size >> 1, 4096 * (size >> 13), size - 4096, size - 1],
  ];

  it('when it was cut off, at every length', async () => {
    await makeStore();
    const whole = readFileSync(file);
    for (const length of lengthsOf(whole.length)) {
      writeFileSync(file, whole.subarray(0, length));
      await expectUntouchedRefusal('storage_damaged');
    }
    writeFileSync(file, whole);
    const storage = await sqliteStorage({ file });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.close();
  });

  it('when it was cut off after a crash, unless the write-ahead log holds all that is missing', async () => {
    await crashStore(60);
    const [whole, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
    expect(whole.length).toBeGreaterThan(20 * 4096); // a checkpoint has come, so that there is something to cut
    let refused = 0;
    for (const length of lengthsOf(whole.length)) {
      writeFileSync(file, whole.subarray(0, length));
      writeFileSync(`${file}-wal`, log);
      const before = contentsOfFolder(folder);
      const storage = await sqliteStorage({ file }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'storage_damaged' });
        expect(contentsOfFolder(folder)).toEqual(before);
      });
      if (storage === undefined) refused += 1;
      else expect(await accountOf(storage)).toEqual({ number: 60, isWhole: true });
      await storage?.close();
    }
    expect(refused).toBeGreaterThan(5);
  });

  it('when a crash left it in WAL mode, its log was thrown away and it was cut off', async () => {
    await crashStore(60);
    rmSync(`${file}-wal`);
    truncateSync(file, statSync(file).size - 4096);
    await expectUntouchedRefusal('storage_damaged');
  });

  it('when only its write-ahead log is left, or the file beside it is empty', async () => {
    await crashStore();
    rmSync(file);
    await expectUntouchedRefusal('storage_damaged');
    writeFileSync(file, '');
    await expectUntouchedRefusal('storage_damaged');
  });

  it('when one of its pages is rubbish', async () => {
    await makeStore();
    const whole = readFileSync(file);
    for (let page = 1; page < whole.length / 4096; page += 1) {
      writeFileSync(file, whole);
      overwrite(4096 * page, chanceFrom(page).bytes(4096));
      await expectUntouchedRefusal('storage_damaged');
    }
  });

  it('when its header makes no sense', async () => {
    await makeStore();
    const whole = readFileSync(file);
    for (const [offset, bytes] of [
      [16, [0, 3]],
      [16, [0x10, 0x01]],
      [18, [2]],
      [19, [3]],
      [20, [9]],
      [21, [65]],
    ] as const) {
      writeFileSync(file, whole);
      overwrite(offset, Uint8Array.from(bytes));
      await expectUntouchedRefusal('storage_damaged');
    }
  });

  it('of more than 16 MiB only where it is read, with the same code', async () => {
    const storage = await sqliteStorage({ file });
    const value = chanceFrom(1).bytes(3000);
    const keyOf = (number: number): string => `01${number.toString(16).padStart(8, '0')}`;
    const entries = Array.from({ length: 6000 }, (_, leaf) => ({ key: keyOf(leaf), leaf, value }));
    await storage.commit({ entries });
    await storage.close();
    const size = statSync(file).size;
    expect(size).toBeGreaterThan(16 * 1024 * 1024);
    overwrite(4096 * 2000, chanceFrom(2).bytes(4096 * 20));
    const damaged = await sqliteStorage({ file });
    await expect(damaged.range('', undefined, 6000)).rejects.toMatchObject({ code: 'storage_damaged' });
    expect((await damaged.entriesOf([keyOf(0)]))[0]?.leaf).toBe(0);
    await damaged.close();
    truncateSync(file, size - 4096);
    await expectUntouchedRefusal('storage_damaged');
  });
});

describe('where there is no store yet', () => {
  it('a missing file becomes one, unless it must exist', async () => {
    for (const options of [{ mustExist: true }, { readOnly: true }, { readOnly: true, mustExist: false }]) {
      await expect(sqliteStorage({ file, ...options })).rejects.toMatchObject({ code: 'storage_missing' });
      expect(readdirSync(folder)).toEqual([]);
    }
    await makeStore();
    expect(readdirSync(folder)).toEqual(['store.db']);
  });

  it('a file of 0 bytes becomes one, and is none where it must exist', async () => {
    writeFileSync(file, '');
    for (const options of [{ mustExist: true }, { readOnly: true }]) {
      await expect(sqliteStorage({ file, ...options })).rejects.toMatchObject({ code: 'storage_missing' });
      expect(contentsOfFolder(folder)['store.db']).toMatch(/^0 /);
    }
    await makeStore();
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
    await makeStore();
    expect(readdirSync(folder)).toEqual(['store.db']);
    copyFileSync(file, join(folder, 'copy.db'));
    const copy = await sqliteStorage({ file: join(folder, 'copy.db'), mustExist: true });
    expect(await accountOf(copy)).toEqual({ number: BATCHES, isWhole: true });
    await copy.close();
  });

  it('that is opened for reading is read by two at once, refuses to be written, and does not change', async () => {
    await makeStore();
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
    await makeStore();
    const script = `const d = new (require('better-sqlite3'))(process.argv[1]); d.pragma('cache_size = 1');
      d.exec("BEGIN; UPDATE entry SET value = x'00'"); process.kill(process.pid, 'SIGKILL')`;
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
    await makeStore();
    appendFileSync(file, 'behind');
    const storage = await sqliteStorage({ file });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.close();
  });

  it('takes no more room than it may; what does not fit is not in, and smaller batches still are', async () => {
    const maxFileBytes = 1024 * 1024;
    await makeStore(BATCHES, { maxFileBytes });
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
    }
  });
});
