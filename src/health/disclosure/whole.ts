/**
 * Whole: a record handed over with all that is in it: its bytes and its seed, and no proof. Whoever has them builds the tree again.
 *
 * A tree inside a record of mode B is handed over the same way, alone: its bytes are those of its value.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { countAt, type JsonDocument, nameAt, STRING } from '../json/document.ts';
import type { JsonFault } from '../json/fault.ts';
import { readJson } from '../json/read.ts';
import { MAX_FILLED_LEAVES, MAX_MIN_DEPTH, MAX_VALUES, MIN_DEPTH } from '../limits.ts';
import { buildTree } from '../tree/build.ts';
import type { RecordTree, TreeMode } from '../tree/record-tree.ts';
import type { TreeFault } from '../tree/tree-fault.ts';

/** Keep it as secret as the record. */
export interface WholeRecord {
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly mode: TreeMode;
  readonly minDepth: number;
}

/**
 * Why a whole record is refused, besides that it is no document or has no tree. The codes never change their meaning.
 *
 * - `whole_seed_malformed`: the seed has not 32 bytes, or the least depth is none.
 * - `whole_too_costly`: its trees, filled up to the least depth, would have more than MAX_VALUES leaves, or many more than it has
 *   values: see MAX_FILLED_LEAVES.
 * - `whole_root_differs`: these bytes under this seed have another root.
 */
export interface WholeFault {
  readonly code: 'whole_seed_malformed' | 'whole_too_costly' | 'whole_root_differs';
  readonly message: string;
}

/** What to hand over so that all of `tree` is known: of a record, or of a tree inside it (`treeOver`). */
export const wholeOf = ({ document, at, seed, mode, minDepth }: RecordTree): WholeRecord => {
  const { bytes: text, kinds, starts, ends } = document;
  const quote = kinds[at] === STRING ? 1 : 0;
  // Copied, whatever array the text is: a window would carry the text around it in its buffer.
  const part = text.subarray((starts[at] as number) - quote, (ends[at] as number) + quote);
  const bytes = at === 0 ? text : Uint8Array.from(part);
  return { bytes, seed, mode, minDepth };
};

/** At least as many as there are trees in a document in mode B: resources, contained ones, and the whole. */
const mostTrees = (document: JsonDocument): number => {
  let count = 1;
  for (let value = 0; value < document.size; value += 1) {
    const name = nameAt(document, value);
    if (name === 'resource') count += 1;
    else if (name === 'contained') count += countAt(document, value);
  }
  return count;
};

/** At least as many leaves as all trees of a document have that are filled up to a depth. */
const filledLeaves = (document: JsonDocument, mode: TreeMode, minDepth: number): number =>
  (mode === 'B' ? mostTrees(document) : 1) * 2 ** Math.max(minDepth, MIN_DEPTH);

/** As many as are built, so that a record of one byte does not ask for the work of one of 64 MiB. */
const mostLeaves = ({ size }: JsonDocument): number =>
  Math.min(MAX_VALUES, Math.max(MAX_FILLED_LEAVES, size * 2 ** MIN_DEPTH));

/** The tree of a record that was handed over, if it is the one of this root. Cost as of `buildTree`. */
export const openWhole = (
  hasher: Hasher,
  { bytes, seed, mode, minDepth }: WholeRecord,
  root: Hash,
): E.Either<WholeFault | JsonFault | TreeFault, RecordTree> => {
  if (seed.length !== HASH_BYTES || !Number.isInteger(minDepth) || minDepth < 0 || minDepth > MAX_MIN_DEPTH) {
    return E.left({
      code: 'whole_seed_malformed',
      message: 'ask for the record again, with its seed of 32 bytes and its least depth',
    });
  }
  const document = readJson(bytes);
  if (E.isLeft(document)) return document;
  if (filledLeaves(document.right, mode, minDepth) > mostLeaves(document.right)) {
    return E.left({ code: 'whole_too_costly', message: 'ask for a record that is filled up to fewer levels' });
  }
  const tree = buildTree(document.right, { hasher, seed, mode, minDepth });
  if (E.isLeft(tree) || tree.right.root === root) return tree;
  const message = 'this is not the record of that root: ask for its bytes as they were, its seed, mode and least depth';
  return E.left({ code: 'whole_root_differs', message });
};
