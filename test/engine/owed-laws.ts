/**
 * Owed laws: what the store has of final blocks while their rows are still to come, and what becomes of it when a process dies or ends.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { manualClock } from '../../src/adapters/clock/manual.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { transactionsRoot } from '../../src/core/block.ts';
import { type Founding, type Height, readBlock, signBlock } from '../../src/core/index.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { readHeight } from '../../src/engine/facts.ts';
import type { ForkLaw, ForkParts } from './fork-laws.ts';
import { planted, type Step } from './fork-plans.ts';
import {
  codeOf,
  countingRecoveries,
  crypto,
  drive,
  keptOpen,
  person,
  producers,
  rightOf,
  smallChain,
  transfer,
} from './small-chain.ts';

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

/** The first block's header over a transaction whose signature is another's: that takes a recovery to find, each time. */
const badBlock = (() => {
  const { header } = rightOf(readBlock(blocks[0] as Uint8Array));
  const spoilt = transfer('p0', FIRST_NONCE);
  const endOfS = spoilt.length - 2;
  spoilt[endOfS] = (spoilt[endOfS] ?? 0) ^ 1;
  const transactions = [spoilt];
  const claim = { ...header, transactionsRoot: transactionsRoot(founding.chain, transactions) };
  const producer = producers.find(({ address }) => address === header.producer) ?? person('p0');
  return signBlock(crypto, claim, transactions, producer.privateKey);
})();

const open = async (
  { openEngine }: ForkParts,
  storage: Storage,
  maxStateBytes: number,
  as: Founding = founding,
): Promise<Engine> => {
  const clock = manualClock(founding.chain.genesisTime);
  clock.set(founding.chain.genesisTime + 10_000);
  return await openEngine({ founding: as, storage, clock, maxStateBytes, history: { keep: 'all' } });
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

/** So many blocks, one that leaves slots out, and one beside it that does not: it is preferred, and has another's votes. */
const sideStep = (length: number, skip: number): readonly Step[] => [
  ...Array.from({ length }, () => ({ back: 0, skip: 0, boast: false })),
  { back: 0, skip, boast: false },
  { back: 1, skip: 0, boast: false },
];
const sideSteps = [5, 6, 7, 8, 9, 10, 11, 12, 13].flatMap((length) =>
  [1, 2].map((skip) => planted(founding, sideStep(length, skip))),
);

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
  law('what is final stays final for who opens the store, though the votes for it were undone', async (parts) => {
    let fallen = 0;
    for (const plan of sideSteps) {
      const storage = keptOpen(memoryStorage());
      const first = await open(parts, storage, 1e9);
      for (const { bytes } of plan) await first.follow(bytes);
      if (first.tip.votes.finalHeight < first.finalHeight) fallen += 1;
      const second = await open(parts, storage, 1e9);
      deepEqual([second.tip.id, second.finalHeight], [first.tip.id, first.finalHeight]);
    }
    ok(fallen > 0, `${fallen} of ${sideSteps.length}`);
  }),
  law('nothing is done for who asks after an engine was closed', async (parts) => {
    const engine = await open(parts, memoryStorage(), 1e9);
    for (const bytes of blocks.slice(0, -1)) rightOf(await engine.follow(bytes));
    const under = engine.locator();
    const closing = engine.close();
    const late = [() => engine.locator(), () => engine.follow(blocks.at(-1) as Uint8Array), () => engine.flush()];
    const codes = late.map((ask) =>
      ask().then(
        () => 'answered',
        ({ code }) => code as string,
      ),
    );
    deepEqual(await Promise.all(codes), ['engine_closed', 'engine_closed', 'engine_closed']);
    await closing;
    ok((await under).length > 0);
    await engine.close();
  }),
  law('a block that the law refused is refused again without a look at its signatures', async (parts) => {
    const { counted, recoveries } = countingRecoveries(founding);
    const engine = await open(parts, memoryStorage(), 1e9, counted);
    equal(codeOf(await engine.follow(badBlock)), 'transaction_inadmissible');
    const before = recoveries();
    equal(codeOf(await engine.follow(badBlock)), 'transaction_inadmissible');
    equal(recoveries(), before);
    // However many blocks strangers sign, they push it out of no memory.
    const { header, transactions } = rightOf(readBlock(badBlock));
    const stranger = person('alice');
    for (let supply = 1n; supply <= 1_100n; supply += 1n) {
      const strange = signBlock(
        crypto,
        { ...header, supply, producer: stranger.address },
        transactions,
        stranger.privateKey,
      );
      equal(codeOf(await engine.follow(strange)), 'producer_wrong');
    }
    const after = recoveries();
    equal(codeOf(await engine.follow(badBlock)), 'transaction_inadmissible');
    equal(recoveries(), after);
    equal(codeOf(await engine.follow(blocks[0] as Uint8Array)), 'taken');
  }),
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
