/**
 * The laws of what a key keeps: the next lock before each signature, and all of it when the process dies.
 *
 * Source: protocol section 12, finality rules 19 to 21.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import { firstLock } from '../../core/lock.ts';
import { HASH_BYTES, type Hash, MAX_SAFE } from '../../core/units.ts';
import { blockIdBytes } from '../../core/wire/header.ts';
import { hostileLocks } from '../keys/hostile-locks.ts';
import type { Signer } from '../keys/keys.ts';
import type { KeptLock, LockStore } from '../keys/lock-store.ts';
import { chanceFrom } from './chance.ts';
import { codeOf, demandLock, fresh, type KeyOnTrial, law, lockWith, SEED } from './key-trial.ts';
import { headerAt } from './key-walk.ts';
import { demand, type Law } from './law.ts';

export const keepingLaws: readonly Law<KeyOnTrial>[] = [
  law('a lock that was written is read, and there when it is opened again', async ({ openLocks, signer }) => {
    const chance = chanceFrom(SEED);
    let locks = await openLocks(signer.address);
    try {
      demandLock(await locks.read(), firstLock, 'of a new key');
      for (let step = 0; step < 20; step += 1) {
        const number = <T>(): T => (chance.below(3) === 0 ? MAX_SAFE - chance.below(9) : chance.below(99)) as T;
        const counts = { slot: number(), maxHeight: number(), maxHeightPrevoted: number(), height: number() };
        const signedId = toHex(chance.bytes(HASH_BYTES)) as Hash;
        const lock = (chance.below(3) === 0 ? counts : { ...counts, signedId }) as KeptLock; // numbers and hashes as they come
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
  law('the next lock is kept before anything is signed', async ({ crypto, signer, open }) => {
    let beside: LockStore | undefined;
    const seen: (KeptLock | undefined)[] = [];
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
    let model: KeptLock = firstLock;
    for (let count = 1; count <= 5; count += 1) {
      const asked = fresh(key.address, count);
      await key.sign(asked.claim, asked.slot);
      model = lockWith(crypto, model, asked);
      demandLock(seen.at(-1), model, 'while the header is signed');
    }
  }),
  law(
    'the header signed last is signed once more, after a restart too, and moves nothing; no other is',
    async (trial) => {
      const { crypto, open } = trial;
      let key = await open();
      const [first, last] = [fresh(key.address, 1), fresh(key.address, 2)];
      for (const { claim, slot } of [first, last]) await key.sign(claim, slot);
      const kept = lockWith(crypto, lockWith(crypto, firstLock, first), last);
      for (const when of ['at once', 'after a restart'] as const) {
        const answer = await key.sign(last.claim, last.slot);
        demand(E.isRight(answer), `the header signed last was not signed again ${when}`);
        const by = crypto.recover(blockIdBytes(crypto, last.claim), answer.right);
        demand(by !== undefined && toHex(by) === key.address, `another signature came ${when}`);
        const { height, maxHeightPrevoted, maxHeightGenerated } = last.claim;
        const place = { slot: last.slot, height, prevoted: maxHeightPrevoted, generated: maxHeightGenerated };
        const others = [first, headerAt(chanceFrom(SEED), key.address, place)];
        for (const { claim, slot } of others)
          demand(E.isLeft(await key.sign(claim, slot)), `a header of a slot that had passed was signed ${when}`);
        demandLock(await key.lock(), kept, `when the same was asked again ${when}`);
        await key.close();
        key = await open();
      }
    },
  ),
  law(
    'a key that died before the signature has the header signed when it is opened again',
    async ({ crypto, signer, open }) => {
      const dead: Signer = { address: signer.address, sign: () => Promise.reject(new Error('the process died')) };
      const dying = await open({ signer: dead });
      const asked = fresh(dying.address, 1);
      const code = await codeOf(() => dying.sign(asked.claim, asked.slot));
      demand(code === 'key_failed', `a signer that failed was answered ${code ?? 'without an error'}`);
      await dying.close();
      const key = await open();
      demandLock(await key.lock(), lockWith(crypto, firstLock, asked), 'after a signer that failed');
      demand(E.isRight(await key.sign(asked.claim, asked.slot)), 'the header under way was not signed');
    },
  ),
  law(
    'a key whose lock cannot be written signs nothing more until it is opened anew',
    async ({ crypto, signer, open }) => {
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
        const next = lockWith(crypto, first, asked);
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
    },
  ),
];
