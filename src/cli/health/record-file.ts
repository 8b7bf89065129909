/**
 * Record file: a document read strictly from a file, and its tree, with progress if it is large.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { buildTree, type JsonDocument, MAX_DOCUMENT_BYTES, type RecordTree, readJson } from '../../health/index.ts';
import { InputError } from '../command.ts';
import { showProgress } from '../progress.ts';
import { type Call, demandRight, HealthError, LARGE_BYTES } from './call.ts';
import type { Seed } from './seed-file.ts';

const READ_BYTES = 2 ** 20;
const PIECE_BYTES = 2 ** 18;

/** The first bytes of a file, at most `limit`. Throws the file system's own error, or an `InputError` on a directory. */
export const firstBytes = async (path: string, limit: number): Promise<Uint8Array> => {
  const file = await open(path, 'r');
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw new InputError({ path, found: 'a directory', wanted: 'a file' });
    const pieces: Uint8Array[] = [];
    let length = 0;
    while (length < limit) {
      const piece = new Uint8Array(Math.min(READ_BYTES, limit - length));
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) break;
      pieces.push(piece.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Uint8Array.from(Buffer.concat(pieces));
  } finally {
    await file.close();
  }
};

/** The bytes of a file of any size, in pieces. It is opened when the first is taken, so that what goes wrong goes to the taker. */
export async function* piecesOf(path: string): AsyncGenerator<Uint8Array, void> {
  yield* createReadStream(path, { highWaterMark: PIECE_BYTES });
}

/** The document in a file. Its faults say line and column. */
export const readRecord = async (path: string): Promise<JsonDocument> =>
  demandRight(path, readJson(await firstBytes(path, MAX_DOCUMENT_BYTES + 1)));

/** The tree of the record in `call.file` under its seed. Throws if the seed is known to be that of another document. */
export const growTree = ({ crypto, file, quiet, io }: Call, document: JsonDocument, seed: Seed): RecordTree => {
  const isSmall = document.bytes.length < LARGE_BYTES;
  const task = { label: 'building', unit: 'values', total: document.size, quiet: quiet || isSmall };
  const progress = showProgress(io, task);
  const onProgress = (done: number): void => progress.advance(done);
  const { mode, minDepth } = seed;
  const built = buildTree(document, { hasher: crypto, seed: seed.bytes, mode, minDepth, onProgress });
  progress.advance(document.size);
  progress.finish();
  const tree = demandRight(file, built);
  if (seed.root === undefined || seed.root === tree.root) return tree;
  throw new HealthError(seed.path, {
    code: 'seed_of_other_document',
    message: `it goes with root ${seed.root}, and ${file} has another: a record that was changed wants a seed of its own`,
  });
};
