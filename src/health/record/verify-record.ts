/**
 * Verify record: from some leaves of an envelope and proofs of the chain to a verdict: whose word a record is, and since when.
 *
 * The owner need not be shown: the signature is under the root of the whole envelope. All is told by values, whatever came in.
 * Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto } from '../../core/crypto.ts';
import { verifyHeader } from '../../core/proof/block-link.ts';
import { type Trust, type TrustedState, verifyCertification } from '../../core/proof/questions.ts';
import type { Certification } from '../../core/state/records.ts';
import { type Address, type Hash, type Seconds, SIGNATURE_BYTES } from '../../core/units.ts';
import type { TreeProofFault } from '../disclosure/tree-proof.ts';
import { type AnchorEvidence, type AnchorFault, anchorTime } from './anchor.ts';
import { type BatchPath, batchRootOf } from './batch.ts';
import { CERTIFICATE_PROFILE } from './certificate.ts';
import { type Creator, RECORD_PROFILE } from './envelope.ts';
import { secondsOf } from './instant.ts';
import { type ShownDocument, type ShownValues, shownOf, textShown } from './shown.ts';
import { anchoredHash, isSignedBy } from './signature.ts';
import { type Standing, standingOf } from './standing.ts';
import type { CertifierTrust, Profession } from './trust-list.ts';

/** What the chain and the certificate say of the signer. */
export interface CertificationEvidence {
  /** Of the entry of the certification, in the state that is trusted. */
  readonly proof: Uint8Array;
  /** Leaves of the certificate, its profile among them; without them no profession is known. */
  readonly certificate?: ShownDocument & { readonly acceptance?: Uint8Array };
}

/** What was handed over: leaves of an envelope, and why to believe them. */
export interface AnchoredRecord {
  /** `/profile` and `/content/root` must be shown, and of a signed record the four leaves of its creator. */
  readonly envelope: ShownDocument;
  /** The creator's signature, if there is one. */
  readonly signature?: Uint8Array;
  /** How it leads to the root of a batch, if it was anchored with others. */
  readonly batch?: BatchPath;
  readonly anchor: AnchorEvidence;
  readonly certification?: CertificationEvidence;
}

/** What the verifier brings: its chain, the state that it trusts, and whom it believes. */
export interface RecordTrust {
  readonly chainId: number;
  /** Later than the anchor, and as fresh as what the verdict should know of revocations. */
  readonly state: Trust;
  readonly certifiers: CertifierTrust;
}

/**
 * Why a record proves nothing, beside the faults of proofs and leaves. The codes never change their meaning.
 *
 * - `profile_differs`: the leaves do not show that they are of an envelope, or of a certificate.
 * - `leaf_missing`: a leaf that is needed is not shown, or is no such value.
 * - `batch_path_out_of_bounds`: the path into the batch is none.
 * - `signature_by_another`: the signature is not that of the creator whom the envelope names.
 * - `certificate_differs`: the certificate that is shown is not the one that the envelope names.
 * - `certificate_contradicts`: what it shows is not what the chain says: subject, certifier, times or acceptance.
 */
export type RecordFault =
  | AnchorFault
  | TreeProofFault
  | 'profile_differs'
  | 'leaf_missing'
  | 'batch_path_out_of_bounds'
  | 'signature_by_another'
  | 'certificate_differs'
  | 'certificate_contradicts';

export interface RecordVerdict {
  readonly standing: Standing;
  /** Under which fields of the content are proven. */
  readonly contentRoot: Hash;
  /** All that was shown of the envelope, by JSON Pointer. */
  readonly shown: ShownValues;
  /** When it was on the chain; later than it was made. */
  readonly anchoredAt: Seconds | undefined;
  /** Who signed; `undefined` where nobody did. */
  readonly creator: Creator | undefined;
  /** What the chain knows of the creator's certification. */
  readonly certification: Certification | undefined;
  /** Shown and bound to the certification, or `undefined`. */
  readonly profession: Profession | undefined;
  /** The time of the state that was asked: what came later is not known here. */
  readonly asOf: Seconds;
}

const HASH = /^[0-9a-f]{64}$/;
const PURPOSE = 'medstate/record-sig/1';

const hashShown = (values: ShownValues, pointer: string): Hash | undefined => {
  const text = textShown(values, pointer);
  return text !== undefined && HASH.test(text) ? (text as Hash) : undefined;
};

const ADDRESS = /^0[23][0-9a-f]{64}$/;

const addressShown = (values: ShownValues, pointer: string): Address | undefined => {
  const text = textShown(values, pointer);
  return text !== undefined && ADDRESS.test(text) ? (text as Address) : undefined;
};

const creatorOf = (values: ShownValues): Creator | undefined => {
  const account = addressShown(values, '/creator/account');
  const hash = hashShown(values, '/creator/certificate/hash');
  const certifier = addressShown(values, '/creator/certificate/certifier');
  if (account === undefined || hash === undefined || certifier === undefined) return undefined;
  return { account, certificate: { hash, certifier } };
};

const stateOf = (crypto: Crypto, { state, chainId }: RecordTrust): E.Either<RecordFault, TrustedState> => {
  if (!('header' in state)) return E.right(state);
  const header = verifyHeader(state.header, state.id, crypto);
  if (E.isLeft(header)) return header;
  return header.right.chainId === chainId ? header : E.left('chain_differs');
};

/** The creator, if the record is signed and by it. */
const signerOf = (
  crypto: Crypto,
  { envelope, signature }: AnchoredRecord,
  chainId: number,
  values: ShownValues,
): E.Either<RecordFault, Creator | undefined> => {
  if (signature === undefined) return E.right(undefined);
  const creator = creatorOf(values);
  if (creator === undefined) return E.left('leaf_missing');
  const { root } = envelope;
  return isSignedBy(crypto, signature, { purpose: PURPOSE, chainId, root, account: creator.account })
    ? E.right(creator)
    : E.left('signature_by_another');
};

/** The hash that must be on the chain for this record to be. */
const hashOnChain = (crypto: Crypto, { envelope, signature, batch }: AnchoredRecord): E.Either<RecordFault, Hash> => {
  const own = anchoredHash(crypto, envelope.root, signature);
  const hash = batch === undefined ? own : batchRootOf(crypto, own, batch);
  return hash === undefined ? E.left('batch_path_out_of_bounds') : E.right(hash);
};

/** Whether shown text is that of the chain, or is not shown. */
const agrees = (shown: string | undefined, known: string): boolean => shown === undefined || shown === known;

const timeAgrees = (shown: string | undefined, known: bigint): boolean =>
  shown === undefined || BigInt(secondsOf(shown) ?? -1) === known;

/** The profession that a certificate shows, if it is the one that the creator names and says what the chain says. */
const professionOf = (
  crypto: Crypto,
  { certificate }: CertificationEvidence,
  { account, certificate: { hash, certifier } }: Creator,
  { chainId, certification }: { readonly chainId: number; readonly certification: Certification | undefined },
): E.Either<RecordFault, Profession | undefined> => {
  if (certificate === undefined) return E.right(undefined);
  const values = shownOf(crypto, certificate, CERTIFICATE_PROFILE);
  if (E.isLeft(values)) return values;
  const { root, acceptance } = certificate;
  const isWhole = acceptance === undefined || acceptance.length === SIGNATURE_BYTES;
  if (!isWhole || anchoredHash(crypto, root, acceptance) !== hash) return E.left('certificate_differs');
  const text = (pointer: string): string | undefined => textShown(values.right, pointer);
  const purpose = 'medstate/certificate-sig/1';
  const isSame =
    agrees(text('/subject/account'), account) &&
    agrees(text('/certifier/account'), certifier) &&
    (certification === undefined ||
      (timeAgrees(text('/issued'), certification.issued) && timeAgrees(text('/expires'), certification.expires))) &&
    (acceptance === undefined || isSignedBy(crypto, acceptance, { purpose, chainId, root, account }));
  if (!isSame) return E.left('certificate_contradicts');
  const [system, code] = [text('/profession/system'), text('/profession/code')];
  return E.right(system === undefined || code === undefined ? undefined : { system, code });
};

/**
 * What a record is, for a verifier with this trust; or the first fault. Never throws.
 *
 * PERF: one or two recoveries of signatures, and some hundred hashes.
 */
export const verifyAnchoredRecord = (
  crypto: Crypto,
  record: AnchoredRecord,
  trust: RecordTrust,
): E.Either<RecordFault, RecordVerdict> => {
  const { chainId, certifiers } = trust;
  const shown = shownOf(crypto, record.envelope, RECORD_PROFILE);
  if (E.isLeft(shown)) return shown;
  const contentRoot = hashShown(shown.right, '/content/root');
  if (contentRoot === undefined) return E.left('leaf_missing');
  const signer = signerOf(crypto, record, chainId, shown.right);
  if (E.isLeft(signer)) return signer;
  const hash = hashOnChain(crypto, record);
  if (E.isLeft(hash)) return hash;
  const state = stateOf(crypto, trust);
  if (E.isLeft(state)) return state;
  const anchored = anchorTime(crypto, record.anchor, { hash: hash.right, chainId, state: state.right });
  if (E.isLeft(anchored)) return anchored;
  const [creator, time] = [signer.right, anchored.right];
  const known = { contentRoot, shown: shown.right, anchoredAt: time, creator, asOf: state.right.time };
  const told = (standing: Standing): E.Either<RecordFault, RecordVerdict> =>
    E.right({ ...known, standing, certification: undefined, profession: undefined });
  if (time === undefined) return told('noAnchor');
  if (creator === undefined) return told('selfAsserted');
  const evidence = record.certification;
  if (evidence === undefined) return told('certificationNotShown');
  const { account } = creator;
  const { certifier } = creator.certificate;
  const question = { certifier, hash: creator.certificate.hash, time };
  const answer = verifyCertification(evidence.proof, state.right, question, crypto);
  if (E.isLeft(answer)) return answer;
  const { certification } = answer.right;
  const profession = professionOf(crypto, evidence, creator, { chainId, certification });
  if (E.isLeft(profession)) return profession;
  const isTrusted = certifiers({ certifier, profession: profession.right, time });
  const standing = standingOf({ answer: answer.right, time, account, certifier, isTrusted });
  return E.right({ ...known, standing, certification, profession: profession.right });
};
