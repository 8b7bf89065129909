/**
 * medstate/adapters/laws: the laws of every door as values, for any test runner or none, and hostile doors by seed.
 */

export { type HostilePlan, type HostileStorage, hostileStorage } from '../storage/hostile.ts';
export {
  type Batch,
  type EntryChange,
  type Storage,
  type StorageCode,
  StorageError,
  type StoredBlock,
  type StoredEntry,
} from '../storage/storage.ts';
export { type Chance, chanceFrom } from './chance.ts';
export { type ClockOnTrial, clockLaws } from './clock.ts';
export { cryptoLaws } from './crypto.ts';
export { type Law, LawBroken } from './law.ts';
export { durabilityLaws, type ReopenableStorage, storageLaws } from './storage.ts';
