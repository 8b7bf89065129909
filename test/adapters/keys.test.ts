import { inspect } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { hostileLocks } from '../../src/adapters/keys/hostile-locks.ts';
import { KeyError } from '../../src/adapters/keys/key-error.ts';
import type { ProducerKey, Signer } from '../../src/adapters/keys/keys.ts';
import { type LockStore, memoryLocks } from '../../src/adapters/keys/lock-store.ts';
import { type LockedKeyParts, lockedKey } from '../../src/adapters/keys/locked-key.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { fresh, type KeyOnTrial } from '../../src/adapters/laws/key-trial.ts';
import { headerAt } from '../../src/adapters/laws/key-walk.ts';
import { keyLaws } from '../../src/adapters/laws/keys.ts';
import { toHex } from '../../src/core/bytes.ts';
import { firstLock, lockAfter, lockFault, lostLock } from '../../src/core/lock.ts';
import type { Address, Height, Slot } from '../../src/core/units.ts';
import { blockIdBytes } from '../../src/core/wire/header.ts';

const crypto = await bestCrypto();
const PRIVATE_KEY = Uint8Array.from({ length: 32 }, (_, index) => 200 + index - 32);
const signer = signerOf(crypto, PRIVATE_KEY);

/** A lock in memory that outlives the objects over it; `spoil` says what is other about each. */
const inMemory = (
  keyOver: KeyOnTrial['keyOver'],
  spoil: (locks: LockStore) => Partial<LockStore> = () => ({}),
): KeyOnTrial => {
  const inner = memoryLocks();
  return { crypto, keyOver, openLocks: () => Promise.resolve({ ...inner, ...spoil(inner) }) };
};

const plain = (by: Signer, locks: LockStore): ProducerKey => lockedKey({ signer: by, locks, hasher: crypto });

describe('a key under a lock in memory', () => {
  for (const { name, check } of keyLaws) it(name, () => check(() => inMemory(plain)));
});

describe('keys that break a law are found out', () => {
  /** What is spoilt, the beginning of the law that finds it, and the key. */
  type Breach = readonly [breach: string, law: string, trial: () => KeyOnTrial];
  const ruled = (rules: Partial<NonNullable<LockedKeyParts['rules']>>) => () =>
    inMemory((by, locks) =>
      lockedKey({ signer: by, locks, hasher: crypto, rules: { lockFault, lockAfter, ...rules } }),
    );
  const spoilt = (spoil: (inner: ProducerKey, by: Signer, locks: LockStore) => Partial<ProducerKey>) => () =>
    inMemory((by, locks) => {
      const inner = lockedKey({ signer: by, locks, hasher: crypto });
      return { ...inner, ...spoil(inner, by, locks) };
    });
  const stored = (spoil: (inner: LockStore) => Partial<LockStore>) => () => inMemory(plain, spoil);
  const bare = (by: Signer, locks: LockStore, sign: ProducerKey['sign']): ProducerKey => ({
    address: by.address,
    lock: async () => (await locks.read()) ?? firstLock,
    sign,
    close: () => Promise.resolve(),
  });
  const allows = 'a key signs what its lock allows';

  const breaches: readonly Breach[] = [
    ['signs whatever it is asked', allows, ruled({ lockFault: () => undefined })],
    [
      'signs again in a slot',
      allows,
      ruled({ lockFault: (lock, next) => lockFault({ ...lock, slot: (lock.slot - 1) as Slot }, next) }),
    ],
    [
      'looks at heights alone',
      allows,
      ruled({ lockFault: (lock, next) => lockFault(lock, { ...next, maxHeightPrevoted: lock.maxHeightPrevoted }) }),
    ],
    [
      'signs a height twice',
      allows,
      ruled({ lockFault: (lock, next) => lockFault({ ...lock, height: (lock.height - 1) as Height }, next) }),
    ],
    [
      'remembers the last height, not the greatest',
      allows,
      ruled({ lockAfter: (lock, next) => ({ ...lockAfter(lock, next), maxHeight: next.height }) }),
    ],
    [
      'forgets what the chain was worth',
      allows,
      ruled({ lockAfter: (lock, next) => ({ ...lockAfter(lock, next), maxHeightPrevoted: lock.maxHeightPrevoted }) }),
    ],
    ['never signs', 'a signature is that of the key', ruled({ lockFault: () => 'lock_slot' })],
    [
      'signs with another key',
      'a signature is that of the key',
      () =>
        inMemory((by, locks) =>
          plain({ address: by.address, sign: signerOf(crypto, new Uint8Array(32).fill(9)).sign }, locks),
        ),
    ],
    [
      'signs for others',
      'a header of another producer',
      spoilt((inner) => ({ sign: (claim, slot) => inner.sign({ ...claim, producer: inner.address }, slot) })),
    ],
    [
      'states its own greatest height, whatever the header says',
      allows,
      spoilt((inner) => ({
        sign: async (claim, slot) => inner.sign({ ...claim, maxHeightGenerated: (await inner.lock()).maxHeight }, slot),
      })),
    ],
    [
      'reads the header when its turn comes',
      'what is signed is what was asked',
      spoilt((inner) => ({
        sign: async (claim, slot) => {
          await Promise.resolve();
          return inner.sign(claim, slot);
        },
      })),
    ],
    [
      'forgets its lock when it is opened',
      'a key that is opened again',
      () => inMemory((by, locks) => plain(by, { ...locks, ...memoryLocks() })),
    ],
    [
      'answers after closing',
      'a closed key refuses',
      spoilt((inner) => ({ lock: () => inner.lock().catch(() => firstLock) })),
    ],
    [
      'drops what was asked before closing',
      'a closed key refuses',
      spoilt((inner) => ({
        sign: async (claim, slot) => {
          await Promise.resolve();
          return inner.sign(claim, slot);
        },
      })),
    ],
    [
      'signs first and writes then',
      'the next lock is kept before',
      () =>
        inMemory((by, locks) =>
          bare(by, locks, async ({ height, maxHeightPrevoted }, slot) => {
            const sign = await by.sign(new Uint8Array(32));
            await locks.write(lockAfter((await locks.read()) ?? firstLock, { slot, height, maxHeightPrevoted }));
            return E.right(sign);
          }),
        ),
    ],
    [
      'writes and does not wait for it',
      'a key whose lock cannot be written',
      () =>
        inMemory((by, locks) =>
          plain(by, {
            ...locks,
            write: (lock) => {
              locks.write(lock).catch(() => undefined);
              return Promise.resolve();
            },
          }),
        ),
    ],
    [
      'goes on after a failed write',
      'a key whose lock cannot be written',
      () =>
        inMemory((by, locks) => ({ ...plain(by, locks), sign: (claim, slot) => plain(by, locks).sign(claim, slot) })),
    ],
    [
      'answers two at once',
      'calls are answered one after the other',
      () =>
        inMemory((by, locks) => ({ ...plain(by, locks), sign: (claim, slot) => plain(by, locks).sign(claim, slot) })),
    ],
    [
      'lets go of its lock with a header still to sign',
      'a closed key refuses',
      () =>
        inMemory((by, locks) => {
          const inner = plain(by, { ...locks, close: () => Promise.resolve() });
          return {
            ...inner,
            close: async () => {
              await locks.close();
              await inner.close();
            },
          };
        }),
    ],
    ['loses what was written', 'a lock that was written is read', stored(() => ({ write: () => Promise.resolve() }))],
    [
      'keeps 32 bits',
      'a lock that was written is read',
      stored((inner) => ({ write: (lock) => inner.write({ ...lock, slot: (lock.slot >>> 0) as Slot }) })),
    ],
    [
      'takes the prevoted height for the height',
      'a lock that was written is read',
      stored((inner) => ({ write: (lock) => inner.write({ ...lock, height: lock.maxHeightPrevoted }) })),
    ],
    [
      'forgets which block it was for',
      'a lock that was written is read',
      stored((inner) => ({ write: ({ signedId: _, ...lock }) => inner.write(lock) })),
    ],
    [
      'does not sign the same again',
      'the header signed last is signed once more',
      () =>
        inMemory((by, locks) => {
          const inner = plain(by, locks);
          const sign: ProducerKey['sign'] = async (claim, slot) =>
            slot <= (await inner.lock()).slot ? E.left('lock_slot') : inner.sign(claim, slot);
          return { ...inner, sign };
        }),
    ],
    [
      'moves its lock when it signs the same again',
      'the header signed last is signed once more',
      () =>
        inMemory((by, locks) => {
          const inner = plain(by, locks);
          const sign: ProducerKey['sign'] = async (claim, slot) => {
            const answer = await inner.sign(claim, slot);
            const kept = (await locks.read()) ?? firstLock;
            if (kept.slot === 2) await locks.write({ ...kept, maxHeight: (kept.maxHeight + 1) as Height });
            return answer;
          };
          return { ...inner, sign };
        }),
    ],
    [
      'signs whatever has the slot of the last',
      'the header signed last is signed once more',
      () =>
        inMemory((by, locks) => {
          const inner = plain(by, locks);
          const sign: ProducerKey['sign'] = async (claim, slot) =>
            slot === (await inner.lock()).slot
              ? E.right(await by.sign(blockIdBytes(crypto, claim)))
              : inner.sign(claim, slot);
          return { ...inner, sign };
        }),
    ],
  ];
  for (const [breach, name, trial] of breaches) {
    it(`one that ${breach} breaks the law '${name} ...'`, async () => {
      const law = keyLaws.find((each) => each.name.startsWith(name));
      await expect(law?.check(trial)).rejects.toMatchObject({ code: 'law_broken' });
    });
  }
});

describe('a locked key', () => {
  it('whose lock was lost is silent until the chain has prevoted the height that its slot had then', async () => {
    const key = lockedKey({ signer, locks: memoryLocks(lostLock(100 as Slot)), hasher: crypto });
    const ask = (slot: number, height: number, prevoted: number) => {
      const { claim } = headerAt(chanceFrom(slot), key.address, { slot, height, prevoted, generated: 100 });
      return key.sign(claim, slot as Slot);
    };
    expect(await ask(100, 99, 90)).toEqual(E.left('lock_slot'));
    expect(await ask(101, 99, 98)).toEqual(E.left('lock_vote'));
    expect(await ask(102, 100, 99)).toEqual(E.left('lock_vote'));
    expect(E.isRight(await ask(103, 102, 101))).toBe(true);
  });

  it('without a lock, or with one that cannot be read, signs nothing and says so', async () => {
    const none = lockedKey({
      signer,
      locks: { ...memoryLocks(), read: () => Promise.resolve(undefined) },
      hasher: crypto,
    });
    const { claim, slot } = fresh(signer.address, 1);
    await expect(none.sign(claim, slot)).rejects.toMatchObject({ code: 'lock_missing' });
    const cause = new Error('the disk is gone');
    const blind = lockedKey({ signer, locks: { ...memoryLocks(), read: () => Promise.reject(cause) }, hasher: crypto });
    await expect(blind.sign(claim, slot)).rejects.toMatchObject({ code: 'lock_unreadable', cause });
    await expect(blind.lock()).rejects.toBeInstanceOf(KeyError);
  });

  it('is not opened over the lock of another key', () => {
    const address = toHex(crypto.publicKey(new Uint8Array(32).fill(8))) as Address;
    expect(() => lockedKey({ signer, locks: { ...memoryLocks(), address }, hasher: crypto })).toThrow(
      expect.objectContaining({ code: 'lock_other_key' }),
    );
  });

  it('throws for a header that can stand on no chain, and its lock does not move', async () => {
    const key = lockedKey({ signer, locks: memoryLocks(), hasher: crypto });
    for (const [slot, height, prevoted] of [
      [Number.NaN, 1, 0],
      [1.5, 1, 0],
      [2 ** 53, 1, 0],
      [1, 2, 0],
      [5, 2, 2],
      [5, Number.NaN, 0],
      [5, 3, Number.NaN],
      [5, 3, -1],
    ] as const) {
      const { claim } = fresh(key.address, 1);
      const asked = { ...claim, height: height as Height, maxHeightPrevoted: prevoted as Height };
      await expect(key.sign(asked, slot as Slot)).rejects.toMatchObject({ code: 'invariant_violated' });
    }
    expect(await key.lock()).toEqual(firstLock);
  });

  it('whose signer fails once signs nothing else in that slot, then the same after all, and goes on', async () => {
    const failing: Signer = { address: signer.address, sign: () => Promise.reject(new Error('no card in the reader')) };
    let by = failing;
    const key = lockedKey({
      signer: { address: signer.address, sign: (hash) => by.sign(hash) },
      locks: memoryLocks(),
      hasher: crypto,
    });
    const [first, second] = [fresh(key.address, 1), fresh(key.address, 2)];
    await expect(key.sign(first.claim, first.slot)).rejects.toMatchObject({ code: 'key_failed' });
    by = signer;
    const other = { ...first.claim, maxHeightGenerated: first.claim.height, reward: 1n };
    expect(await key.sign(other, first.slot)).toEqual(E.left('lock_slot'));
    expect(E.isRight(await key.sign(first.claim, first.slot))).toBe(true);
    expect(E.isRight(await key.sign(second.claim, second.slot))).toBe(true);
  });

  it('shows its private key to no inspector, no JSON and no error', async () => {
    const locks = hostileLocks(memoryLocks(), { write: 1, mishap: 'before_write' });
    const key = lockedKey({ signer, locks, hasher: crypto });
    const { claim, slot } = fresh(key.address, 1);
    const error: unknown = await key.sign(claim, slot).catch((reason: unknown) => reason);
    const bytes = [...PRIVATE_KEY].slice(0, 4);
    for (const thing of [key, signer, error]) {
      const shown = `${inspect(thing, { depth: 9, showHidden: true })} ${JSON.stringify(thing)}`;
      expect(shown).not.toContain(toHex(PRIVATE_KEY).slice(0, 12));
      expect(shown).not.toContain(bytes.join(', '));
      expect(shown).not.toContain(bytes.join(','));
    }
  });

  it('keeps its own copy of the private key', async () => {
    const given = Uint8Array.from(PRIVATE_KEY);
    const own = signerOf(crypto, given);
    given.fill(0);
    const hash = new Uint8Array(32).fill(1);
    expect(crypto.recover(hash, await own.sign(hash))).toEqual(crypto.publicKey(PRIVATE_KEY));
  });
});
