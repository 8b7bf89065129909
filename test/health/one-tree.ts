/**
 * One tree: the proof of some leaves of a tree alone, beneath what presentations add.
 */
import * as E from 'fp-ts/lib/Either.js';
import { present, type RecordTree, type TreeProof } from '../../src/health/index.ts';

/** The proof of values that stand in this tree; a tree inside it is shown by its root. */
export const proveValues = (tree: RecordTree, values: readonly number[]): TreeProof => {
  const presentation = present(tree, [], values);
  if (E.isLeft(presentation)) throw new Error(presentation.left.message);
  return presentation.right.proof;
};
