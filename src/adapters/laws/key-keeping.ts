/**
 * The laws of what a key keeps: the next lock before each signature, and all of it when the process dies.
 *
 * Source: protocol section 12, finality rules 19 to 21.
 */
import { firstLock, type Lock, lockAfter } from '../../core/lock.ts';
import { MAX_SAFE } from '../../core/units.ts';
import { hostileLocks } from '../keys/hostile-locks.ts';
import type { Signer } from '../keys/keys.ts';
import type { LockStore } from '../keys/lock-store.ts';
import { chanceFrom } from './chance.ts';
import { codeOf, demandLock, fresh, type KeyOnTrial, law, SEED, signingOf } from './key-trial.ts';
import { demand, type Law } from './law.ts';

export const keepingLaws: readonly Law<KeyOnTrial>[] = [
  law('a lock that was written is read, and there when it is opened again', async ({ openLocks, signer }) => {
    const chance = chanceFrom(SEED);
    let locks = await openLocks(signer.address);
    try {
      demandLock(await locks.read(), firstLock, 'of a new key');
      for (let step = 0; step < 20; step += 1) {
        const number = <T>(): T => (chance.below(3) === 0 ? MAX_SAFE - chance.below(9) : chance.below(99)) as T;
        const lock: Lock = { slot: number(), maxHeight: number(), maxHeightPrevoted: number(), height: number() };
        await locks.write(lock);
        demandLock(await locks.read(), lock, 'after writing');
        await locks.close();
        await locks.close();
        locks = await openLocks(signer.address);
        demandLock(await locks.read(), lock, 'after opening again');
      }
    } finally {
      await locks.close();
    }
  }),
  law('the next lock is kept before anything is signed', async ({ signer, open }) => {
    let beside: LockStore | undefined;
    const seen: (Lock | undefined)[] = [];
    const spy: Signer = {
      address: signer.address,
      sign: async (hash) => {
        seen.push(await beside?.read());
        return signer.sign(hash);
      },
    };
    const around = (locks: LockStore): LockStore => {
      beside = locks;
      return locks;
    };
    const key = await open({ signer: spy, around });
    let model = firstLock;
    for (let count = 1; count <= 5; count += 1) {
      const asked = fresh(key.address, count);
      await key.sign(asked.claim, asked.slot);
      model = lockAfter(model, signingOf(asked));
      demandLock(seen.at(-1), model, 'while the header is signed');
    }
  }),
  law('a key whose lock cannot be written signs nothing more until it is opened anew', async ({ signer, open }) => {
    for (const mishap of ['before_write', 'after_write'] as const) {
      const calls: Uint8Array[] = [];
      const spy: Signer = {
        address: signer.address,
        sign: (hash) => {
          calls.push(hash);
          return signer.sign(hash);
        },
      };
      const key = await open({ signer: spy, around: (locks) => hostileLocks(locks, { write: 1, mishap }) });
      const first = await key.lock();
      const asked = fresh(key.address, first.maxHeight + 1);
      const next = lockAfter(first, signingOf(asked));
      for (const what of ['the header whose lock was not written', 'the next header'] as const) {
        const code = await codeOf(() => key.sign(asked.claim, asked.slot));
        demand(code === 'lock_failed', `${what} was answered ${code ?? 'without an error'}`);
        demand(calls.length === 0, `${what} was signed`);
      }
      await key.close();
      const again = await open();
      demandLock(await again.lock(), mishap === 'after_write' ? next : first, `when it died ${mishap}`);
      await again.close();
    }
  }),
];
