/**
 * Resume laws: what becomes of a block that was being signed when the store, the lock, the signer or the process died.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { hostileLocks } from '../../src/adapters/keys/hostile-locks.ts';
import type { Signer } from '../../src/adapters/keys/keys.ts';
import { type LockStore, memoryLocks } from '../../src/adapters/keys/lock-store.ts';
import { lockedKey } from '../../src/adapters/keys/locked-key.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import { memoryHub } from '../../src/adapters/network/memory.ts';
import { clockOf } from '../../src/adapters/network/virtual-clock.ts';
import { virtualTime } from '../../src/adapters/network/virtual-time.ts';
import { hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { firstLock, type Hash, type Height, type Slot } from '../../src/core/index.ts';
import { signingFact } from '../../src/engine/facts.ts';
import { decodeMessage } from '../../src/engine/node/messages.ts';
import type { ForkLaw, ForkParts } from './fork-laws.ts';
import {
  codeOf,
  crypto,
  drive,
  keptOpen,
  keyOf,
  person,
  producers,
  rightOf,
  smallChain,
  transfer,
} from './small-chain.ts';

const founding = smallChain();
const { genesisTime, params } = founding.chain;

/** What outlives the process of a producer. */
interface Remains {
  readonly storage: Storage;
  readonly locks: LockStore;
}

/** Where a producer dies in making its second block: at which of its writes, or in the lock or the signer between the two. */
const deaths = {
  'before the block is kept': { commit: 1, mishap: 'before_commit', isSigned: false },
  'after the block is kept': { commit: 1, mishap: 'after_commit', isSigned: false },
  'before the lock': { lock: 'before_write', isSigned: false },
  'after the lock': { lock: 'after_write', isSigned: true },
  'in the signer': { signer: true, isSigned: true },
  'before the signed block is stored': { commit: 2, mishap: 'before_commit', isSigned: true },
  'after the signed block is stored': { commit: 2, mishap: 'after_commit', isSigned: true },
} as const;
type Death = {
  readonly commit?: number;
  readonly mishap?: 'before_commit' | 'after_commit';
  readonly lock?: 'before_write' | 'after_write';
  readonly signer?: boolean;
  readonly isSigned: boolean;
};

const openOn = (parts: ForkParts, storage: Storage) => {
  const clock = manualClock(genesisTime);
  clock.set(genesisTime + 10_000);
  return parts.openEngine({ founding, storage, clock });
};

const keyOver = (label: string, locks: LockStore, signer?: Signer) =>
  lockedKey({ signer: signer ?? signerOf(crypto, person(label).privateKey), locks, hasher: crypto });

/** Whose turn each of the first slots is, as labels. */
const turns = async (): Promise<readonly string[]> => {
  const { engine } = await drive(founding, memoryStorage());
  const slots = [1, 2, 3, 4].map((slot) => engine.turnAt(slot as Slot));
  return (await Promise.all(slots)).map((turn) => `p${producers.findIndex(({ address }) => address === turn)}`);
};

/** One producer makes a block on that of another, with a transfer in it, and dies so; what it leaves, and the id of the block if it was promised. */
const dieSo = async (parts: ForkParts, { commit, mishap, lock, signer }: Death) => {
  const [first, second] = (await turns()) as [string, string];
  const remains: Remains = { storage: keptOpen(memoryStorage()), locks: memoryLocks() };
  const setting = await openOn(parts, remains.storage);
  rightOf(await setting.produce(keyOf(person(first)), { slot: 1 as Slot }));
  const strikes = commit !== undefined && mishap !== undefined;
  const storage = strikes
    ? hostileStorage(remains.storage, { seed: 1, isMortal: true, strikeAt: { commit, mishap } })
    : remains.storage;
  const locks = lock === undefined ? remains.locks : hostileLocks(remains.locks, { write: 1, mishap: lock });
  const own = signerOf(crypto, person(second).privateKey);
  const dead: Signer = { address: own.address, sign: () => Promise.reject(new Error('the process died')) };
  const engine = await openOn(parts, storage);
  rightOf(await engine.offer(transfer('p0', 5)));
  const made = await engine
    .produce(keyOver(second, locks, signer === true ? dead : own), { slot: 2 as Slot })
    .catch(() => undefined);
  equal(made, undefined);
  const kept = await remains.locks.read();
  return { remains, label: second, signedId: kept?.signedId };
};

/** The ids of a store's blocks. */
const stored = async (storage: Storage): Promise<readonly string[]> =>
  (await storage.blocks(1, 99)).map(({ id }) => id);

const law = (name: string, check: ForkLaw['check']): ForkLaw => ({ name, check });

export const resumeLaws: readonly ForkLaw[] = [
  law(
    'a block that was being signed is signed when its producer opens again, and no other of its slot',
    async (parts) => {
      for (const [when, death] of Object.entries<Death>(deaths)) {
        const { remains, label, signedId } = await dieSo(parts, death);
        equal(signedId !== undefined, death.isSigned, when);
        const wasStored = (await stored(remains.storage)).length === 2;
        const engine = await openOn(parts, remains.storage);
        const key = keyOver(label, remains.locks);
        const resumed = await engine.resume(key);
        equal(resumed !== undefined, death.isSigned && !wasStored, when);
        if (resumed !== undefined) {
          const { id, transition, isChosen } = rightOf(resumed);
          equal(id, signedId, when);
          ok(isChosen, when);
          equal(transition.included.length, 1, when);
        }
        deepEqual((await stored(remains.storage)).slice(1), death.isSigned ? [signedId] : [], when);
        equal(await engine.resume(key), undefined, when);
        // The slot is free if nothing was promised in it, and only then.
        const again = codeOf(await engine.produce(key, { slot: 2 as Slot }));
        equal(again, death.isSigned ? 'slot_not_after_parent' : 'taken', when);
        equal(engine.evidence.length, 0, when);
      }
    },
  ),
  law('whoever asks for the next block at once has the last one finished too', async (parts) => {
    const { remains, label, signedId } = await dieSo(parts, deaths['in the signer']);
    const engine = await openOn(parts, remains.storage);
    const key = keyOver(label, remains.locks);
    for (let slot = 3; engine.tip.height < 3 && slot < 20; slot += 1) await engine.produce(key, { slot: slot as Slot });
    equal(engine.tip.height, 3);
    deepEqual((await stored(remains.storage))[1], signedId);
  }),
  law('a block of which the key knows nothing, or that was overtaken, is left alone', async (parts) => {
    const { remains, label } = await dieSo(parts, deaths['in the signer']);
    const kept = await remains.locks.read();
    const engine = await openOn(parts, remains.storage);
    const { signedId: _, ...without } = { ...kept };
    for (const other of [without, { ...without, signedId: 'ab'.repeat(32) as Hash }])
      equal(await engine.resume(keyOver(label, memoryLocks(other as typeof kept))), undefined);
    // Others go on without it until what it stood beside is final.
    const lock = { ...firstLock, slot: 1 as Slot, maxHeight: 1 as Height, height: 1 as Height };
    const others = producers
      .filter(({ address }) => address !== person(label).address)
      .map((other) => keyOf(other, lock));
    for (let slot = 3; engine.finalHeight < 2 && slot < 60; slot += 1)
      for (const other of others) await engine.produce(other, { slot: slot as Slot });
    ok(engine.finalHeight >= 2);
    equal(await engine.resume(keyOver(label, remains.locks)), undefined);
  }),
  law('bytes that are no block any more are told damaged, and nothing is signed', async (parts) => {
    const { remains, label } = await dieSo(parts, deaths['in the signer']);
    const name = signingFact(person(label).address);
    await remains.storage.commit({ facts: { [name]: new Uint8Array(9) } });
    const engine = await openOn(parts, remains.storage);
    const refused = await engine.resume(keyOver(label, remains.locks)).catch((error: { code: string }) => error.code);
    equal(refused, 'storage_damaged');
  }),
  law('a node that starts again tells the block that it died over, before it hears of others', async (parts) => {
    const { remains, label, signedId } = await dieSo(parts, deaths['before the signed block is stored']);
    const time = virtualTime({ startMs: (genesisTime + 2 * params.slotSeconds) * 1_000 });
    const hub = memoryHub({ time, delayMs: 20, maxMessageBytes: 1_000_000 });
    const door = hub.join('stranger');
    const heard: string[] = [];
    door.onMessage((_, message) => {
      const said = decodeMessage(message);
      if (said?.kind === 'block') heard.push('block');
    });
    const clock = clockOf(time);
    const engine = await parts.openEngine({ founding, storage: remains.storage, clock });
    const network = hub.join('n0');
    const reports: string[] = [];
    const keys = [keyOver(label, remains.locks)];
    const node = parts.startNode({ engine, network, clock, keys, onReport: ({ kind }) => reports.push(kind) });
    await time.run(time.nowMs() + 100);
    equal(engine.tip.id, signedId);
    deepEqual([heard, reports], [['block'], ['resumed']]);
    await node.stop();
  }),
];
