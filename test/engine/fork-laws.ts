/**
 * Fork laws: what an engine among branches and a node among strangers must keep, each as a check that throws.
 */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { memoryHub } from '../../src/adapters/network/memory.ts';
import type { PeerId } from '../../src/adapters/network/network.ts';
import { clockOf } from '../../src/adapters/network/virtual-clock.ts';
import { virtualTime } from '../../src/adapters/network/virtual-time.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { bytesOf } from '../../src/core/bytes.ts';
import type { Address, compareForks, Founding, Hash, Height, Seconds, Slot } from '../../src/core/index.ts';
import { blockId, firstLock, readBlock } from '../../src/core/index.ts';
import { encodeBlock, type Header } from '../../src/core/wire/header.ts';
import type { Engine, EngineOptions, openEngine } from '../../src/engine/index.ts';
import type { PeerInbox } from '../../src/engine/node/inbox.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/engine/node/messages.ts';
import type { startNode } from '../../src/engine/node/node.ts';
import { anySteps, NaiveNode, type Planned, planted, type Step } from './fork-plans.ts';
import { groupLaws } from './group-laws.ts';
import { owedLaws } from './owed-laws.ts';
import { resumeLaws } from './resume-laws.ts';
import { codeOf, crypto, keptOpen, keyOf, person, producers, rightOf, smallChain, transfer } from './small-chain.ts';

/** What a mutant may spoil. */
export interface ForkParts {
  readonly openEngine: typeof openEngine;
  readonly startNode: typeof startNode;
  readonly PeerInbox: typeof PeerInbox;
  readonly compareForks: typeof compareForks;
}

export interface ForkLaw {
  readonly name: string;
  readonly check: (parts: ForkParts) => Promise<void> | void;
}

const plain = smallChain();
const { genesisId, genesisTime, params } = plain.chain;
const SLOT_MS = params.slotSeconds * 1_000;

const foundingOf = ({ compareForks }: ForkParts): Founding => ({
  ...plain,
  chain: { ...plain.chain, agreement: { ...plain.chain.agreement, compareForks } },
});

type Options = Partial<EngineOptions> & { readonly after?: number };

const open = async (parts: ForkParts, { after = 10_000, ...options }: Options = {}) => {
  const clock = manualClock(genesisTime);
  clock.set(genesisTime + after);
  const founding = foundingOf(parts);
  const engine = await parts.openEngine({ founding, storage: memoryStorage(), clock, ...options });
  return { engine, clock };
};

const followAll = async (engine: Engine, blocks: readonly Planned[]): Promise<string[]> => {
  const codes: string[] = [];
  for (const { bytes } of blocks) codes.push(codeOf(await engine.follow(bytes)));
  return codes;
};

const branch = (length: number, { back = 0, skip = 0, boast = false }: Partial<Step> = {}): readonly Step[] =>
  Array.from({ length }, (_, index) => ({ back: index === 0 ? back : 0, skip: index === 0 ? skip : 0, boast }));

/** A block with another header, signed by this person. */
const resigned = (bytes: Uint8Array, change: Partial<Header>, by: string): Uint8Array => {
  const block = rightOf(readBlock(bytes));
  const header = { ...block.header, ...change };
  const sign = crypto.sign(bytesOf(blockId(crypto, header)), person(by).privateKey);
  return encodeBlock({ ...block, header: { ...header, sign } });
};

const labelOf = (address: Address): string => `p${producers.findIndex((each) => each.address === address)}`;
const producerOf = ({ bytes }: Planned): string => labelOf(rightOf(readBlock(bytes)).header.producer);

const shuffle = <T>(items: readonly T[], picks: readonly number[]): readonly T[] => {
  const order = [...items];
  for (const [index, pick] of picks.entries()) {
    const [at, other] = [index % order.length, pick % order.length];
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
};

const plans = fc
  .sample(fc.tuple(anySteps(24), fc.array(fc.nat(1_000), { maxLength: 10 })), { numRuns: 24, seed: 7 })
  .map(([steps, picks]) => shuffle(planted(plain, steps), picks));
const straight = planted(plain, [...branch(14), ...branch(3, { back: 14, skip: 1 })]);
const main = straight.slice(0, 14);
/** Blocks on the genesis, in slots in which the main chain has blocks of the same producers. */
const late = straight.slice(14);
const small = planted(plain, [
  ...branch(2),
  { back: 2, skip: 1, boast: false },
  { back: 3, skip: 2, boast: false },
]) as [Planned, Planned, Planned, Planned];
/** Seven blocks that vote nothing, and six good ones beside them. */
const crossed = planted(plain, [...branch(6, { skip: 1 }), ...branch(7, { back: 6, boast: true })]);
const crossing = [...crossed.slice(6), ...crossed.slice(0, 6)];

/** Beside the fourth block of the main chain. */
const beside = planted(plain, [...branch(14), ...branch(1, { back: 11, skip: 2 })]).at(-1) as Planned;
/** A longer branch of good blocks that comes after nine that vote nothing. */
const overtaking = planted(plain, [...branch(12, { skip: 1 }), ...branch(9, { back: 12, boast: true })]);
const overtaken = [...overtaking.slice(12), ...overtaking.slice(0, 12)];
const pairs = planted(plain, [...branch(2), ...branch(2, { back: 2, skip: 1 })]);
const twoEnds = planted(plain, [...branch(5, { boast: true }), ...branch(2, { back: 5, skip: 1, boast: true })]);

const law = (name: string, check: ForkLaw['check']): ForkLaw => ({ name, check });

const idsIn = async (storage: Storage): Promise<readonly string[]> =>
  (await storage.blocks(0, 1_000)).map(({ id }) => id);

/** A store that writes down what is durable, a turn of the event loop after it was asked for. */
const telling = (log: string[], inner = memoryStorage()): Storage => ({
  ...inner,
  commit: async (batch) => {
    await new Promise((resolve) => setImmediate(resolve));
    await inner.commit(batch);
    log.push(batch.blocks === undefined || batch.blocks.length === 0 ? 'stored' : 'moved in the store');
  },
});

const choiceLaws: readonly ForkLaw[] = [
  law('of two tips rule 16 chooses, word for word', ({ compareForks }) => {
    const tip = (mhp: number, height: number, slot: number, id: string) =>
      ({ maxHeightPrevoted: mhp, height, slot, id: id.repeat(64) }) as Parameters<typeof compareForks>[0];
    const best = [tip(2, 3, 9, 'b'), tip(1, 5, 9, 'b'), tip(1, 4, 6, 'b'), tip(1, 4, 7, 'a'), tip(1, 4, 7, 'b')];
    for (const [a, one] of best.entries())
      for (const [b, other] of best.entries()) equal(Math.sign(compareForks(one, other)), Math.sign(a - b));
  }),
  law('a node stands where a plain list of all blocks says, and stores and tells that chain', async (parts) => {
    for (const blocks of plans) {
      const naive = new NaiveNode(genesisId);
      const storage = keptOpen(memoryStorage());
      const { engine } = await open(parts, { storage });
      const told: Hash[] = [];
      let final = 0;
      engine.onEvent((event) => {
        if (event.kind !== 'moved') return;
        for (const { id } of [...event.undone].reverse()) equal(told.pop(), id);
        told.push(...event.done.map(({ id }) => id));
        for (const { id } of event.final) equal(told[final++], id);
      });
      for (const block of blocks) {
        naive.hear(block);
        await engine.follow(block.bytes);
        equal(engine.tip.id, naive.tip?.fork.id ?? genesisId);
        equal(engine.finalHeight, naive.finalHeight);
      }
      const ids = naive.chainOf(naive.tip).map(({ fork }) => fork.id);
      deepEqual(await idsIn(storage), ids);
      deepEqual([told, final], [ids, naive.finalHeight]);
      await engine.close();
      const again = await open(parts, { storage });
      deepEqual([again.engine.tip.id, again.engine.finalHeight], [engine.tip.id, engine.finalHeight]);
    }
  }),
  law('a better chain may be shorter, and the store holds no more than it', async (parts) => {
    const storage = memoryStorage();
    const { engine } = await open(parts, { storage });
    await followAll(engine, crossing);
    deepEqual(
      await idsIn(storage),
      crossing.slice(7).map(({ fork }) => fork.id),
    );
  }),
  law('a block is known, final or not, and conflicts with a final one', async (parts) => {
    const { engine } = await open(parts);
    const [first, last] = [main[0], main.at(-1)] as [Planned, Planned];
    await followAll(engine, main);
    deepEqual(await followAll(engine, [first, last]), ['block_known', 'block_known']);
    equal((await followAll(engine, late))[0], 'block_conflicts_final');
  }),
  law('what stands beside a final block is forgotten', async (parts) => {
    const { engine } = await open(parts);
    const [side, later] = [late[0], beside] as [Planned, Planned];
    const codes = await followAll(engine, [main[0] as Planned, side, ...main.slice(1, 5), later]);
    deepEqual(new Set(codes), new Set(['taken']));
    await followAll(engine, main.slice(5));
    for (const { fork } of [side, later]) equal(await engine.knows(fork.id, fork.height), false);
    equal(engine.tip.height, 14);
  }),
  law('whatever chains are preferred, all that becomes final by a move is told and stored', async (parts) => {
    const founding = foundingOf({ ...parts, compareForks: (a, b) => b.height - a.height });
    const { engine } = await open(parts, { founding });
    const told: Hash[] = [];
    engine.onEvent((event) => {
      if (event.kind === 'moved') told.push(...event.final.map(({ id }) => id));
    });
    for (const block of overtaken) {
      await engine.follow(block.bytes);
      equal(engine.finalHeight, engine.tip.votes.finalHeight);
    }
    ok(engine.tip.votes.finalHeight > 3);
    deepEqual(
      told,
      overtaken.slice(9, 9 + told.length).map(({ fork }) => fork.id),
    );
  }),
];

const memoryLaws: readonly ForkLaw[] = [
  law('memory is bounded in blocks, and the worst branch makes way', async (parts) => {
    const { engine } = await open(parts, { forkLimits: { maxBlocks: 3, maxBytes: 1e9 } });
    const [first, second, side, worse] = small;
    await followAll(engine, [first, side, worse]);
    deepEqual(await followAll(engine, [second, worse]), ['taken', 'unfinal_full']);
    equal(await engine.knows(worse.fork.id, 1), false);
    equal(await engine.knows(side.fork.id, 1), true);
    equal(engine.tip.id, second.fork.id);
  }),
  law('memory is bounded in bytes, and a chain that fills it stops', async (parts) => {
    const { engine } = await open(parts, { forkLimits: { maxBlocks: 99, maxBytes: 40_000 } });
    const codes = await followAll(engine, crossing.slice(0, 7));
    ok(codes.includes('unfinal_full') && codes[0] === 'taken');
    equal(engine.tip.height, codes.indexOf('unfinal_full'));
  }),
  law('a branch makes way from its end, for what is better, and never for its own next block', async (parts) => {
    const { engine } = await open(parts, { forkLimits: { maxBlocks: 9, maxBytes: 1e9 } });
    // Seven of no votes and two beside them; then the good ones push nothing that is chosen or that they stand on.
    const codes = await followAll(engine, crossing);
    deepEqual(codes.slice(7, 9), ['taken', 'taken']);
    ok(codes.slice(9).every((code) => code === 'unfinal_full' || code === 'parent_unknown'));
    equal(engine.tip.height, 7);
    for (const [index, { fork }] of crossing.slice(0, 9).entries()) equal(await engine.knows(fork.id, index), true);
  }),
  law('the end of the chosen chain makes way for nothing, and a whole branch for what is better', async (parts) => {
    const full = (await open(parts, { forkLimits: { maxBlocks: 3, maxBytes: 1e9 } })).engine;
    const [a1, a2, s1, s2] = pairs as [Planned, Planned, Planned, Planned];
    deepEqual(await followAll(full, [a1, s1, s2, a2]), ['taken', 'taken', 'taken', 'unfinal_full']);
    equal(full.tip.id, s2.fork.id);
    const { engine } = await open(parts, { forkLimits: { maxBlocks: 5, maxBytes: 1e9 } });
    const order = [...twoEnds.slice(0, 3), ...twoEnds.slice(5), ...twoEnds.slice(3, 5)];
    deepEqual(new Set(await followAll(engine, order)), new Set(['taken']));
  }),
  law('room that a final block leaves is room again, in blocks and in bytes', async (parts) => {
    for (const forkLimits of [
      { maxBlocks: 9, maxBytes: 1e9 },
      { maxBlocks: 99, maxBytes: 100_000 },
    ]) {
      const { engine } = await open(parts, { forkLimits });
      deepEqual(new Set(await followAll(engine, main)), new Set(['taken']));
    }
  }),
  law('a block that makes others final is taken, however full the memory is', async (parts) => {
    const free = (await open(parts)).engine;
    let unfinal = 0;
    for (; free.finalHeight === 0; unfinal += 1) await free.follow((main[unfinal] as Planned).bytes);
    const { engine } = await open(parts, { forkLimits: { maxBlocks: unfinal - 1, maxBytes: 1e9 } });
    deepEqual(new Set(await followAll(engine, main.slice(0, unfinal))), new Set(['taken']));
    ok(engine.finalHeight > 0);
  }),
];

const asideLaws: readonly ForkLaw[] = [
  law('few blocks wait for a parent, in number, of a producer, and in bytes', async (parts) => {
    const orphans = crossing.slice(1, 7);
    const bytes = (orphans[0] as Planned).bytes.length;
    const kept = async (limits: Partial<NonNullable<EngineOptions['asideLimits']>>): Promise<number> => {
      const asideLimits = { maxBlocks: 99, maxBytes: 1e9, maxPerProducer: 99, ...limits };
      const { engine } = await open(parts, { asideLimits });
      await followAll(engine, orphans);
      // Whoever has a block whose parents are missing must be asked for it: it is not known.
      for (const { fork } of orphans) equal(await engine.knows(fork.id, 0), false);
      // Once it comes, what was kept on it has come by itself.
      const codes = await followAll(engine, crossing.slice(0, 7));
      return codes.filter((code) => code === 'block_known').length;
    };
    equal(await kept({}), 6);
    equal(await kept({ maxBlocks: 2 }), 2);
    equal(await kept({ maxBytes: 3 * bytes + 40 }), 3);
    equal(await kept({ maxPerProducer: 1 }), 4);
  }),
  law('those who are not elected keep nobody out of the blocks that wait, and go first', async (parts) => {
    const strange = main.slice(2, 5).map(({ bytes }, index) => {
      const parentId = `${index}`.repeat(64) as Hash;
      return { bytes: resigned(bytes, { producer: person('bob').address, parentId }, 'bob') } as Planned;
    });
    const elected = main.slice(2, 5);
    const { length } = (elected[0] as Planned).bytes;
    for (const limits of [
      { maxBlocks: 3, maxBytes: 1e9 },
      { maxBlocks: 99, maxBytes: 3 * length + 40 },
    ]) {
      for (const order of [
        [...strange, ...elected],
        [...elected, ...strange],
        [...strange.slice(0, 2), ...elected, ...strange.slice(2)],
        [...elected.slice(0, 2), ...strange, ...elected.slice(2)],
      ]) {
        const { engine } = await open(parts, { asideLimits: { ...limits, maxPerProducer: 99 } });
        await followAll(engine, main.slice(0, 1));
        deepEqual(new Set(await followAll(engine, order)), new Set(['parent_unknown']));
        deepEqual(engine.wanted(), [main[1]?.fork.id]);
        await followAll(engine, main.slice(1, 2));
        equal(engine.tip.height, 5);
      }
    }
    const { engine } = await open(parts, { asideLimits: { maxBlocks: 3, maxBytes: 1e9, maxPerProducer: 99 } });
    await followAll(engine, [...main.slice(0, 1), ...strange]);
    equal(engine.wanted().length, 3);
  }),
  law('a chain that came backwards is followed at once, and nothing of it waits on', async (parts) => {
    const { engine } = await open(parts);
    await followAll(engine, [...main].reverse().slice(0, 12));
    equal(engine.wanted().length, 1);
    await followAll(engine, [main[1] as Planned, main[0] as Planned]);
    equal(engine.tip.height, 14);
    deepEqual(engine.wanted(), []);
  }),
  law('only what its producer signed waits, and only with its own transactions', async (parts) => {
    const { engine } = await open(parts);
    const [first, second] = main as unknown as [Planned, Planned];
    const stranger = resigned(second.bytes, {}, 'bob');
    equal(codeOf(await engine.follow(stranger)), 'parent_unknown');
    deepEqual(engine.wanted(), []);
    await engine.follow(new Uint8Array([...second.bytes, 0x12, 65, ...new Uint8Array(65).fill(7)]));
    await followAll(engine, [second, first]);
    equal(engine.tip.height, 2);
  }),
  law('a block is followed one slot before its own, waits aside before that, and comes by itself', async (parts) => {
    const { engine, clock } = await open(parts, { after: 0 });
    deepEqual(await followAll(engine, main.slice(0, 3)), ['taken', 'block_from_future', 'block_from_future']);
    equal(await engine.knows((main[1] as Planned).fork.id, 2), true);
    equal(await engine.followDue(), 0);
    clock.set(genesisTime + params.slotSeconds);
    equal(await engine.followDue(), 1);
    clock.set(genesisTime + 2 * params.slotSeconds);
    // Whatever comes, what is due goes before it.
    equal(codeOf(await engine.follow((main[3] as Planned).bytes)), 'block_from_future');
    equal(engine.tip.height, 3);
    clock.set(genesisTime + 3 * params.slotSeconds);
    const turn = await engine.turnAt(5 as Slot);
    const lock = { ...firstLock, maxHeight: 9 as Height };
    const key = keyOf(producers.find(({ address }) => address === turn) as (typeof producers)[0], lock);
    await engine.produce(key, { slot: 5 as Slot });
    // The fourth is followed before a fifth is made, so it is made on that.
    equal(await engine.knows((main[3] as Planned).fork.id, 4), true);
    equal(await engine.locator().then((names) => names.some(({ id }) => id === main[3]?.fork.id)), true);
    equal(await engine.knows((main[3] as Planned).fork.id, 4), true);
    equal(await engine.followDue(), 0);
  }),
];

const watchLaws: readonly ForkLaw[] = [
  law(
    'evidence is found in blocks that are not followed, durable before it is told, and there again',
    async (parts) => {
      const log: string[] = [];
      const storage = keptOpen(telling(log));
      const { engine } = await open(parts, { storage });
      await followAll(engine, main);
      log.length = 0;
      engine.onEvent(({ kind }) => log.push(kind));
      await followAll(engine, late.slice(0, 1));
      deepEqual(log, ['stored', 'evidence']);
      await followAll(engine, late.slice(0, 2));
      deepEqual(log, ['stored', 'evidence', 'stored', 'evidence', 'stored', 'bound_broken']);
      const slot = (engine.tip.slot + 1) as Slot;
      const turn = await engine.turnAt(slot);
      const key = keyOf(producers.find(({ address }) => address === turn) as (typeof producers)[0]);
      equal(codeOf(await engine.produce(key, { slot })), 'fault_bound_broken');
      await engine.close();
      const again = (await open(parts, { storage })).engine;
      equal(again.evidence.length, 2);
      equal(codeOf(await again.produce(key, { slot })), 'fault_bound_broken');
    },
  ),
  law('two of four that contradict themselves break nothing while no final block is in conflict', async (parts) => {
    const { engine } = await open(parts);
    const kinds: string[] = [];
    engine.onEvent(({ kind }) => kinds.push(kind));
    await followAll(engine, [...main.slice(0, 3), ...late]);
    ok(kinds.filter((kind) => kind === 'evidence').length >= 2);
    ok(!kinds.includes('bound_broken'));
    const unsigned = resigned((late[0] as Planned).bytes, {}, 'bob');
    await followAll(engine, main.slice(3));
    await engine.follow(unsigned);
    await engine.follow(resigned((late[0] as Planned).bytes, { producer: person('bob').address }, 'bob'));
    ok(!kinds.includes('bound_broken'));
  }),
  law('nobody is convicted by what others sign, by who has no slot, or by the time of no slot', async (parts) => {
    const { engine } = await open(parts);
    const [first] = main as unknown as [Planned];
    await followAll(engine, main.slice(0, 4));
    const own = producerOf(first);
    const time = rightOf(readBlock(first.bytes)).header.time;
    await engine.follow(resigned(first.bytes, { supply: 1n }, own === 'p0' ? 'p1' : 'p0'));
    await engine.follow(resigned(first.bytes, { time: (time + 1) as Seconds, supply: 1n }, own));
    await engine.follow(resigned(first.bytes, { time: (time + 1) as Seconds, supply: 2n }, own));
    for (const supply of [1n, 2n])
      await engine.follow(resigned(first.bytes, { producer: person('bob').address, supply }, 'bob'));
    deepEqual(engine.evidence, []);
    await engine.follow(resigned(first.bytes, { supply: 1n }, own));
    equal(engine.evidence.length, 1);
  }),
  law('own blocks and those of the store are held against what comes', async (parts) => {
    const storage = keptOpen(memoryStorage());
    const { engine } = await open(parts, { storage });
    const turn = (await engine.turnAt(1 as Slot)) as Address;
    const key = keyOf(person(labelOf(turn)));
    const { bytes } = rightOf(await engine.produce(key, { slot: 1 as Slot }));
    const twin = resigned(bytes, { supply: 1n }, labelOf(turn));
    await engine.close();
    for (const opened of [engine, (await open(parts, { storage })).engine]) {
      if (opened !== engine) await opened.follow(twin);
      if (opened !== engine) equal(opened.evidence.length, 1);
    }
    const fresh = (await open(parts)).engine;
    await fresh.produce(keyOf(person(labelOf(turn))), { slot: 1 as Slot });
    await fresh.follow(twin);
    equal(fresh.evidence.length, 1);
  }),
];

const liveLaws: readonly ForkLaw[] = [
  law('a move is told after it is durable, and a branch is not stored', async (parts) => {
    const log: string[] = [];
    const { engine } = await open(parts, { storage: telling(log) });
    log.length = 0;
    engine.onEvent(({ kind }) => log.push(kind));
    await followAll(engine, [small[0], small[2]]);
    deepEqual(log, ['moved in the store', 'moved', 'fork']);
  }),
  law('transactions of a branch that lost stand in the next block, in their order', async (parts) => {
    const { engine } = await open(parts);
    const make = async (slot: number) => {
      const turn = (await engine.turnAt(slot as Slot)) as Address;
      const lock = { ...firstLock, maxHeight: (engine.tip.height + 9) as Height };
      return rightOf(await engine.produce(keyOf(person(labelOf(turn)), lock), { slot: slot as Slot }));
    };
    for (const [index, nonce] of [5, 6].entries()) {
      rightOf(await engine.offer(transfer('p0', nonce)));
      equal((await make(index + 1)).transition.included.length, 1);
    }
    equal(engine.poolCount, 0);
    await followAll(engine, crossing.slice(7));
    equal(engine.tip.id, crossing.at(-1)?.fork.id);
    equal((await make(engine.tip.slot + 1)).transition.included.length, 2);
    equal(engine.poolCount, 0);
  }),
  law('what stands in any block of a branch that wins waits no more', async (parts) => {
    const { engine } = await open(parts);
    await followAll(engine, crossing.slice(0, 7));
    rightOf(await engine.offer(transfer('p0', 5)));
    equal(engine.poolCount, 1);
    // It stands in the first block, and the node moves with the last.
    const carrying = planted(plain, branch(6, { skip: 1 }), [transfer('p0', 5)]);
    await followAll(engine, carrying);
    equal(engine.tip.id, carrying.at(-1)?.fork.id);
    equal(engine.poolCount, 0);
  }),
  law('a block is made in its turn, and not of a slot that is past or to come', async (parts) => {
    const { engine } = await open(parts, { after: 30 });
    await followAll(engine, main.slice(0, 3));
    const turn = await engine.turnAt(4 as Slot);
    const [own, other] = [true, false].map((isOwn) => producers.find(({ address }) => (address === turn) === isOwn));
    const tried = async (who: typeof own, slot: number) =>
      codeOf(await engine.produce(keyOf(who as (typeof producers)[0]), { slot: slot as Slot }));
    equal(await tried(own, 2), 'slot_not_after_parent');
    equal(await tried(own, 99), 'block_from_future');
    equal(await tried(other, 4), 'producer_wrong');
    equal(await engine.turnAt(1 as Slot), undefined);
  }),
  law('a listener that throws harms neither the engine nor the others', async (parts) => {
    const { engine } = await open(parts);
    const told: string[] = [];
    engine.onEvent(() => {
      throw new Error('a listener of mine');
    });
    engine.onEvent(({ kind }) => told.push(kind));
    deepEqual(await followAll(engine, main.slice(0, 2)), ['taken', 'taken']);
    deepEqual(told, ['moved', 'moved']);
    equal(engine.listenerFaults, 2);
  }),
  law('the state at the final height is kept', async (parts) => {
    const { engine } = await open(parts, { maxStateBytes: 0 });
    await followAll(engine, main);
    ok(E.isRight(await engine.readAt(engine.finalHeight, (state) => state.root)));
  }),
  law('another node is given what follows on what both have, within the bytes it asks for', async (parts) => {
    const { engine } = await open(parts);
    await followAll(engine, main);
    const named = { height: 5 as Height, id: (main[4] as Planned).fork.id };
    const wrong = { height: 9 as Height, id: 'ab'.repeat(32) as Hash };
    const given = async (locator: Parameters<Engine['blocksAfter']>[0], most: number) =>
      (await engine.blocksAfter(locator, most)).length;
    equal(await given([wrong, named], 1e6), 9);
    equal(await given([named], 1), 1);
    ok((await given([named], 1_000)) < 9);
    equal(await given([...Array.from({ length: 64 }, () => wrong), named], 1e6), 14);
  }),
];

/** Networks of spoiled nodes on one virtual time. */
const worldOf = (parts: ForkParts, maxMessageBytes = 1_000_000, delayMs = 20) => {
  const time = virtualTime({ startMs: genesisTime * 1_000 });
  const hub = memoryHub({ time, delayMs, maxMessageBytes });
  const wake = async (name: string, owners = producers.slice(0, 0), blocks: readonly Planned[] = []) => {
    const clock = clockOf(time);
    const engine = await parts.openEngine({ founding: foundingOf(parts), storage: memoryStorage(), clock });
    await followAll(engine, blocks);
    const network = hub.join(name);
    const reports: string[] = [];
    const onReport = ({ kind }: { readonly kind: string }) => reports.push(kind);
    const node = parts.startNode({ engine, network, clock, keys: owners.map((each) => keyOf(each)), onReport });
    return { engine, network, node, reports };
  };
  const pass = (slots: number) => time.run(time.nowMs() + slots * SLOT_MS);
  const listen = () => {
    const door = hub.join('stranger');
    const heard: PeerMessage[] = [];
    door.onMessage((_, message) => heard.push(decodeMessage(message) as PeerMessage));
    const say = (said: PeerMessage) => door.send('n0' as PeerId, encodeMessage(said));
    const count = (kind: PeerMessage['kind']) => heard.filter((said) => said.kind === kind).length;
    return { heard, say, count };
  };
  return { time, hub, wake, pass, listen };
};

const nodeLaws: readonly ForkLaw[] = [
  law('nodes tell their blocks, their transactions and where they stand', async (parts) => {
    const { wake, pass, listen, time } = worldOf(parts);
    const member = await wake('n0', producers);
    const { count } = listen();
    await pass(3);
    rightOf(await member.node.offer(transfer('p0', 5)));
    await time.run(time.nowMs() + 100);
    ok(count('block') >= 3 && count('transaction') === 1 && count('standing') >= 2);
    await member.node.stop();
    equal(time.pending, 0);
    deepEqual(new Set(member.reports), new Set(['produced']));
  }),
  law('a stopped node has nothing under way', async (parts) => {
    const { wake, pass } = worldOf(parts);
    const member = await wake('n0', producers);
    await pass(1);
    const { produce } = member.engine;
    let isDone = true;
    member.engine.produce = async (...given) => {
      isDone = false;
      const made = await produce.apply(member.engine, given);
      await new Promise((resolve) => setTimeout(resolve, 5));
      isDone = true;
      return made;
    };
    const running = pass(1);
    while (isDone) await new Promise((resolve) => setImmediate(resolve));
    await member.node.stop();
    equal(isDone, true);
    await running;
  }),
  law('whoever asks is answered eight times a slot, and never with too long a message', async (parts) => {
    const { wake, pass, listen } = worldOf(parts, 2_000);
    const member = await wake('n0', producers);
    await pass(8);
    const { say, count } = listen();
    for (let asked = 0; asked < 50; asked += 1) say({ kind: 'ask', locator: [] });
    await pass(1);
    equal(count('answer'), 8);
    deepEqual(new Set(member.reports), new Set(['produced']));
    await member.node.stop();
  }),
  law('an answer is a message, to the byte', async (parts) => {
    for (const spare of [0, 3, 9]) {
      const most = main.slice(0, 5).reduce((sum, { bytes }) => sum + bytes.length, spare);
      const { wake, listen, time } = worldOf(parts, most);
      await time.run(time.nowMs() + 30 * SLOT_MS);
      const member = await wake('n0', [], main);
      const { say, count } = listen();
      say({ kind: 'ask', locator: [] });
      await time.run(time.nowMs() + 100);
      deepEqual([count('answer'), member.reports], [1, []]);
      await member.node.stop();
    }
  }),
  law('an answer is heard once, from whoever was asked, to its first bad block', async (parts) => {
    const { wake, pass, listen, time } = worldOf(parts);
    await time.run(time.nowMs() + 30 * SLOT_MS);
    const member = await wake('n0');
    const { say, count, heard } = listen();
    const bytes = main.map((block) => block.bytes);
    const settle = () => time.run(time.nowMs() + 200);
    say({ kind: 'answer', blocks: bytes });
    await settle();
    equal(member.engine.tip.height, 0);
    const standing = { height: 99 as Height, id: 'ab'.repeat(32) as Hash, maxHeightPrevoted: 9 as Height };
    for (let said = 0; said < 5; said += 1) say({ kind: 'standing', standing });
    await settle();
    equal(count('ask'), 1);
    say({ kind: 'answer', blocks: [...bytes.slice(0, 2), new Uint8Array(4), ...bytes.slice(2, 4)] });
    await settle();
    equal(member.engine.tip.height, 2);
    equal(count('ask'), 2);
    // Asked from height 2: what comes no further ends it.
    say({ kind: 'answer', blocks: bytes.slice(0, 2) });
    say({ kind: 'answer', blocks: bytes.slice(2, 6) });
    await settle();
    equal(count('ask'), 2);
    equal(member.engine.tip.height, 2);
    await pass(1);
    const before = count('ask');
    say({ kind: 'standing', standing: { ...standing, height: 1 as Height, maxHeightPrevoted: 0 as Height } });
    await settle();
    equal(count('ask'), before);
    say({ kind: 'block', bytes: bytes[5] as Uint8Array });
    await settle();
    equal(count('ask'), before + 1);
    ok(heard.length > 0);
    await member.node.stop();
  }),
  law('an answer that takes longer than a slot is heard, one that takes longer than eight is not', async (parts) => {
    for (const [late, height] of [
      [3, 2],
      [9, 0],
    ] as const) {
      const { wake, pass, listen, time } = worldOf(parts);
      await time.run(time.nowMs() + 30 * SLOT_MS);
      const member = await wake('n0');
      const { say, count } = listen();
      const standing = { height: 99 as Height, id: 'ab'.repeat(32) as Hash, maxHeightPrevoted: 9 as Height };
      say({ kind: 'standing', standing });
      await pass(late);
      equal(count('ask'), 1);
      say({ kind: 'answer', blocks: main.slice(0, 2).map(({ bytes }) => bytes) });
      await time.run(time.nowMs() + 100);
      equal(member.engine.tip.height, height);
      await member.node.stop();
    }
  }),
  law('an own block is no longer than a message may be, and a network that carries none is refused', async (parts) => {
    const { wake, pass, listen } = worldOf(parts, 3_000);
    const member = await wake('n0', producers);
    await pass(1);
    for (let nonce = 5; nonce < 25; nonce += 1)
      rightOf(await member.node.offer(transfer('p0', nonce, 'x'.repeat(300))));
    const { heard, count } = listen();
    await pass(6);
    ok(count('block') >= 5);
    const sizes = heard.map((said) => (said.kind === 'block' ? said.bytes.length : 0));
    ok(Math.max(...sizes) > 2_000 && Math.max(...sizes) <= 3_000);
    equal(member.engine.poolCount, 0);
    await member.node.stop();
    await rejects(worldOf(parts, 700).wake('n0'), { code: 'network_too_small' });
  }),
  law('a node comes over to a branch longer than an answer, and than the answers of a slot', async (parts) => {
    const { wake, pass, time } = worldOf(parts, 1_000);
    await time.run(time.nowMs() + 200 * SLOT_MS);
    const [short, long] = [await wake('n0', [], wide.slice(0, 24)), await wake('n1', [], wide.slice(24))];
    await pass(12);
    equal(short.engine.tip.id, long.engine.tip.id);
    await short.node.stop();
    await long.node.stop();
  }),
  law('what was not read yet is kept within its limits, and read one peer after the other', (parts) => {
    const inbox = new parts.PeerInbox({ maxMessagesPerPeer: 3, maxBytesPerPeer: 10, maxPeers: 2 });
    const say = (from: string, ...lengths: number[]) => {
      for (const length of lengths) inbox.add(from as PeerId, new Uint8Array(length));
    };
    const taken = () => {
      const all: string[] = [];
      for (let next = inbox.take(); next !== undefined && all.length < 50; next = inbox.take())
        all.push(`${next.from}${next.message.length}`);
      return all.join(' ');
    };
    say('a', 1, 2, 3, 4);
    say('b', 6, 11, 5);
    say('c', 1);
    equal(taken(), 'a2 b5 a3 a4');
    say('a', 11);
    say('c', 1, 2);
    equal(taken(), 'c1 c2');
  }),
  law(
    'a block that became final leads to none that came after it, so whoever keeps it keeps no more',
    async (parts) => {
      const { engine } = await open(parts);
      const final: object[] = [];
      engine.onEvent((event) => {
        if (event.kind === 'moved') final.push(...event.final);
      });
      await followAll(engine, main);
      equal(final.length, engine.finalHeight);
      const after = new Set(main.slice(engine.finalHeight).map(({ fork }) => fork.id));
      const seen = new Set<unknown>();
      const idsFrom = (value: unknown): readonly string[] => {
        if (typeof value === 'string') return [value];
        if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return [];
        seen.add(value);
        const inside = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
        return inside.flatMap(idsFrom);
      };
      deepEqual(
        idsFrom(final).filter((id) => after.has(id as Hash)),
        [],
      );
      ok(final.length > 0);
    },
  ),
];
/** Two branches that vote nothing, the second longer than eight answers of a thousand bytes. */
const wide = planted(plain, [...branch(24, { boast: true }), ...branch(28, { back: 24, skip: 1, boast: true })]);

export const forkLaws: readonly ForkLaw[] = [
  ...choiceLaws.slice(0, 1),
  ...memoryLaws,
  ...asideLaws,
  ...watchLaws,
  ...liveLaws,
  ...resumeLaws,
  ...owedLaws,
  ...groupLaws,
  ...choiceLaws.slice(2),
  ...nodeLaws,
  ...choiceLaws.slice(1, 2),
];
