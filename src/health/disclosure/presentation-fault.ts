/**
 * Presentation fault: why a text is no presentation, where, and what to do about it.
 */
import { type JsonFaultCode, type Position, positionAt, positionText } from '../json/fault.ts';
import { MAX_NESTING, MAX_SHOWN_LEAVES, MAX_SHOWN_STEPS, MAX_TREE_NESTING } from '../limits.ts';
import { SUITE } from '../tree/profile.ts';
import { PRESENTATION_VERSION } from './presentation.ts';

/**
 * Why JSON is no presentation. The codes never change their meaning.
 *
 * - `presentation_member_wrong`: members stand in their fixed order, each of them and no other; this one does not.
 * - `presentation_member_missing`: the last members are missing.
 * - `presentation_wrong_type`: a string where a list should be, and the like.
 * - `presentation_kind_unknown`: a kind of leaf that there is not.
 * - `presentation_version_unknown`, `presentation_suite_unknown`: made by rules that are not known here.
 * - `presentation_out_of_range`: a number or a text beyond its limit.
 * - `presentation_bytes_malformed`: not the hex or base64url of that many bytes.
 * - `presentation_too_large`, `presentation_too_deep`: more leaves, steps, or trees in one another, than are allowed.
 * - `presentation_not_canonical`: spaces, escapes or the like that the canonical text has not.
 */
export type PresentationTextCode =
  | 'presentation_member_wrong'
  | 'presentation_member_missing'
  | 'presentation_wrong_type'
  | 'presentation_kind_unknown'
  | 'presentation_version_unknown'
  | 'presentation_suite_unknown'
  | 'presentation_out_of_range'
  | 'presentation_bytes_malformed'
  | 'presentation_too_large'
  | 'presentation_too_deep'
  | 'presentation_not_canonical';

export interface PresentationReadFault {
  readonly code: JsonFaultCode | PresentationTextCode;
  /** What is wrong and what to do, for people. */
  readonly message: string;
  readonly at: Position;
}

const ADVICE: Readonly<Record<PresentationTextCode, string>> = {
  presentation_member_wrong: 'another member should stand here, or none: send the canonical text',
  presentation_member_missing: 'members are missing here: send the canonical text, whole',
  presentation_wrong_type: 'a value of another type should stand here',
  presentation_kind_unknown: 'there is no such kind of leaf',
  presentation_version_unknown: `version ${PRESENTATION_VERSION} is all that is known here`,
  presentation_suite_unknown: `suite ${SUITE} is all that is known here`,
  presentation_out_of_range: 'this is more, or less, than is allowed here',
  presentation_bytes_malformed: 'lower-case hex, or base64url without padding, of other bytes should stand here',
  presentation_too_large: `at most ${MAX_SHOWN_LEAVES} leaves and ${MAX_SHOWN_STEPS} steps are read: send the record whole`,
  presentation_too_deep: `at most ${MAX_TREE_NESTING} trees and ${MAX_NESTING} steps in one another are read`,
  presentation_not_canonical: 'the canonical text differs from here on: send it byte for byte',
};

/** The fault at a byte of the text. */
export const textFaultAt = (bytes: Uint8Array, code: PresentationTextCode, offset: number): PresentationReadFault => {
  const at = positionAt(bytes, offset);
  return { code, message: `${positionText(at)}: ${ADVICE[code]}`, at };
};
