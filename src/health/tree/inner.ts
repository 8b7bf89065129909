/**
 * Inner: the trees inside a tree, built again from the seed of the tree around them when something in them is shown.
 *
 * They are not kept, so that the memory of a record of many thousand entries stays that of its outermost tree.
 */
import * as E from 'fp-ts/lib/Either.js';
import { invariant } from '../../core/refusal.ts';
import type { Step } from '../json/document.ts';
import { buildTreeAt } from './build.ts';
import type { RecordTree } from './record-tree.ts';

/**
 * The tree that a leaf of `tree` stands for, at these steps; `tree.isTree(leaf)` holds. PERF: as `buildTree`, for the values in it; who
 * asks for many knows the steps, because finding them costs as much as the lists on the way are long.
 */
export const innerTreeOf = (tree: RecordTree, leaf: number, steps: readonly Step[]): RecordTree => {
  const { document, hasher, mode, minDepth } = tree;
  const at = tree.valueOf(leaf);
  const inner = buildTreeAt(document, at, { hasher, mode, minDepth, seed: tree.seedOf(steps) });
  invariant(E.isRight(inner), 'what was built once can be built again');
  return inner.right;
};

/** The tree whose whole is value `at` of the document: `tree` itself, or one inside it; `undefined` if there is none. */
export const treeOver = (tree: RecordTree, at: number): RecordTree | undefined => {
  let around = tree;
  while (around.at !== at) {
    if (!around.holds(at)) return undefined;
    const leaf = around.leafAround(at);
    if (!around.isTree(leaf)) return undefined;
    around = innerTreeOf(around, leaf, around.stepsTo(around.valueOf(leaf)));
  }
  return around;
};
