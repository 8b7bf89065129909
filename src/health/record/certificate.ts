/**
 * Certificate: what a certifier says of a professional, as a document of which only a hash is on the chain.
 *
 * Its leaves are salted, so nobody finds a licence number by trying them all, and a physician can show "cardiology, KR" without a
 * name. Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { certificationPayload, hashPayload } from '../../core/kinds/payloads.ts';
import { invariant } from '../../core/refusal.ts';
import type { Address, Hash } from '../../core/units.ts';
import type { RecordTree } from '../tree/record-tree.ts';
import type { TransactionPart } from './anchor.ts';
import type { ContentSource } from './content.ts';
import * as form from './form.ts';
import { secondsOf } from './instant.ts';
import { byAnother, type SignedDocument, type SigningFault, signTree } from './sign-record.ts';
import { anchoredHash, isSignedBy, type Sign } from './signature.ts';

export const CERTIFICATE_PROFILE = 'medstate/certificate/1';

export interface Certificate {
  readonly certifier: { readonly account: Address; readonly name: string; readonly region: string };
  /** Its account is its key: whose signatures under records the certificate speaks for. */
  readonly subject: { readonly account: Address; readonly name: string; readonly licenceNo: string };
  readonly profession: { readonly system: string; readonly code: string };
  readonly specialty: string | undefined;
  readonly department: string | undefined;
  readonly hospital: string | undefined;
  readonly region: string;
  /** From this second on, and before that one. */
  readonly issued: string;
  readonly expires: string;
  /** The hash of what the certifier was shown, if it keeps one. */
  readonly evidenceHash: Hash | undefined;
}

const PURPOSE = 'medstate/certificate-sig/1';
const MAX_TEXT_BYTES = 255;
const MAX_CODE_BYTES = 64;
const words = form.text(MAX_TEXT_BYTES);
const code = form.text(MAX_CODE_BYTES);

const parts = form.members<Certificate & form.Profiled>({
  profile: form.oneOf<string>(CERTIFICATE_PROFILE),
  certifier: form.members({ account: form.address, name: words, region: code }),
  subject: form.members({ account: form.address, name: words, licenceNo: code }),
  profession: form.members({ system: words, code }),
  specialty: form.optional(words),
  department: form.optional(words),
  hospital: form.optional(words),
  region: code,
  issued: form.instant,
  expires: form.instant,
  evidenceHash: form.optional(form.hash),
});

/** A certificate ends after it begins. */
const certificateForm = form.checked(parts, ({ issued, expires }) =>
  issued < expires ? undefined : { steps: ['expires'], wanted: 'a time after `issued`' },
);

/** The bytes of a certificate, canonical. What breaks a limit is written too, and refused when it is read. */
export const writeCertificate = (certificate: Certificate): Uint8Array =>
  form.writeForm(certificateForm, { ...certificate, profile: CERTIFICATE_PROFILE });

/** The certificate that these bytes hold, or the first fault. Never throws. */
export const readCertificate = (bytes: Uint8Array): E.Either<form.FormFault, Certificate> => {
  const read = form.readForm(certificateForm, bytes);
  if (E.isLeft(read)) return read;
  const { profile: _, ...certificate } = read.right.value;
  return E.right(certificate);
};

/** The tree of a certificate, or why its bytes hold none. `seed`: 32 bytes drawn for it alone, which its subject gets too. */
export const buildCertificate = (
  hasher: Hasher,
  bytes: Uint8Array,
  seed: Uint8Array,
): E.Either<form.FormFault, RecordTree> => form.treeOfForm(certificateForm, { hasher, bytes, seed });

/** The subject accepts a certificate, having built its tree: without this, anybody could hang words on an account. */
export const acceptCertificate = (
  crypto: Crypto,
  {
    chainId,
    certificate: { bytes, seed },
    sign,
  }: { readonly chainId: number; readonly certificate: ContentSource; readonly sign: Sign },
): E.Either<form.FormFault | SigningFault, SignedDocument> => {
  const read = readCertificate(bytes);
  if (E.isLeft(read)) return read;
  const tree = buildCertificate(crypto, bytes, seed);
  if (E.isLeft(tree)) return tree;
  const { account } = read.right.subject;
  return signTree(crypto, tree.right, { purpose: PURPOSE, chainId, account }, sign);
};

/**
 * What a certifier puts on the chain for a certificate: found by building its tree, because a hash that the subject names may be of a
 * tree with a second profession in it. With an acceptance, which must be the subject's, the hash is of both.
 */
export const certifiedHash = (
  crypto: Crypto,
  {
    chainId,
    certificate: { bytes, seed },
    acceptance,
  }: { readonly chainId: number; readonly certificate: ContentSource; readonly acceptance?: Uint8Array },
): E.Either<form.FormFault | SigningFault, Hash> => {
  const read = readCertificate(bytes);
  if (E.isLeft(read)) return read;
  const tree = buildCertificate(crypto, bytes, seed);
  if (E.isLeft(tree)) return tree;
  const { root } = tree.right;
  const { account } = read.right.subject;
  const isAccepted =
    acceptance === undefined || isSignedBy(crypto, acceptance, { purpose: PURPOSE, chainId, root, account });
  return isAccepted ? E.right(anchoredHash(crypto, root, acceptance)) : byAnother;
};

/** The transaction by which a certifier puts a certificate on the chain; `hash` is that of `certifiedHash`. */
export const certificationTransaction = ({ subject, issued, expires }: Certificate, hash: Hash): TransactionPart => {
  const [from, until] = [secondsOf(issued), secondsOf(expires)];
  invariant(from !== undefined && until !== undefined, 'a certificate that was read has two times');
  const payload = certificationPayload.encode({ issued: BigInt(from), expires: BigInt(until), hash });
  return { kind: 'add_certification', to: subject.account, payload };
};

/** The transaction by which its certifier takes it back. */
export const revocationTransaction = (hash: Hash): TransactionPart => ({
  kind: 'revoke_certification',
  payload: hashPayload.encode({ hash }),
});
