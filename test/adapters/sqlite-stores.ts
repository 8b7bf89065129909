/**
 * SQLite stores: files made for tests, whole, crashed or spoilt, and what a refusal must leave behind.
 */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import { type SqliteOptions, sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Batch } from '../../src/adapters/storage/storage.ts';
import { contentsOfFolder } from './sqlite-folders.ts';
import { numberedBatch } from './sqlite-numbered.ts';

export const PAGE_BYTES = 8192;
/** How many numbered batches a made store holds. */
export const BATCHES = 12;

export const firstBatches = (count: number): Batch[] =>
  Array.from({ length: count }, (_, index) => numberedBatch(index + 1));

/** A closed store of the first batches. */
export const makeStore = async (file: string, options: Partial<SqliteOptions> = {}): Promise<void> => {
  const storage = await sqliteStorage({ file, logBytes: 2 ** 20, ...options });
  for (const batch of firstBatches(BATCHES)) await storage.commit(batch);
  await storage.close();
};

/** Commits to a store and leaves its files as a crash would: copied while it was open, then put in its place. */
export const crashStore = async (file: string, batches: readonly Batch[]): Promise<void> => {
  const storage = await sqliteStorage({ file, logBytes: 2 ** 20 });
  for (const batch of batches) await storage.commit(batch);
  for (const suffix of ['', '-wal']) copyFileSync(`${file}${suffix}`, `${file}-copy${suffix}`);
  await storage.close();
  for (const suffix of ['', '-wal']) renameSync(`${file}-copy${suffix}`, `${file}${suffix}`);
};

export const overwrite = (file: string, offset: number, bytes: Uint8Array): void => {
  const content = readFileSync(file);
  content.set(bytes, offset);
  writeFileSync(file, content);
};

/** Whoever opens it is refused with the code, and no byte and no file of its folder changes. */
export const expectUntouchedRefusal = async (file: string, code: string): Promise<void> => {
  const before = contentsOfFolder(dirname(file));
  for (const options of [{}, { mustExist: true }, { readOnly: true }]) {
    const opening = sqliteStorage({ file, ...options });
    await expect(opening).rejects.toMatchObject({ name: 'StorageError', code, message: expect.stringContaining(file) });
    expect(contentsOfFolder(dirname(file))).toEqual(before);
  }
};
