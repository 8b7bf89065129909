/**
 * Keys: the door to what signs for a producer, and to the lock that lies beside it.
 *
 * No private key passes through the engine. A key checks its own lock before it signs and makes the next one durable before the
 * signature leaves, so that nothing above it, whatever its state, can make it vote against itself.
 * Source: protocol section 12, finality rules 18 to 21; docs/design.md.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type { LockFault } from '../../core/lock.ts';
import type { Address, Slot } from '../../core/units.ts';
import type { HeaderClaim } from '../../core/wire/header.ts';
import type { KeptLock } from './lock-store.ts';

/** Signs whatever it is given; only a `ProducerKey` stands between it and the engine. */
export interface Signer {
  readonly address: Address;
  /** The 65 bytes r | s | id over a hash of 32 bytes. */
  sign(hash: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Why a key does not sign: its lock forbids it, or the header is not one that this key may sign. */
export type KeyFault = LockFault | 'key_other_producer' | 'key_height_generated_wrong';

/** One key with its lock. Calls are answered one after the other. */
export interface ProducerKey {
  readonly address: Address;
  /** The lock as it is kept. Its `maxHeight` is what the next header states as `maxHeightGenerated`. */
  lock(): Promise<KeptLock>;
  /**
   * The signature over the id of this header, if the lock lets it; `slot` is that of its time, and its `maxHeightPrevoted` what the
   * engine computed. The lock that follows is durable when the promise resolves. The header that was signed last is signed again, and
   * nothing moves. Rejects with a `KeyError` when the lock cannot be
   * kept; whether it is then the old one or the next one, nothing was signed that it does not cover.
   */
  sign(claim: HeaderClaim, slot: Slot): Promise<E.Either<KeyFault, Uint8Array>>;
  /** Lets go of key and lock; once more is fine. */
  close(): Promise<void>;
}
