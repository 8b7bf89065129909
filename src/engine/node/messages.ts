/**
 * Messages: what nodes say to each other, as bytes. Each is one of five things; whatever else arrives is nobody's message.
 *
 * Source: docs/design.md (nodes among each other); protocol section 4 (canonical messages).
 */
import * as E from 'fp-ts/lib/Either.js';
import { HASH_BYTES, type Hash, type Height } from '../../core/units.ts';
import { bytesField, bytesList, hexField, messageField, messageList, safeField } from '../../core/wire/fields.ts';
import { message } from '../../core/wire/proto.ts';
import type { BlockName } from '../fork/locator.ts';

/** Where a node stands; what fork choice needs to know whether to ask for it. */
export interface Standing extends BlockName {
  readonly maxHeightPrevoted: Height;
}

export type PeerMessage =
  /** A block, because it is new. */
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  | { readonly kind: 'transaction'; readonly bytes: Uint8Array }
  /** The tip of the sender's chosen chain. */
  | { readonly kind: 'standing'; readonly standing: Standing }
  /** The sender wants what follows on the highest of these blocks that the receiver has. */
  | { readonly kind: 'ask'; readonly locator: readonly BlockName[] }
  /** What was asked for, in order; none if there is nothing more. */
  | { readonly kind: 'answer'; readonly blocks: readonly Uint8Array[] };

const nameMessage = message<BlockName>({ height: safeField<Height>(1), id: hexField<Hash>(2, HASH_BYTES) });
const standingMessage = message<Standing>({
  height: safeField<Height>(1),
  id: hexField<Hash>(2, HASH_BYTES),
  maxHeightPrevoted: safeField<Height>(3),
});
const askMessage = message<{ readonly locator: readonly BlockName[] }>({ locator: messageList(1, nameMessage) });

/** Blocks in one answer: two million empty ones fit into four MiB, and took a second and a half to read. */
export const MAX_ANSWER_BLOCKS = 4_096;

const answerMessage = message<{ readonly blocks: readonly Uint8Array[] }>({ blocks: bytesList(1, MAX_ANSWER_BLOCKS) });

interface Envelope {
  readonly block: Uint8Array;
  readonly transaction: Uint8Array;
  readonly standing: Standing | undefined;
  readonly ask: { readonly locator: readonly BlockName[] } | undefined;
  readonly answer: { readonly blocks: readonly Uint8Array[] } | undefined;
}

const envelopeMessage = message<Envelope>({
  block: bytesField(1),
  transaction: bytesField(2),
  standing: messageField(3, standingMessage),
  ask: messageField(4, askMessage),
  answer: messageField(5, answerMessage),
});

const NONE = new Uint8Array(0);
const empty: Envelope = { block: NONE, transaction: NONE, standing: undefined, ask: undefined, answer: undefined };

/** Bytes that an answer takes beside those of its blocks: a tag and a length for each, and for the whole twice. */
export const ANSWER_OVERHEAD_BYTES = 16;

export const encodeMessage = (said: PeerMessage): Uint8Array => {
  switch (said.kind) {
    case 'block':
      return envelopeMessage.encode({ ...empty, block: said.bytes });
    case 'transaction':
      return envelopeMessage.encode({ ...empty, transaction: said.bytes });
    case 'standing':
      return envelopeMessage.encode({ ...empty, standing: said.standing });
    case 'ask':
      return envelopeMessage.encode({ ...empty, ask: { locator: said.locator } });
    case 'answer':
      return envelopeMessage.encode({ ...empty, answer: { blocks: said.blocks } });
  }
};

/** What the bytes say, if they say one thing; else `undefined`. */
export const decodeMessage = (bytes: Uint8Array): PeerMessage | undefined => {
  const decoded = envelopeMessage.decode(bytes);
  if (E.isLeft(decoded)) return undefined;
  const { block, transaction, standing, ask, answer } = decoded.right;
  const said: PeerMessage[] = [];
  if (block.length > 0) said.push({ kind: 'block', bytes: block });
  if (transaction.length > 0) said.push({ kind: 'transaction', bytes: transaction });
  if (standing !== undefined) said.push({ kind: 'standing', standing });
  if (ask !== undefined) said.push({ kind: 'ask', locator: ask.locator });
  if (answer !== undefined) said.push({ kind: 'answer', blocks: answer.blocks });
  return said.length === 1 ? said[0] : undefined;
};
