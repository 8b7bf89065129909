import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Hash, Height } from '../../src/core/index.ts';
import type { ChainMoved, Engine, EngineEvent } from '../../src/engine/index.ts';
import { anySteps, NaiveNode, type Planned, planted } from './fork-plans.ts';
import { codeOf, drive, keptOpen, rightOf, smallChain, transfer } from './small-chain.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 60);
const founding = smallChain();
const { genesisId } = founding.chain;

/** The blocks in an order that some network may bring them in. */
const shuffled = <T>(items: readonly T[], picks: readonly number[]): T[] => {
  const order = [...items];
  for (const [index, pick] of picks.entries()) {
    const [at, other] = [index % order.length, pick % order.length];
    [order[at], order[other]] = [order[other] as T, order[at] as T];
  }
  return order;
};

const openLate = async (options: Parameters<typeof drive>[2] = {}, storage = memoryStorage()) => {
  const driven = await drive(founding, storage, options);
  driven.clock.set(founding.chain.genesisTime + 10_000);
  return driven;
};

const followAll = async (engine: Engine, blocks: readonly Planned[]): Promise<void> => {
  for (const { bytes } of blocks) await engine.follow(bytes);
};

const idsIn = async (storage: ReturnType<typeof memoryStorage>) =>
  (await storage.blocks(0, 10_000)).map(({ id }) => id);

describe('a node that hears of several branches', () => {
  it('stands where a plain list of all blocks says, whatever their order, and stores that chain alone', async () => {
    let reorganised = 0;
    let orphans = 0;
    let beyond = 0;
    const run = fc.asyncProperty(
      anySteps(40),
      fc.array(fc.nat(1_000), { maxLength: 24 }),
      fc.nat(40),
      async (steps, picks, reopenAfter) => {
        const blocks = shuffled(planted(founding, steps), picks);
        const naive = new NaiveNode(genesisId);
        const storage = keptOpen(memoryStorage());
        let { engine } = await openLate({}, storage);
        engine.onEvent((event: EngineEvent) => {
          if (event.kind === 'moved' && event.undone.length > 0) reorganised += 1;
        });
        for (const [index, block] of blocks.entries()) {
          naive.hear(block);
          if (codeOf(await engine.follow(block.bytes)) === 'parent_unknown') orphans += 1;
          expect(engine.tip.id).toBe(naive.tip?.fork.id ?? genesisId);
          expect(engine.finalHeight).toBe(naive.finalHeight);
          if (index !== reopenAfter) continue;
          const { id } = engine.tip;
          await engine.close();
          engine = (await openLate({}, storage)).engine;
          expect(engine.tip.id).toBe(id);
          // Branches were in memory alone: they are heard of again.
          await followAll(engine, blocks.slice(0, index + 1));
        }
        const chain = naive.chainOf(naive.tip);
        expect(await idsIn(storage)).toEqual(chain.map(({ fork }) => fork.id));
        expect(engine.tip.state.root).toBe(naive.tip?.root ?? founding.tip.state.root);
        if (naive.finalHeight > 0) beyond += 1;
        await engine.close();
      },
    );
    await fc.assert(run, { numRuns: RUNS });
    expect(Math.min(reorganised, orphans, beyond)).toBeGreaterThan(0);
  });

  it('ends at the same tip as every other, if nothing was final before all was heard', async () => {
    const run = fc.asyncProperty(anySteps(12), fc.array(fc.nat(1_000), { maxLength: 12 }), async (steps, picks) => {
      const blocks = planted(founding, steps).filter(({ finalHeight }) => finalHeight === 0);
      const [one, two] = [await openLate(), await openLate({ maxStateBytes: 0 })];
      await followAll(one.engine, blocks);
      await followAll(two.engine, shuffled(blocks, picks));
      expect(two.engine.tip.id).toBe(one.engine.tip.id);
    });
    await fc.assert(run, { numRuns: RUNS });
  });

  it('tells what was undone and what was done, so that a listener can keep the chain by it', async () => {
    const run = fc.asyncProperty(anySteps(30), fc.array(fc.nat(1_000), { maxLength: 20 }), async (steps, picks) => {
      const { engine } = await openLate();
      const chain: Hash[] = [];
      let finalHeight = 0;
      engine.onEvent((event) => {
        if (event.kind !== 'moved') return;
        for (const { id } of [...event.undone].reverse()) expect(chain.pop()).toBe(id);
        chain.push(...event.done.map(({ id }) => id));
        for (const { id, transition } of event.final) {
          finalHeight += 1;
          expect(transition.tip.height).toBe(finalHeight);
          expect(chain[finalHeight - 1]).toBe(id);
        }
      });
      await followAll(engine, shuffled(planted(founding, steps), picks));
      expect(chain.at(-1) ?? genesisId).toBe(engine.tip.id);
      expect(engine.finalHeight).toBe(finalHeight);
    });
    await fc.assert(run, { numRuns: RUNS });
  });
});

/** A branch of so many blocks on the one before `back`. */
const branch = (length: number, back = 0) =>
  Array.from({ length }, (_, index) => ({ back: index === 0 ? back : 0, skip: 0, boast: false }));

describe('blocks of a branch that lost', () => {
  it('give their transactions back to the pool, and the next block takes them', async () => {
    const { engine, make } = await openLate();
    rightOf(await engine.offer(transfer('p0', 5)));
    expect((await make(1)).transition.included).toHaveLength(1);
    expect(engine.poolCount).toBe(0);
    // Three empty blocks on the genesis are worth more than the one.
    const other = planted(founding, [{ back: 0, skip: 1, boast: false }, ...branch(2)]);
    await followAll(engine, other);
    expect(engine.tip.id).toBe(other.at(-1)?.fork.id);
    expect((await make(engine.tip.slot + 1)).transition.included).toHaveLength(1);
  });

  it('below the final one are refused for what they are, and so is what stands on them', async () => {
    const { engine } = await openLate();
    const blocks = planted(founding, [...branch(12), { back: 12, skip: 3, boast: false }, ...branch(1)]);
    await followAll(engine, blocks.slice(0, 12));
    expect(engine.finalHeight).toBeGreaterThan(2);
    const [late, onLate] = blocks.slice(12);
    expect(codeOf(await engine.follow(late?.bytes as Uint8Array))).toBe('block_conflicts_final');
    expect(codeOf(await engine.follow(onLate?.bytes as Uint8Array))).toBe('block_conflicts_final');
    expect(codeOf(await engine.follow(blocks[0]?.bytes as Uint8Array))).toBe('block_known');
  });
});

describe('memory', () => {
  it('is bounded: past the limit a worse block is refused, and a better branch takes the place of a worse one', async () => {
    const { engine } = await openLate({ forkLimits: { maxBlocks: 3, maxBytes: 1e9 } });
    const blocks = planted(founding, [
      ...branch(2),
      { back: 2, skip: 1, boast: false },
      { back: 3, skip: 2, boast: false },
    ]);
    const [first, second, side, worse] = blocks as readonly [Planned, Planned, Planned, Planned];
    await followAll(engine, [first, side, worse]);
    expect(await engine.knows(side.fork.id, 1)).toBe(true);
    expect(codeOf(await engine.follow(second.bytes))).toBe('taken');
    // The worst of the branches went for it; it may come again, but not while it is the worst.
    expect(await engine.knows(worse.fork.id, 1)).toBe(false);
    const again = await engine.follow(worse.bytes);
    expect(E.isLeft(again) && again.left).toMatchObject({ code: 'unfinal_full', details: { blocks: '3' } });
    expect(engine.tip.id).toBe(second.fork.id);
  });

  it('is bounded when nothing becomes final: the chain then stops with a reason, and opens again', async () => {
    const storage = keptOpen(memoryStorage());
    const { engine } = await openLate({ forkLimits: { maxBlocks: 2, maxBytes: 1e9 } }, storage);
    const blocks = planted(founding, branch(3));
    await followAll(engine, blocks);
    expect(engine.tip.height).toBe(2);
    await engine.close();
    const again = await openLate({ forkLimits: { maxBlocks: 9, maxBytes: 1e9 } }, storage);
    expect(codeOf(await again.engine.follow(blocks[2]?.bytes as Uint8Array))).toBe('taken');
  });

  it('holds few blocks that wait for a parent, however many a producer makes', async () => {
    const { engine } = await openLate({ asideLimits: { maxBlocks: 4, maxBytes: 1e9, maxPerProducer: 2 } });
    const blocks = planted(founding, branch(20)).slice(1);
    for (const { bytes } of blocks) expect(codeOf(await engine.follow(bytes))).toBe('parent_unknown');
    expect(engine.wanted().length).toBeLessThanOrEqual(4);
  });
});

describe('another node', () => {
  it('is given the blocks that it lacks, as many as it asks for, from the highest that both have', async () => {
    const blocks = planted(founding, [...branch(30), { back: 20, skip: 1, boast: false }]);
    const [ahead, behind] = [await openLate(), await openLate()];
    await followAll(ahead.engine, blocks.slice(0, 30));
    await followAll(behind.engine, [...blocks.slice(0, 10), ...blocks.slice(30)]);
    let asked = 0;
    while (behind.engine.tip.id !== ahead.engine.tip.id) {
      const given = await ahead.engine.blocksAfter(await behind.engine.locator(), 1_000);
      expect(given.length).toBeGreaterThan(0);
      for (const bytes of given) await behind.engine.follow(bytes);
      asked += 1;
    }
    expect(asked).toBeGreaterThan(3);
    expect(await ahead.engine.blocksAfter(await behind.engine.locator(), 1_000)).toEqual([]);
    const nonsense = [{ height: 7 as Height, id: 'ab'.repeat(32) as Hash }];
    expect(await ahead.engine.blocksAfter(nonsense, 1)).toHaveLength(1);
  });
});

describe('a move', () => {
  it('is told after it is durable', async () => {
    const storage = memoryStorage();
    const { engine, make } = await openLate({}, storage);
    const heard: Promise<boolean>[] = [];
    const isStored = async ({ done }: ChainMoved) => (await storage.topHeight()) === done.at(-1)?.transition.tip.height;
    engine.onEvent((event) => {
      if (event.kind === 'moved') heard.push(isStored(event));
    });
    await make(1);
    await make(2);
    expect(await Promise.all(heard)).toEqual([true, true]);
  });
});
