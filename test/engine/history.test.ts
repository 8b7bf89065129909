import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { type Batch, type Storage, StorageError } from '../../src/adapters/storage/storage.ts';
import { keys } from '../../src/core/index.ts';
import type { StateView } from '../../src/core/state/view.ts';
import type { Height, Seconds } from '../../src/core/units.ts';
import type { HistoryPolicy } from '../../src/engine/index.ts';
import {
  changeOfOffice,
  codeOf,
  contentsOf,
  drive,
  keptOpen,
  person,
  rightOf,
  smallChain,
  transfer,
} from './small-chain.ts';

const RUNS = Math.ceil(Number(process.env['MEDSTATE_RUNS'] ?? 200) / 20);
const founding = smallChain({ windowSeconds: '12', unstakeSeconds: '15' });
const GENESIS_NONCE = 4;
const HEIGHTS = 40;
/** Long after every block. */
const LATE = 2_000_000 as Seconds;

/** All that a state says of accounts and queue, and its root. */
const toldBy = (state: StateView) => ({
  root: state.root,
  accounts: state.keys(keys.rangeOf(keys.tags.account), 100).map((key) => state.get(key as keys.Key<unknown>)),
  queue: state.keys(keys.queueRange, 1000),
});

/** A chain of `HEIGHTS` blocks under a policy, and what each of its states said when it was the tip. */
const livedUnder = async (history: HistoryPolicy, maxStateBytes: number, reopenAt: number) => {
  const storage = keptOpen(memoryStorage());
  let driven = await drive(founding, storage, { history, maxStateBytes });
  const all = await drive(founding, memoryStorage());
  const told = [toldBy(all.engine.tip.state)];
  for (const bytes of changeOfOffice(founding)) rightOf(await all.engine.offer(bytes));
  for (let height = 1; height <= HEIGHTS; height += 1) {
    rightOf(await all.engine.offer(transfer('p0', GENESIS_NONCE + height)));
    const { bytes } = await all.make();
    driven.clock.set(all.clock.now());
    rightOf(await driven.engine.follow(bytes));
    told.push(toldBy(all.engine.tip.state));
    if (height === reopenAt) driven = await drive(founding, storage, { history, maxStateBytes });
  }
  const { finalHeight } = driven.engine.tip.votes;
  return { engine: driven.engine, told, finalHeight, storage };
};

const policies: Record<string, { policy: HistoryPolicy; isKept: (height: number, final: number) => boolean }> = {
  none: { policy: { keep: 'none' }, isKept: () => false },
  all: { policy: { keep: 'all' }, isKept: () => true },
  'the last two rounds': { policy: { keep: 'rounds', rounds: 2 }, isKept: (height, final) => height >= final - 8 },
  'every fifth height': {
    policy: { keep: 'marks', isMarked: (height) => height % 5 === 0 },
    isKept: (height, final) => height % 5 === 0 || height >= final - (final % 5),
  },
};

describe.each(Object.entries(policies))('a store that keeps %s of its old states', (_, { policy, isKept }) => {
  it('answers at each kept height what the chain said there, and refuses the others', async () => {
    const run = fc.asyncProperty(
      fc.oneof(fc.nat(2000), fc.constant(100_000), fc.constant(1_000_000_000)),
      fc.nat(HEIGHTS),
      fc.shuffledSubarray([...Array(HEIGHTS + 1).keys()]),
      async (maxStateBytes, reopenAt, heights) => {
        const { engine, told, finalHeight } = await livedUnder(policy, maxStateBytes, reopenAt);
        expect(finalHeight).toBeGreaterThan(20);
        // What the store is owed may be told though it is not kept, and is right; what is kept is told in any case.
        for (const height of heights) {
          const answer = await engine.readAt(height as Height, toldBy);
          if (answer._tag === 'Right') expect(answer.right).toEqual(told[height]);
          else expect(isKept(height, finalHeight)).toBe(false);
        }
        await engine.flush();
        for (const height of heights) {
          const answer = await engine.readAt(height as Height, toldBy);
          if (height >= finalHeight || isKept(height, finalHeight)) expect(rightOf(answer)).toEqual(told[height]);
          else expect(codeOf(answer)).toBe('state_not_kept');
        }
        expect(codeOf(await engine.readAt((HEIGHTS + 1) as Height, toldBy))).toBe('state_not_kept');
        // The tip is where it was, and goes on.
        expect(await engine.read(toldBy)).toEqual(told[HEIGHTS]);
        const balance = await engine.read((state) => state.get(keys.accountKey(person('bob').address))?.balance);
        expect(balance).toBeGreaterThan(0n);
      },
    );
    await fc.assert(run, { numRuns: RUNS });
  });
});

const everyFifth: HistoryPolicy = { keep: 'marks', isMarked: (height) => height % 5 === 0 };

/** The blocks of a chain, and the state root at each height. */
const madeBlocks = async () => {
  const { engine, make } = await drive(founding, memoryStorage());
  const blocks: Uint8Array[] = [];
  const roots: string[] = [engine.tip.state.root];
  for (let height = 1; height <= HEIGHTS; height += 1) {
    rightOf(await engine.offer(transfer('p0', GENESIS_NONCE + height)));
    blocks.push((await make()).bytes);
    roots.push(engine.tip.state.root);
  }
  return { blocks, roots };
};

/** Opens the store and follows all blocks that it does not have; it gets the rows of what is final at once. */
const followAll = async (storage: Storage, blocks: readonly Uint8Array[], history: HistoryPolicy = everyFifth) => {
  const driven = await drive(founding, storage, { history, maxStateBytes: 0 });
  driven.clock.set(LATE);
  for (const bytes of blocks.slice(driven.engine.tip.height)) rightOf(await driven.engine.follow(bytes));
  return driven;
};

/** Every record of the history comes back with a bit flipped in the byte at `at`. */
const rotting = (inner: Storage, at: number): Storage => ({
  ...inner,
  history: async (from, limit) =>
    (await inner.history(from, limit)).map(({ height, bytes }) => {
      const spoilt = bytes.slice();
      const place = at < 0 ? spoilt.length + at : at;
      spoilt[place] = (spoilt[place] ?? 0) ^ 1;
      return { height, bytes: spoilt };
    }),
});

describe('a history', () => {
  it('that was damaged is found where it is read', async () => {
    const { engine, storage } = await livedUnder({ keep: 'all' }, 0, 0);
    const [record] = await storage.history(10, 1);
    if (record === undefined) throw new Error('nothing is kept');
    for (const at of [0, 5, 60, record.bytes.length - 1]) {
      const bytes = record.bytes.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await storage.commit({ history: [{ height: record.height, bytes }] });
      const fresh = await drive(founding, storage, { history: { keep: 'all' } });
      await expect(fresh.engine.readAt((record.height - 1) as Height, toldBy)).rejects.toMatchObject({
        code: 'storage_damaged',
      });
    }
    expect(engine.tip.height).toBe(HEIGHTS);
  });

  it('that comes back rotten while its records are joined is refused, and what the store holds stays whole', async () => {
    const { blocks, roots } = await madeBlocks();
    for (const at of [0, 9, 11, 40, -1]) {
      const storage = keptOpen(memoryStorage());
      await expect(followAll(rotting(storage, at), blocks)).rejects.toMatchObject({ code: 'storage_damaged' });
      const { engine } = await followAll(storage, blocks);
      for (let height = 0; height <= HEIGHTS; height += 5) {
        expect(rightOf(await engine.readAt(height as Height, (state) => state.root))).toBe(roots[height]);
      }
    }
  });

  it('whose store answers with the same records again and again is refused, and not read for ever', async () => {
    const { blocks } = await madeBlocks();
    let reads = 0;
    const circling = (inner: Storage): Storage => ({
      ...inner,
      history: async (from, limit) => {
        reads += 1;
        if (reads > 1000) throw new Error('it is read for ever');
        const [first] = await inner.history(0, 1);
        return first === undefined ? inner.history(from, limit) : Array.from({ length: limit }, () => first);
      },
    });
    const following = followAll(circling(keptOpen(memoryStorage())), blocks);
    await expect(following).rejects.toMatchObject({ code: 'storage_damaged' });
  });

  it('that begins between two marks keeps no state of the mark before', async () => {
    const { blocks, roots } = await madeBlocks();
    for (let begun = 15; begun < 20; begun += 1) {
      const storage = keptOpen(memoryStorage());
      await followAll(storage, blocks.slice(0, begun), { keep: 'none' });
      const { engine } = await followAll(storage, blocks);
      const told = new Set<unknown>();
      for (let height = 0; height < HEIGHTS; height += 1) {
        const answer = await engine.readAt(height as Height, (state) => state.root);
        told.add(answer._tag === 'Right' ? answer.right === roots[height] : codeOf(answer));
      }
      expect([...told]).toEqual(['state_not_kept', true]);
    }
  });
});

describe('a store of whose last batch only the block is in', () => {
  it('is whole again with the next block, whichever batch it was, and tells the final states before', async () => {
    const { blocks, roots } = await madeBlocks();
    const all = { keep: 'all' } as const;
    const wholeOf = async (storage: Storage) => [await contentsOf(storage), await storage.history(0, 1000)];
    const whole = keptOpen(memoryStorage());
    await followAll(whole, blocks, all);
    const expected = await wholeOf(whole);
    let torn = 0;
    for (let height = 2; height < HEIGHTS; height += 3) {
      const inner = keptOpen(memoryStorage());
      const tearing = async (batch: Batch) => {
        const isLast = batch.blocks?.[0]?.height === height;
        torn += isLast && batch.rows?.length !== 0 ? 1 : 0;
        await inner.commit(isLast ? { blocks: batch.blocks ?? [] } : batch);
        if (isLast) throw new StorageError('storage_failed', 'only the block is in');
      };
      await expect(followAll({ ...inner, commit: tearing }, blocks, all)).rejects.toMatchObject({
        code: 'storage_failed',
      });
      const { engine } = await followAll(inner, blocks.slice(0, height), all);
      const final = await engine.readAt(engine.finalHeight, (state) => state.root);
      expect(rightOf(final)).toBe(roots[engine.finalHeight]);
      await followAll(inner, blocks, all);
      expect(await wholeOf(inner)).toEqual(expected);
    }
    expect(torn).toBeGreaterThan(3);
  });
});
