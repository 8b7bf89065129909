/**
 * Verdicts in the engine: each signature is recovered once, whoever asks first, and who finds the verdicts changes nothing.
 */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Checker } from '../../src/adapters/workers/checker.ts';
import { findVerdicts, roomForVerdicts } from '../../src/adapters/workers/verdicts-of.ts';
import { type Parting, type Replayed, replay } from '../../src/audit/index.ts';
import { transactionsRoot } from '../../src/core/block.ts';
import { bytesOf, toHex } from '../../src/core/bytes.ts';
import {
  blockId,
  type Crypto,
  encodeTransaction,
  type Founding,
  MED,
  readBlock,
  type Slot,
  signBlock,
} from '../../src/core/index.ts';
import { transactionMessage } from '../../src/core/wire/transaction.ts';
import { openEngine, VerdictCache } from '../../src/engine/index.ts';
import { inGroups, inRow } from '../../src/engine/verdicts/row.ts';
import { Verdicts } from '../../src/engine/verdicts/verdicts.ts';
import { fullBlocks } from './group-laws.ts';
import {
  codeOf,
  crypto,
  drive,
  keptOpen,
  person,
  producers,
  rightOf,
  signed,
  smallChain,
  toldOf,
  transfer,
} from './small-chain.ts';

const founding = smallChain();

/** The chain with a crypto that counts how often each hash was recovered from. */
const counted = () => {
  const recoveries = new Map<string, number>();
  const counting: Crypto = {
    ...crypto,
    recover: (hash, signature) => {
      const id = toHex(hash);
      recoveries.set(id, (recoveries.get(id) ?? 0) + 1);
      return crypto.recover(hash, signature);
    },
  };
  const own: Founding = { ...founding, chain: { ...founding.chain, crypto: counting } };
  return { founding: own, counting, recoveries };
};

/** A checker in this thread that answers later, as if others had worked; `spoil` changes what it answers. */
const checkerOf = (by: Crypto, spoil = (verdicts: Uint8Array): Uint8Array | undefined => verdicts) => {
  const asked: number[] = [];
  const dropped: number[] = [];
  const checker: Checker = {
    workers: 2,
    hasRoom: true,
    check: (transactions) => {
      const call = asked.push(transactions.length);
      const verdicts = roomForVerdicts(transactions.length);
      findVerdicts(by, transactions, verdicts);
      const answer = new Promise<void>((resolve) => setTimeout(resolve, 1)).then(() => spoil(verdicts));
      return { verdicts: answer, drop: () => dropped.push(call) };
    },
    close: () => Promise.resolve(),
  };
  return { checker, asked, dropped };
};

const idOf = (bytes: Uint8Array): string => {
  const read = transactionMessage.decode(bytes);
  return read._tag === 'Right' ? read.right.hash : '';
};

const offers = Array.from({ length: 40 }, (_, index) => {
  if (index === 0) return signed('alice', 1, { kind: 'stake', value: 50_000_000n * MED });
  return transfer('alice', index + 1, '', index % 8 === 7 ? 'p0' : undefined);
});

const replayedOf = (replayed: E.Either<Parting, Replayed>): Replayed => {
  if (E.isLeft(replayed)) throw new Error(`parted: ${JSON.stringify(replayed.left)}`);
  return replayed.right;
};

/** A chain that holds the offers, and a longer one that holds them later. */
const twoBranches = async () => {
  const short = await drive(founding, memoryStorage());
  const long = await drive(founding, memoryStorage());
  for (const bytes of offers) rightOf(await short.engine.offer(bytes));
  const shorter = [await short.make(1)].map(({ bytes }) => bytes);
  const longer = [(await long.make(2)).bytes];
  for (const bytes of offers) rightOf(await long.engine.offer(bytes));
  for (let slot = 3; slot < 6; slot += 1) longer.push((await long.make(slot)).bytes);
  const told = toldOf(long.engine.tip);
  await short.engine.close();
  await long.engine.close();
  return { shorter, longer, told };
};

const branches = await twoBranches();
const blockIds: readonly string[] = [...branches.shorter, ...branches.longer].map((bytes) =>
  blockId(crypto, rightOf(readBlock(bytes)).header),
);

describe('one recovery a signature', () => {
  const live = async (checkerBy: (by: Crypto) => Checker | undefined) => {
    const { founding: own, counting, recoveries } = counted();
    const storage = memoryStorage();
    const verdictCache = new VerdictCache(4096);
    const checker = checkerBy(counting);
    const options = { verdictCache, ...(checker === undefined ? {} : { checker }) };
    const { engine, clock } = await drive(own, keptOpen(storage), options);
    clock.advance(1_000);
    // To the pool, all at once; then in a block; then in the blocks of a longer chain, one of which has them too.
    const taken = await Promise.all(offers.map((bytes) => engine.offer(bytes)));
    expect(taken.map(codeOf)).toEqual(offers.map(() => 'taken'));
    for (const block of branches.shorter) rightOf(await engine.follow(block));
    expect(engine.poolCount).toBe(0);
    for await (const followed of engine.followAll(branches.longer)) rightOf(followed);
    expect(toldOf(engine.tip)).toEqual(branches.told);
    await engine.close();
    // The store again, by an engine that opens it and by a replay.
    const again = await openEngine({ founding: own, storage: keptOpen(storage), clock, ...options });
    expect(toldOf(again.tip)).toEqual(branches.told);
    await again.close();
    const replayed = replayedOf(await replay(own, storage, options));
    expect(toldOf(replayed.tip)).toEqual(branches.told);
    expect(replayed.transactions).toBe(offers.length);
    return { recoveries };
  };

  it.each([
    ['the engine alone', () => undefined],
    ['an engine with workers', (by: Crypto) => checkerOf(by).checker],
  ] as const)(
    'for the sender of each transaction by %s: pool, block, another branch, opening and replay',
    async (_, by) => {
      const { recoveries } = await live(by);
      expect(offers.map((bytes) => recoveries.get(idOf(bytes)))).toEqual(offers.map(() => 1));
      // So are those of payers; and those of blocks, but what an opening looks at for itself: evidence, and the final block.
      const often = [...recoveries].flatMap(([hash, count]) => (count > 1 ? [hash] : []));
      expect(often.filter((hash) => !blockIds.includes(hash))).toEqual([]);
      expect(often.length).toBeLessThan(blockIds.length);
      expect(recoveries.size).toBe(offers.length + 5 + branches.shorter.length + branches.longer.length);
    },
  );

  it('and without a cache that lasts it is once for the engine and once for the replay: the count can fail', async () => {
    const { founding: own, recoveries } = counted();
    const storage = memoryStorage();
    const { engine, clock } = await drive(own, keptOpen(storage));
    clock.advance(1_000);
    for await (const followed of engine.followAll(branches.longer)) rightOf(followed);
    await engine.close();
    replayedOf(await replay(own, storage));
    expect(offers.map((bytes) => recoveries.get(idOf(bytes)))).toEqual(offers.map(() => 2));
  });
});

describe('who finds the verdicts', () => {
  const followedBy = async (options: object) => {
    const { engine, clock } = await drive(founding, memoryStorage(), options);
    clock.advance(1_000);
    const codes: string[] = [];
    for await (const followed of engine.followAll([...branches.shorter, ...branches.longer]))
      codes.push(codeOf(followed));
    const told = toldOf(engine.tip);
    await engine.close();
    return { codes, told };
  };

  it.each([
    ['answers nothing', () => undefined],
    ['answers zeros', (verdicts: Uint8Array) => verdicts.fill(0)],
    ['answers half of it', (verdicts: Uint8Array) => verdicts.subarray(0, verdicts.length >> 1)],
    ['refuses all', (verdicts: Uint8Array) => verdicts.fill(2)],
    ['says a number that nothing has', (verdicts: Uint8Array) => verdicts.fill(255)],
  ] as const)('changes nothing even if it %s', async (_, spoil) => {
    const { checker, asked } = checkerOf(crypto, spoil);
    expect(await followedBy({ checker })).toEqual(await followedBy({}));
    expect(asked.length).toBeGreaterThan(0);
  });

  it('is not asked for blocks that nobody in office signed, nor for such as have other transactions', async () => {
    const { checker, asked } = checkerOf(crypto);
    const { engine, clock } = await drive(founding, memoryStorage(), { checker });
    clock.advance(1_000);
    const block = rightOf(readBlock(branches.shorter[0] as Uint8Array));
    const { header, transactions } = block;
    const stranger = signBlock(
      crypto,
      { ...header, producer: person('alice').address },
      transactions,
      person('alice').privateKey,
    );
    const fewer = signBlock(
      crypto,
      header,
      transactions.slice(1),
      (producers.find(({ address }) => address === header.producer) ?? person('p0')).privateKey,
    );
    for (const bytes of [stranger, fewer]) {
      const codes: string[] = [];
      for await (const followed of engine.followAll([bytes, bytes])) codes.push(codeOf(followed));
      expect(codes).toEqual([bytes === stranger ? 'producer_wrong' : 'transactions_root_wrong']);
    }
    expect(asked).toEqual([]);
    rightOf(await engine.follow(branches.shorter[0] as Uint8Array));
    expect(asked).toEqual([offers.length]);
    await engine.close();
  });

  it('is not asked again for a block that was refused', async () => {
    const { checker, asked } = checkerOf(crypto);
    const { engine, clock } = await drive(founding, memoryStorage(), { checker });
    clock.advance(1_000);
    const { header, transactions } = rightOf(readBlock(branches.shorter[0] as Uint8Array));
    const twice = [...transactions, transactions[0] as Uint8Array];
    const claim = { ...header, transactionsRoot: transactionsRoot(founding.chain, twice) };
    const producer = producers.find(({ address }) => address === header.producer) ?? person('p0');
    const bad = signBlock(crypto, claim, twice, producer.privateKey);
    for (let turn = 0; turn < 3; turn += 1) {
      for await (const followed of engine.followAll([bad])) expect(codeOf(followed)).toBe('transaction_inadmissible');
      expect(asked).toEqual([twice.length]);
    }
    await engine.close();
  });

  it('is asked once for a block that is in a row twice, and not for final ones that come again', async () => {
    const { checker, asked } = checkerOf(crypto);
    const { engine, clock } = await drive(founding, memoryStorage(), { checker, verdictCache: new VerdictCache(1) });
    clock.advance(1_000);
    const sum = () => asked.reduce((total, count) => total + count, 0);
    for await (const followed of engine.followAll(fullBlocks.slice(0, 6))) rightOf(followed);
    const begun = sum();
    const [first, second] = fullBlocks.slice(6) as [Uint8Array, Uint8Array];
    for await (const followed of engine.followAll([first, second, first, second, second]))
      expect(['taken', 'block_known']).toContain(codeOf(followed));
    expect(sum()).toBe(begun + 18);
    for await (const followed of engine.followAll(fullBlocks.slice(8, 16))) rightOf(followed);
    expect(engine.finalHeight).toBeGreaterThan(8);
    const before = sum();
    for await (const followed of engine.followAll(fullBlocks.slice(0, 8))) expect(codeOf(followed)).toBe('block_known');
    expect(sum()).toBe(before);
    await engine.close();
  });

  it('is told to drop what lies behind a block that is refused', async () => {
    const { checker, asked, dropped } = checkerOf(crypto);
    const { engine, clock } = await drive(founding, memoryStorage(), { checker });
    clock.advance(1_000);
    const first = branches.longer[0] as Uint8Array;
    const codes: string[] = [];
    // The second stands on nothing that is known; the row ends there.
    for await (const followed of engine.followAll([branches.longer[2] as Uint8Array, first]))
      codes.push(codeOf(followed));
    expect(codes).toEqual(['parent_unknown']);
    expect(asked.length).toBe(dropped.length);
    await engine.close();
  });
});

describe('blocks in a row', () => {
  const item = (number: number, size: number) => ({
    number,
    bytes: new Uint8Array(size),
    transactions: offers.slice(0, 10).map((bytes) => Uint8Array.from([...bytes, number])),
  });

  it('come in their order, and no more are read ahead than the limits say', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 300 }),
        fc.boolean(),
        async (sizes, maxBlocks, maxBytes, hasWorkers) => {
          const { checker } = checkerOf(crypto, () => undefined);
          const verdicts = new Verdicts(
            founding.chain,
            new VerdictCache(16),
            hasWorkers
              ? { ...checker, check: () => ({ verdicts: Promise.resolve(undefined), drop: () => undefined }) }
              : undefined,
          );
          let [read, held, most, mostBytes] = [0, 0, 0, 0];
          const items = function* () {
            for (const [number, size] of sizes.entries()) {
              read += 1;
              held += size;
              most = Math.max(most, read - taken.length);
              mostBytes = Math.max(mostBytes, held - size);
              yield item(number, size);
            }
          };
          const taken: number[] = [];
          for await (const { number, bytes } of inRow(items(), verdicts, { maxBlocks, maxBytes })) {
            taken.push(number);
            held -= bytes.length;
          }
          expect(taken).toEqual([...sizes.keys()]);
          expect(most).toBeLessThanOrEqual(hasWorkers ? maxBlocks : 1);
          expect(mostBytes).toBeLessThanOrEqual(maxBytes + 100);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are followed in groups that keep their order, hold no more than the limits say, and are no shorter than need be', async () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(30)), { maxLength: 40 });
    const limit = (most: number) => fc.integer({ min: 1, max: most });
    await fc.assert(
      fc.asyncProperty(sizes, limit(6), limit(200), limit(80), async (all, maxBlocks, maxBytes, maxTransactions) => {
        const items = all.map(([size, count], number) => ({
          number,
          bytes: new Uint8Array(size),
          transactions: Array.from({ length: count }, () => new Uint8Array(1)),
        }));
        const groups: (typeof items)[] = [];
        const source = (async function* () {
          yield* items;
        })();
        for await (const group of inGroups(source, { maxBlocks, maxBytes, maxTransactions })) groups.push([...group]);
        const isMuch = (group: typeof items): boolean =>
          group.length > maxBlocks ||
          group.reduce((sum, { bytes }) => sum + bytes.length, 0) > maxBytes ||
          group.reduce((sum, { transactions }) => sum + transactions.length, 0) > maxTransactions;
        expect(groups.flat()).toEqual(items);
        for (const [index, group] of groups.entries()) {
          expect(group.length === 1 || !isMuch(group)).toBe(true);
          const next = groups[index + 1]?.[0];
          expect(next === undefined || isMuch([...group, next])).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('end early without a word when nobody asks on, and what was ahead is dropped', async () => {
    const { checker, asked, dropped } = checkerOf(crypto);
    const verdicts = new Verdicts(founding.chain, new VerdictCache(16), checker);
    let isOver = false;
    const items = function* () {
      try {
        for (let number = 0; ; number += 1) yield item(number, 10);
      } finally {
        isOver = true;
      }
    };
    for await (const { number } of inRow(items(), verdicts)) if (number === 2) break;
    expect(isOver).toBe(true);
    expect(asked.length).toBeGreaterThan(3);
    // Four blocks are a group, and the first one was done.
    expect(dropped).toEqual(Array.from({ length: asked.length - 1 }, (_, index) => index + 2));
  });

  it('reject with what their source rejects with', async () => {
    const verdicts = new Verdicts(founding.chain, new VerdictCache(16));
    const items = function* () {
      yield item(0, 1);
      throw new Error('the store is gone');
    };
    const taken: number[] = [];
    const all = async () => {
      for await (const { number } of inRow(items(), verdicts)) taken.push(number);
    };
    await expect(all()).rejects.toThrow('the store is gone');
    expect(taken).toEqual([0]);
  });
});

describe('a chain of empty blocks', () => {
  it("has its producers' signatures looked at ahead, in groups, by a replay and by an opening", async () => {
    const storage = memoryStorage();
    const { engine, make } = await drive(founding, keptOpen(storage));
    for (let slot = 1; slot <= 200; slot += 1) await make(slot);
    const told = toldOf(engine.tip);
    await engine.close();
    const { founding: own, recoveries } = counted();
    const { checker, asked } = checkerOf(crypto);
    expect(toldOf(replayedOf(await replay(own, storage, { checker })).tip)).toEqual(told);
    expect(asked.reduce((sum, count) => sum + count, 0) + recoveries.size).toBe(200);
    expect(Math.min(...asked)).toBeGreaterThanOrEqual(8);
    expect(recoveries.size).toBeLessThan(8);
    const again = await drive(own, keptOpen(storage), { checker, verdictCache: new VerdictCache() });
    expect(toldOf(again.engine.tip)).toEqual(told);
    await again.engine.close();
  });
});

describe('a replay that trusts producers', () => {
  it('is the same, recovers no header, and finds every other fault', async () => {
    const { founding: own, recoveries } = counted();
    const storage = memoryStorage();
    const { engine, clock } = await drive(founding, keptOpen(storage));
    clock.advance(1_000);
    for await (const followed of engine.followAll(branches.longer)) rightOf(followed);
    await engine.close();
    const replayed = replayedOf(await replay(own, storage, { trustsProducers: true }));
    expect(toldOf(replayed.tip)).toEqual(branches.told);
    expect(recoveries.size).toBe(offers.length + 5);
    const stored = await storage.blocks(1, 10);
    const second = stored[1];
    if (second === undefined) throw new Error('no block');
    const block = rightOf(readBlock(second.bytes));
    const bob = person('bob').privateKey;
    const unsigned = signBlock(crypto, block.header, block.transactions, bob);
    await storage.commit({ blocks: [{ ...second, bytes: unsigned }] });
    expect(await replay(own, storage)).toMatchObject({
      left: { height: 2, refusal: { code: 'block_signature_invalid' } },
    });
    replayedOf(await replay(own, storage, { trustsProducers: true }));
    // A transaction that its sender did not sign is found all the same.
    const forged = block.transactions.map((bytes, index) => {
      const read = transactionMessage.decode(bytes);
      if (E.isLeft(read) || index !== 3) return bytes;
      return encodeTransaction({ ...read.right, sign: crypto.sign(bytesOf(read.right.hash), bob) });
    });
    const header = { ...block.header, transactionsRoot: transactionsRoot(founding.chain, forged) };
    await storage.commit({ blocks: [{ ...second, bytes: signBlock(crypto, header, forged, bob) }] });
    const refusal = { code: 'transaction_inadmissible', details: { index: '3', code: 'hash_mismatch' } };
    expect(await replay(own, storage, { trustsProducers: true })).toMatchObject({ left: { height: 2, refusal } });
  });
});

it('slots of the branches are as the tests say', () => {
  expect(branches.told.slot).toBe(5 as Slot);
});
