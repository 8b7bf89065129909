/**
 * Tree fault: why a document has no tree, where, and what to do about it.
 */
import type { JsonDocument } from '../json/document.ts';
import { type Position, positionAt, positionText } from '../json/fault.ts';
import { MAX_PATH_BYTES, MAX_TREE_NESTING } from '../limits.ts';

/**
 * Why no tree is built. The codes never change their meaning.
 *
 * - `tree_path_too_long`: a path of more than MAX_PATH_BYTES bytes.
 * - `tree_too_nested`: more than MAX_TREE_NESTING trees in one another: no presentation could show what is in the innermost.
 */
export type TreeFaultCode = 'tree_path_too_long' | 'tree_too_nested';

export interface TreeFault {
  readonly code: TreeFaultCode;
  readonly message: string;
  readonly at: Position;
}

const ADVICE: Readonly<Record<TreeFaultCode, string>> = {
  tree_path_too_long: `the names down to this value have more than ${MAX_PATH_BYTES} bytes: shorten them`,
  tree_too_nested: `this would be a tree within ${MAX_TREE_NESTING} others: build one tree, in mode A`,
};

/** The fault at a value of the document. */
export const treeFaultAt = ({ bytes, starts }: JsonDocument, code: TreeFaultCode, value: number): TreeFault => {
  const at = positionAt(bytes, starts[value] as number);
  return { code, message: `${positionText(at)}: ${ADVICE[code]}`, at };
};
