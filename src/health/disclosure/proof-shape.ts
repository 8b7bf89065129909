/**
 * Proof shape: whether something has the types of a proof, whatever the compiler was told, so that checking it cannot throw.
 *
 * Proofs come from strangers, often by way of `JSON.parse`; a truthy 1 must not pass for `true`, nor a list of one text for a text.
 */
import type { LeafValue } from './leaf-value.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isText = (value: unknown): value is string => typeof value === 'string';

/** A number, but for -0: it is hashed as 0 is, and one statement has one form. */
const isNumber = (value: unknown): boolean => typeof value === 'number' && !Object.is(value, -0);

const isStep = (value: unknown): boolean => isNumber(value) || isText(value);

/** Every item, holes included. */
const isListOf = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && Array.from<unknown>(value).every(isItem);

const CHECKS: { readonly [kind in LeafValue['kind']]: (value: Fields) => boolean } = {
  object: ({ names }) => isListOf(names, isText),
  array: ({ length }) => isNumber(length),
  string: ({ text }) => isText(text),
  number: ({ text }) => isText(text),
  boolean: ({ value }) => typeof value === 'boolean',
  null: () => true,
  tree: ({ depth, root }) => isNumber(depth) && isText(root),
};

/** Whether the steps and the value of a leaf have their types. */
export const isStated = (steps: unknown, value: unknown): boolean => {
  if (!isListOf(steps, isStep) || !isObject(value)) return false;
  const { kind } = value;
  return isText(kind) && Object.hasOwn(CHECKS, kind) && CHECKS[kind as LeafValue['kind']](value); // one of its keys
};

/** Whether a proof is one, and its leaves have positions and salts; steps and values are not looked at. */
export const isProofShaped = (proof: unknown): boolean => {
  if (!isObject(proof)) return false;
  const { depth, leaves, siblings } = proof;
  const isLeaf = (leaf: unknown): boolean =>
    isObject(leaf) && isNumber(leaf['position']) && leaf['salt'] instanceof Uint8Array;
  return isNumber(depth) && siblings instanceof Uint8Array && isListOf(leaves, isLeaf);
};
