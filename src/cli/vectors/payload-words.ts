/**
 * Payload words: a payload told in words, as vector files tell it, written by our own codecs.
 *
 * The client pads ids and hashes on the left to 32 bytes and does not cut; what is longer our codecs cannot write.
 */
import { fromHex } from '../../core/bytes.ts';
import { type Hash, payloads } from '../../core/index.ts';
import { isWellFormed } from '../../core/json.ts';
import { HASH_BYTES } from '../../core/units.ts';

type Words = Readonly<Record<string, unknown>>;

/** A hash as the client pads it; `undefined` if it then has another width than ours. */
const paddedHash = (word: unknown): Hash | undefined => {
  if (typeof word !== 'string') return undefined;
  const padded = word.toLowerCase().padStart(2 * HASH_BYTES, '0');
  // 64 hex digits are what a Hash is.
  return padded.length === 2 * HASH_BYTES && fromHex(padded) !== undefined ? (padded as Hash) : undefined;
};

const uint64 = (word: unknown): bigint | undefined =>
  typeof word === 'number' && Number.isSafeInteger(word) && word >= 0 ? BigInt(word) : undefined;

const text = (word: unknown): string | undefined => (typeof word === 'string' && isWellFormed(word) ? word : undefined);

const hashOnly = ({ hash }: Words): Uint8Array | undefined => {
  const padded = paddedHash(hash);
  return padded === undefined ? undefined : payloads.hashPayload.encode({ hash: padded });
};

const writers: Readonly<Record<string, (words: Words) => Uint8Array | undefined>> = {
  DefaultPayload: (words) => {
    const message = text(words['message']);
    return message === undefined ? undefined : payloads.messagePayload.encode({ message });
  },
  VotePayload: ({ candidates }) => {
    if (!Array.isArray(candidates)) return undefined;
    const ids = candidates.map(paddedHash).filter((id) => id !== undefined);
    return ids.length === candidates.length ? payloads.votePayload.encode({ candidates: ids }) : undefined;
  },
  AddRecordPayload: hashOnly,
  RevokeCertificationPayload: hashOnly,
  AddCertificationPayload: ({ issueTime, expirationTime, hash }) => {
    const [issued, expires, padded] = [uint64(issueTime), uint64(expirationTime), paddedHash(hash)];
    if (issued === undefined || expires === undefined || padded === undefined) return undefined;
    return payloads.certificationPayload.encode({ issued, expires, hash: padded });
  },
};

/** The canonical bytes of a payload that is told in words; `undefined` if our codecs have none, or do not know its type. */
export const payloadOf = (words: Words): Uint8Array | undefined => {
  const type = words['type'];
  return typeof type === 'string' && Object.hasOwn(writers, type) ? writers[type]?.(words) : undefined;
};
