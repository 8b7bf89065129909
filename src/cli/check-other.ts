/**
 * Check other: the rows that `--against` names: those of another store, or of a snapshot in a folder.
 */
import { statSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { directoryFolder } from '../adapters/folder/directory.ts';
import { sqliteStorage } from '../adapters/storage/sqlite.ts';
import type { StoredRow } from '../adapters/storage/storage.ts';
import { type RowSource, rowsOfStore } from '../audit/check-against.ts';
import type { Crypto } from '../core/index.ts';
import { readHeight } from '../engine/facts.ts';
import { SnapshotReader } from '../engine/snapshot/reader.ts';
import { Ring } from '../engine/snapshot/ring.ts';
import { InputError } from './command.ts';
import { faultLine } from './snapshot-lines.ts';

/** Rows to compare with, and how to let go of where they come from. */
export interface Other {
  readonly source: RowSource;
  readonly close: () => Promise<void>;
}

/** The chunks are checked as they are read, so a damaged snapshot accuses no row. */
async function* rowsOfSnapshot(path: string, reader: SnapshotReader): AsyncGenerator<readonly StoredRow[]> {
  const ring = new Ring();
  for (const index of reader.manifest.chunks.keys()) {
    const chunk = await reader.chunk(index, ring);
    if (E.isLeft(chunk)) {
      throw new InputError({ path: '--against', found: faultLine(path, chunk.left), wanted: 'a sound snapshot' });
    }
    const { bytes, leaves, starts, ends } = chunk.right;
    yield Array.from(leaves, (leaf, row) => ({ leaf, bytes: bytes.subarray(starts[row], ends[row]) }));
  }
}

const snapshotOf = async (path: string, crypto: Crypto): Promise<Other> => {
  const reader = await SnapshotReader.open({ folder: directoryFolder(path), crypto });
  if (E.isLeft(reader)) {
    const [fault] = reader.left;
    const found = fault === undefined ? path : faultLine(path, fault);
    throw new InputError({ path: '--against', found, wanted: 'a store, or the folder of a snapshot' });
  }
  const { height } = reader.right.manifest;
  const source = { name: path, height, rows: () => rowsOfSnapshot(path, reader.right) };
  return { source, close: () => Promise.resolve() };
};

/** Opens what `--against` names. Throws an `InputError`, or the store's own error. */
export const openOther = async (path: string, crypto: Crypto): Promise<Other> => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return await snapshotOf(path, crypto);
  const storage = await sqliteStorage({ file: path, readOnly: true });
  try {
    return { source: rowsOfStore(storage, path, await readHeight(storage)), close: () => storage.close() };
  } catch (error) {
    await storage.close();
    throw error;
  }
};
