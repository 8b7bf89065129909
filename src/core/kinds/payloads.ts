/**
 * Payloads: the messages within the built-in kinds' transactions, in the first network's bytes.
 *
 * Source: protocol section 4.
 */
import * as E from 'fp-ts/lib/Either.js';
import { HASH_BYTES, type Hash } from '../units.ts';
import { hexField, hexList, textField, uint64Field } from '../wire/fields.ts';
import { message } from '../wire/proto.ts';
import type { PayloadCodec } from './kind.ts';

const EMPTY = new Uint8Array(0);

/** No byte at all. */
export const noPayload: PayloadCodec<undefined> = {
  encode: () => EMPTY,
  decode: (bytes) => (bytes.length === 0 ? E.right(undefined) : E.left('malformed')),
};

/** A free text of the sender. */
export const messagePayload = message<{ readonly message: string }>({ message: textField(1) });

/** Candidate ids, in the order voted. */
export const votePayload = message<{ readonly candidates: readonly Hash[] }>({
  candidates: hexList<Hash>(1, HASH_BYTES),
});

/** Where the candidate tells about itself. */
export const urlPayload = message<{ readonly url: string }>({ url: textField(1) });

/** The hash of a record, or of a certificate to revoke. */
export const hashPayload = message<{ readonly hash: Hash }>({ hash: hexField<Hash>(1, HASH_BYTES) });

/** A certificate: when it was issued, when it expires (Unix seconds, any uint64), and its hash. */
export const certificationPayload = message<{ readonly issued: bigint; readonly expires: bigint; readonly hash: Hash }>(
  {
    issued: uint64Field(1),
    expires: uint64Field(2),
    hash: hexField<Hash>(3, HASH_BYTES),
  },
);

/** The name to register. */
export const aliasPayload = message<{ readonly alias: string }>({ alias: textField(1) });
