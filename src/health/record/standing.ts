/**
 * Standing: what the chain says of who signed a record, at the time when the record was anchored.
 *
 * The claimed date plays no part: who steals a key after it was revoked cannot anchor anything earlier.
 */
import type { CertificationAnswer } from '../../core/proof/questions.ts';
import type { Address, Seconds } from '../../core/units.ts';

/**
 * - `valid`: certified by somebody trusted, at the time of the anchor, and as far as the state tells still.
 * - `validThenRevokedLater`: certified then; taken back since. What was signed before keeps its worth.
 * - `expired`, `revokedBefore`: the certification had ended.
 * - `notCertified`: there was no such certification then, or it had not begun, or it is of another account.
 * - `unknownCertifier`: the certifier is not trusted for this profession at that time, or certified itself.
 * - `certificationNotShown`: signed and anchored; nothing was given that says who the signer is.
 * - `noAnchor`: as far as the state tells it is not on the chain.
 * - `selfAsserted`: nobody signed.
 */
export type Standing =
  | 'valid'
  | 'validThenRevokedLater'
  | 'expired'
  | 'revokedBefore'
  | 'notCertified'
  | 'unknownCertifier'
  | 'certificationNotShown'
  | 'noAnchor'
  | 'selfAsserted';

export interface CertifiedThen {
  readonly answer: CertificationAnswer;
  /** When the record was anchored; the answer is for this time. */
  readonly time: Seconds;
  /** Who signed. */
  readonly account: Address;
  readonly certifier: Address;
  readonly isTrusted: boolean;
}

/** The standing of a signed and anchored record. */
export const standingOf = ({ answer, time, account, certifier, isTrusted }: CertifiedThen): Standing => {
  if (certifier === account || !isTrusted) return 'unknownCertifier';
  const { status, certification } = answer;
  if (certification === undefined || certification.certified !== account) return 'notCertified';
  if (status === 'revoked') return 'revokedBefore';
  if (status === 'expired') return 'expired';
  if (certification.issued > BigInt(time)) return 'notCertified';
  return certification.revoked === 0 ? 'valid' : 'validThenRevokedLater';
};
