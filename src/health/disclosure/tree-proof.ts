/**
 * Tree proof: some leaves of one tree, opened, and the hashes that lead from them to its root.
 *
 * Nothing of the other leaves is in it but hashes, which their salts keep from being guessed.
 * Source: docs/decisions/0019-own-tree-for-records.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import type { Step } from '../json/document.ts';
import { MAX_DEPTH, MAX_SHOWN_LEAVES, MAX_SHOWN_STEPS, MIN_DEPTH } from '../limits.ts';
import { LeafBytes, SALT_AT } from '../tree/leaf-bytes.ts';
import { climb, rootOver } from '../tree/nodes.ts';
import { pathBytes } from '../tree/path.ts';
import { type LeafValue, leafContent } from './leaf-value.ts';

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
 * - `proof_out_of_bounds`: depth, number of leaves or steps, salts or siblings are beyond their limits.
 * - `proof_positions_wrong`: positions do not ascend, or one lies beyond the tree.
 * - `proof_value_malformed`: a path or value that no document holds.
 * - `proof_incomplete`, `proof_left_over`: too few hashes, or too many.
 * - `proof_root_differs`: all fits together, but under another root.
 * - `proof_path_twice`: two leaves claim the same path.
 * - `proof_contradicts`: a container that is shown has no such child, or one value would be both an object and an array.
 */
export type TreeProofFault =
  | 'proof_out_of_bounds'
  | 'proof_positions_wrong'
  | 'proof_value_malformed'
  | 'proof_incomplete'
  | 'proof_left_over'
  | 'proof_root_differs'
  | 'proof_path_twice'
  | 'proof_contradicts';

/** The proven leaves by their steps: one place of the document, with the leaf that was shown for it, if one was. */
export interface ProvenPlace {
  readonly leaf: ShownLeaf | undefined;
  readonly children: ReadonlyMap<Step, ProvenPlace>;
}

interface Place {
  leaf: ShownLeaf | undefined;
  readonly children: Map<Step, Place>;
}

const newPlace = (): Place => ({ leaf: undefined, children: new Map() });

const boundsFault = ({ depth, leaves, siblings }: TreeProof): TreeProofFault | undefined => {
  if (!Number.isInteger(depth) || depth < MIN_DEPTH || depth > MAX_DEPTH) return 'proof_out_of_bounds';
  if (leaves.length === 0 || leaves.length > MAX_SHOWN_LEAVES) return 'proof_out_of_bounds';
  const isWhole = siblings.length % HASH_BYTES === 0 && siblings.length <= HASH_BYTES * depth * leaves.length;
  if (!isWhole || leaves.some(({ salt }) => salt.length !== HASH_BYTES)) return 'proof_out_of_bounds';
  let steps = 0;
  for (const leaf of leaves) steps += leaf.steps.length;
  if (steps > MAX_SHOWN_STEPS) return 'proof_out_of_bounds';
  let last = -1;
  for (const { position } of leaves) {
    if (!Number.isInteger(position) || position <= last || position >= 2 ** depth) return 'proof_positions_wrong';
    last = position;
  }
  return undefined;
};

/** The hashes of the leaves one after the other, or `undefined` if one is of no document. */
const leafHashes = (hasher: Hasher, leaves: readonly ShownLeaf[]): Uint8Array | undefined => {
  const hashes = new Uint8Array(HASH_BYTES * leaves.length);
  const leafBytes = new LeafBytes(hasher);
  for (const [index, { steps, salt, value }] of leaves.entries()) {
    const path = pathBytes(steps);
    const content = leafContent(hasher, salt, value);
    if (path === undefined || content === undefined) return undefined;
    if (value.kind === 'tree' && steps.length === 0) return undefined; // a tree is not the whole of another
    const at = leafBytes.begin(path, path.length, content.kind, content.bytes.length);
    leafBytes.scratch.bytes.set(salt, SALT_AT);
    leafBytes.scratch.bytes.set(content.bytes, at);
    leafBytes.hash(at + content.bytes.length, hashes, HASH_BYTES * index);
  }
  return hashes;
};

/** Whether a value can have these children; of a value that is not shown, that they are of one kind is all that is known. */
const canHave = (value: LeafValue | undefined, children: ReadonlyMap<Step, Place>): boolean => {
  if (children.size === 0) return true;
  const steps = [...children.keys()];
  if (value === undefined) return steps.every((step) => typeof step === typeof steps[0]);
  if (value.kind === 'array') return steps.every((step) => typeof step === 'number' && step < value.length);
  if (value.kind !== 'object') return false;
  const names = new Set<Step>(value.names);
  return steps.every((step) => names.has(step));
};

const isSound = ({ leaf, children }: Place): boolean =>
  canHave(leaf?.value, children) && [...children.values()].every(isSound);

/** The leaves at their places, unless they do not fit together. */
const placesOf = (leaves: readonly ShownLeaf[]): E.Either<TreeProofFault, ProvenPlace> => {
  const root = newPlace();
  for (const leaf of leaves) {
    let place = root;
    for (const step of leaf.steps) {
      const next = place.children.get(step) ?? newPlace();
      place.children.set(step, next);
      place = next;
    }
    if (place.leaf !== undefined) return E.left('proof_path_twice');
    place.leaf = leaf;
  }
  return isSound(root) ? E.right(root) : E.left('proof_contradicts');
};

/** The shown leaves by their steps, proven to stand under `root`; or the first fault, in the order of the codes. Never throws. */
export const verifyTreeProof = (
  hasher: Hasher,
  root: Hash,
  proof: TreeProof,
): E.Either<TreeProofFault, ProvenPlace> => {
  const { depth, leaves, siblings } = proof;
  const unbounded = boundsFault(proof);
  if (unbounded !== undefined) return E.left(unbounded);
  const hashes = leafHashes(hasher, leaves);
  if (hashes === undefined) return E.left('proof_value_malformed');
  const positions = Uint32Array.from(leaves, ({ position }) => position);
  const top = climb(hasher, depth, positions, hashes, siblings);
  if (typeof top === 'string') return E.left(top);
  if (toHex(rootOver(hasher, depth, top)) !== root) return E.left('proof_root_differs');
  return placesOf(leaves);
};

/** The leaf that was proven at the steps, or `undefined` if none was shown there. */
export const provenAt = (root: ProvenPlace, steps: readonly Step[]): ShownLeaf | undefined => {
  let place: ProvenPlace | undefined = root;
  for (const step of steps) place = place?.children.get(step);
  return place?.leaf;
};
