/**
 * Prove: makes proofs: of entries of a state, of transactions and receipts of a block.
 *
 * What is asked for is the asker's affair; a key or place that makes no sense is our own fault, checked where it came in.
 * Source: docs/protocol.md section 15.5.
 */
import type { Hasher } from '../crypto.ts';
import { type Receipt, receiptLeaves } from '../receipt.ts';
import { InvariantViolation, invariant } from '../refusal.ts';
import { decodeRow } from '../state/row.ts';
import type { ProofSource } from '../state/view.ts';
import { bytesRoot, type LeafContent } from '../tree/commitment.ts';
import { depthOf, PAIR_BYTES } from '../tree/seal.ts';
import { HASH_BYTES } from '../units.ts';
import {
  type EntryLeaf,
  entriesProofMessage,
  outcomeMessage,
  receiptsProofMessage,
  transactionsProofMessage,
} from './messages.ts';
import { steady } from './steady-hasher.ts';

const NONE = new Uint8Array(0);

type NodeOf = (level: number, position: number) => Uint8Array;

/** The neighbours that a climb from these leaves needs, in its order; `leaves` ascend, each once, below `size`. */
const siblingsOf = (size: number, leaves: readonly number[], nodeOf: NodeOf): Uint8Array => {
  const hashes: Uint8Array[] = [];
  let positions = leaves;
  for (let level = 0; level < depthOf(size); level += 1) {
    const last = (size - 1) >>> level;
    const parents: number[] = [];
    for (let index = 0; index < positions.length; index += 1) {
      const position = positions[index] as number;
      const other = position ^ 1;
      if (positions[index + 1] === other) index += 1;
      else if (other <= last) hashes.push(nodeOf(level, other));
      parents.push(position >>> 1);
    }
    positions = parents;
  }
  const siblings = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [index, hash] of hashes.entries()) siblings.set(hash, index * HASH_BYTES);
  return siblings;
};

const ascending = (numbers: Iterable<number>): number[] => [...new Set(numbers)].sort((a, b) => a - b);

/** What of a leaf was asked for. */
interface Asked {
  isValue: boolean;
  isGap: boolean;
}

const contentOf = (source: ProofSource, leaf: number): LeafContent => {
  const row = decodeRow(source.row(leaf));
  if (row._tag === 'Left') throw new InvariantViolation(`the row of leaf ${leaf} makes no sense`);
  return row.right;
};

const leafOf = (hasher: Hasher, leaf: number, { key, next, value }: LeafContent, asked: Asked): EntryLeaf => ({
  leaf,
  key,
  next: asked.isGap ? next : NONE,
  nextRoot: asked.isGap ? NONE : bytesRoot(hasher, next),
  value: asked.isValue ? value : NONE,
  valueRoot: asked.isValue ? NONE : bytesRoot(hasher, value),
});

/**
 * The proof of what is, and what is not, under these keys; at least one, in any order. May throw `MissingRows` as reads do.
 *
 * PERF: a node a level, and a row, for each key.
 */
export const proveEntries = (hasher: Hasher, source: ProofSource, keys: readonly string[]): Uint8Array => {
  invariant(keys.length > 0, 'a proof is of one key at least');
  const asked = new Map<number, Asked>();
  for (const key of keys) {
    const own = source.leafOf(key);
    const leaf = own ?? source.leafBefore(key);
    if (leaf === undefined) continue;
    const soFar = asked.get(leaf) ?? { isValue: false, isGap: false };
    asked.set(leaf, own === undefined ? { ...soFar, isGap: true } : { ...soFar, isValue: true });
  }
  const { size } = source;
  const single = steady(hasher);
  const numbers = ascending(asked.keys());
  return entriesProofMessage.encode({
    size,
    leaves: numbers.map((leaf) => leafOf(single, leaf, contentOf(source, leaf), asked.get(leaf) as Asked)),
    siblings: siblingsOf(size, numbers, (level, position) => source.node(level, position)),
  });
};

/** All nodes over a list, level by level; an odd one at the end has the empty subtree beside it. */
const nodesOver = (hasher: Hasher, leaves: readonly Uint8Array[]): NodeOf => {
  let level = new Uint8Array(leaves.length * HASH_BYTES);
  for (const [index, leaf] of leaves.entries()) level.set(leaf, index * HASH_BYTES);
  const levels = [level];
  let empty: Uint8Array = new Uint8Array(HASH_BYTES);
  while (level.length > HASH_BYTES) {
    const parents = (level.length + HASH_BYTES) >> 6;
    // One pair more makes the next empty subtree.
    const pairs = new Uint8Array((parents + 1) * PAIR_BYTES);
    for (let at = level.length; at < pairs.length; at += HASH_BYTES) pairs.set(empty, at);
    pairs.set(level);
    const hashes = new Uint8Array((parents + 1) * HASH_BYTES);
    hasher.hashPairs(pairs, hashes);
    level = hashes.subarray(0, parents * HASH_BYTES);
    empty = hashes.subarray(parents * HASH_BYTES);
    levels.push(level);
  }
  return (height, position) =>
    (levels[height] as Uint8Array).subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
};

const placesOf = (indices: readonly number[], count: number): number[] => {
  invariant(indices.length > 0 || count === 0, 'a proof is of one place at least');
  for (const index of indices) invariant(index >= 0 && index < count, `there is no place ${index} in ${count}`);
  return ascending(indices);
};

/** The proof of the transactions at these places of a block, given the bytes of all of them. PERF: hashes all of them. */
export const proveTransactions = (
  hasher: Hasher,
  transactions: readonly Uint8Array[],
  indices: readonly number[],
): Uint8Array => {
  const places = placesOf(indices, transactions.length);
  const nodeOf = nodesOver(
    hasher,
    transactions.map((bytes) => hasher.sha256(bytes)),
  );
  return transactionsProofMessage.encode({
    count: transactions.length,
    leaves: places.map((index) => ({ index, bytes: transactions[index] as Uint8Array })),
    siblings: siblingsOf(transactions.length, places, nodeOf),
  });
};

/** The proof of the receipts at these places of a block, given all of them. PERF: hashes all of them. */
export const proveReceipts = (hasher: Hasher, receipts: readonly Receipt[], indices: readonly number[]): Uint8Array => {
  const places = placesOf(indices, receipts.length);
  const nodeOf = nodesOver(hasher, receiptLeaves(hasher, receipts));
  const leaves = places.map((index) => {
    const receipt = receipts[index] as Receipt;
    return { index, id: receipt.id, outcome: outcomeMessage.encode(receipt) };
  });
  return receiptsProofMessage.encode({
    count: receipts.length,
    leaves,
    siblings: siblingsOf(receipts.length, places, nodeOf),
  });
};
