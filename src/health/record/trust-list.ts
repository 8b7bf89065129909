/**
 * Trust list: which certifiers somebody believes, of what, and when. Anyone may certify anyone; whom to believe is the reader's affair.
 *
 * Source: protocol section 4.
 */
import type { Address, Seconds } from '../../core/units.ts';

/** A profession by the code of a system of codes. */
export interface Profession {
  readonly system: string;
  readonly code: string;
}

export interface TrustedCertifier {
  readonly account: Address;
  /** What it is believed of; anything, if so said. */
  readonly professions: readonly Profession[] | 'any';
  /** From this second on, and before that one. */
  readonly from: Seconds;
  readonly until: Seconds;
}

export interface TrustList {
  readonly entries: readonly TrustedCertifier[];
}

export interface CertifierQuestion {
  readonly certifier: Address;
  /** `undefined`: not shown. So is the region, of which a list of this form says nothing: whoever wants one looks at it. */
  readonly profession: Profession | undefined;
  readonly region: string | undefined;
  readonly time: Seconds;
}

/** Whether a certifier is believed. */
export type CertifierTrust = (question: CertifierQuestion) => boolean;

/** Believes whom a list names, of the professions and at the times that it names. A profession that is not shown is none of them. */
export const trustOf =
  ({ entries }: TrustList): CertifierTrust =>
  ({ certifier, profession, time }) =>
    entries.some(({ account, professions, from, until }) => {
      if (account !== certifier || time < from || time >= until) return false;
      if (professions === 'any') return true;
      return professions.some(({ system, code }) => system === profession?.system && code === profession.code);
    });
