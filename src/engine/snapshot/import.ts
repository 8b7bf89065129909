/**
 * Import: makes the store of a chain from a snapshot, as if all its blocks had been followed.
 *
 * Each file is checked before any row of it is stored, and a fact of the store tells how far the import is, so that it goes on
 * after it was stopped. The store becomes a chain in the last batch. Source: docs/protocol.md section 15.3.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Folder } from '../../adapters/folder/folder.ts';
import type { Storage, StoredBlock } from '../../adapters/storage/storage.ts';
import { bytesOf } from '../../core/bytes.ts';
import type { Chain } from '../../core/chain.ts';
import { encodeHeight, facts, isEmptyStore } from '../facts.ts';
import { storedRows } from './chunk-rows.ts';
import { encodeProgress, type ImportProgress, importFact, readProgress } from './import-fact.ts';
import { endOf } from './layout.ts';
import type { Manifest } from './manifest.ts';
import { SnapshotError, type SnapshotFault } from './outcome.ts';
import { SnapshotReader, type Trusted } from './reader.ts';
import { Ring } from './ring.ts';
import type { SnapshotProgress } from './verify.ts';

export interface ImportOptions {
  readonly folder: Folder;
  /** An empty store, or one into which this very snapshot was begun to be imported. Nobody else may write to it. */
  readonly storage: Storage;
  readonly chain: Chain;
  readonly trusted?: Trusted | undefined;
  readonly onProgress?: SnapshotProgress;
}

const taken = (what: string): SnapshotError => new SnapshotError('snapshot_store_taken', what);

/** How far the import into a store is, which may be any. */
const progressIn = async (storage: Storage, { seal }: SnapshotReader): Promise<ImportProgress> => {
  if ((await storage.fact(facts.genesisId)) !== undefined) {
    throw taken('the store holds a chain already; import into a new one');
  }
  const progress = await readProgress(storage);
  if (progress !== undefined) {
    const isThis = progress !== 'malformed' && progress.manifest === seal;
    if (isThis && Ring.from(progress.ring) !== undefined) return progress;
    throw taken('another snapshot was begun to be imported into the store; go on with that one, or use a new store');
  }
  if (!(await isEmptyStore(storage))) throw taken('the store is not empty; import into a new one');
  return { manifest: seal, chunks: 0, rows: 0, ring: new Ring().bytes };
};

/** Puts the rows in that are not in yet; all of them and their keys, or the first fault. */
const importRows = async (
  reader: SnapshotReader,
  { storage, onProgress }: ImportOptions,
  begun: ImportProgress,
): Promise<SnapshotFault | undefined> => {
  const { chunks, size } = reader.manifest;
  const ring = Ring.from(begun.ring) ?? new Ring();
  let rows = begun.rows;
  for (let index = begun.chunks; index < chunks.length; index += 1) {
    const checked = await reader.chunk(index, ring);
    if (E.isLeft(checked)) return checked.left;
    rows += checked.right.leaves.length;
    const progress = encodeProgress({ manifest: reader.seal, chunks: index + 1, rows, ring: ring.bytes });
    await storage.commit({ rows: storedRows(checked.right), facts: { [importFact]: progress } });
    const chunk = chunks[index];
    if (chunk !== undefined) onProgress?.(Math.min(endOf(chunk), size), size);
  }
  return reader.wholeFault(rows, ring);
};

/** Checks all files of blocks, and puts each in if it is to be `taken`; or the first fault. */
const eachBlockFile = async (
  reader: SnapshotReader,
  take?: (blocks: readonly StoredBlock[]) => Promise<void>,
): Promise<SnapshotFault | undefined> => {
  for await (const blocks of reader.blockFiles()) {
    if (E.isLeft(blocks)) return blocks.left;
    await take?.(blocks.right);
  }
  return undefined;
};

/**
 * Imports a snapshot: the manifest, once the store is a chain; or the first fault of the snapshot, and the import can go on when
 * that is mended. Before the manifest and all blocks are found right nothing is stored. Rejects with a `SnapshotError`
 * (`snapshot_store_taken`) or the store's own error.
 *
 * What a producer has signed is not in a snapshot, nor in any store: its lock lies beside its key. PERF: as `verifySnapshot`, and one batch a file.
 */
export const importSnapshot = async (options: ImportOptions): Promise<E.Either<readonly SnapshotFault[], Manifest>> => {
  const { folder, storage, chain, trusted } = options;
  const opened = await SnapshotReader.open({ folder, crypto: chain.crypto, chain, trusted });
  if (E.isLeft(opened)) return opened;
  const reader = opened.right;
  const begun = await progressIn(storage, reader);
  const fault = (await eachBlockFile(reader)) ?? (await importRows(reader, options, begun));
  if (fault !== undefined) return E.left([fault]);
  const changed = await eachBlockFile(reader, (blocks) => storage.commit({ blocks }));
  if (changed !== undefined) return E.left([changed]);
  const { manifest } = reader;
  const named = { [facts.genesisId]: bytesOf(chain.genesisId), [facts.stateHeight]: encodeHeight(manifest.height) };
  await storage.commit({ facts: { ...named, [importFact]: undefined } });
  return E.right(manifest);
};
