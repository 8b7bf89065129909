/**
 * Shown: the few values of an envelope or certificate that its verifier reads.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto } from '../../core/crypto.ts';
import { isAddress } from '../../core/json.ts';
import type { Address, Hash } from '../../core/units.ts';
import { type PartialDocument, shownAt } from '../disclosure/partial.ts';
import type { Presentation } from '../disclosure/presentation.ts';
import { type PresentationFaultCode, verifyPresentation } from '../disclosure/verify.ts';
import { isHash } from '../json/scalars.ts';

/** The text at these names; `undefined` where no text is shown. */
export const textShown = (shown: PartialDocument, ...names: readonly string[]): string | undefined => {
  const at = shownAt(shown, names);
  return at.is === 'shown' && at.node.kind === 'string' ? at.node.text : undefined;
};

/** The hash at these names, likewise. */
export const hashShown = (shown: PartialDocument, ...names: readonly string[]): Hash | undefined => {
  const text = textShown(shown, ...names);
  return text !== undefined && isHash(text) ? text : undefined;
};

/** The account at these names, likewise. */
export const addressShown = (shown: PartialDocument, ...names: readonly string[]): Address | undefined => {
  const text = textShown(shown, ...names);
  return text !== undefined && isAddress(text) ? text : undefined;
};

/** Why a presentation shows nothing: it proves nothing, or is not seen to be of a document of this profile. */
export type ShownFault = PresentationFaultCode | 'profile_differs';

/**
 * What is shown of a document of this profile. Its profile must be among it: else any tree could pass for one. Who holds it is not
 * asked here: that is a question about the content.
 */
export const shownOf = (
  crypto: Crypto,
  presentation: Presentation,
  profile: string,
): E.Either<ShownFault, PartialDocument> => {
  const verified = verifyPresentation(crypto, presentation, { root: presentation.root, holder: 'not asked' });
  if (E.isLeft(verified)) return E.left(verified.left.code);
  return textShown(verified.right, 'profile') === profile ? verified : E.left('profile_differs');
};
