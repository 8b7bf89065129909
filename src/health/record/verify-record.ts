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
import type { Hash, Seconds } from '../../core/units.ts';
import type { PartialDocument } from '../disclosure/partial.ts';
import type { Presentation } from '../disclosure/presentation.ts';
import { type AnchorEvidence, type AnchorFault, anchorTime } from './anchor.ts';
import { type BatchPath, batchRootOf } from './batch.ts';
import {
  type CertificateFault,
  type CertificationEvidence,
  type CertifiedAs,
  certifiedAs,
  NOTHING_SHOWN,
} from './certificate-evidence.ts';
import { type Creator, RECORD_PROFILE } from './envelope.ts';
import { addressShown, hashShown, shownOf } from './shown.ts';
import { anchoredHash, isSignedBy } from './signature.ts';
import { type Standing, standingOf } from './standing.ts';
import type { CertifierTrust } from './trust-list.ts';

/** What was handed over: leaves of an envelope, and why to believe them. */
export interface AnchoredRecord {
  /** `/profile` and `/content/root` must be shown, and of a signed record the four leaves of its creator. */
  readonly envelope: Presentation;
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
  /**
   * Whether the block of this id is known to be of the chain; asked where a transaction shows the anchor. Unless said, no block is but
   * that of the state.
   */
  readonly isTrustedBlock?: (id: Hash) => boolean;
  readonly certifiers: CertifierTrust;
}

/**
 * Why a record proves nothing, beside the faults of proofs, leaves and certificates. The codes never change their meaning.
 *
 * - `profile_differs`: the leaves do not show that they are of an envelope, or of a certificate.
 * - `leaf_missing`: a leaf that is needed is not shown, or is no such value.
 * - `creator_unsigned`: a creator is shown, and no signature.
 * - `batch_path_out_of_bounds`: the path into the batch is none.
 * - `signature_by_another`: the signature is not that of the creator whom the envelope names.
 */
export type RecordFault =
  | AnchorFault
  | CertificateFault
  | 'leaf_missing'
  | 'creator_unsigned'
  | 'batch_path_out_of_bounds'
  | 'signature_by_another';

export interface RecordVerdict extends CertifiedAs {
  readonly standing: Standing;
  /** Under which fields of the content are proven. */
  readonly contentRoot: Hash;
  /** All that was shown of the envelope. */
  readonly shown: PartialDocument;
  /** When it was on the chain; later than it was made. */
  readonly anchoredAt: Seconds | undefined;
  /** Who signed; `undefined` where nobody did. */
  readonly creator: Creator | undefined;
  /** What the chain knows of the creator's certification. */
  readonly certification: Certification | undefined;
  /** The time of the state that was asked: what came later is not known here. */
  readonly asOf: Seconds;
}

const PURPOSE = 'medstate/record-sig/1';

const creatorOf = (values: PartialDocument): Creator | undefined => {
  const account = addressShown(values, 'creator', 'account');
  const hash = hashShown(values, 'creator', 'certificate', 'hash');
  const certifier = addressShown(values, 'creator', 'certificate', 'certifier');
  if (account === undefined || hash === undefined || certifier === undefined) return undefined;
  return { account, certificate: { hash, certifier } };
};

const stateOf = (crypto: Crypto, { state, chainId }: RecordTrust): E.Either<RecordFault, TrustedState> => {
  if (!('header' in state)) return E.right(state);
  const header = verifyHeader(state.header, state.id, crypto);
  if (E.isLeft(header)) return header;
  return header.right.chainId === chainId ? header : E.left('chain_differs');
};

/** Whether an id is that of the block after which a state is trusted. */
const isBlockOf =
  (state: Trust) =>
  (id: Hash): boolean =>
    'header' in state && state.id === id;

/** Whether anything is shown of a creator but that there is none: without a signature it would be a claim of anybody. */
const isCreatorShown = ({ whole }: PartialDocument): boolean => {
  const creator = whole.kind === 'object' ? whole.children.get('creator') : undefined;
  return creator !== undefined && creator.kind !== 'null';
};

/** The creator, if the record is signed and by it. */
const signerOf = (
  crypto: Crypto,
  { envelope, signature }: AnchoredRecord,
  chainId: number,
  values: PartialDocument,
): E.Either<RecordFault, Creator | undefined> => {
  if (signature === undefined) return isCreatorShown(values) ? E.left('creator_unsigned') : E.right(undefined);
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
  const { chainId, certifiers, isTrustedBlock = isBlockOf(trust.state) } = trust;
  const shown = shownOf(crypto, record.envelope, RECORD_PROFILE);
  if (E.isLeft(shown)) return shown;
  const contentRoot = hashShown(shown.right, 'content', 'root');
  if (contentRoot === undefined) return E.left('leaf_missing');
  const signer = signerOf(crypto, record, chainId, shown.right);
  if (E.isLeft(signer)) return signer;
  const hash = hashOnChain(crypto, record);
  if (E.isLeft(hash)) return hash;
  const state = stateOf(crypto, trust);
  if (E.isLeft(state)) return state;
  const anchored = anchorTime(crypto, record.anchor, { hash: hash.right, chainId, state: state.right, isTrustedBlock });
  if (E.isLeft(anchored)) return anchored;
  const [creator, time] = [signer.right, anchored.right];
  const known = { contentRoot, shown: shown.right, anchoredAt: time, creator, asOf: state.right.time };
  const told = (standing: Standing): E.Either<RecordFault, RecordVerdict> =>
    E.right({ ...known, ...NOTHING_SHOWN, standing, certification: undefined });
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
  const as = certifiedAs(crypto, evidence, creator, { chainId, certification });
  if (E.isLeft(as)) return as;
  const isTrusted = certifiers({ certifier, ...as.right, time });
  const standing = standingOf({ answer: answer.right, time, account, certifier, isTrusted });
  return E.right({ ...known, ...as.right, standing, certification });
};
