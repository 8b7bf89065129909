/**
 * medstate/adapters/keys: what signs for a producer, behind a lock that never lets it sign against itself.
 *
 * A lock that outlasts the process is `medstate/adapters/keys/lock-file`.
 */
export { type KeyCode, KeyError, type KeystoreCode } from './key-error.ts';
export type { KeyFault, ProducerKey, Signer } from './keys.ts';
export {
  type KeystoreChoices,
  type KeystoreRefusal,
  makeKeystore,
  openKeystore,
} from './keystore.ts';
export { type Keystore, keystoreLimits } from './keystore-form.ts';
export { type KeptLock, type LockStore, memoryLocks } from './lock-store.ts';
export { type LockedKeyParts, lockedKey } from './locked-key.ts';
export { signerOf } from './signer.ts';
