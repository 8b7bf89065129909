/**
 * Evidence message: evidence as bytes, and its verification by anybody, with no engine and no chain.
 *
 * It is the two signed headers, earlier first, in the canonical form that blocks have them in. What makes them evidence is in
 * them: who signed both, for which chain and slots, and how they contradict each other.
 * Source: protocol section 12, finality rules 22 and 23; section 4 (canonical messages).
 */
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf, toHex } from './bytes.ts';
import type { Crypto, Hasher } from './crypto.ts';
import { type Evidence, evidenceOf, type Statement } from './evidence.ts';
import { type Refusal, refusal } from './refusal.ts';
import { recoverSigner } from './signature.ts';
import { floorDiv, type Seconds, type Slot } from './units.ts';
import { messageField } from './wire/fields.ts';
import { blockId, HEADER_VERSION, type Header, headerMessage } from './wire/header.ts';
import { message } from './wire/proto.ts';

/** Why bytes are no evidence, in precedence, each with what to do. The codes never change their meaning. */
export const evidenceMessages = {
  evidence_malformed: 'the bytes are not the canonical form of two headers; ask for the evidence again',
  evidence_of_other_chain:
    'a header is of another chain, or of another version; verify it with the rules of that chain',
  evidence_time_wrong: 'the time of a header is that of no slot of this chain; no block can have it',
  evidence_of_two_producers: 'the headers are of two producers; evidence is two headers of one',
  evidence_of_one_block: 'the headers are of one block, and differ in the signature at most; that is no contradiction',
  evidence_not_contradictory: 'an honest producer may have signed both headers; they are no evidence',
  evidence_out_of_order: 'the later header stands first; evidence has one form, with the earlier one first',
  evidence_signature_wrong: 'a header is not signed by its producer; only what was signed speaks against who signed it',
} as const;
export type EvidenceCode = keyof typeof evidenceMessages;

export interface EvidenceRefusal extends Refusal {
  readonly code: EvidenceCode;
}

/** What must be known of a chain to verify evidence. */
export interface ChainIdentity {
  readonly crypto: Crypto;
  readonly chainId: number;
  readonly genesisTime: Seconds;
  readonly slotSeconds: number;
}

/** A header and what its producer stated by signing it. */
export interface SignedStatement extends Statement {
  readonly header: Header;
}

/** Two signed headers take at most 650 bytes; nothing much longer is read. */
const MAX_EVIDENCE_BYTES = 1024;

const evidenceMessage = message<{ readonly earlier: Header | undefined; readonly later: Header | undefined }>({
  earlier: messageField(1, headerMessage),
  later: messageField(2, headerMessage),
});

const refuse = (code: EvidenceCode): EvidenceRefusal => ({ ...refusal(code, {}, evidenceMessages[code]), code });

type Clock = Pick<ChainIdentity, 'genesisTime' | 'slotSeconds'>;

/** The slot that begins at this time; `undefined` if none does, or only that of genesis. */
const slotOf = ({ genesisTime, slotSeconds }: Clock, time: Seconds): Slot | undefined => {
  const since = time - genesisTime;
  return since > 0 && since % slotSeconds === 0 ? (floorDiv(since, slotSeconds) as Slot) : undefined;
};

/** What the producer of this header stated by signing it; `undefined` if its time is that of no slot. The signature is not looked at. */
export const statementOf = (
  { crypto, ...clock }: Clock & { readonly crypto: Hasher },
  header: Header,
): SignedStatement | undefined => {
  const slot = slotOf(clock, header.time);
  if (slot === undefined) return undefined;
  const { height, producer, maxHeightGenerated, maxHeightPrevoted } = header;
  const id = blockId(crypto, header);
  return { id, slot, height, producer, maxHeightGenerated, maxHeightPrevoted, header };
};

/** The one canonical form of this evidence. */
export const encodeEvidence = ({ earlier, later }: Evidence<SignedStatement>): Uint8Array =>
  evidenceMessage.encode({ earlier: earlier.header, later: later.header });

const isSigned = (crypto: Crypto, { id, producer, header }: SignedStatement): boolean => {
  const signer = recoverSigner(crypto, bytesOf(id), header.sign);
  return E.isRight(signer) && toHex(signer.right) === producer;
};

const readHeaders = (bytes: Uint8Array): readonly [Header, Header] | undefined => {
  if (bytes.length > MAX_EVIDENCE_BYTES) return undefined;
  const decoded = evidenceMessage.decode(bytes);
  if (E.isLeft(decoded)) return undefined;
  const { earlier, later } = decoded.right;
  return earlier === undefined || later === undefined ? undefined : [earlier, later];
};

/**
 * What the bytes prove against whom, for anybody who knows the chain's id and its slots: no engine, no state, no block is needed.
 * It says nothing of whether the producer had a right to produce. Two chains of one id are one chain here: a key that signs for
 * both contradicts itself. Cost: at most two recoveries, and none unless the headers contradict each other.
 */
export const verifyEvidence = (
  identity: ChainIdentity,
  bytes: Uint8Array,
): E.Either<EvidenceRefusal, Evidence<SignedStatement>> => {
  const headers = readHeaders(bytes);
  if (headers === undefined) return E.left(refuse('evidence_malformed'));
  if (headers.some(({ chainId, version }) => chainId !== identity.chainId || version !== HEADER_VERSION)) {
    return E.left(refuse('evidence_of_other_chain'));
  }
  const [first, second] = [statementOf(identity, headers[0]), statementOf(identity, headers[1])];
  if (first === undefined || second === undefined) return E.left(refuse('evidence_time_wrong'));
  if (first.producer !== second.producer) return E.left(refuse('evidence_of_two_producers'));
  if (first.id === second.id) return E.left(refuse('evidence_of_one_block'));
  const evidence = evidenceOf(first, second);
  if (evidence === undefined) return E.left(refuse('evidence_not_contradictory'));
  if (evidence.earlier !== first) return E.left(refuse('evidence_out_of_order'));
  const areSigned = isSigned(identity.crypto, first) && isSigned(identity.crypto, second);
  return areSigned ? E.right(evidence) : E.left(refuse('evidence_signature_wrong'));
};
