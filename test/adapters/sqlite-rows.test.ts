import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storageLaws } from '../../src/adapters/laws/storage.ts';
import { Churn } from '../../src/adapters/laws/storage-churn.ts';
import { durabilityLaws } from '../../src/adapters/laws/storage-durable.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Folding } from '../../src/adapters/storage/sqlite-rows.ts';
import { createTables, tablesOf } from '../../src/adapters/storage/sqlite-tables.ts';
import { type Storage, StorageError } from '../../src/adapters/storage/storage.ts';
import { storageOver } from '../../src/adapters/storage/synchronous.ts';
import { freshFolder } from './sqlite-folders.ts';
import { accountOf, numberedBatch } from './sqlite-numbered.ts';

let folder = '';
let files = 0;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const newFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};

/** A store on tables whose rows are folded in another way than that of a node. */
const storeWith = (file: string, folding: Folding): Storage => {
  const database = new Database(file);
  if (database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined) createTables(database);
  const tables = tablesOf(database, (how) => new StorageError('storage_damaged', how), folding);
  return storageOver('sqlite', { ...tables, close: () => database.close() });
};

const foldings: Readonly<Record<string, Folding>> = {
  'a few at each batch': { bytesPerLeaf: 1, minRoundBytes: 65_536, maxRoundBytes: 2 ** 20, stepBytes: 1 },
  'all at each batch': { bytesPerLeaf: 1, minRoundBytes: 1, maxRoundBytes: 1, stepBytes: 1 },
  never: { bytesPerLeaf: 1, minRoundBytes: 2 ** 40, maxRoundBytes: 2 ** 40, stepBytes: 2 ** 40 },
};

for (const [how, folding] of Object.entries(foldings)) {
  describe(`rows that are folded ${how} keep the laws of storage`, () => {
    for (const law of storageLaws) it(law.name, () => law.check(() => storeWith(newFile(), folding)));
    for (const law of durabilityLaws) {
      it(law.name, () =>
        law.check(() => {
          const file = newFile();
          return { storage: storeWith(file, folding), reopen: () => Promise.resolve(storeWith(file, folding)) };
        }),
      );
    }
  });
}

const countOf = (file: string, table: string): number => {
  const database = new Database(file, { readonly: true });
  const count = Number(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  database.close();
  return count;
};

describe('the log of a store', () => {
  it('stays within its bound while rows are changed for ever, though the store is opened again and again', async () => {
    const file = newFile();
    const folding: Folding = { bytesPerLeaf: 1, minRoundBytes: 600_000, maxRoundBytes: 600_000, stepBytes: 1 };
    const churn = new Churn(3, { leaves: 3000, changes: 500 });
    let most = 0;
    for (let opening = 0; opening < 40; opening += 1) {
      const storage = storeWith(file, folding);
      for (let count = 0; count < 3; count += 1) await storage.commit({ rows: churn.changes() });
      await churn.demandAll(storage);
      await storage.close();
      most = Math.max(most, countOf(file, 'batch'));
    }
    // 500 rows of some 90 bytes: about 12 batches make a round.
    expect(most).toBeGreaterThan(6);
    expect(most).toBeLessThan(20);
  });

  it('goes on when the names of its pieces begin anew', async () => {
    const file = newFile();
    const folding: Folding = { bytesPerLeaf: 1, minRoundBytes: 600_000, maxRoundBytes: 600_000, stepBytes: 1 };
    const churn = new Churn(4, { leaves: 3000, changes: 500 });
    let storage = storeWith(file, folding);
    for (let count = 0; count < 5; count += 1) await storage.commit({ rows: churn.changes() });
    await storage.close();
    const database = new Database(file);
    // The names are the ids without what is above 2^27.
    for (const [table, column] of [
      ['piece', 'id'],
      ['batch', '"first"'],
    ]) {
      database.exec(
        `UPDATE ${table} SET ${column} = -${column}; UPDATE ${table} SET ${column} = ${2 ** 27 - 90} - ${column}`,
      );
    }
    database.close();
    storage = storeWith(file, folding);
    for (let count = 0; count < 30; count += 1) {
      await storage.commit({ rows: churn.changes() });
      await churn.demandSome(storage);
    }
    await churn.demandAll(storage);
    await storage.close();
    expect(countOf(file, `piece WHERE id > ${2 ** 27}`)).toBeGreaterThan(0);
    storage = storeWith(file, folding);
    await churn.demandAll(storage);
    await storage.close();
  });

  it('whose pieces, batches or packs make no sense is told as damage where they are read, and a store that is none is not opened', async () => {
    const file = newFile();
    const storage = await sqliteStorage({ file });
    for (let number = 1; number <= 6; number += 1) await storage.commit(numberedBatch(number));
    await storage.close();
    for (const [sql, isOpened] of [
      ["UPDATE piece SET bytes = x'7f'", true],
      ['DELETE FROM piece', true],
      ['UPDATE pack SET bytes = substr(bytes, 1, length(bytes) - 1)', true],
      ["UPDATE batch SET leaves = x'ffffffffff7f'", false],
      ["UPDATE batch SET leaves = x'80'", false],
      ["UPDATE batch SET leaves = x'0500'", false],
    ] as const) {
      const copy = newFile();
      copyFileSync(file, copy);
      const database = new Database(copy);
      database.exec(sql);
      database.close();
      for (const options of [{}, { readOnly: true }]) {
        const opening = sqliteStorage({ file: copy, ...options });
        if (!isOpened) {
          await expect(opening).rejects.toMatchObject({ code: 'storage_damaged' });
          continue;
        }
        const damaged = await opening;
        await expect(damaged.scan(0, 10_000)).rejects.toMatchObject({ code: 'storage_damaged' });
        await damaged.close();
      }
    }
  });
});

describe('a row that is read', () => {
  it('holds on to little more than itself, from packs and from the log, however long its neighbours are', async () => {
    const storage = await sqliteStorage({ file: newFile(), durability: 'normal' });
    const leaves = Array.from({ length: 64 }, (_, leaf) => leaf);
    const rowsOf = (first: number) =>
      leaves.map((leaf) => ({ leaf, bytes: new Uint8Array(leaf % 8 === 0 ? 30_000 : 100).fill(first + leaf) }));
    // New leaves go straight into packs, what is told of them later into the log.
    for (const rows of [rowsOf(0), rowsOf(100)]) {
      await storage.commit({ rows });
      const found = await storage.rows(leaves);
      expect(found).toEqual(rows.map(({ bytes }) => bytes));
      for (const row of found) expect(row?.buffer.byteLength).toBeLessThanOrEqual(Math.max(8192, row?.length ?? 0));
    }
    await storage.close();
  });
});

describe('a store whose process ends at any of its commits', () => {
  it('holds all batches up to that one: those that fold, those that trim the log, and the others', async () => {
    const file = newFile();
    const storage = await sqliteStorage({ file, logBytes: 2 ** 20 });
    const [folds, trims] = [new Set<number>(), new Set<number>()];
    let before = { packs: '', firstBatch: 0 };
    for (let number = 1; number <= 45; number += 1) {
      await storage.commit(numberedBatch(number));
      const copy = newFile();
      for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
      const after = await sqliteStorage({ file: copy });
      expect(await accountOf(after)).toEqual({ number, isWhole: true });
      await after.close();
      const database = new Database(copy, { readonly: true });
      const packs = JSON.stringify(database.prepare('SELECT hex(bytes) FROM pack').pluck().all());
      const firstBatch = Number(database.prepare('SELECT min("first") FROM batch').pluck().get());
      database.close();
      if (number > 1 && packs !== before.packs) folds.add(number);
      if (number > 2 && firstBatch !== before.firstBatch) trims.add(number);
      before = { packs, firstBatch };
    }
    await storage.close();
    expect(folds.size).toBeGreaterThan(2);
    expect(folds.size).toBeLessThan(40);
    expect(trims.size).toBeGreaterThan(2);
  });
});
