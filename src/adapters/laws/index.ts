/**
 * medstate/adapters/laws: the laws of every door as values, for any test runner or none, and hostile doors by seed.
 */

export type { Aead, AeadKey, Sealed } from '../aead/aead.ts';
export { hostileLocks, type LockMishap } from '../keys/hostile-locks.ts';
export {
  type CommitMishap,
  type HostilePlan,
  type HostileStorage,
  hostileStorage,
  type Mishap,
} from '../storage/hostile.ts';
export {
  type Batch,
  type HistoryChange,
  type RowChange,
  type Storage,
  type StorageCode,
  StorageError,
  type StoredBlock,
  type StoredHistory,
  type StoredRow,
} from '../storage/storage.ts';
export { type SynchronousStore, storageOver } from '../storage/synchronous.ts';
export { aeadLaws } from './aead.ts';
export { type Chance, chanceFrom } from './chance.ts';
export { checkerLaws } from './checker.ts';
export { type ClockOnTrial, clockLaws } from './clock.ts';
export { cryptoLaws } from './crypto.ts';
export type { KeyOnTrial } from './key-trial.ts';
export { keyLaws } from './keys.ts';
export { type Law, LawBroken } from './law.ts';
export { networkLaws } from './network.ts';
export type { NetworksOnTrial } from './network-trial.ts';
export { storageLaws } from './storage.ts';
export { durabilityLaws, type ReopenableStorage } from './storage-durable.ts';
