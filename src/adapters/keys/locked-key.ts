/**
 * Locked key: what signs, behind the lock that is kept beside it.
 *
 * The next lock is durable before the signature is made; the other way round a process that dies between the two could sign
 * twice. The lock knows for which block it was moved, so whoever still has that one may have it signed after all.
 * Source: protocol section 12, finality rules 18 to 21.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Agreement, agreement } from '../../core/agreement.ts';
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import type { Signing } from '../../core/lock.ts';
import { invariant } from '../../core/refusal.ts';
import type { Hash, Slot } from '../../core/units.ts';
import { blockIdBytes, type HeaderClaim } from '../../core/wire/header.ts';
import { KeyError } from './key-error.ts';
import type { KeyFault, ProducerKey, Signer } from './keys.ts';
import type { KeptLock, LockStore } from './lock-store.ts';

export interface LockedKeyParts {
  readonly signer: Signer;
  /** Of this very key, and from now on this object's own: it closes them. */
  readonly locks: LockStore;
  readonly hasher: Hasher;
  /** The protocol's own, but in simulations of wrong ones. */
  readonly rules?: Pick<Agreement, 'lockFault' | 'lockAfter'>;
}

/** What is asked of the key, taken when the call comes in: whatever becomes of the claim meanwhile, this is what is signed. */
interface Request extends Signing {
  readonly producer: string;
  readonly maxHeightGenerated: number;
  /** The hash that is signed, made here of the claim itself. */
  readonly id: Uint8Array;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** Throws `InvariantViolation` for a claim that stands on no chain: a lock that followed it could never be passed again, or always. */
const requestOf = (hasher: Hasher, claim: HeaderClaim, slot: Slot): Request => {
  const { producer, height, maxHeightGenerated, maxHeightPrevoted } = claim;
  const areCounts = [slot, height, maxHeightGenerated, maxHeightPrevoted].every(isCount);
  invariant(areCounts, 'the slot and the heights of a header to sign are whole numbers from 0 to 2^53-1');
  invariant(
    height <= slot && maxHeightPrevoted < height,
    'a header to sign is above what it finds prevoted, by its slot',
  );
  return { producer, slot, height, maxHeightGenerated, maxHeightPrevoted, id: blockIdBytes(hasher, claim) };
};

const otherKey = (address: string, lockAddress: string): KeyError =>
  new KeyError(
    'lock_other_key',
    `the lock is that of ${lockAddress}, the key is ${address}; open the lock of this key`,
  );

const closed = (): KeyError => new KeyError('key_closed', 'the key was closed; open it anew');

const signerFailed = (cause: unknown): KeyError =>
  new KeyError(
    'key_failed',
    'what signs for the key has failed; ask for the same header again, or let this slot pass',
    { cause },
  );

/** What reading a lock rejected with, as a `KeyError`; one of the store's own stays what it is. */
const unreadable = (cause: unknown): KeyError =>
  cause instanceof KeyError
    ? cause
    : new KeyError('lock_unreadable', 'the lock could not be read; open the key anew', { cause });

/**
 * The key of this signer under its lock. Throws `KeyError` `lock_other_key` if the locks are known to be another key's.
 *
 * Calls reject with `key_closed` after closing; `lock_missing` or `lock_unreadable` when the lock cannot be read; `lock_failed`
 * when it could not be written: from then on nobody knows which one is durable, so the key stops until it is opened anew;
 * `key_failed` when the signer failed, after which the key goes on.
 */
export const lockedKey = ({ signer, locks, hasher, rules = agreement }: LockedKeyParts): ProducerKey => {
  const { address } = signer;
  if (locks.address !== undefined && locks.address !== address) throw otherKey(address, locks.address);
  let isClosed = false;
  let stopped: KeyError | undefined;
  let pending: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const done = pending.then(() => {
      if (stopped !== undefined) throw stopped;
      return action();
    });
    pending = done.catch(() => undefined);
    return done;
  };

  const readLock = async (): Promise<KeptLock> => {
    const lock = await locks.read().catch((cause: unknown) => {
      throw unreadable(cause);
    });
    if (lock !== undefined) return lock;
    throw new KeyError('lock_missing', 'the key has no lock; begin one, as of a new key or as of one that was lost');
  };

  const writeLock = async (lock: KeptLock): Promise<void> => {
    try {
      await locks.write(lock);
    } catch (cause) {
      const what = 'the lock could not be written, and may be the old one or the next one';
      stopped = new KeyError('lock_failed', `${what}; open the key anew`, { cause });
      throw stopped;
    }
  };

  const signatureOf = async (id: Uint8Array): Promise<Uint8Array> => {
    try {
      return await signer.sign(id);
    } catch (cause) {
      throw signerFailed(cause);
    }
  };

  const signNow = async (request: Request): Promise<E.Either<KeyFault, Uint8Array>> => {
    if (request.producer !== address) return E.left('key_other_producer');
    const lock = await readLock();
    const signedId = toHex(request.id) as Hash;
    if (lock.signedId === signedId) return E.right(await signatureOf(request.id));
    if (request.maxHeightGenerated !== lock.maxHeight) return E.left('key_height_generated_wrong');
    const fault = rules.lockFault(lock, request);
    if (fault !== undefined) return E.left(fault);
    await writeLock({ ...rules.lockAfter(lock, request), signedId });
    return E.right(await signatureOf(request.id));
  };

  return {
    address,
    lock: () =>
      new Promise((resolve) => {
        if (isClosed) throw closed();
        resolve(inTurn(readLock));
      }),
    sign: (claim, slot) =>
      new Promise((resolve) => {
        if (isClosed) throw closed();
        const request = requestOf(hasher, claim, slot);
        resolve(inTurn(() => signNow(request)));
      }),
    close: async () => {
      isClosed = true;
      await pending;
      await locks.close();
    },
  };
};
