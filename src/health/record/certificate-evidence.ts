/**
 * Certificate evidence: what leaves of a certificate say of a creator, if they are of the one that the envelope names.
 *
 * Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto } from '../../core/crypto.ts';
import type { Certification } from '../../core/state/records.ts';
import { SIGNATURE_BYTES } from '../../core/units.ts';
import type { Presentation } from '../disclosure/presentation.ts';
import { CERTIFICATE_PROFILE } from './certificate.ts';
import type { Creator } from './envelope.ts';
import { secondsOf } from './instant.ts';
import { type ShownFault, shownOf, textShown } from './shown.ts';
import { anchoredHash, isSignedBy } from './signature.ts';
import type { Profession } from './trust-list.ts';

/** What the chain and the certificate say of the signer. */
export interface CertificationEvidence {
  /** Of the entry of the certification, in the state that is trusted. */
  readonly proof: Uint8Array;
  /** Values of the certificate, its profile among them; without them no profession is known. */
  readonly certificate?: Presentation;
  /** The subject's acceptance of the certificate, if there is one. */
  readonly acceptance?: Uint8Array;
}

/**
 * Why a certificate proves nothing, beside the faults of leaves. The codes never change their meaning.
 *
 * - `certificate_differs`: it is not the one that the envelope names, or not with this acceptance.
 * - `certificate_contradicts`: what it shows is not what the chain says: subject, certifier, times or acceptance.
 */
export type CertificateFault = ShownFault | 'certificate_differs' | 'certificate_contradicts';

/** What was shown of the certificate and is under the hash on the chain. */
export interface CertifiedAs {
  /** Shown and bound to the certification, or `undefined`; so is the region. */
  readonly profession: Profession | undefined;
  readonly region: string | undefined;
}

export const NOTHING_SHOWN: CertifiedAs = { profession: undefined, region: undefined };

/** Whether shown text is that of the chain, or is not shown. */
const agrees = (shown: string | undefined, known: string): boolean => shown === undefined || shown === known;

const timeAgrees = (shown: string | undefined, known: bigint | undefined): boolean =>
  shown === undefined || known === undefined || BigInt(secondsOf(shown) ?? -1) === known;

/** What a certificate shows, if it is the one that the creator names and says what the chain says. */
export const certifiedAs = (
  crypto: Crypto,
  { certificate, acceptance }: CertificationEvidence,
  { account, certificate: { hash, certifier } }: Creator,
  { chainId, certification }: { readonly chainId: number; readonly certification: Certification | undefined },
): E.Either<CertificateFault, CertifiedAs> => {
  if (certificate === undefined) return E.right(NOTHING_SHOWN);
  const values = shownOf(crypto, certificate, CERTIFICATE_PROFILE);
  if (E.isLeft(values)) return values;
  const { root } = certificate;
  const isWhole = acceptance === undefined || acceptance.length === SIGNATURE_BYTES;
  if (!isWhole || anchoredHash(crypto, root, acceptance) !== hash) return E.left('certificate_differs');
  const text = (...names: readonly string[]): string | undefined => textShown(values.right, ...names);
  const purpose = 'medstate/certificate-sig/1';
  const isSame =
    agrees(text('subject', 'account'), account) &&
    agrees(text('certifier', 'account'), certifier) &&
    timeAgrees(text('issued'), certification?.issued) &&
    timeAgrees(text('expires'), certification?.expires) &&
    (acceptance === undefined || isSignedBy(crypto, acceptance, { purpose, chainId, root, account }));
  if (!isSame) return E.left('certificate_contradicts');
  const [system, code] = [text('profession', 'system'), text('profession', 'code')];
  const profession = system === undefined || code === undefined ? undefined : { system, code };
  return E.right({ profession, region: text('region') });
};
