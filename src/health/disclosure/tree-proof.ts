/**
 * Tree proof: some leaves of a tree, opened, and the hashes that lead from them to its root; made, and checked.
 *
 * Nothing of the other leaves is in it but hashes, which their salts keep from being guessed.
 * Source: docs/decisions/0019-own-tree-for-records.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { childrenOf, countAt, kindAt, nameAt, type Step, textAt } from '../json/document.ts';
import { MAX_DEPTH, MAX_SHOWN_LEAVES, MIN_DEPTH } from '../limits.ts';
import { buildTreeAt } from '../tree/build.ts';
import { LeafBytes, SALT_AT } from '../tree/leaf-bytes.ts';
import { climb, rootOver } from '../tree/nodes.ts';
import { pathBytes, pointerOf } from '../tree/path.ts';
import type { RecordTree } from '../tree/record-tree.ts';
import { disagreement } from './agreement.ts';
import { type LeafValue, leafContent } from './leaf-value.ts';
import { isProofShaped, isStated } from './proof-shape.ts';

export interface ShownLeaf {
  readonly position: number;
  readonly steps: readonly Step[];
  readonly salt: Uint8Array;
  readonly value: LeafValue;
}

export interface TreeProof {
  readonly depth: number;
  /** In ascending order of position. */
  readonly leaves: readonly ShownLeaf[];
  /** Whole hashes, level by level, left to right; only those that cannot be computed. */
  readonly siblings: Uint8Array;
}

/**
 * Why a proof proves nothing. The codes never change their meaning.
 *
 * - `proof_out_of_bounds`: depth, number of leaves, positions, salts or siblings are beyond their limits, or no such thing.
 * - `proof_positions_wrong`: positions do not ascend, or one lies beyond the tree.
 * - `proof_value_malformed`: a path or value that no document holds.
 * - `proof_path_twice`: two leaves claim the same path.
 * - `proof_contradicts`: a container that is shown has no such child.
 * - `proof_incomplete`, `proof_left_over`: too few hashes, or too many.
 * - `proof_root_differs`: all fits together, but under another root.
 */
export type TreeProofFault =
  | 'proof_out_of_bounds'
  | 'proof_positions_wrong'
  | 'proof_value_malformed'
  | 'proof_path_twice'
  | 'proof_contradicts'
  | 'proof_incomplete'
  | 'proof_left_over'
  | 'proof_root_differs';

const byBytes = (a: string, b: string): number => {
  const one = [...a].map((letter) => letter.codePointAt(0) as number);
  const other = [...b].map((letter) => letter.codePointAt(0) as number);
  const at = one.findIndex((code, index) => code !== other[index]);
  return at < 0 ? one.length - other.length : (one[at] as number) - (other[at] ?? -1);
};

const shownValue = (tree: RecordTree, leaf: number): LeafValue => {
  const { document, hasher } = tree;
  const at = tree.valueOf(leaf);
  if (tree.isTree(leaf)) {
    const inner = buildTreeAt(document, at, { hasher, mode: tree.mode, seed: tree.seedOf(tree.stepsTo(at)) });
    if (E.isRight(inner)) return { kind: 'tree', depth: inner.right.depth, root: inner.right.root };
  }
  const kind = kindAt(document, at);
  if (kind === 'object') {
    // Code points have the order of their UTF-8 bytes.
    return {
      kind,
      names: [...childrenOf(document, at)].map((child) => nameAt(document, child) as string).sort(byBytes),
    };
  }
  if (kind === 'array') return { kind, length: countAt(document, at) };
  if (kind === 'null') return { kind };
  const text = textAt(document, at);
  return kind === 'boolean' ? { kind, value: text === 'true' } : { kind, text };
};

/** The proof of some values of the tree's document, each standing in this tree; at least one, each once. */
export const proveValues = (tree: RecordTree, values: readonly number[]): TreeProof => {
  const leaves = values.map((value): ShownLeaf => {
    const leaf = tree.leafAround(value);
    const steps = tree.stepsTo(tree.valueOf(leaf));
    return { position: tree.positionOf(leaf), steps, salt: tree.saltOf(steps), value: shownValue(tree, leaf) };
  });
  leaves.sort((a, b) => a.position - b.position);
  return { depth: tree.depth, leaves, siblings: tree.siblings(leaves.map(({ position }) => position)) };
};

const boundsFault = (proof: TreeProof): TreeProofFault | undefined => {
  if (!isProofShaped(proof)) return 'proof_out_of_bounds';
  const { depth, leaves, siblings } = proof;
  if (!Number.isInteger(depth) || depth < MIN_DEPTH || depth > MAX_DEPTH) return 'proof_out_of_bounds';
  if (leaves.length === 0 || leaves.length > MAX_SHOWN_LEAVES) return 'proof_out_of_bounds';
  const isWhole = siblings.length % HASH_BYTES === 0 && siblings.length <= HASH_BYTES * depth * leaves.length;
  if (!isWhole || leaves.some(({ salt }) => salt.length !== HASH_BYTES)) return 'proof_out_of_bounds';
  let last = -1;
  for (const { position } of leaves) {
    if (!Number.isInteger(position) || position <= last || position >= 2 ** depth) return 'proof_positions_wrong';
    last = position;
  }
  return undefined;
};

/** The shown values by JSON Pointer, proven to stand under `root`; or the first fault. Never throws. */
export const verifyTreeProof = (
  hasher: Hasher,
  root: Hash,
  proof: TreeProof,
): E.Either<TreeProofFault, ReadonlyMap<string, LeafValue>> => {
  const unbounded = boundsFault(proof);
  if (unbounded !== undefined) return E.left(unbounded);
  const { depth, leaves, siblings } = proof;
  const hashes = new Uint8Array(HASH_BYTES * leaves.length);
  const leafBytes = new LeafBytes(hasher);
  for (const [index, { steps, salt, value }] of leaves.entries()) {
    if (!isStated(steps, value)) return E.left('proof_value_malformed');
    const path = pathBytes(steps);
    const content = leafContent(hasher, salt, value);
    if (path === undefined || content === undefined) return E.left('proof_value_malformed');
    const at = leafBytes.begin(path, path.length, content.kind, content.bytes.length);
    leafBytes.scratch.bytes.set(salt, SALT_AT);
    leafBytes.scratch.bytes.set(content.bytes, at);
    leafBytes.hash(at + content.bytes.length, hashes, HASH_BYTES * index);
  }
  const contradiction = disagreement(leaves);
  if (contradiction !== undefined) return E.left(contradiction);
  const top = climb(
    hasher,
    depth,
    Uint32Array.from(leaves, ({ position }) => position),
    hashes,
    siblings,
  );
  if (typeof top === 'string') return E.left(top);
  if (toHex(rootOver(hasher, depth, top)) !== root) return E.left('proof_root_differs');
  return E.right(new Map(leaves.map(({ steps, value }) => [pointerOf(steps), value])));
};
