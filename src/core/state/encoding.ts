/**
 * Encoding: the bytes of any state entry, by the tag of its key.
 *
 * Source: docs/protocol.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { InvariantViolation } from '../refusal.ts';
import type { Message } from '../wire/proto.ts';
import { FIRST_EXTENSION_TAG, type Key, tags } from './keys.ts';
import * as records from './records.ts';

interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): E.Either<'malformed', unknown>;
}

// A key's type says which record stands under its tag; this table says it to the encoder.
const codecOf = <T>(message: Message<T>): Codec => ({
  encode: (value) => message.encode(value as T),
  decode: message.decode,
});

const codecs: ReadonlyMap<string, Codec> = new Map([
  [tags.account, codecOf(records.accountMessage)],
  [tags.candidacy, codecOf(records.candidacyMessage)],
  [tags.rank, codecOf(records.rankMessage)],
  [tags.due, codecOf(records.dueMessage)],
  [tags.anchor, codecOf(records.anchorMessage)],
  [tags.certification, codecOf(records.certificationMessage)],
  [tags.certified, codecOf(records.certifiedMessage)],
  [tags.alias, codecOf(records.aliasMessage)],
  [tags.office, codecOf(records.officeMessage)],
  [tags.finality, codecOf(records.finalityMessage)],
  [tags.totals, codecOf(records.totalsMessage)],
]);

const bytesCodec: Codec = { encode: (value) => value as Uint8Array, decode: E.right };

const codecFor = (key: string): Codec => {
  const tag = key.slice(0, 2);
  const codec = codecs.get(tag) ?? (Number.parseInt(tag, 16) >= FIRST_EXTENSION_TAG ? bytesCodec : undefined);
  if (codec === undefined) throw new InvariantViolation(`no record stands under the tag ${tag}`);
  return codec;
};

/** The canonical bytes of the value under `key`. */
export const encodeEntry = (key: string, value: unknown): Uint8Array => codecFor(key).encode(value);

/** The value that `bytes` are under `key`, or 'malformed'. */
export const decodeEntry = <T>(key: Key<T>, bytes: Uint8Array): E.Either<'malformed', T> =>
  codecFor(key).decode(bytes) as E.Either<'malformed', T>;
