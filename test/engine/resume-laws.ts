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
import { toHex } from '../../src/core/bytes.ts';
import { firstLock, type Hash, type Height, type Slot } from '../../src/core/index.ts';
import { signingFact } from '../../src/engine/facts.ts';
import type { ForkLimits } from '../../src/engine/fork/block-tree.ts';
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

/** The lock of whoever has signed the first block. */
const firstSigned = { ...firstLock, slot: 1 as Slot, maxHeight: 1 as Height, height: 1 as Height };

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

const openOn = (parts: ForkParts, storage: Storage, after = 10_000, forkLimits?: ForkLimits) => {
  const clock = manualClock(genesisTime);
  clock.set(genesisTime + after);
  return parts.openEngine({ founding, storage, clock, ...(forkLimits === undefined ? {} : { forkLimits }) });
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
const dieSo = async (parts: ForkParts, { commit, mishap, lock, signer }: Death, turn = 2) => {
  const order = await turns();
  const [first, second] = [order[0], order[turn - 1]] as [string, string];
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
  // Its first turn, or, if that is the last of the round, its second.
  let slot = turn === 2 ? 2 : 5;
  while ((await engine.turnAt(slot as Slot)) !== own.address) slot += 1;
  const key = keyOver(second, locks, signer === true ? dead : own);
  equal(await engine.produce(key, { slot: slot as Slot }).catch(() => undefined), undefined);
  const kept = await remains.locks.read();
  return { remains, label: second, signedId: kept?.signedId };
};

const blocksOf = async (storage: Storage): Promise<readonly Uint8Array[]> =>
  (await storage.blocks(1, 99)).map(({ bytes }) => bytes);

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
    const others = producers
      .filter(({ address }) => address !== person(label).address)
      .map((other) => keyOf(other, firstSigned));
    for (let slot = 3; engine.finalHeight < 2 && slot < 60; slot += 1)
      for (const other of others) await engine.produce(other, { slot: slot as Slot });
    ok(engine.finalHeight >= 2);
    equal(await engine.resume(keyOver(label, remains.locks)), undefined);
  }),
  law('bytes that are no block any more are left alone, and the next block takes their place', async (parts) => {
    const { remains, label } = await dieSo(parts, deaths['in the signer']);
    const name = signingFact(person(label).address);
    await remains.storage.commit({ facts: { [name]: new Uint8Array(9) } });
    const engine = await openOn(parts, remains.storage);
    equal(await engine.resume(keyOver(label, remains.locks)), undefined);
    equal(engine.tip.height, 1);
  }),
  law('what the lock forbids does not take the place of what it was moved for', async (parts) => {
    // It dies over the block of its second turn; then the clock is set back to its first, which this key may not use any more.
    const { remains, label, signedId } = await dieSo(parts, deaths['in the signer'], 4);
    const early = await openOn(parts, remains.storage, 3 * params.slotSeconds);
    const mute: Signer = { address: person(label).address, sign: () => Promise.reject(new Error('asked in vain')) };
    equal(codeOf((await early.resume(keyOver(label, remains.locks, mute))) as never), 'block_from_future');
    equal(codeOf(await early.produce(keyOver(label, remains.locks), { slot: 4 as Slot })), 'lock_slot');
    const engine = await openOn(parts, remains.storage);
    await engine.resume(keyOver(label, remains.locks));
    equal(engine.tip.id, signedId);
  }),
  law('on another chain that the lock forbids, the block is kept for when its own is back', async (parts) => {
    const { remains, label, signedId } = await dieSo(parts, deaths['in the signer']);
    const own = await blocksOf(remains.storage);
    const name = signingFact(person(label).address);
    const kept = await remains.storage.fact(name);
    // After a restart it knows another first block, on which this key may sign nothing as low.
    const storage = keptOpen(memoryStorage());
    const again = await openOn(parts, storage);
    await storage.commit({ facts: { [name]: kept } });
    const key = keyOver(label, remains.locks);
    const others = producers.filter(({ address }) => address !== person(label).address).map((other) => keyOf(other));
    for (let slot = 5; again.tip.height < 1; slot += 1)
      for (const other of others) await again.produce(other, { slot: slot as Slot });
    equal(codeOf((await again.resume(key)) as never), 'parent_unknown');
    const codes = new Set<string>();
    for (let slot = again.tip.slot + 1; slot < again.tip.slot + 12; slot += 1)
      codes.add(codeOf(await again.produce(key, { slot: slot as Slot })));
    deepEqual(codes, new Set(['lock_vote', 'producer_wrong']));
    for (const bytes of own) await again.follow(bytes);
    await again.resume(key);
    ok(await again.knows(signedId as Hash, 2));
  }),
  law('no lock is moved for a block that there is no room for', async (parts) => {
    const storage = keptOpen(memoryStorage());
    const engine = await openOn(parts, storage, 10_000, { maxBlocks: 1, maxBytes: 1e9 });
    const locks = new Map(producers.map(({ address }) => [address as string, memoryLocks()]));
    const keys = producers.map(({ address }, index) => keyOver(`p${index}`, locks.get(address) as LockStore));
    const codes = new Set<string>();
    for (let slot = 1; slot < 12; slot += 1)
      for (const key of keys) codes.add(codeOf(await engine.produce(key, { slot: slot as Slot })));
    ok(codes.has('unfinal_full') && engine.tip.height === 1);
    const moved = await Promise.all([...locks.values()].map(async (each) => (await each.read())?.signedId));
    deepEqual(
      moved.filter((id) => id !== undefined),
      [engine.tip.id],
    );
    await engine.close();
    const roomy = await openOn(parts, storage);
    for (let slot = 12; slot < 30; slot += 1) for (const key of keys) await roomy.produce(key, { slot: slot as Slot });
    ok(roomy.finalHeight > 2);
  }),
  law('who asks for a slot again is given the block that was under way', async (parts) => {
    const { remains, label, signedId } = await dieSo(parts, deaths['in the signer']);
    const engine = await openOn(parts, remains.storage);
    equal(rightOf(await engine.produce(keyOver(label, remains.locks), { slot: 2 as Slot })).id, signedId);
  }),
  law('a signer that never signs one block does not keep its key from the next', async (parts) => {
    const { remains, label, signedId } = await dieSo(parts, deaths['in the signer']);
    const engine = await openOn(parts, remains.storage);
    const own = signerOf(crypto, person(label).privateKey);
    const sign: Signer['sign'] = (hash) =>
      toHex(hash) === signedId ? Promise.reject(new Error('this slot was signed')) : own.sign(hash);
    const key = keyOver(label, remains.locks, { address: own.address, sign });
    const others = producers.filter(({ address }) => address !== own.address).map((other) => keyOf(other, firstSigned));
    for (let slot = 3; engine.tip.height < 3; slot += 1)
      for (const other of others) await engine.produce(other, { slot: slot as Slot });
    const { height } = engine.tip;
    for (let slot = engine.tip.slot + 1; engine.tip.height === height && slot < 40; slot += 1)
      await engine.produce(key, { slot: slot as Slot });
    equal(engine.tip.height, height + 1);
  }),
  law('a node tries again what its signer failed at, in the next slot, and tells it', async (parts) => {
    const time = virtualTime({ startMs: genesisTime * 1_000 });
    const hub = memoryHub({ time, delayMs: 20, maxMessageBytes: 1_000_000 });
    const clock = clockOf(time);
    const engine = await parts.openEngine({ founding, storage: memoryStorage(), clock });
    const network = hub.join('n0');
    const door = hub.join('stranger');
    let heard = 0;
    door.onMessage((_, message) => {
      if (decodeMessage(message)?.kind === 'block') heard += 1;
    });
    let failures = 1;
    const keys = producers.map(({ privateKey, address }, index) => {
      const own = signerOf(crypto, privateKey);
      const sign: Signer['sign'] = (hash) => {
        failures -= 1;
        return failures === 0 ? Promise.reject(new Error('no card in the reader')) : own.sign(hash);
      };
      return keyOver(`p${index}`, memoryLocks(), { address, sign });
    });
    failures = 3;
    const reports: string[] = [];
    const node = parts.startNode({ engine, network, clock, keys, onReport: ({ kind }) => reports.push(kind) });
    await time.run(time.nowMs() + 5 * params.slotSeconds * 1_000 + 100);
    deepEqual(reports.slice(0, 4), ['produced', 'produced', 'key_failed', 'resumed']);
    equal(heard, reports.filter((kind) => kind === 'produced' || kind === 'resumed').length);
    equal(engine.tip.height, heard);
    await node.stop();
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
