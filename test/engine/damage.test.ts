import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Batch, Storage, StoredBlock } from '../../src/adapters/storage/storage.ts';
import { replay } from '../../src/audit/replay.ts';
import { readBlock } from '../../src/core/index.ts';
import { encodeBlock } from '../../src/core/wire/header.ts';
import {
  changeOfOffice,
  codeOf,
  contentsOf,
  drive,
  keptOpen,
  rightOf,
  smallChain,
  toldOf,
  transfer,
} from './small-chain.ts';

// Each run opens a chain, so a quarter of them.
const RUNS = Math.ceil(Number(process.env['MEDSTATE_RUNS'] ?? 200) / 4);
const HEIGHTS = 30;
const founding = smallChain();

/** The content of a store whose engine lived for 30 blocks; the last dozen of them are not final. */
const lived = await (async () => {
  const storage = keptOpen(memoryStorage());
  const { engine, make } = await drive(founding, storage);
  for (const bytes of changeOfOffice(founding)) rightOf(await engine.offer(bytes));
  for (let height = 1; height <= HEIGHTS; height += 1) await make();
  const [genesisId, stateHeight, locks] = (await contentsOf(storage)).facts;
  const { blocks, rows } = await contentsOf(storage);
  return {
    tip: engine.tip,
    batch: { blocks, rows, facts: { 'genesis-id': genesisId, 'state-height': stateHeight, locks } } satisfies Batch,
  };
})();
const finalHeight = lived.tip.votes.finalHeight;

const storeOf = async (batch: Batch): Promise<Storage> => {
  const storage = keptOpen(memoryStorage());
  await storage.commit(batch);
  return storage;
};

const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
  bytes.map((byte, index) => (index === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte));

const damagedIs = { name: 'EngineError', code: 'storage_damaged' };

/** The store with its block of a height put otherwise, or gone. */
const withBlock = (height: number, other: (block: StoredBlock) => readonly StoredBlock[]): Batch => ({
  ...lived.batch,
  blocks: lived.batch.blocks.flatMap((block) => (block.height === height ? other(block) : [block])),
});

const blockAt = (height: number): StoredBlock => lived.batch.blocks[height - 1] as StoredBlock;

describe('a damaged store', () => {
  it('is no such thing while nothing in it was changed', async () => {
    expect(finalHeight).toBeGreaterThan(10);
    expect(finalHeight).toBeLessThan(HEIGHTS);
    const { engine } = await drive(founding, await storeOf(lived.batch));
    expect(toldOf(engine.tip)).toEqual(toldOf(lived.tip));
  });

  it('is refused whichever bit of a row of the state is flipped', async () => {
    const { rows } = lived.batch;
    await fc.assert(
      fc.asyncProperty(fc.nat(rows.length - 1), fc.nat(), async (at, bit) => {
        const spoiled = rows.map((row, index) =>
          index === at ? { ...row, bytes: flipped(row.bytes, bit % (8 * row.bytes.length)) } : row,
        );
        const storage = await storeOf({ ...lived.batch, rows: spoiled });
        await expect(drive(founding, storage)).rejects.toMatchObject(damagedIs);
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused if a row of the state is gone, cut off, or under another leaf, near or far', async () => {
    const { rows } = lived.batch;
    await fc.assert(
      fc.asyncProperty(fc.nat(rows.length - 1), fc.constantFrom('gone', 'cut', 'leaf', 'far'), async (at, how) => {
        const spoiled = rows.flatMap((row, index) => {
          if (index !== at) return [row];
          if (how === 'gone') return [];
          if (how === 'far') return [{ ...row, leaf: row.leaf + 2 ** 27 }];
          return [how === 'cut' ? { ...row, bytes: row.bytes.slice(0, -1) } : { ...row, leaf: row.leaf + 1 }];
        });
        const storage = await storeOf({ ...lived.batch, rows: spoiled });
        await expect(drive(founding, storage)).rejects.toMatchObject(damagedIs);
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused whichever bit of the last final block, or of one above it, is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: finalHeight, max: HEIGHTS }), fc.nat(), async (height, bit) => {
        const spoil = (block: StoredBlock) => ({
          ...block,
          bytes: flipped(block.bytes, bit % (8 * block.bytes.length)),
        });
        const storage = await storeOf(withBlock(height, (block) => [spoil(block)]));
        await expect(drive(founding, storage)).rejects.toMatchObject(damagedIs);
      }),
      { numRuns: RUNS },
    );
  });

  it.each([1, 2, finalHeight - 1, finalHeight, finalHeight + 1, HEIGHTS - 1])(
    'is refused if block %i is missing, or another stands in its place',
    async (height) => {
      const missing = await storeOf(withBlock(height, () => []));
      await expect(drive(founding, missing)).rejects.toMatchObject(damagedIs);
      const other = blockAt(height === 1 ? 2 : height - 1);
      const swapped = await storeOf(withBlock(height, (block) => [{ ...other, height: block.height }]));
      await expect(drive(founding, swapped)).rejects.toMatchObject(damagedIs);
    },
  );

  it.each(['genesis-id', 'state-height'])('is refused if its fact %s is gone', async (name) => {
    const storage = await storeOf({ ...lived.batch, facts: { ...lived.batch.facts, [name]: undefined } });
    const before = await contentsOf(storage);
    await expect(drive(founding, storage)).rejects.toMatchObject(damagedIs);
    expect(await contentsOf(storage)).toEqual(before);
  });

  it('is refused if a header that the votes rest on is not the one that its child names', async () => {
    const spoil = (stored: StoredBlock): readonly StoredBlock[] => {
      const { header, transactions } = rightOf(readBlock(stored.bytes));
      return [{ ...stored, bytes: encodeBlock({ header: { ...header, reward: header.reward + 1n }, transactions }) }];
    };
    const storage = await storeOf(withBlock(finalHeight - 1, spoil));
    await expect(drive(founding, storage)).rejects.toMatchObject(damagedIs);
  });

  it('is refused before the first final block too', async () => {
    const young = keptOpen(memoryStorage());
    await (await drive(founding, young)).make();
    const [first] = (await contentsOf(young)).rows;
    if (first === undefined) throw new Error('the genesis has no row');
    await young.commit({ rows: [{ ...first, bytes: flipped(first.bytes, 40) }] });
    await expect(drive(founding, young)).rejects.toMatchObject(damagedIs);
  });
});

/** A block takes two commits: before it is signed, and with its signature. */
const mishaps = fc.record({
  commit: fc.constantFrom(1, 2),
  mishap: fc.constantFrom('before_commit' as const, 'after_commit' as const),
});

describe('a store whose commit fails', () => {
  it('stops the engine, and holds the state before or after, never between', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.nat(), mishaps, fc.integer({ min: 1, max: 24 }), async (seed, strikeAt, blocks) => {
        const inner = keptOpen(memoryStorage());
        const first = await drive(founding, inner);
        for (let made = 1; made < blocks; made += 1) await first.make();
        const before = toldOf(first.engine.tip);

        const { engine, make, turnAt } = await drive(founding, hostileStorage(inner, { seed, strikeAt }));
        await expect(make()).rejects.toMatchObject({ code: 'storage_failed' });
        expect(toldOf(engine.tip)).toEqual(before);
        for (const call of [engine.offer(transfer('p0', 5)), engine.produce(turnAt(engine.tip.slot + 1))]) {
          await expect(call).rejects.toMatchObject({ name: 'EngineError', code: 'engine_stopped' });
        }
        await engine.close();

        const again = await drive(founding, inner);
        const grown = again.engine.tip.height - before.height;
        seen.add(grown);
        expect(grown).toBe(strikeAt.commit === 2 && strikeAt.mishap === 'after_commit' ? 1 : 0);
        const next = await again.make();
        expect(next.transition.tip.height).toBe(before.height + grown + 1);
        const replayed = await replay(founding, inner);
        expect(tipReplayed(replayed)).toEqual(toldOf(next.transition.tip));
      }),
      { numRuns: RUNS },
    );
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1]);
  });

  it('founds nothing if that happens at the first opening before the commit', async () => {
    const inner = keptOpen(memoryStorage());
    await expect(drive(founding, hostileStorage(inner, { seed: 1, beforeCommit: 1_000 }))).rejects.toMatchObject({
      code: 'storage_failed',
    });
    expect((await contentsOf(inner)).facts).toEqual([undefined, undefined]);
    expect((await drive(founding, inner)).engine.tip.height).toBe(0);
  });
});

const tipReplayed = (replayed: Awaited<ReturnType<typeof replay>>) => {
  if (replayed._tag === 'Left') throw new Error(`parts at ${replayed.left.height}: ${replayed.left.refusal.code}`);
  return toldOf(replayed.right.tip);
};

describe('a replay', () => {
  it('of the stored blocks ends at the tip of the engine that lived them', async () => {
    const heights: number[] = [];
    const storage = await storeOf(lived.batch);
    const replayed = await replay(founding, storage, { onBlock: ({ tip }) => heights.push(tip.height) });
    expect(tipReplayed(replayed)).toEqual(toldOf(lived.tip));
    expect(heights).toEqual(Array.from({ length: HEIGHTS }, (_, index) => index + 1));
    expect(replayed).toMatchObject({ right: { blocks: HEIGHTS, transactions: 2 } });
  });

  it('parts at the very block in which a bit was flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: HEIGHTS }), fc.nat(), async (height, bit) => {
        const spoil = (block: StoredBlock) => ({
          ...block,
          bytes: flipped(block.bytes, bit % (8 * block.bytes.length)),
        });
        const parting = await replay(founding, await storeOf(withBlock(height, (block) => [spoil(block)])));
        expect(parting).toMatchObject({ _tag: 'Left', left: { height } });
      }),
      { numRuns: RUNS },
    );
  });

  it('names the rule that the spoiled block breaks', async () => {
    const partingAfter = async (batch: Batch) => {
      const parting = await replay(founding, await storeOf(batch));
      return parting._tag === 'Left' ? [parting.left.height, parting.left.refusal.code] : 'the same';
    };
    expect(await partingAfter(withBlock(7, () => []))).toEqual([7, 'block_not_stored']);
    expect(await partingAfter(withBlock(7, (block) => [{ ...block, bytes: block.bytes.subarray(1) }]))).toEqual([
      7,
      'block_malformed',
    ]);
    const unsigned = withBlock(7, (block) => [{ ...block, bytes: flipped(block.bytes, 8 * block.bytes.length - 8) }]);
    expect(await partingAfter(unsigned)).toEqual([7, 'block_signature_invalid']);
    const other = await replay(smallChain({ yearSlots: '9' }), await storeOf(lived.batch));
    expect(other).toMatchObject({ left: { height: 1, refusal: { code: 'parent_unknown' } } });
    expect(codeOf(await (await drive(founding, memoryStorage())).engine.follow(blockAt(2).bytes))).toBe(
      'block_from_future',
    );
  });
});
