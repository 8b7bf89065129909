/**
 * Shown: the few leaves of an envelope or certificate that its verifier reads.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Hasher } from '../../core/crypto.ts';
import { isAddress } from '../../core/json.ts';
import type { Address, Hash } from '../../core/units.ts';
import type { LeafValue } from '../disclosure/leaf-value.ts';
import { type TreeProof, type TreeProofFault, verifyTreeProof } from '../disclosure/tree-proof.ts';

/** Some leaves of a document, and the root under which they are said to stand. */
export interface ShownDocument {
  readonly root: Hash;
  readonly leaves: TreeProof;
}

/** The values that were proven, by JSON Pointer. The pointers asked for have names alone, so none has two meanings. */
export type ShownValues = ReadonlyMap<string, LeafValue>;

/** The text at a pointer; `undefined` where no text is shown. */
export const textShown = (values: ShownValues, pointer: string): string | undefined => {
  const value = values.get(pointer);
  return value?.kind === 'string' ? value.text : undefined;
};

const HASH = /^[0-9a-f]{64}$/;

/** The hash at a pointer, likewise. */
export const hashShown = (values: ShownValues, pointer: string): Hash | undefined => {
  const text = textShown(values, pointer);
  return text !== undefined && HASH.test(text) ? (text as Hash) : undefined;
};

/** The account at a pointer, likewise. */
export const addressShown = (values: ShownValues, pointer: string): Address | undefined => {
  const text = textShown(values, pointer);
  return text !== undefined && isAddress(text) ? text : undefined;
};

/** Why leaves show nothing: they prove nothing, or are not seen to be of a document of this profile. */
export type ShownFault = TreeProofFault | 'profile_differs';

/** What is shown of a document of this profile. Its profile must be among it: else any tree could pass for one. */
export const shownOf = (
  hasher: Hasher,
  { root, leaves }: ShownDocument,
  profile: string,
): E.Either<ShownFault, ShownValues> => {
  const values = verifyTreeProof(hasher, root, leaves);
  if (E.isLeft(values)) return values;
  return textShown(values.right, '/profile') === profile ? values : E.left('profile_differs');
};
