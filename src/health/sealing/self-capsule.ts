/**
 * Self capsule: the key of an object for its owner alone, so that the owner's secret restores everything.
 *
 *   header of kind 2 | u32 version | nonce 12 | AES-256-GCM(KEK of the version, nonce, aad = header and version, key of the object)
 *
 * To leave a key behind, each capsule is wrapped again under the next version; the objects are not touched. Nonces are drawn: one
 * version serves at most 2^32 capsules. Source: docs/decisions/0023-sealed-objects.md.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { uint32Bytes } from '../integers.ts';
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, type Aead } from './aead.ts';
import { CAPSULE_HEADER_BYTES, type CapsuleHeader, encodeHeader, readHeader, SELF_KIND } from './capsule-form.ts';
import { DEK_BYTES } from './object-form.ts';
import { draw, type Random } from './random.ts';
import { refuse, type SealingFault } from './sealing-error.ts';

const SECRET_BYTES = 32;
const KEK_BYTES = 32;
const MAX_VERSION = 2 ** 32 - 1;
const VERSION_BYTES = 4;
const NONCE_AT = CAPSULE_HEADER_BYTES + VERSION_BYTES;
const SEALED_AT = NONCE_AT + AEAD_NONCE_BYTES;
const NOTHING = new Uint8Array(0);

/** The bytes of a self capsule. */
export const SELF_CAPSULE_BYTES = SEALED_AT + DEK_BYTES + AEAD_TAG_BYTES;

/** A key under which the owner's keys are kept, and its version; see `backupKey`. */
export interface BackupKey {
  readonly version: number;
  readonly kek: Uint8Array;
}

/** What an opened self capsule says. */
export interface OwnKey extends Omit<CapsuleHeader, 'kind'> {
  readonly dek: Uint8Array;
}

/** The backup key of a version, from 1 on, out of the owner's secret (32 bytes, from the wallet's seed). */
export const backupKey = (ownerSecret: Uint8Array, version: number): BackupKey => {
  invariant(ownerSecret.length === SECRET_BYTES, `the owner's secret has ${SECRET_BYTES} bytes`);
  invariant(Number.isInteger(version) && version >= 1 && version <= MAX_VERSION, 'a version is a uint32 from 1 on');
  return { version, kek: hkdf(sha256, ownerSecret, NOTHING, utf8Bytes(`medstate/backup/1 v${version}`), KEK_BYTES) };
};

/** The key of one's own object, kept under a backup key: 106 bytes. */
export const sealSelfCapsule = async (
  { dek, objectId, chainId }: OwnKey,
  { version, kek }: BackupKey,
  { aead, random }: { readonly aead: Aead; readonly random: Random },
): Promise<Uint8Array> => {
  invariant(dek.length === DEK_BYTES, `the key of an object has ${DEK_BYTES} bytes`);
  invariant(objectId.length === HASH_BYTES, `the id of an object has ${HASH_BYTES} bytes`);
  const head = concatBytes(encodeHeader({ kind: SELF_KIND, chainId, objectId }), uint32Bytes(version));
  const nonce = draw(random, AEAD_NONCE_BYTES);
  const key = await aead.withKey(kek);
  const { ciphertext, tag } = await key.seal(nonce, head, dek);
  return concatBytes(head, nonce, ciphertext, tag);
};

/** The version of the backup key that a self capsule wants. */
export const backupVersionOf = (capsule: Uint8Array): E.Either<SealingFault, number> => {
  const header = readHeader(capsule, SELF_KIND);
  if (E.isLeft(header)) return header;
  if (capsule.length !== SELF_CAPSULE_BYTES) return refuse('capsule_malformed');
  return E.right(new DataView(capsule.buffer, capsule.byteOffset).getUint32(CAPSULE_HEADER_BYTES));
};

/** What a self capsule keeps. `capsule_not_for_us` if it was made under another secret or version, or was changed. */
export const openSelfCapsule = async (
  capsule: Uint8Array,
  { version, kek }: BackupKey,
  aead: Aead,
): Promise<E.Either<SealingFault, OwnKey>> => {
  const wanted = backupVersionOf(capsule);
  if (E.isLeft(wanted)) return wanted;
  if (wanted.right !== version) return refuse('capsule_not_for_us');
  const header = readHeader(capsule, SELF_KIND);
  if (E.isLeft(header)) return header;
  const key = await aead.withKey(kek);
  const nonce = capsule.slice(NONCE_AT, SEALED_AT);
  const dek = await key.open(nonce, capsule.slice(0, NONCE_AT), capsule.slice(SEALED_AT));
  if (dek === undefined) return refuse('capsule_not_for_us');
  return E.right({ dek, objectId: header.right.objectId, chainId: header.right.chainId });
};

/** The same key under another version: what a rotation does to each capsule. */
export const rewrapSelfCapsule = async (
  capsule: Uint8Array,
  { from, to }: { readonly from: BackupKey; readonly to: BackupKey },
  doors: { readonly aead: Aead; readonly random: Random },
): Promise<E.Either<SealingFault, Uint8Array>> => {
  const opened = await openSelfCapsule(capsule, from, doors.aead);
  return E.isLeft(opened) ? opened : E.right(await sealSelfCapsule(opened.right, to, doors));
};
