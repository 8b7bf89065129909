/**
 * Fuzz of batches: the path from a record to the root of its batch, as a stranger may hand it over.
 *
 * A path has no bytes of its own. Here it is: which batch, which record, depth and position as floats, so that they may be no whole
 * numbers either, the salt, and the siblings. Only the path that the batch gave leads to its root.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Hash, toHex } from '../../src/core/index.ts';
import { type BatchPath, batchAnchor, verifyBatchPath } from '../../src/health/index.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { seedOf } from './record-samples.ts';
import { crypto, rightOf } from './records.ts';
import { isSame } from './sealing/doors.ts';

const SALT_AT = 18;
const SIBLINGS_AT = SALT_AT + 32;

const batches = [1, 5, 40].map((count) => {
  const hashes = Array.from({ length: count }, (_, index) => toHex(seedOf(`${index} of ${count}`)) as Hash);
  return { hashes, batch: rightOf(batchAnchor(crypto, hashes, seedOf(`batch of ${count}`))) };
});

const bytesOfPath = (batch: number, index: number, path: BatchPath): Uint8Array => {
  const bytes = new Uint8Array(SIBLINGS_AT + path.siblings.length);
  const view = new DataView(bytes.buffer);
  bytes.set([batch, index]);
  view.setFloat64(2, path.depth);
  view.setFloat64(10, path.position);
  bytes.set(path.salt, SALT_AT);
  bytes.set(path.siblings, SIBLINGS_AT);
  return bytes;
};

const isSamePath = (a: BatchPath, b: BatchPath): boolean =>
  a.depth === b.depth && a.position === b.position && isSame(a.salt, b.salt) && isSame(a.siblings, b.siblings);

const run = (bytes: Uint8Array): string => {
  const head = new DataView(Uint8Array.from({ length: SALT_AT }, (_, at) => bytes[at] ?? 0).buffer);
  const { hashes, batch } = batches[head.getUint8(0) % batches.length] as (typeof batches)[0];
  const index = head.getUint8(1) % hashes.length;
  const path = {
    depth: head.getFloat64(2),
    position: head.getFloat64(10),
    salt: bytes.slice(SALT_AT, SIBLINGS_AT),
    siblings: bytes.slice(SIBLINGS_AT),
  };
  const answer = verifyBatchPath(crypto, batch.root, hashes[index] as (typeof hashes)[0], path);
  const isOwn = isSamePath(path, batch.pathOf(index));
  if (E.isRight(answer) !== isOwn) throw new Error(isOwn ? 'its own path is refused' : 'another path is taken');
  return E.isRight(answer) ? 'in the batch' : answer.left;
};

/** The paths of batches. */
export const batchTargets: readonly FuzzTarget[] = [
  {
    name: 'path of a batch',
    seeds: batches.flatMap(({ hashes, batch }, at) =>
      hashes.map((_, index) => bytesOfPath(at, index, batch.pathOf(index))),
    ),
    answers: ['in the batch', 'batch_path_out_of_bounds', 'batch_root_differs'],
    run,
  },
];
