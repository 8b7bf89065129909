import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemoryHubOptions, memoryHub } from '../../src/adapters/network/memory.ts';
import type { PeerId } from '../../src/adapters/network/network.ts';
import { clockOf } from '../../src/adapters/network/virtual-clock.ts';
import { virtualTime } from '../../src/adapters/network/virtual-time.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Founding, Hash, Height, Slot } from '../../src/core/index.ts';
import { type Engine, openEngine } from '../../src/engine/index.ts';
import { PeerInbox } from '../../src/engine/node/inbox.ts';
import { decodeMessage, encodeMessage, MAX_ANSWER_BLOCKS, type PeerMessage } from '../../src/engine/node/messages.ts';
import { type Node, type NodeReport, startNode } from '../../src/engine/node/node.ts';
import { type Planned, planted } from './fork-plans.ts';
import { codeOf, keyOf, producers, rightOf, smallChain, transfer } from './small-chain.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 30);
const founding = smallChain();
const { genesisTime, params } = founding.chain;
const SLOT_MS = params.slotSeconds * 1_000;

/** A network on one virtual time; each member is an engine with a node, and `stranger` a door without one. */
const world = (options: Omit<MemoryHubOptions, 'time'> = {}, on: Founding = founding) => {
  const time = virtualTime({ startMs: genesisTime * 1_000 });
  const hub = memoryHub({ time, delayMs: 20, ...options });
  const reports: NodeReport[] = [];
  const wake = async (name: string, owners = producers.slice(0, 0), blocks: readonly Uint8Array[] = []) => {
    const clock = clockOf(time);
    const engine = await openEngine({ founding: on, storage: memoryStorage(), clock });
    for (const block of blocks) await engine.follow(block);
    const network = hub.join(name);
    const keys = owners.map((owner) => keyOf(owner));
    const node = startNode({ engine, network, clock, keys, onReport: (report) => reports.push(report) });
    return { engine, network, node };
  };
  const pass = (slots: number) => time.run(time.nowMs() + slots * SLOT_MS);
  return { time, hub, reports, wake, pass, stranger: (name = 'stranger') => hub.join(name) };
};

const stopAll = async (members: readonly { readonly node: Node; readonly engine: Engine }[]): Promise<void> => {
  for (const { node, engine } of members) {
    await node.stop();
    await engine.close();
  }
};

/** A branch of so many blocks, the first on the one before `back` and so many slots later; none becomes final. */
const branch = (length: number, back = 0, skip = 0) =>
  Array.from({ length }, (_, index) => ({
    back: index === 0 ? back : 0,
    skip: index === 0 ? skip : 0,
    boast: true,
  }));

describe('nodes among each other', () => {
  it('stand on one chain, which becomes final, and have the transactions that one of them was offered', async () => {
    const { wake, pass, reports, time } = world();
    const members: Awaited<ReturnType<typeof wake>>[] = [];
    for (const [index, owner] of producers.entries()) members.push(await wake(`n${index}`, [owner]));
    const [first, last] = [members[0], members.at(-1)] as [(typeof members)[0], (typeof members)[0]];
    await pass(2);
    rightOf(await first.node.offer(transfer('p0', 5)));
    await time.run(time.nowMs() + 100);
    expect(last.engine.poolCount).toBe(1);
    await pass(18);
    const tips = new Set(members.map(({ engine }) => engine.tip.id));
    expect(tips.size).toBe(1);
    expect(first.engine.tip.height).toBeGreaterThan(18);
    expect(first.engine.finalHeight).toBeGreaterThan(10);
    expect(members.every(({ engine }) => engine.poolCount === 0)).toBe(true);
    expect(reports.filter(({ kind }) => kind !== 'produced')).toEqual([]);
    await stopAll(members);
    // No wait of a node is left: what lies ahead is nothing.
    await pass(1);
    expect(time.pending).toBe(0);
  });

  it('give one that was away all that it missed, over many answers', async () => {
    const { wake, pass, time } = world({ maxMessageBytes: 2_000 });
    const members = [await wake('n0', producers)];
    await pass(60);
    const late = await wake('late');
    await pass(4);
    await time.run(time.nowMs() + 500);
    expect(late.engine.tip.id).toBe(members[0]?.engine.tip.id);
    expect(late.engine.tip.height).toBeGreaterThan(55);
    await stopAll([...members, late]);
  });

  it.each([
    ['than an answer', 2_000, 12],
    ['than the answers of a slot', 1_000, 40],
  ])('bring one over to a branch that is longer %s', async (_, maxMessageBytes, length) => {
    const { wake, pass, time } = world({ maxMessageBytes });
    const blocks = planted(founding, [...branch(length - 2), ...branch(length, length - 2, 1)]);
    const bytes = blocks.map((block) => block.bytes);
    await time.run(time.nowMs() + 200 * SLOT_MS);
    const short = await wake('short', [], bytes.slice(0, length - 2));
    const long = await wake('long', [], bytes.slice(length - 2));
    expect(short.engine.finalHeight).toBe(0);
    expect(short.engine.tip.id).not.toBe(long.engine.tip.id);
    await pass(length);
    expect(short.engine.tip.id).toBe(long.engine.tip.id);
    await stopAll([short, long]);
  });

  it('are told of no turn in a slot that is past when the engine comes to it', async () => {
    const { wake, time } = world();
    const [first, second] = planted(founding, [...branch(1), ...branch(1, 0, 4)]);
    await time.run(time.nowMs() + 20 * SLOT_MS);
    const { engine, node } = await wake('n0');
    await engine.follow(first?.bytes as Uint8Array);
    // Slot 3 is to come when it is asked for; then a block of the next round is followed.
    const [, turn] = await Promise.all([engine.follow(second?.bytes as Uint8Array), engine.turnAt(3 as Slot)]);
    expect(turn).toBeUndefined();
    expect(producers.map(({ address }) => address)).toContain(await engine.turnAt(7 as Slot));
    await stopAll([{ node, engine }]);
  });
});

const anyName = fc.record({
  height: fc.maxSafeNat().map((height) => height as Height),
  id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex') as Hash),
});
const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 200 });

const anySaid: fc.Arbitrary<PeerMessage> = fc.oneof(
  anyBytes.map((bytes) => ({ kind: 'block' as const, bytes })),
  anyBytes.map((bytes) => ({ kind: 'transaction' as const, bytes })),
  fc
    .tuple(anyName, fc.maxSafeNat())
    .map(([name, mhp]) => ({ kind: 'standing' as const, standing: { ...name, maxHeightPrevoted: mhp as Height } })),
  fc.array(anyName, { maxLength: 200 }).map((locator) => ({ kind: 'ask' as const, locator })),
  fc.array(anyBytes, { maxLength: 50 }).map((blocks) => ({ kind: 'answer' as const, blocks })),
);

describe('what a stranger says', () => {
  it('is one message or none, and one is read as it was written', () => {
    fc.assert(
      fc.property(anySaid, (said) => {
        const bytes = encodeMessage(said);
        expect(encodeMessage(decodeMessage(bytes) as PeerMessage)).toEqual(bytes);
        expect(decodeMessage(bytes)?.kind).toBe(said.kind);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const said = decodeMessage(bytes);
        if (said !== undefined) expect(encodeMessage(said)).toEqual(bytes);
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(anySaid, anySaid, (one, other) => {
        const both = new Uint8Array([...encodeMessage(one), ...encodeMessage(other)]);
        expect(decodeMessage(both)).toBeUndefined();
      }),
    );
  });

  it('is no answer if it is of more blocks than one may have', () => {
    const said = (count: number) =>
      encodeMessage({ kind: 'answer', blocks: Array.from({ length: count }, () => new Uint8Array(0)) });
    expect(decodeMessage(said(MAX_ANSWER_BLOCKS))).toBeDefined();
    expect(decodeMessage(said(MAX_ANSWER_BLOCKS + 1))).toBeUndefined();
  });

  it('moves no chain, stops no node and leaves no wait, whatever it is', async () => {
    const run = fc.asyncProperty(
      fc.array(fc.oneof(anySaid.map(encodeMessage), fc.uint8Array({ maxLength: 300 })), { maxLength: 40 }),
      fc.nat(8),
      async (words, at) => {
        const { wake, pass, stranger, reports, time } = world();
        const member = await wake('n0', producers);
        const door = stranger();
        await pass(at);
        for (const word of words) door.send(member.network.self, word);
        await pass(2);
        expect(member.engine.tip.height).toBe(at + 2);
        expect(reports.every(({ kind }) => kind === 'produced')).toBe(true);
        await stopAll([member]);
        await door.close();
        await pass(1);
        expect(time.pending).toBe(0);
      },
    );
    await fc.assert(run, { numRuns: RUNS });
  });

  it('is answered eight times a slot, however often it asks', async () => {
    const { wake, pass, stranger } = world();
    const member = await wake('n0', producers);
    await pass(5);
    const door = stranger();
    let answers = 0;
    door.onMessage((_, message) => {
      if (decodeMessage(message)?.kind === 'answer') answers += 1;
    });
    const ask = encodeMessage({ kind: 'ask', locator: [] });
    for (let count = 0; count < 200; count += 1) door.send(member.network.self, ask);
    await pass(1);
    expect(answers).toBe(8);
    for (let count = 0; count < 200; count += 1) door.send(member.network.self, ask);
    await pass(1);
    expect(answers).toBe(16);
    await stopAll([member]);
  });

  it('is asked back once a slot, and no further than it comes', async () => {
    const { wake, pass, stranger } = world();
    const member = await wake('n0', producers);
    await pass(12);
    const given = await member.engine.blocksAfter([], 1_000_000);
    const door = stranger();
    let asked = 0;
    door.onMessage((from, message) => {
      if (decodeMessage(message)?.kind !== 'ask') return;
      asked += 1;
      // Blocks that the node has, and then nonsense; the same each time.
      door.send(from, encodeMessage({ kind: 'answer', blocks: [...given, new Uint8Array(5), ...given] }));
    });
    const standing = { height: 9_999 as Height, id: 'ab'.repeat(32) as Hash, maxHeightPrevoted: 9_999 as Height };
    for (let count = 0; count < 50; count += 1)
      door.send(member.network.self, encodeMessage({ kind: 'standing', standing }));
    await pass(1);
    // Each chain of questions ends when no answer comes further: two at most for each of the words.
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(100);
    await stopAll([member]);
  });

  it('costs no work when nobody asked for it', async () => {
    const { wake, pass, stranger } = world();
    const blocks = planted(founding, branch(3));
    const member = await wake('n0');
    await pass(10);
    const door = stranger();
    door.send(member.network.self, encodeMessage({ kind: 'answer', blocks: blocks.map(({ bytes }) => bytes) }));
    await pass(1);
    expect(member.engine.tip.height).toBe(0);
    await stopAll([member]);
  });
});

describe('what a node has not read yet', () => {
  it('is kept for each peer within its limits, the oldest word going first, and read in turn', () => {
    const limits = { maxMessagesPerPeer: 3, maxBytesPerPeer: 10, maxPeers: 2 };
    const anyCall = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(12)) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    );
    const run = fc.property(fc.array(anyCall, { maxLength: 60 }), (calls) => {
      const inbox = new PeerInbox(limits);
      /** Read plainly: who waits, in the order they are served, and all of their words. */
      let waiting: { from: string; words: Uint8Array[] }[] = [];
      for (const [mark, call] of calls.entries()) {
        if (call === undefined) {
          const next = waiting.shift();
          const word = next?.words.shift();
          if (next !== undefined && next.words.length > 0) waiting.push(next);
          expect(inbox.take()).toEqual(next && { from: next.from, message: word });
          continue;
        }
        const [from, length] = call;
        const message = new Uint8Array(length).fill(mark);
        inbox.add(from as PeerId, message);
        const isKept = length <= 10 && (waiting.length < 2 || waiting.some((each) => each.from === from));
        if (!isKept) continue;
        if (!waiting.some((each) => each.from === from)) waiting = [...waiting, { from, words: [] }];
        const own = waiting.find((each) => each.from === from) as (typeof waiting)[0];
        own.words.push(message);
        while (own.words.length > 3 || own.words.reduce((sum, word) => sum + word.length, 0) > 10) own.words.shift();
      }
    });
    fc.assert(run, { numRuns: 500 });
  });
});

describe('a true header with other transactions', () => {
  it('does not keep its block out while both wait for a parent', async () => {
    const { wake, time } = world();
    const [first, second] = planted(founding, branch(2)) as [Planned, Planned];
    await time.run(time.nowMs() + 20 * SLOT_MS);
    const { engine, node } = await wake('n0');
    // Field 2 of a block is its list of transactions: one that is long enough to be one.
    const spoiled = new Uint8Array([...second.bytes, 0x12, 65, ...new Uint8Array(65).fill(7)]);
    expect(codeOf(await engine.follow(spoiled))).toBe('parent_unknown');
    expect(codeOf(await engine.follow(second.bytes))).toBe('parent_unknown');
    await engine.follow(first.bytes);
    expect(engine.tip.height).toBe(2);
    await stopAll([{ node, engine }]);
  });
});
