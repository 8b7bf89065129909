/**
 * medstate/health/sealing: records under seal: objects that are uploaded once, and capsules that give their keys to people.
 *
 * Wants the optional peers @hpke/core and @hpke/common. Runs in Node and in browsers; on Node take cipher, hash and chance from
 * `medstate/adapters/aead`.
 */
export type { Aead, AeadKey, Sealed } from './aead.ts';
export { archiveOf, archivePart, readArchive } from './archive.ts';
export {
  type CapsuleSender,
  type CapsuleTarget,
  type CapsuleTerms,
  MAX_CAPSULE_BYTES,
  MIN_CAPSULE_BYTES,
  type OpenCapsuleOptions,
  type OpenedCapsule,
  openCapsule,
  sealCapsule,
} from './capsule.ts';
export type { CapsuleScope } from './capsule-form.ts';
export { readPrivateKey, readPublicKey, uncompressKey } from './curve-keys.ts';
export * as legacy from './legacy.ts';
export * from './limits.ts';
export {
  chunkCountOf,
  chunkRangeOf,
  HEADER_BYTES,
  type ObjectKey,
  openHeader,
} from './object-form.ts';
export { type OpenOptions, openObject, openWhole } from './open-object.ts';
export { padmeLength } from './padding.ts';
export type { ByteSource } from './pieces.ts';
export type { Random } from './random.ts';
export { type SealedObject, type SealOptions, sealObject } from './seal-object.ts';
export { type SealingCode, SealingError, type SealingFault } from './sealing-error.ts';
export { Secp256k1Kem } from './secp256k1-kem.ts';
export {
  type BackupKey,
  backupKey,
  backupVersionOf,
  type OwnKey,
  openSelfCapsule,
  rewrapSelfCapsule,
  SELF_CAPSULE_BYTES,
  sealSelfCapsule,
} from './self-capsule.ts';
export { type NewHash, nobleSha256, type StreamHash } from './stream-hash.ts';
export { webAead } from './web-aead.ts';
