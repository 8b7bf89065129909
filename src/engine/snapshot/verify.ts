/**
 * Verify: whether a folder holds a snapshot, whole and as it was made, without a store.
 *
 * It takes nothing on trust but what the caller names. The id of the block settles every byte, the state root every byte of the
 * state. Without either it says that the snapshot fits together and that somebody signed its blocks, and no more.
 */
import * as E from 'fp-ts/lib/Either.js';
import { endOf } from './layout.ts';
import type { Manifest } from './manifest.ts';
import type { SnapshotFault } from './outcome.ts';
import { Faults, type ReaderOptions, SnapshotReader } from './reader.ts';
import { Ring } from './ring.ts';

/** Told how many of all leaves are done. */
export type SnapshotProgress = (leaves: number, ofLeaves: number) => void;

export interface VerifyOptions extends ReaderOptions {
  readonly onProgress?: SnapshotProgress;
}

/**
 * The manifest of a snapshot without fault, or its faults: of the manifest the first, of the other files the first 20.
 * Rejects only if the folder cannot be read. PERF: reads every byte once, in pieces of at most 4 MiB unless a single row or
 * block is longer; about eleven hashes a row, one signature a block.
 */
export const verifySnapshot = async (options: VerifyOptions): Promise<E.Either<readonly SnapshotFault[], Manifest>> => {
  const opened = await SnapshotReader.open(options);
  if (E.isLeft(opened)) return opened;
  const reader = opened.right;
  const { manifest } = reader;
  const faults = new Faults();
  for await (const blocks of reader.blockFiles()) if (E.isLeft(blocks)) faults.add(blocks.left);
  const ring = new Ring();
  let rows = 0;
  let isWhole = true;
  for (const [index, chunk] of manifest.chunks.entries()) {
    const checked = await reader.chunk(index, ring);
    if (E.isLeft(checked)) faults.add(checked.left);
    else rows += checked.right.leaves.length;
    isWhole &&= E.isRight(checked);
    options.onProgress?.(Math.min(endOf(chunk), manifest.size), manifest.size);
  }
  const fault = isWhole ? reader.wholeFault(rows, ring) : undefined;
  if (fault !== undefined) faults.add(fault);
  return faults.found.length === 0 ? E.right(manifest) : E.left(faults.found);
};
