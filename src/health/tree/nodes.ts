/**
 * Nodes: the perfect binary tree over sorted leaf hashes, in one flat buffer; proofs of several leaves at once, and the way up.
 *
 * Level 0 holds the leaves; each next level half as many. There are no odd nodes, and the root binds the depth.
 * Source: docs/decisions/0019-own-tree-for-records.md.
 */
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { NODE_TAG, PROFILE, ROOT_TAG, SUITE } from './profile.ts';
import { Scratch } from './scratch.ts';

const NODE_BYTES = 1 + 2 * HASH_BYTES;

const ROOT_HEAD = utf8Bytes(`\x02${PROFILE}\0`);

/** Where a level begins in the buffer of a tree, in bytes. */
const levelStart = (depth: number, level: number): number => HASH_BYTES * (2 ** (depth + 1) - 2 ** (depth + 1 - level));

const copyHash = (target: Uint8Array, to: number, source: Uint8Array, from: number): void => {
  for (let at = 0; at < HASH_BYTES; at += 1) target[to + at] = source[from + at] as number;
};

/** The room of a tree of that depth, in bytes. */
export const nodesLength = (depth: number): number => HASH_BYTES * (2 ** (depth + 1) - 1);

/** Fills all levels above the leaves. */
export const raise = (hasher: Hasher, nodes: Uint8Array, depth: number): void => {
  const pair = new Scratch(hasher, NODE_BYTES);
  const { bytes } = pair;
  bytes[0] = NODE_TAG;
  let out = levelStart(depth, 1);
  for (let at = 0; out < nodes.length; at += 2 * HASH_BYTES, out += HASH_BYTES) {
    for (let index = 0; index < 2 * HASH_BYTES; index += 1) bytes[1 + index] = nodes[at + index] as number;
    pair.hash(NODE_BYTES, nodes, out);
  }
};

/** The root of a tree: its topmost node, bound to profile, hash function and depth. */
export const rootOver = (hasher: Hasher, depth: number, top: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(ROOT_HEAD.length + 2 + HASH_BYTES);
  bytes.set(ROOT_HEAD);
  bytes[0] = ROOT_TAG;
  bytes[ROOT_HEAD.length] = SUITE;
  bytes[ROOT_HEAD.length + 1] = depth;
  bytes.set(top.subarray(0, HASH_BYTES), ROOT_HEAD.length + 2);
  return hasher.sha256(bytes);
};

/** The hashes that a proof of the leaves at these ascending positions needs: level by level, left to right. */
export const siblingsOf = (nodes: Uint8Array, depth: number, positions: readonly number[]): Uint8Array => {
  const found: Uint8Array[] = [];
  let level = positions;
  for (let height = 0; height < depth; height += 1) {
    const start = levelStart(depth, height);
    const parents: number[] = [];
    for (let index = 0; index < level.length; index += 1) {
      const position = level[index] as number;
      const neighbour = position ^ 1;
      if (level[index + 1] === neighbour) index += 1;
      else found.push(nodes.subarray(start + HASH_BYTES * neighbour, start + HASH_BYTES * (neighbour + 1)));
      parents.push(position >>> 1);
    }
    level = parents;
  }
  const siblings = new Uint8Array(HASH_BYTES * found.length);
  for (const [index, hash] of found.entries()) siblings.set(hash, HASH_BYTES * index);
  return siblings;
};

/** Too few hashes were sent for these leaves, or too many. */
export type ClimbFault = 'proof_incomplete' | 'proof_left_over';

/**
 * The topmost node over leaves at ascending positions below 2^depth. `hashes` holds the leaves' hashes one after the other and
 * is overwritten. Every sibling is used, in order, and none is left.
 */
export const climb = (
  hasher: Hasher,
  depth: number,
  positions: Uint32Array,
  hashes: Uint8Array,
  siblings: Uint8Array,
): Uint8Array | ClimbFault => {
  const pair = new Scratch(hasher, NODE_BYTES);
  pair.bytes[0] = NODE_TAG;
  let count = positions.length;
  let taken = 0;
  for (let height = 0; height < depth; height += 1) {
    let parents = 0;
    for (let index = 0; index < count; index += 1) {
      const position = positions[index] as number;
      const isRight = (position & 1) === 1;
      copyHash(pair.bytes, isRight ? 1 + HASH_BYTES : 1, hashes, HASH_BYTES * index);
      if (!isRight && index + 1 < count && positions[index + 1] === position + 1) {
        index += 1;
        copyHash(pair.bytes, 1 + HASH_BYTES, hashes, HASH_BYTES * index);
      } else {
        if (taken === siblings.length) return 'proof_incomplete';
        copyHash(pair.bytes, isRight ? 1 : 1 + HASH_BYTES, siblings, taken);
        taken += HASH_BYTES;
      }
      pair.hash(NODE_BYTES, hashes, HASH_BYTES * parents);
      positions[parents] = position >>> 1;
      parents += 1;
    }
    count = parents;
  }
  return taken === siblings.length ? hashes.subarray(0, HASH_BYTES) : 'proof_left_over';
};
