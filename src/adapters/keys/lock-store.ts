/**
 * Lock store: where the lock of one key is kept, as one small interface, and one in memory.
 *
 * Source: protocol section 12, finality rules 19 to 21.
 */
import { firstLock, type Lock } from '../../core/lock.ts';
import type { Address, Hash } from '../../core/units.ts';

/** The lock of a key as it is kept. */
export interface KeptLock extends Lock {
  /** The id of the block that was signed last. It may be signed again, should it be lost, because that says nothing new; no other may. */
  readonly signedId?: Hash;
}

/** The lock of one key. Who has it open is the only one. Methods reject with a `KeyError`. */
export interface LockStore {
  /** The key that the lock belongs to, if the store knows. */
  readonly address?: Address;
  /** The lock as it was written last; `undefined` if none ever was. */
  read(): Promise<KeptLock | undefined>;
  /** All of the lock or nothing; durable when the promise resolves. After a rejection it may be either. */
  write(lock: KeptLock): Promise<void>;
  /** Lets go of it; once more is fine. */
  close(): Promise<void>;
}

/**
 * A lock in memory, for simulations and tests: a process that dies forgets it, and with it all that it had promised. Closing
 * leaves it as it is for the next key that is opened over it. It begins as that of a key that never signed.
 */
export const memoryLocks = (begin: KeptLock = firstLock): LockStore => {
  let kept = begin;
  return {
    read: () => Promise.resolve(kept),
    write: (lock) => {
      kept = lock;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
};
