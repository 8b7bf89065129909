/**
 * Delta bytes: deltas as a store keeps them, and several of them as one: what the history of a state is made of.
 *
 * Source: docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bytesField, messageList, uint32Field } from '../wire/fields.ts';
import { message } from '../wire/proto.ts';
import { type Delta, type DeltaRow, DeltaWriter, rowsOf } from './delta.ts';
import { decodeRow } from './row.ts';

const rowMessage = message<{ readonly leaf: number; readonly bytes: Uint8Array }>({
  leaf: uint32Field(1),
  bytes: bytesField(2),
});
const deltaMessage = message<{ readonly rows: readonly { readonly leaf: number; readonly bytes: Uint8Array }[] }>({
  rows: messageList(1, rowMessage),
});

const NO_BYTES = new Uint8Array(0);

/** The delta of these rows, ascending by leaf. */
export const deltaOf = (rows: readonly DeltaRow[]): Delta => {
  const writer = new DeltaWriter();
  for (const { leaf, bytes = NO_BYTES } of rows) {
    writer.add(bytes);
    writer.end(leaf);
  }
  return writer.finish();
};

/** The bytes of a delta, for a store. */
export const encodeDelta = (delta: Delta): Uint8Array =>
  deltaMessage.encode({ rows: rowsOf(delta).map(({ leaf, bytes = NO_BYTES }) => ({ leaf, bytes })) });

/** The delta that bytes are; 'malformed' also if its leaves do not ascend or one of its rows makes no sense. */
export const decodeDelta = (bytes: Uint8Array): E.Either<'malformed', Delta> => {
  const decoded = deltaMessage.decode(bytes);
  if (E.isLeft(decoded)) return decoded;
  const { rows } = decoded.right;
  const isSound = rows.every(
    ({ leaf, bytes: row }, index) =>
      (index === 0 || leaf > (rows[index - 1]?.leaf ?? 0)) && (row.length === 0 || E.isRight(decodeRow(row))),
  );
  return isSound
    ? E.right(deltaOf(rows.map((row) => (row.bytes.length === 0 ? { ...row, bytes: undefined } : row))))
    : E.left('malformed');
};
