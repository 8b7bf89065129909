/**
 * Object form: the header of a sealed object, the keys that it leads to, and where its chunks lie.
 *
 *   "MBX1" | suite 01 | chunkLog2 10 | u16 flags | salt 32 | commitment 32 | chunks
 *
 * Chunks are STREAM: the nonce of each is its number and whether it is the last, so a part can neither be moved nor left out, nor
 * anything follow. The commitment is there because AES-GCM can be made to open under two keys.
 * Source: docs/decisions/0023-sealed-objects.md; Hoang and others, Online Authenticated-Encryption (STREAM), 2015; RFC 5869 (HKDF).
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes, sameBytes } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';
import { ceilDiv } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, type Aead, type AeadKey, type Sealed } from './aead.ts';
import { OBJECT_CHUNK_BYTES } from './limits.ts';
import { refuse, type SealingFault } from './sealing-error.ts';

const MAGIC = utf8Bytes('MBX1');
const SUITE = 1;
const CHUNK_LOG2 = 16;
/** The plaintext carries the padding of padding.ts. */
const PADDED_FLAG = 1;

const SALT_AT = 8;
const COMMITMENT_AT = 40;
const PART_BYTES = 32;

/** The key of an object's data, and its salt. */
export const DEK_BYTES = 32;
/** What stands before the chunks. */
export const HEADER_BYTES = 72;
/** A whole chunk with its tag. */
export const SEALED_CHUNK_BYTES = OBJECT_CHUNK_BYTES + AEAD_TAG_BYTES;

const PAYLOAD_LABEL = utf8Bytes('medstate/object/1 payload');
const COMMITMENT_LABEL = utf8Bytes('medstate/object/1 commit');

const derived = (dek: Uint8Array, salt: Uint8Array, label: Uint8Array): Uint8Array =>
  hkdf(sha256, dek, salt, label, PART_BYTES);

/** The header of an object under this key and salt, 32 bytes each. */
export const headerOf = (dek: Uint8Array, salt: Uint8Array, isPadded: boolean): Uint8Array => {
  const start = Uint8Array.of(SUITE, CHUNK_LOG2, 0, isPadded ? PADDED_FLAG : 0);
  return concatBytes(MAGIC, start, salt, derived(dek, salt, COMMITMENT_LABEL));
};

/** u88 number of the chunk, then 01 for the last one, else 00. Numbers stay below 2^24 by the limit of an object's size. */
const nonceOf = (index: number, isLast: boolean): Uint8Array => {
  const nonce = new Uint8Array(AEAD_NONCE_BYTES);
  new DataView(nonce.buffer).setUint32(7, index);
  nonce[AEAD_NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
};

/** The chunks of one object under its key. Nobody but `sealObject` and `openHeader` makes one. */
export class ObjectKey {
  readonly isPadded: boolean;
  readonly #header: Uint8Array;
  readonly #key: AeadKey;

  constructor(header: Uint8Array, key: AeadKey, isPadded: boolean) {
    this.#header = header;
    this.#key = key;
    this.isPadded = isPadded;
  }

  /** Seals chunk `index`, counted from 0. A number is sealed once and never again. */
  seal(index: number, isLast: boolean, plaintext: Uint8Array): Sealed | Promise<Sealed> {
    return this.#key.seal(nonceOf(index, isLast), this.#header, plaintext);
  }

  /**
   * The plaintext of chunk `index`, whatever part of the object it is given: a store that gives another chunk, or says falsely which one
   * is the last, is found out. Padding is still in it.
   */
  async open(index: number, isLast: boolean, sealed: Uint8Array): Promise<E.Either<SealingFault, Uint8Array>> {
    if (sealed.length > SEALED_CHUNK_BYTES) return refuse('object_chunk_wrong');
    if (sealed.length < AEAD_TAG_BYTES || (!isLast && sealed.length < SEALED_CHUNK_BYTES)) {
      return refuse('object_truncated');
    }
    const plaintext = await this.#key.open(nonceOf(index, isLast), this.#header, sealed);
    if (plaintext === undefined) {
      const isOnlyEnd = (await this.#key.open(nonceOf(index, !isLast), this.#header, sealed)) !== undefined;
      return refuse(isOnlyEnd ? (isLast ? 'object_truncated' : 'object_extended') : 'object_chunk_wrong');
    }
    return plaintext.length === 0 && index > 0 ? refuse('object_last_chunk_empty') : E.right(plaintext);
  }
}

/** The chunks of an object whose header was made by `headerOf` from this key and salt. */
export const objectKeyOf = async (
  header: Uint8Array,
  dek: Uint8Array,
  { aead, isPadded }: { readonly aead: Aead; readonly isPadded: boolean },
): Promise<ObjectKey> => {
  const payloadKey = derived(dek, header.subarray(SALT_AT, COMMITMENT_AT), PAYLOAD_LABEL);
  const key = await aead.withKey(payloadKey);
  payloadKey.fill(0);
  return new ObjectKey(Uint8Array.from(header), key, isPadded);
};

/**
 * The chunks of the object with this header, the first 72 bytes of it; refused unless the key (32 bytes) is the one the header was made
 * with. For reading parts of an object; who wants all of it takes `openObject` or `openWhole`.
 */
export const openHeader = async (
  header: Uint8Array,
  dek: Uint8Array,
  aead: Aead,
): Promise<E.Either<SealingFault, ObjectKey>> => {
  invariant(dek.length === DEK_BYTES, `the key of an object has ${DEK_BYTES} bytes`);
  const start = header.subarray(0, MAGIC.length);
  if (!sameBytes(start, MAGIC.subarray(0, start.length))) return refuse('object_not_ours');
  if (header.length !== HEADER_BYTES) return refuse('object_truncated');
  const [suite, chunkLog2, flagsHigh, flags] = header.subarray(MAGIC.length);
  if (suite !== SUITE || chunkLog2 !== CHUNK_LOG2) return refuse('object_suite_unknown');
  if (flagsHigh !== 0 || (flags !== 0 && flags !== PADDED_FLAG)) return refuse('object_flags_unknown');
  const commitment = derived(dek, header.subarray(SALT_AT, COMMITMENT_AT), COMMITMENT_LABEL);
  if (!sameBytes(commitment, header.subarray(COMMITMENT_AT))) return refuse('object_key_wrong');
  return E.right(await objectKeyOf(header, dek, { aead, isPadded: flags === PADDED_FLAG }));
};

/** How many chunks an object of this many bytes has, header and all; `undefined` if none has that length. */
export const chunkCountOf = (objectBytes: number): number | undefined => {
  const sealed = objectBytes - HEADER_BYTES;
  if (sealed < AEAD_TAG_BYTES) return undefined;
  const count = ceilDiv(sealed, SEALED_CHUNK_BYTES);
  const last = sealed - (count - 1) * SEALED_CHUNK_BYTES;
  return last < AEAD_TAG_BYTES || (last === AEAD_TAG_BYTES && count > 1) ? undefined : count;
};

/** Where chunk `index` lies in an object of this many bytes, for a request of a range: from `from` to before `to`. */
export const chunkRangeOf = (
  objectBytes: number,
  index: number,
): { readonly from: number; readonly to: number; readonly isLast: boolean } => {
  const count = chunkCountOf(objectBytes) ?? 0;
  invariant(Number.isInteger(index) && index >= 0 && index < count, `the object has no chunk ${index}`);
  const from = HEADER_BYTES + index * SEALED_CHUNK_BYTES;
  return { from, to: Math.min(from + SEALED_CHUNK_BYTES, objectBytes), isLast: index === count - 1 };
};
