/**
 * Owed laws: what the store has of final blocks while their rows are still to come, and what becomes of it when a process dies or ends.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import type { Height } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readHeight } from '../../src/engine/facts.ts';
import type { ForkLaw, ForkParts } from './fork-laws.ts';
import { drive, keptOpen, rightOf, smallChain, transfer } from './small-chain.ts';

const founding = smallChain();
const BLOCKS = 24;
const FIRST_NONCE = 5;

/** Blocks, each with a transfer. */
const blocks = await (async () => {
  const { engine, make } = await drive(founding, memoryStorage());
  const made: Uint8Array[] = [];
  for (let height = 0; height < BLOCKS; height += 1) {
    if (height > 0) rightOf(await engine.offer(transfer('p0', FIRST_NONCE + height - 1)));
    made.push((await make()).bytes);
  }
  return made;
})();

const open = async ({ openEngine }: ForkParts, storage: Storage, maxStateBytes: number): Promise<Engine> => {
  const clock = manualClock(founding.chain.genesisTime);
  clock.set(founding.chain.genesisTime + 10_000);
  return await openEngine({ founding, storage, clock, maxStateBytes, history: { keep: 'all' } });
};

const contentsOf = async (storage: Storage) => [
  await storage.blocks(0, 1_000),
  await storage.scan(0, 1_000),
  await storage.history(0, 1_000),
  await readHeight(storage),
];

/** A store that has had the rows of each final block at once, at every height. */
const atOnce = async (parts: ForkParts) => {
  const storage = memoryStorage();
  const engine = await open(parts, storage, 0);
  const contents = new Map<number, unknown>();
  for (const bytes of blocks) {
    rightOf(await engine.follow(bytes));
    equal(await readHeight(storage), engine.finalHeight);
    contents.set(engine.finalHeight, (await contentsOf(storage)).slice(1));
  }
  return { contents, finalHeight: engine.finalHeight };
};

/** Small enough that some blocks owe more than an eighth of it, and large enough that one does not. */
const SOME_BYTES = 48_000;

const law = (name: string, check: ForkLaw['check']): ForkLaw => ({ name, check });

export const owedLaws: readonly ForkLaw[] = [
  law('a store is given the rows of some final blocks together, and is whole at that height', async (parts) => {
    const { contents, finalHeight } = await atOnce(parts);
    ok(finalHeight > 12);
    for (const maxStateBytes of [SOME_BYTES, 1e9]) {
      const kept = keptOpen(memoryStorage());
      let commits = 0;
      const storage: Storage = {
        ...kept,
        commit: (batch) => {
          commits += 1;
          return kept.commit(batch);
        },
      };
      const engine = await open(parts, storage, maxStateBytes);
      const heights = new Set<number | undefined>();
      let longest = 0;
      for (const bytes of blocks) {
        rightOf(await engine.follow(bytes));
        const height = (await readHeight(storage)) ?? -1;
        heights.add(height);
        longest = Math.max(longest, engine.finalHeight - height);
        if (height > 0) deepEqual((await contentsOf(storage)).slice(1), contents.get(height));
      }
      if (maxStateBytes === SOME_BYTES)
        ok(heights.size > 3 && longest > 1 && longest < 8, `${heights.size} ${longest}`);
      else deepEqual([...heights], [0]);
      // What is owed is told of all the same.
      for (let height = 0; height <= engine.finalHeight; height += 1)
        ok((await engine.readAt(height as Height, () => true))._tag === 'Right');
      await engine.flush();
      deepEqual((await contentsOf(storage)).slice(1), contents.get(finalHeight));
      // Once is enough.
      const before = commits;
      await engine.flush();
      await engine.close();
      equal(commits, before);
    }
  }),
  law(
    'a process that dies while rows are owed loses nothing that is final, and who opens the store goes on',
    async (parts) => {
      const { contents, finalHeight } = await atOnce(parts);
      for (const maxStateBytes of [SOME_BYTES, 1e9])
        for (let dies = 3; dies <= BLOCKS; dies += 5) {
          const storage = keptOpen(memoryStorage());
          const first = await open(parts, storage, maxStateBytes);
          for (const bytes of blocks.slice(0, dies)) rightOf(await first.follow(bytes));
          const second = await open(parts, storage, maxStateBytes);
          deepEqual([second.tip.id, second.finalHeight], [first.tip.id, first.finalHeight]);
          for (const bytes of blocks.slice(dies)) rightOf(await second.follow(bytes));
          await second.close();
          deepEqual((await contentsOf(storage)).slice(1), contents.get(finalHeight));
        }
    },
  ),
  law('a store that takes nothing more when it is closed has all blocks', async (parts) => {
    const kept = keptOpen(memoryStorage());
    let isFull = false;
    const storage: Storage = {
      ...kept,
      commit: (batch) => (isFull ? Promise.reject(new Error('no room')) : kept.commit(batch)),
    };
    const engine = await open(parts, storage, 1e9);
    for (const bytes of blocks) rightOf(await engine.follow(bytes));
    isFull = true;
    await engine.close();
    const again = await open(parts, kept, 1e9);
    deepEqual([again.tip.id, again.finalHeight], [engine.tip.id, engine.finalHeight]);
  }),
];
