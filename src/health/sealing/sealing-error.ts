/**
 * Sealing error: why an object, a capsule, an archive or a key is refused, each with a stable code and the way out.
 *
 * What gives one answer returns the fault as a value; a stream that has begun cannot, and throws it as an error of the same code.
 * Neither holds a key or a byte of plaintext.
 */
import * as E from 'fp-ts/lib/Either.js';

/** Code by code, what is wrong and what to do. The codes never change their meaning. */
const messages = {
  object_not_ours: 'this does not begin like a sealed object: look whether it is the right file',
  object_suite_unknown: 'the object is sealed in a way that this version does not know: take a newer one',
  object_flags_unknown: 'the object has properties that this version does not know: take a newer one',
  object_key_wrong: 'the key is not that of this object: look for the capsule of this object',
  object_truncated: 'the end of the object is missing: fetch it again',
  object_extended: 'something follows the end of the object: fetch it again',
  object_chunk_wrong: 'a part of the object was changed or moved: fetch it again from elsewhere',
  object_last_chunk_empty: 'the object ends with an empty part, which no sealing writes: refuse it',
  object_padding_wrong: 'the padding of the object is not what sealing writes: refuse it',
  object_id_wrong: 'the bytes are not those of this object id: fetch them again from elsewhere',
  object_too_large: 'the object is larger than is allowed here: open it as a stream, or raise the limit',
  archive_malformed: 'this is no archive of named parts: look whether the object is what its sender says',
  archive_too_large: 'the archive has more or larger parts than is allowed here',
  key_length_wrong: 'a private key has 32 bytes, a public key 65 bytes, or 33 where it comes from the chain',
  key_not_on_curve: 'the public key is no point of secp256k1: ask for the right one',
  key_out_of_range: 'the private key is not a number from 1 to n - 1',
  capsule_malformed: 'this is no capsule, or a damaged one: ask the sender for another',
  capsule_suite_unknown: 'the capsule is sealed in a way that this version does not know: take a newer one',
  capsule_other_chain: 'the capsule was made for another chain',
  capsule_other_object: 'the capsule opens another object than the one asked for',
  capsule_not_for_us:
    'the capsule was not sealed to this key, or it was changed on the way: ask the sender for another',
  capsule_signature_wrong: 'who is named as the sender did not sign the capsule: refuse it',
  capsule_expired: 'the time for which the sender meant the capsule is over: ask for another',
  capsule_note_too_long: 'the note of a capsule has at most 512 bytes: shorten it, or put it into the object',
  legacy_malformed: 'this is not the form iv:cipher of the first network, in hex',
  legacy_not_text: 'what came out is no text: the access key is wrong, or the data was changed',
} as const;

export type SealingCode = keyof typeof messages;

export interface SealingFault {
  readonly code: SealingCode;
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

/** What a stream throws. */
export class SealingError extends Error {
  readonly code: SealingCode;
  constructor(code: SealingCode) {
    super(messages[code]);
    this.name = 'SealingError';
    this.code = code;
  }
}

/** The refusal of this code. */
export const refuse = (code: SealingCode): E.Either<SealingFault, never> => E.left({ code, message: messages[code] });

/** The answer; throws a fault as the error of its code. */
export const orThrow = <T>(answer: E.Either<SealingFault, T>): T => {
  if (E.isLeft(answer)) throw new SealingError(answer.left.code);
  return answer.right;
};
