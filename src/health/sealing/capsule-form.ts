/**
 * Capsule form: the bytes of a capsule, outside and inside.
 *
 *   "MBK1" | suite 01 | kind | u32 chain | object id 32 | what the kind says
 *
 * Fields have fixed places, so the same content has one encoding; a note is filled up to a multiple of 64 bytes, so its length tells
 * little. Source: docs/decisions/0023-sealed-objects.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf, concatBytes, sameBytes, toHex } from '../../core/bytes.ts';
import { ADDRESS_BYTES, type Address, ceilDiv, HASH_BYTES, MAX_SAFE, SIGNATURE_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { writeUint64 } from '../integers.ts';
import { MAX_NOTE_BYTES } from './limits.ts';
import { DEK_BYTES } from './object-form.ts';
import { refuse, type SealingFault } from './sealing-error.ts';
import { textOf } from './text.ts';

const MAGIC = utf8Bytes('MBK1');
const SUITE = 1;
/** Sealed to a recipient's public key. */
export const RECIPIENT_KIND = 1;
/** Sealed to its owner by a key of the owner's secret. */
export const SELF_KIND = 2;

const CHAIN_AT = 6;
const OBJECT_AT = 10;
export const CAPSULE_HEADER_BYTES = OBJECT_AT + HASH_BYTES;

const NOTE_STEP_BYTES = 64;
const EXPIRES_BYTES = 8;
const SENDER_AT = DEK_BYTES + 1 + EXPIRES_BYTES;
const SIGNATURE_AT = SENDER_AT + ADDRESS_BYTES;
const NOTE_AT = SIGNATURE_AT + SIGNATURE_BYTES + 2;
/** The bytes of the contents of a capsule with the shortest and with the longest note. */
export const MIN_CONTENT_BYTES = NOTE_AT + NOTE_STEP_BYTES;
export const MAX_CONTENT_BYTES = NOTE_AT + MAX_NOTE_BYTES;

/** `full`: the object is a record with all it needs. `leaves`: it is a presentation of some fields. */
export type CapsuleScope = 'full' | 'leaves';
const SCOPES: readonly (CapsuleScope | undefined)[] = [undefined, 'full', 'leaves'];

/** What stands open before a capsule: who carries it sees which object it is for, and on which chain. */
export interface CapsuleHeader {
  readonly kind: number;
  readonly chainId: number;
  readonly objectId: Uint8Array;
}

/** What only the recipient of a capsule sees. */
export interface CapsuleContent {
  /** The key of the object. */
  readonly dek: Uint8Array;
  readonly scope: CapsuleScope;
  /** Until when, in Unix seconds, the sender means the capsule to be used; for ever if there is none. */
  readonly expiresSeconds?: number;
  readonly sender: Address;
  /** r | s | id over `capsuleHash`. */
  readonly signature: Uint8Array;
  readonly note: string;
}

export const encodeHeader = ({ kind, chainId, objectId }: CapsuleHeader): Uint8Array => {
  const bytes = new Uint8Array(CAPSULE_HEADER_BYTES);
  bytes.set(MAGIC);
  bytes.set([SUITE, kind], MAGIC.length);
  new DataView(bytes.buffer).setUint32(CHAIN_AT, chainId);
  bytes.set(objectId, OBJECT_AT);
  return bytes;
};

/** The header of a capsule of this kind. */
export const readHeader = (capsule: Uint8Array, kind: number): E.Either<SealingFault, CapsuleHeader> => {
  if (capsule.length < CAPSULE_HEADER_BYTES) return refuse('capsule_malformed');
  if (!sameBytes(capsule.subarray(0, MAGIC.length), MAGIC)) return refuse('capsule_malformed');
  if (capsule[4] !== SUITE) return refuse('capsule_suite_unknown');
  if (capsule[5] !== kind) return refuse('capsule_malformed');
  const chainId = new DataView(capsule.buffer, capsule.byteOffset).getUint32(CHAIN_AT);
  return E.right({ kind, chainId, objectId: capsule.slice(OBJECT_AT, CAPSULE_HEADER_BYTES) });
};

/** Everything of a content that its sender signs, but the key itself. */
export const termsOf = (content: Omit<CapsuleContent, 'dek' | 'signature'>): Uint8Array => {
  const { scope, expiresSeconds = 0, sender, note } = content;
  const head = new Uint8Array(1 + EXPIRES_BYTES);
  head[0] = SCOPES.indexOf(scope);
  writeUint64(head, 1, expiresSeconds);
  return concatBytes(head, bytesOf(sender), utf8Bytes(note));
};

/** dek | scope | u64 expires, 0 for never | sender | signature | u16 length of note | note, zeros behind it. The note is not too long. */
export const encodeContent = (content: CapsuleContent): Uint8Array => {
  const note = utf8Bytes(content.note);
  const steps = Math.max(1, ceilDiv(note.length, NOTE_STEP_BYTES));
  const bytes = new Uint8Array(NOTE_AT + steps * NOTE_STEP_BYTES);
  bytes.set(content.dek);
  bytes.set(termsOf({ ...content, note: '' }), DEK_BYTES);
  bytes.set(content.signature, SIGNATURE_AT);
  new DataView(bytes.buffer).setUint16(NOTE_AT - 2, note.length);
  bytes.set(note, NOTE_AT);
  return bytes;
};

/** The content in these bytes, if they are the encoding of one. The sender is a key of the right length, and no more is known of it. */
export const readContent = (bytes: Uint8Array): E.Either<SealingFault, CapsuleContent> => {
  if (bytes.length < MIN_CONTENT_BYTES || bytes.length > MAX_CONTENT_BYTES) return refuse('capsule_malformed');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const scope = SCOPES[bytes[DEK_BYTES] as number];
  const expires = view.getUint32(DEK_BYTES + 1) * 2 ** 32 + view.getUint32(DEK_BYTES + 5);
  const note = textOf(bytes.subarray(NOTE_AT, NOTE_AT + view.getUint16(NOTE_AT - 2)));
  if (scope === undefined || expires > MAX_SAFE || note === undefined) return refuse('capsule_malformed');
  const content = {
    dek: bytes.slice(0, DEK_BYTES),
    scope,
    ...(expires === 0 ? {} : { expiresSeconds: expires }),
    sender: toHex(bytes.subarray(SENDER_AT, SIGNATURE_AT)) as Address,
    signature: bytes.slice(SIGNATURE_AT, NOTE_AT - 2),
    note,
  };
  return sameBytes(encodeContent(content), bytes) ? E.right(content) : refuse('capsule_malformed');
};
