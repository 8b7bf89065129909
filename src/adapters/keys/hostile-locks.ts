/**
 * Hostile locks: another lock store whose writes fail when they are told to, before anything is kept or after all of it is.
 *
 * The key cannot tell which, and must not guess. For tests.
 */
import { KeyError } from './key-error.ts';
import type { LockStore } from './lock-store.ts';

export interface LockMishap {
  /** The write that fails, 1 being the first. */
  readonly write: number;
  readonly mishap: 'before_write' | 'after_write';
}

/** `inner` with one write that fails. */
export const hostileLocks = (inner: LockStore, { write, mishap }: LockMishap): LockStore => {
  let writes = 0;
  return {
    ...inner,
    write: async (lock) => {
      writes += 1;
      if (writes !== write) return inner.write(lock);
      if (mishap === 'after_write') await inner.write(lock);
      throw new KeyError('lock_failed', 'a failure that was planned; open the key anew to see which lock is kept');
    },
  };
};
