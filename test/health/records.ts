/**
 * Records: documents of the tests, and their trees and presentations without the ceremony.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Hash, nobleCrypto } from '../../src/core/index.ts';
import {
  buildTree,
  type PartialDocument,
  type Presentation,
  present,
  type RecordTree,
  readJson,
  type TreeOptions,
  verifyPresentation,
} from '../../src/health/index.ts';

export const SEED = new Uint8Array(32).fill(7);

/** The right side, or a failure that says what was refused. */
export const rightOf = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(`refused: ${JSON.stringify(either.left)}`);
  return either.right;
};

export const treeOf = (text: string, options: Partial<TreeOptions> = {}): RecordTree =>
  rightOf(
    buildTree(rightOf(readJson(new TextEncoder().encode(text))), { hasher: nobleCrypto, seed: SEED, ...options }),
  );

export const presented = (
  tree: RecordTree,
  values: readonly number[],
  byDigest: readonly number[] = [],
): Presentation => rightOf(present(tree, values, byDigest));

export const opened = (root: Hash, presentation: Presentation): PartialDocument =>
  rightOf(verifyPresentation(nobleCrypto, presentation, { root, holder: 'not asked' }));

/** The code with which a presentation is refused under a root, or `proven`. */
export const verdict = (root: Hash, presentation: Presentation): string => {
  const verified = verifyPresentation(nobleCrypto, presentation, { root, holder: 'not asked' });
  return E.isLeft(verified) ? verified.left.code : 'proven';
};
