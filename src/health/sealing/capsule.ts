/**
 * Capsule: the key of an object for one recipient, signed by its sender where nobody else can see it.
 *
 * HPKE in base mode, once. Who carries the capsule learns the object and the chain, neither sender nor recipient. The sender's signature
 * rather than HPKE's own mode of authentication, because that one lets whoever steals a recipient's key pose as any sender to it.
 * Sharing again is another capsule; the object stays where it is. What was given cannot be taken back: a new version of a record gets a
 * new key. Source: docs/decisions/0023-sealed-objects.md; RFC 9180.
 */
import { HpkeError } from '@hpke/common';
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf, concatBytes, sameBytes, toHex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { isWellFormed } from '../../core/json.ts';
import { invariant } from '../../core/refusal.ts';
import { recoverSigner } from '../../core/signature.ts';
import { type Address, HASH_BYTES, MAX_SAFE } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { AEAD_TAG_BYTES } from './aead.ts';
import {
  CAPSULE_HEADER_BYTES,
  type CapsuleContent,
  type CapsuleScope,
  encodeContent,
  encodeHeader,
  MAX_CONTENT_BYTES,
  MIN_CONTENT_BYTES,
  RECIPIENT_KIND,
  readContent,
  readHeader,
  termsOf,
} from './capsule-form.ts';
import { PUBLIC_KEY_BYTES, readPrivateKey, readPublicKey, uncompressKey } from './curve-keys.ts';
import { MAX_NOTE_BYTES } from './limits.ts';
import { DEK_BYTES } from './object-form.ts';
import { draw, type Random } from './random.ts';
import { refuse, type SealingFault } from './sealing-error.ts';
import { Secp256k1Kem } from './secp256k1-kem.ts';

const PROFILE = utf8Bytes('medstate/capsule/1');
const SIGNATURE_LABEL = utf8Bytes('medstate/capsule/1 signature');
const COMMITMENT_LABEL = utf8Bytes('medstate/capsule/1 dek');
const MAX_CHAIN_ID = 2 ** 32 - 1;
const SEED_BYTES = 32;

const CONTENT_AT = CAPSULE_HEADER_BYTES + PUBLIC_KEY_BYTES;
/** The fewest and the most bytes of a capsule. */
export const MIN_CAPSULE_BYTES = CONTENT_AT + MIN_CONTENT_BYTES + AEAD_TAG_BYTES;
export const MAX_CAPSULE_BYTES = CONTENT_AT + MAX_CONTENT_BYTES + AEAD_TAG_BYTES;

/** Who sends: the `Signer` of `medstate/adapters/keys` is one. */
export interface CapsuleSender {
  readonly address: Address;
  /** The 65 bytes r | s | id over a hash of 32 bytes. */
  sign(hash: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** What a capsule is to say. */
export interface CapsuleTerms {
  /** The key of the object, as `sealObject` gave it. */
  readonly dek: Uint8Array;
  readonly scope: CapsuleScope;
  /** Words for the recipient, at most 512 bytes. */
  readonly note?: string;
  /** Until when it is meant to be used, in Unix seconds. A request, no lock: who has opened it has the key. */
  readonly expiresSeconds?: number;
  readonly sender: CapsuleSender;
}

/** For whom, for which object, on which chain. */
export interface CapsuleTarget {
  /** The recipient's public key as on chain, 33 bytes. */
  readonly recipientKey: Uint8Array;
  readonly objectId: Uint8Array;
  readonly chainId: number;
}

export interface OpenCapsuleOptions {
  readonly crypto: Crypto;
  /** The recipient's, 32 bytes. */
  readonly privateKey: Uint8Array;
  readonly chainId: number;
  readonly nowSeconds: number;
  /** The object that is to be opened; any if there is none. */
  readonly objectId?: Uint8Array;
}

/** A capsule that was opened: its sender has signed all of it for this recipient and this object. */
export interface OpenedCapsule extends Omit<CapsuleContent, 'signature'> {
  readonly objectId: Uint8Array;
}

const suite = new CipherSuite({ kem: new Secp256k1Kem(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** What a capsule is about, bound into its keys: chain, recipient (33 bytes), object. */
const infoOf = (header: Uint8Array, recipientKey: Uint8Array): Uint8Array =>
  concatBytes(PROFILE, header.subarray(6, 10), recipientKey, header.subarray(10));

interface Signed {
  readonly header: Uint8Array;
  readonly recipientKey: Uint8Array;
  readonly enc: Uint8Array;
  readonly content: Omit<CapsuleContent, 'signature'>;
}

/**
 * The hash that the sender signs. It names recipient, object, chain, the capsule's own ephemeral key, every term, and the object's key by
 * a commitment, so that the signature can be shown without the key.
 */
const capsuleHash = (crypto: Crypto, { header, recipientKey, enc, content }: Signed): Uint8Array => {
  const commitment = hkdf(sha256, content.dek, header.subarray(10), COMMITMENT_LABEL, HASH_BYTES);
  return crypto.sha256(
    concatBytes(SIGNATURE_LABEL, Uint8Array.of(0), header, recipientKey, enc, commitment, termsOf(content)),
  );
};

const demandTarget = ({ objectId, chainId }: Pick<CapsuleTarget, 'objectId' | 'chainId'>): void => {
  invariant(objectId.length === HASH_BYTES, `the id of an object has ${HASH_BYTES} bytes`);
  invariant(Number.isInteger(chainId) && chainId >= 0 && chainId <= MAX_CHAIN_ID, 'a chain id is a uint32');
};

/**
 * A capsule with the key of an object for one recipient: 264 bytes and its note, 328 with a short one. Refused if the recipient's key is
 * no key or the note is too long. Throws `InvariantViolation` on a bad key of an object and on a signer that signs wrongly. Cost: two
 * multiplications on the curve, a signature and its check, some 10 ms by the reference.
 */
export const sealCapsule = async (
  terms: CapsuleTerms,
  target: CapsuleTarget,
  { crypto, random }: { readonly crypto: Crypto; readonly random: Random },
): Promise<E.Either<SealingFault, Uint8Array>> => {
  const { dek, scope, note = '', expiresSeconds, sender } = terms;
  demandTarget(target);
  invariant(dek.length === DEK_BYTES, `the key of an object has ${DEK_BYTES} bytes`);
  invariant(
    expiresSeconds === undefined ||
      (Number.isInteger(expiresSeconds) && expiresSeconds > 0 && expiresSeconds <= MAX_SAFE),
    'a capsule expires at a whole second after 0, or never',
  );
  invariant(isWellFormed(note), 'a note is well-formed text');
  if (utf8Bytes(note).length > MAX_NOTE_BYTES) return refuse('capsule_note_too_long');
  const recipient = uncompressKey(target.recipientKey);
  if (E.isLeft(recipient)) return recipient;

  const header = encodeHeader({ kind: RECIPIENT_KIND, chainId: target.chainId, objectId: target.objectId });
  const context = await suite.createSenderContext({
    recipientPublicKey: await suite.kem.deserializePublicKey(recipient.right),
    info: infoOf(header, target.recipientKey),
    ekm: draw(random, SEED_BYTES), // the ephemeral pair by DeriveKeyPair, so that all chance comes through the door
  });
  const enc = new Uint8Array(context.enc);
  const content = {
    dek,
    scope,
    ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
    sender: sender.address,
    note,
  };
  const hash = capsuleHash(crypto, { header, recipientKey: target.recipientKey, enc, content });
  const signature = await sender.sign(hash);
  const signer = crypto.recover(hash, signature);
  invariant(signer !== undefined && toHex(signer) === sender.address, 'the signature is not that of the sender');
  const plaintext = encodeContent({ ...content, signature });
  const sealed = new Uint8Array(await context.seal(plaintext, header));
  plaintext.fill(0);
  return E.right(concatBytes(header, enc, sealed));
};

/** The content of a sealed capsule, or `undefined` if it does not open with this key. */
const decipher = async (
  capsule: Uint8Array,
  recipientKey: Uint8Array,
  privateKey: Uint8Array,
): Promise<Uint8Array | undefined> => {
  const header = capsule.subarray(0, CAPSULE_HEADER_BYTES);
  const params = {
    recipientKey: await suite.kem.deserializePrivateKey(privateKey),
    enc: capsule.subarray(CAPSULE_HEADER_BYTES, CONTENT_AT),
    info: infoOf(header, recipientKey),
  };
  try {
    return new Uint8Array(await suite.open(params, capsule.subarray(CONTENT_AT), header));
  } catch (error) {
    if (error instanceof HpkeError) return undefined;
    throw error;
  }
};

/**
 * What a capsule says, once everything about it is right; else the first thing that is wrong, in the order: its form, chain, object,
 * whether it was sealed to this key, its content, the sender's signature, whether it has expired (from its second on). Whether the sender
 * is somebody to be trusted is for the caller to say. Cost: three multiplications on the curve, some 5 ms by the reference.
 */
export const openCapsule = async (
  capsule: Uint8Array,
  options: OpenCapsuleOptions,
): Promise<E.Either<SealingFault, OpenedCapsule>> => {
  const { crypto, privateKey, chainId, nowSeconds, objectId } = options;
  invariant(Number.isFinite(nowSeconds), 'now is in Unix seconds: by no time, every capsule would be in time');
  const own = readPrivateKey(privateKey);
  if (E.isLeft(own)) return own;
  const header = readHeader(capsule, RECIPIENT_KIND);
  if (E.isLeft(header)) return header;
  if (capsule.length < MIN_CAPSULE_BYTES || capsule.length > MAX_CAPSULE_BYTES) return refuse('capsule_malformed');
  if (header.right.chainId !== chainId) return refuse('capsule_other_chain');
  if (objectId !== undefined && !sameBytes(header.right.objectId, objectId)) return refuse('capsule_other_object');
  const enc = capsule.slice(CAPSULE_HEADER_BYTES, CONTENT_AT);
  if (E.isLeft(readPublicKey(enc))) return refuse('capsule_malformed');

  const recipientKey = crypto.publicKey(privateKey);
  const plaintext = await decipher(capsule, recipientKey, privateKey);
  if (plaintext === undefined) return refuse('capsule_not_for_us');
  const read = readContent(plaintext);
  plaintext.fill(0);
  if (E.isLeft(read)) return read;
  const { signature, ...content } = read.right;
  const hash = capsuleHash(crypto, { header: capsule.subarray(0, CAPSULE_HEADER_BYTES), recipientKey, enc, content });
  const signer = recoverSigner(crypto, hash, signature);
  if (E.isLeft(signer) || !sameBytes(signer.right, bytesOf(content.sender))) return refuse('capsule_signature_wrong');
  if (content.expiresSeconds !== undefined && nowSeconds >= content.expiresSeconds) return refuse('capsule_expired');
  return E.right({ ...content, objectId: header.right.objectId });
};
