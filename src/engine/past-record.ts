/**
 * Past record: one record of the history as bytes, under a seal.
 *
 * Rows and blocks are held against roots and ids when they are read. A record is read and written anew long before anybody can tell
 * what it should lead to, when those up to a mark are joined; so it carries a sum of its own bytes, and what has rotted in a store
 * is never written back as if it were whole. The seal keeps off broken disks, not people: an old state is still held against its root.
 * Source: docs/design.md, docs/decisions 14.
 */
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes, sameBytes } from '../core/bytes.ts';
import type { Hasher } from '../core/crypto.ts';
import type { Delta } from '../core/state/delta.ts';
import { decodeDelta, encodeDelta } from '../core/state/delta-bytes.ts';
import type { Height, Slot } from '../core/units.ts';
import { bytesField, safeField } from '../core/wire/fields.ts';
import { message } from '../core/wire/proto.ts';

/** Of the SHA-256 of the rest, as many bytes as let no rotten record of a lifetime through by chance. */
const SEAL_BYTES = 8;

const recordMessage = message<{ readonly base: Height; readonly slot: Slot; readonly rows: Uint8Array }>({
  base: safeField<Height>(1),
  slot: safeField<Slot>(2),
  rows: bytesField(3),
});

/** What a record says. */
export interface Past {
  /** The height, below that of the record, at which the rows were so. */
  readonly base: Height;
  /** The slot of the block at the record's height. */
  readonly slot: Slot;
  /** What the rows were that have changed since. */
  readonly rows: Delta;
}

const sealOf = (hasher: Hasher, record: Uint8Array): Uint8Array => hasher.sha256(record).subarray(0, SEAL_BYTES);

/** The bytes of a record: the seal, and what it seals. */
export const encodePast = (hasher: Hasher, { base, slot, rows }: Past): Uint8Array => {
  const record = recordMessage.encode({ base, slot, rows: encodeDelta(rows) });
  return concatBytes(sealOf(hasher, record), record);
};

/** What the bytes of a record say, or `undefined` if they are not as they were written. */
export const decodePast = (hasher: Hasher, bytes: Uint8Array): Past | undefined => {
  const sealed = bytes.subarray(SEAL_BYTES);
  if (!sameBytes(bytes.subarray(0, SEAL_BYTES), sealOf(hasher, sealed))) return undefined;
  const record = recordMessage.decode(sealed);
  const rows = E.isRight(record) ? decodeDelta(record.right.rows) : record;
  if (E.isLeft(record) || E.isLeft(rows)) return undefined;
  return { base: record.right.base, slot: record.right.slot, rows: rows.right };
};
