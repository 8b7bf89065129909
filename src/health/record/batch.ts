/**
 * Batch: one root on the chain for up to 2^20 records, each of whose owners gets the path to it and learns nothing of the others.
 *
 * Leaves are salted and sorted, and padded to a power of two. Leaf and root begin with a name of their own, so that none of a batch is
 * one of a record's tree, or the other way round; nodes between them are those of all trees.
 * Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf, toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { uint32Bytes } from '../integers.ts';
import { MAX_BATCH_DEPTH, MIN_DEPTH } from '../limits.ts';
import { climb, nodesLength, raise, siblingsOf } from '../tree/nodes.ts';
import { hashOrder } from '../tree/order.ts';
import { LEAF_TAG, ROOT_TAG, SALT_LABEL, SUITE } from '../tree/profile.ts';
import { Scratch } from '../tree/scratch.ts';
import { HmacKey, paddingKeyOf } from '../tree/seeds.ts';

export const BATCH_PROFILE = 'medstate/batch/1';

const HEAD = utf8Bytes(`${BATCH_PROFILE}\0`);
const TAG_AT = HEAD.length;
const SALT_AT = TAG_AT + 1;
const HASH_AT = SALT_AT + HASH_BYTES;
const LEAF_BYTES = HASH_AT + HASH_BYTES;
const WORD_BYTES = 4;

/** Why there is no batch: none to anchor, or more than 2^20. */
export interface BatchFault {
  readonly code: 'batch_empty' | 'batch_too_large';
  readonly message: string;
}

/** What its owner keeps with a record: how it leads to the root of the batch. */
export interface BatchPath {
  readonly depth: number;
  readonly position: number;
  readonly salt: Uint8Array;
  /** `depth` hashes, from the leaves up. */
  readonly siblings: Uint8Array;
}

/** Anchored together, by one root. */
export interface Batch {
  /** What goes on the chain. */
  readonly root: Hash;
  readonly depth: number;
  readonly size: number;
  /** The path of what stood at this place among those that were given. */
  readonly pathOf: (index: number) => BatchPath;
}

/** Why a path leads nowhere. The codes never change their meaning. */
export type BatchPathFault = 'batch_path_out_of_bounds' | 'batch_root_differs';

/** Writes the hash of one leaf to `out` at `at`; `bytes` hold the anchored hash from HASH_AT on. */
const newLeaf = (hasher: Hasher): Scratch => {
  const leaf = new Scratch(hasher, LEAF_BYTES);
  leaf.bytes.set(HEAD);
  leaf.bytes[TAG_AT] = LEAF_TAG;
  return leaf;
};

const batchRoot = (hasher: Hasher, depth: number, top: Uint8Array): Hash => {
  const bytes = new Uint8Array(TAG_AT + 3 + HASH_BYTES);
  bytes.set(HEAD);
  bytes.set([ROOT_TAG, SUITE, depth], TAG_AT);
  bytes.set(top.subarray(0, HASH_BYTES), TAG_AT + 3);
  return toHex(hasher.sha256(bytes)) as Hash; // 32 bytes
};

/**
 * The batch of these hashes: what would go on the chain for each of them alone. `seed`: 32 bytes drawn for this batch alone, and
 * forgotten with it; who has it can tell which records are in it. PERF: 8 us each, and 64 bytes.
 */
export const batchAnchor = (hasher: Hasher, hashes: readonly Hash[], seed: Uint8Array): E.Either<BatchFault, Batch> => {
  if (hashes.length === 0) return E.left({ code: 'batch_empty', message: 'name at least one record to anchor' });
  if (hashes.length > 2 ** MAX_BATCH_DEPTH) {
    return E.left({ code: 'batch_too_large', message: `anchor at most ${2 ** MAX_BATCH_DEPTH} records by one root` });
  }
  const size = hashes.length;
  const depth = Math.max(MIN_DEPTH, Math.ceil(Math.log2(size)));
  const width = 2 ** depth;
  const key = new HmacKey(hasher, seed);
  const padding = new HmacKey(hasher, paddingKeyOf(key));
  const leaf = newLeaf(hasher);
  const unsorted = new Uint8Array(HASH_BYTES * width);
  for (let index = 0; index < width; index += 1) {
    if (index < size) {
      leaf.bytes.set(key.codeOf(SALT_LABEL, uint32Bytes(index)), SALT_AT);
      leaf.bytes.set(bytesOf(hashes[index] as Hash), HASH_AT);
      leaf.hash(LEAF_BYTES, unsorted, HASH_BYTES * index);
    } else {
      padding.message.bytes.set(uint32Bytes(index - size), HmacKey.start);
      padding.code(WORD_BYTES, unsorted, HASH_BYTES * index);
    }
  }
  const nodes = new Uint8Array(nodesLength(depth));
  const positions = new Uint32Array(width);
  for (const [rank, index] of hashOrder(unsorted, width).entries()) {
    nodes.set(unsorted.subarray(HASH_BYTES * index, HASH_BYTES * (index + 1)), HASH_BYTES * rank);
    positions[index] = rank;
  }
  raise(hasher, nodes, depth);
  const pathOf = (index: number): BatchPath => {
    invariant(Number.isInteger(index) && index >= 0 && index < size, `there is no place ${index} among ${size}`);
    const position = positions[index] as number;
    const salt = key.codeOf(SALT_LABEL, uint32Bytes(index));
    return { depth, position, salt, siblings: siblingsOf(nodes, depth, [position]) };
  };
  return E.right({ root: batchRoot(hasher, depth, nodes.subarray(-HASH_BYTES)), depth, size, pathOf });
};

const isBounded = ({ depth, position, salt, siblings }: BatchPath): boolean =>
  Number.isInteger(depth) &&
  depth >= MIN_DEPTH &&
  depth <= MAX_BATCH_DEPTH &&
  Number.isInteger(position) &&
  position >= 0 &&
  position < 2 ** depth &&
  salt.length === HASH_BYTES &&
  siblings.length === HASH_BYTES * depth;

/** Where a path leads from an anchored hash: the root of its batch, or nothing. Never throws. */
export const batchRootOf = (hasher: Hasher, hash: Hash, path: BatchPath): Hash | undefined => {
  if (!isBounded(path)) return undefined;
  const { depth, position, salt, siblings } = path;
  const leaf = newLeaf(hasher);
  leaf.bytes.set(salt, SALT_AT);
  leaf.bytes.set(bytesOf(hash), HASH_AT);
  const own = new Uint8Array(HASH_BYTES);
  leaf.hash(LEAF_BYTES, own, 0);
  const top = climb(hasher, depth, Uint32Array.of(position), own, siblings);
  return typeof top === 'string' ? undefined : batchRoot(hasher, depth, top);
};

/** Whether a hash stands in the batch with this root; or why the path does not say so. Never throws. */
export const verifyBatchPath = (
  hasher: Hasher,
  root: Hash,
  hash: Hash,
  path: BatchPath,
): E.Either<BatchPathFault, true> => {
  const found = batchRootOf(hasher, hash, path);
  if (found === undefined) return E.left('batch_path_out_of_bounds');
  return found === root ? E.right(true) : E.left('batch_root_differs');
};
