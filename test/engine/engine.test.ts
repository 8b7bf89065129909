import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect, it } from 'vitest';
import type { ProducerKey } from '../../src/adapters/keys/keys.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { keys, producerAt, type Slot } from '../../src/core/index.ts';
import type { Followed } from '../../src/engine/index.ts';
import {
  changeOfOffice,
  codeOf,
  contentsOf,
  crypto,
  drive,
  keptOpen,
  keyOf,
  person,
  producers,
  rightOf,
  signed,
  smallChain,
  toldOf,
  transfer,
} from './small-chain.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let stores = 0;
/** A store that can be opened time and again, and all that it holds while nobody has it open. Each test has its own. */
interface Place {
  (): Promise<Storage>;
  contents: () => Promise<unknown>;
}

const kinds: Readonly<Record<string, () => Place>> = {
  memory: () => {
    const storage = keptOpen(memoryStorage());
    return Object.assign(() => Promise.resolve(storage), { contents: () => contentsOf(storage) });
  },
  SQLite: () => {
    stores += 1;
    const file = join(folder, `${stores}.sqlite`);
    const contents = async () => {
      const storage = await sqliteStorage({ file, readOnly: true });
      const held = await contentsOf(storage);
      await storage.close();
      return held;
    };
    return Object.assign(() => sqliteStorage({ file, durability: 'normal' }), { contents });
  },
};

const HEIGHTS = 40;
/** The office changes at height 5, and the change is final about three rounds later. */
const liveThroughChange = async (opened: () => Promise<Storage>) => {
  const founding = smallChain();
  const driven = await drive(founding, await opened());
  for (const bytes of changeOfOffice(founding)) rightOf(await driven.engine.offer(bytes));
  const made: Followed[] = [];
  for (let height = 1; height <= HEIGHTS; height += 1) {
    // After every eighth block a slot is missed.
    made.push(await driven.make(driven.engine.tip.slot + (height % 9 === 0 ? 2 : 1)));
  }
  return { ...driven, made };
};

describe.each(Object.entries(kinds))('an engine on %s', (_name, newStore) => {
  it('makes blocks that another engine follows to the same tips', async () => {
    const { engine, founding, made } = await liveThroughChange(newStore());
    const other = await drive(founding, await newStore()());
    other.clock.set(made.at(-1)?.transition.tip.time ?? 0);
    for (const { bytes, id, transition } of made) {
      const followed = rightOf(await other.engine.follow(bytes));
      expect(followed.id).toBe(id);
      expect(toldOf(other.engine.tip)).toEqual(toldOf(transition.tip));
    }
    expect(toldOf(other.engine.tip)).toEqual(toldOf(engine.tip));
    expect(engine.tip.votes.finalHeight).toBeGreaterThan(HEIGHTS - 12);
    await engine.close();
    await other.engine.close();
  });

  it('is where it was when it is opened again, at every height, across a change of the office', async () => {
    const opened = newStore();
    const source = await liveThroughChange(newStore());
    const { founding, made } = source;
    await source.engine.close();
    const offices = new Set<string>();
    const atGenesis = new Set<boolean>();
    for (const { bytes, transition } of made) {
      const { engine, clock } = await drive(founding, await opened());
      clock.set(transition.tip.time);
      rightOf(await engine.follow(bytes));
      await engine.close();
      const again = await drive(founding, await opened());
      expect(toldOf(again.engine.tip)).toEqual(toldOf(transition.tip));
      expect(again.engine.poolCount).toBe(0);
      await again.engine.close();
      offices.add(JSON.stringify(transition.tip.state.get(keys.officeKey)?.producers));
      atGenesis.add(transition.tip.votes.finalHeight === 0);
    }
    // Four producers, five while the change is under way, four others; and the store's own state moved on from genesis.
    expect(offices.size).toBe(3);
    expect([...atGenesis]).toEqual([true, false]);
  });

  it('goes on after it was opened again with the very blocks it would have made', async () => {
    const opened = newStore();
    const founding = smallChain();
    const reference = await liveThroughChange(newStore());
    for (const { transition, bytes } of reference.made.slice(0, 30)) {
      const { engine, make } = await drive(founding, await opened());
      if (transition.tip.height === 1) for (const tx of changeOfOffice(founding)) rightOf(await engine.offer(tx));
      expect((await make(transition.tip.slot)).bytes).toEqual(bytes);
      await engine.close();
    }
    await reference.engine.close();
  });

  it('refuses the store of another chain and leaves it as it is', async () => {
    const opened = newStore();
    const { engine, make } = await drive(smallChain(), await opened());
    for (let made = 0; made < 20; made += 1) await make();
    await engine.close();
    const before = await opened.contents();
    const storage = await opened();
    await expect(drive(smallChain({ yearSlots: '9' }), storage)).rejects.toMatchObject({
      name: 'EngineError',
      code: 'storage_other_chain',
    });
    await storage.close();
    expect(await opened.contents()).toEqual(before);
  });

  it('takes calls one by one, however many come at once', async () => {
    const founding = smallChain();
    const [one, two] = [await drive(founding, await newStore()()), await drive(founding, await newStore()())];
    const { bytes } = await one.make();
    const turn = producerAt(founding.chain, one.engine.tip, 2 as Slot);
    const key = producers.find(({ address }) => address === turn);
    if (key === undefined) throw new Error('nobody has the turn');
    two.clock.set(founding.chain.genesisTime + 6);
    const offers = (from: number) =>
      Array.from({ length: 25 }, (_, index) => two.engine.offer(transfer('p0', from + index)));
    const early = offers(5);
    const followed = two.engine.follow(bytes);
    const produced = two.engine.produce(keyOf(key), { slot: 2 as Slot });
    const late = offers(30);
    const wrong = two.engine.follow(new Uint8Array(3));
    expect((await Promise.all([...early, ...late])).map(codeOf)).toEqual(Array.from({ length: 50 }, () => 'taken'));
    expect(codeOf(await followed)).toBe('taken');
    // What was offered before it is in the block, what came after is not.
    expect(rightOf(await produced).transition.included.map(({ transaction }) => Number(transaction.nonce))).toEqual(
      Array.from({ length: 25 }, (_, index) => 5 + index),
    );
    expect(codeOf(await wrong)).toBe('block_malformed');
    expect(two.engine.poolCount).toBe(25);
    await one.engine.close();
    await two.engine.close();
  });

  it('answers nothing once it is closed, and closes what was under way', async () => {
    const { engine, make, turnAt } = await drive(smallChain(), await newStore()());
    const { bytes } = await make();
    const late = engine.offer(transfer('p0', 5));
    await engine.close();
    await engine.close();
    expect(codeOf(await late)).toBe('taken');
    for (const call of [engine.offer(transfer('p0', 6)), engine.follow(bytes), engine.produce(turnAt(9))]) {
      await expect(call).rejects.toMatchObject({ name: 'EngineError', code: 'engine_closed' });
    }
    expect(engine.tip.height).toBe(1);
  });

  it('is not moved by bytes that their owner changes after the call', async () => {
    const founding = smallChain();
    const [one, two] = [await drive(founding, await newStore()()), await drive(founding, await newStore()())];
    const offered = Buffer.from(transfer('p0', 5));
    const taken = one.engine.offer(offered);
    offered.fill(0);
    expect(rightOf(await taken).bytes).toEqual(transfer('p0', 5));
    const made = await one.make();
    expect(made.transition.included).toHaveLength(1);
    const block = Buffer.from(made.bytes);
    two.clock.set(founding.chain.genesisTime + 3);
    const followed = two.engine.follow(block);
    block.fill(0);
    rightOf(await followed);
    expect(two.engine.tip.id).toBe(made.id);
    await one.engine.close();
    await two.engine.close();
  });
});

it('reads a file opened for reading without changing a byte of it, whosever chain it holds', async () => {
  const file = join(folder, 'read.sqlite');
  const { engine, make, founding } = await drive(smallChain(), await sqliteStorage({ file }));
  for (let made = 0; made < 20; made += 1) await make();
  const { tip } = engine;
  await engine.close();
  const hashOf = () => createHash('sha256').update(readFileSync(file)).digest('hex');
  const before = hashOf();
  const storage = await sqliteStorage({ file, readOnly: true });
  const other = drive(smallChain({ yearSlots: '9' }), storage);
  await expect(other).rejects.toMatchObject({ code: 'storage_other_chain' });
  const again = await drive(founding, storage);
  expect(toldOf(again.engine.tip)).toEqual(toldOf(tip));
  await again.engine.close();
  expect(hashOf()).toBe(before);
});

describe('blocks from elsewhere', () => {
  it('are refused with the reason, and change nothing', async () => {
    const founding = smallChain();
    const { engine, clock, make, turnAt } = await drive(founding, memoryStorage());
    const first = await make();
    const second = await make();
    const before = toldOf(engine.tip);
    const other = await drive(founding, memoryStorage());
    const late = await other.make(9);
    expect(codeOf(await engine.follow(second.bytes))).toBe('block_known');
    expect(codeOf(await engine.follow(first.bytes))).toBe('block_known');
    expect(codeOf(await engine.follow(late.bytes))).toBe('block_from_future');
    clock.advance(27);
    expect(codeOf(await engine.follow((await other.make(10)).bytes))).toBe('taken');
    expect(codeOf(await engine.follow(late.bytes))).toBe('block_known');
    expect(codeOf(await engine.produce(turnAt(3), { slot: 2 as Slot }))).toBe('slot_not_after_parent');
    const turn = turnAt(3).address;
    const notTheirs = producers.find(({ address }) => address !== turn);
    if (notTheirs === undefined) throw new Error('two producers have one address');
    expect(codeOf(await engine.produce(keyOf(notTheirs), { slot: 3 as Slot }))).toBe('producer_wrong');
    expect(codeOf(await engine.produce(turnAt(99), { slot: 99 as Slot }))).toBe('block_from_future');
    expect(toldOf(engine.tip)).toEqual(before);
  });

  it('are the same block whatever stands for the signature, and followed with the right one only', async () => {
    const founding = smallChain();
    const { bytes } = await (await drive(founding, memoryStorage())).make();
    const { engine, clock } = await drive(founding, memoryStorage());
    clock.advance(3);
    // An empty block ends with its header, and that with its signature's recovery id.
    const spoiled = bytes.slice();
    spoiled.set([(spoiled.at(-1) ?? 0) ^ 1], spoiled.length - 1);
    expect(codeOf(await engine.follow(spoiled))).toBe('block_signature_invalid');
    expect(codeOf(await engine.follow(bytes))).toBe('taken');
    expect(codeOf(await engine.follow(spoiled))).toBe('block_known');
  });

  it('may be of the slot that begins next, one slot of grace, and not of a later one', async () => {
    const founding = smallChain();
    const source = await drive(founding, memoryStorage());
    const { bytes } = await source.make(2);
    const { engine, clock } = await drive(founding, memoryStorage());
    clock.advance(2);
    expect(codeOf(await engine.follow(bytes))).toBe('block_from_future');
    clock.advance(1);
    expect(codeOf(await engine.follow(bytes))).toBe('block_known'); // it was kept aside, and its time has come
    expect(engine.tip.height).toBe(1);
  });

  it('are told to the listeners until they leave', async () => {
    const { engine, make } = await drive(smallChain(), memoryStorage());
    const heard: number[] = [];
    const leave = engine.onEvent((event) => {
      if (event.kind === 'moved') heard.push(...event.done.map(({ transition }) => transition.tip.height));
    });
    await make();
    await make();
    leave();
    await make();
    expect(heard).toEqual([1, 2]);
  });
});

describe('a key', () => {
  it('that signs with another key, or fails, or hands over no signature, leaves the engine as it was', async () => {
    const storage = memoryStorage();
    const { engine, clock, make, turnAt } = await drive(smallChain(), storage);
    await make();
    const before = await contentsOf(storage);
    clock.advance(3);
    const slot = 2 as Slot;
    const key = turnAt(2);
    const signing = (sign: ProducerKey['sign']) => engine.produce({ ...key, sign }, { slot });
    const { privateKey } = person('alice');
    for (const sign of [new Uint8Array(65), new Uint8Array(0), crypto.sign(new Uint8Array(32), privateKey)]) {
      const attempt = signing(() => Promise.resolve(E.right(sign)));
      await expect(attempt).rejects.toMatchObject({ name: 'EngineError', code: 'signer_wrong' });
    }
    const failing = signing(() => Promise.reject(new Error('the key is in a drawer')));
    await expect(failing).rejects.toThrow('the key is in a drawer');
    expect(codeOf(await signing(() => Promise.resolve(E.left('lock_vote'))))).toBe('lock_vote');
    expect(await contentsOf(storage)).toEqual(before);
    expect(engine.tip.height).toBe(1);
    expect(rightOf(await engine.produce(key, { slot })).transition.tip.height).toBe(2);
  });

  it('has its lock beside it, so that it never says it signed less than it did, whatever became of the store', async () => {
    const founding = smallChain();
    const ownKeys = producers.map((owner) => keyOf(owner));
    const { make } = await drive(founding, memoryStorage(), { ownKeys });
    const made: Followed[] = [];
    for (let count = 0; count < 8; count += 1) made.push(await make());
    const again = await drive(founding, memoryStorage(), { ownKeys });
    again.clock.set(made.at(-1)?.transition.tip.time ?? 0);
    for (const { bytes } of made.slice(0, 7)) rightOf(await again.engine.follow(bytes));
    expect(codeOf(await again.engine.produce(again.turnAt(8), { slot: 8 as Slot }))).toBe('lock_slot');
    for (let slot = 9; slot <= 12; slot += 1) {
      const turn = again.turnAt(slot);
      const { maxHeight } = await turn.lock();
      expect(maxHeight).toBeGreaterThan(0);
      const { transition } = await again.make(slot);
      expect(transition.tip.votes.blocks.at(-1)?.maxHeightGenerated).toBe(maxHeight);
    }
  });
});

describe('coins on their way', () => {
  it('are back in the state of an engine that slept over their second', async () => {
    const storage = keptOpen(memoryStorage());
    const { engine, make, founding } = await drive(smallChain(), storage);
    rightOf(await engine.offer(signed('p0', 5, { kind: 'unstake', value: 1n })));
    await make();
    await engine.close();
    const again = await drive(founding, storage);
    const account = () => again.engine.tip.state.get(keys.accountKey(person('p0').address));
    await again.make(200);
    expect(account()?.withdrawals).toHaveLength(1);
    await again.make(201);
    expect(account()?.withdrawals).toHaveLength(0);
  });
});
