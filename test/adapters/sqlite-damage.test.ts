import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { contentsOf } from '../../src/adapters/laws/storage-model.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { contentsOfFolder, freshFolder } from './sqlite-folders.ts';
import { accountOf } from './sqlite-numbered.ts';
import {
  BATCHES,
  crashStore,
  expectUntouchedRefusal,
  firstBatches,
  makeStore,
  overwrite,
  PAGE_BYTES,
} from './sqlite-stores.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = freshFolder();
  file = join(folder, 'store.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a damaged store is refused and left as it is', () => {
  const lengthsOf = (size: number): number[] => [
    ...[1, 15, 16, 50, 99, 100, 511, 512, PAGE_BYTES - 1, PAGE_BYTES, PAGE_BYTES + 1],
    ...[size >> 1, PAGE_BYTES * Math.floor(size / PAGE_BYTES / 2), size - PAGE_BYTES, size - 1],
  ];

  it('when it was cut off, at every length', async () => {
    await makeStore(file);
    const whole = readFileSync(file);
    for (const length of lengthsOf(whole.length)) {
      writeFileSync(file, whole.subarray(0, length));
      await expectUntouchedRefusal(file, 'storage_damaged');
    }
    writeFileSync(file, whole);
    const storage = await sqliteStorage({ file });
    expect(await accountOf(storage)).toEqual({ number: BATCHES, isWhole: true });
    await storage.close();
  });

  /** Cuts the file of a crashed store at every so many pages: refused and left alone, or opened with nothing missing. */
  const cutEverywhere = async (stepPages: number): Promise<{ readonly cuts: number; readonly refused: number }> => {
    const [whole, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
    const open = await sqliteStorage({ file });
    const expected = await contentsOf(open);
    await open.close();
    let [cuts, refused] = [0, 0];
    for (let end = whole.length; end > 0; end -= stepPages * PAGE_BYTES) {
      for (const length of end === whole.length ? [end - 1, end - 2000] : [end, end - 1]) {
        writeFileSync(file, whole.subarray(0, length));
        writeFileSync(`${file}-wal`, log);
        const before = contentsOfFolder(folder);
        const storage = await sqliteStorage({ file }).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'storage_damaged' });
          expect(contentsOfFolder(folder)).toEqual(before);
        });
        if (storage !== undefined) expect(await contentsOf(storage)).toEqual(expected);
        await storage?.close();
        cuts += 1;
        refused += storage === undefined ? 1 : 0;
      }
    }
    return { cuts, refused };
  };

  it('when it was cut off after a crash, with most of it in the file', async () => {
    await makeStore(file);
    await crashStore(file, [{ facts: { note: new Uint8Array(20) } }]);
    const { cuts, refused } = await cutEverywhere(1);
    expect(refused).toBeGreaterThan(cuts - 10);
  });

  it('or is opened with nothing missing, when all of it is in the write-ahead log', async () => {
    await crashStore(file, firstBatches(600));
    expect(readFileSync(file).length).toBeGreaterThan(20 * PAGE_BYTES); // a checkpoint has come: there is something to cut
    const { cuts, refused } = await cutEverywhere(24);
    expect(refused).toBeLessThan(cuts - 5);
  });

  it('when a crash left it in WAL mode, its log was thrown away and it was cut off', async () => {
    await crashStore(file, firstBatches(50));
    rmSync(`${file}-wal`);
    truncateSync(file, statSync(file).size - PAGE_BYTES);
    await expectUntouchedRefusal(file, 'storage_damaged');
  });

  it('when only its write-ahead log is left, or the file beside it is empty', async () => {
    await crashStore(file, firstBatches(BATCHES));
    rmSync(file);
    await expectUntouchedRefusal(file, 'storage_damaged');
    writeFileSync(file, '');
    await expectUntouchedRefusal(file, 'storage_damaged');
  });

  it('when one of the pages of its tables is rubbish', async () => {
    await makeStore(file);
    const whole = readFileSync(file);
    const database = new Database(whole);
    // Inside a long value SQLite sees nothing; such pages are of no table but only hold bytes.
    const sql = "SELECT pageno FROM dbstat WHERE pagetype IN ('leaf', 'internal') AND pageno > 1";
    const pages = database.prepare<[], number>(sql).pluck().all();
    database.close();
    expect(pages.length).toBeGreaterThan(15);
    for (const page of pages) {
      writeFileSync(file, whole);
      overwrite(file, PAGE_BYTES * (page - 1), chanceFrom(page).bytes(PAGE_BYTES));
      await expectUntouchedRefusal(file, 'storage_damaged');
    }
  });

  it('when its header makes no sense', async () => {
    await makeStore(file);
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
      overwrite(file, offset, Uint8Array.from(bytes));
      await expectUntouchedRefusal(file, 'storage_damaged');
    }
  });

  it('of more than 32 MiB only where it is read, with the same code', async () => {
    const storage = await sqliteStorage({ file });
    const bytes = chanceFrom(1).bytes(3000);
    await storage.commit({ rows: Array.from({ length: 12_000 }, (_, leaf) => ({ leaf, bytes })) });
    await storage.close();
    const size = statSync(file).size;
    expect(size).toBeGreaterThan(32 * 1024 * 1024);
    overwrite(file, PAGE_BYTES * 1000, chanceFrom(2).bytes(PAGE_BYTES * 10));
    const damaged = await sqliteStorage({ file });
    await expect(damaged.scan(0, 12_000)).rejects.toMatchObject({ code: 'storage_damaged' });
    expect((await damaged.rows([0]))[0]?.length).toBe(3000);
    await damaged.close();
    truncateSync(file, size - PAGE_BYTES);
    await expectUntouchedRefusal(file, 'storage_damaged');
  });
});
