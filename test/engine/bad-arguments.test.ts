import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Batch } from '../../src/adapters/storage/storage.ts';
import type { Height } from '../../src/core/units.ts';
import type { HistoryPolicy } from '../../src/engine/index.ts';
import { codeOf, drive, keptOpen, rightOf, smallChain, toldOf } from './small-chain.ts';

const founding = smallChain();

const lived = async (history: HistoryPolicy, blocks: number, storage = keptOpen(memoryStorage())) => {
  const driven = await drive(founding, storage, { history });
  for (let made = 0; made < blocks; made += 1) await driven.make();
  return { ...driven, storage };
};

describe('an engine that is asked what makes no sense', () => {
  it('answers that there is no such height, and goes on', async () => {
    const { engine, make } = await lived({ keep: 'all' }, 5);
    for (const height of [-2, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      expect(codeOf(await engine.readAt(height as Height, (state) => state.root))).toBe('state_not_kept');
      expect(await engine.knows('ab'.repeat(32) as never, height)).toBe(false);
      const named = [{ height: height as Height, id: 'ab'.repeat(32) as never }];
      expect((await engine.blocksAfter(named, 1e6)).length).toBe(5);
    }
    await make();
    expect(engine.tip.height).toBe(6);
  });

  it('does not open under a policy of history that is none, and drops nothing of what was kept', async () => {
    const { engine, storage } = await lived({ keep: 'all' }, 20);
    await engine.close();
    const kept = (await storage.history(0, 100)).length;
    expect(kept).toBeGreaterThan(5);
    const policies = [
      {},
      { keep: 'All' },
      { keep: 'rounds' },
      ...[Number.NaN, '2', -1, 0, 0.3].map((rounds) => ({ keep: 'rounds', rounds })),
      { keep: 'marks' },
    ] as unknown as readonly HistoryPolicy[];
    for (const policy of policies)
      await expect(lived(policy, 1, storage)).rejects.toMatchObject({ code: 'invariant_violated' });
    expect((await storage.history(0, 100)).length).toBe(kept);
  });
});

describe('states that were kept before nothing was', () => {
  it.each<[string, HistoryPolicy]>([
    ['all', { keep: 'all' }],
    ['rounds', { keep: 'rounds', rounds: 3 }],
  ])('under %s are not told as if they were, nor as damage', async (_, policy) => {
    const first = await lived(policy, 30);
    await first.engine.close();
    const { engine, make } = await lived({ keep: 'none' }, 30, first.storage);
    await engine.flush();
    for (let height = 0; height < engine.finalHeight; height += 1)
      expect(codeOf(await engine.readAt(height as Height, (state) => state.root))).toBe('state_not_kept');
    await make();
    expect(toldOf(engine.tip).height).toBe(61);
  });
});

describe('a store that does not give the blocks that it has', () => {
  it('is not opened below what it acknowledged', async () => {
    const { engine, storage } = await lived({ keep: 'none' }, 4);
    expect(engine.finalHeight).toBeLessThan(4);
    const short = { ...storage, blocks: (from: number, limit: number) => storage.blocks(from, Math.min(limit, 2)) };
    await expect(drive(founding, short)).rejects.toMatchObject({ code: 'storage_damaged' });
    expect(rightOf(await (await drive(founding, storage)).engine.readAt(4 as Height, (state) => state.root))).toBe(
      engine.tip.state.root,
    );
  });
});

describe('a store with what an engine left, and no chain', () => {
  it.each<[string, Batch]>([
    ['evidence', { facts: { evidence: Uint8Array.of(1) } }],
    ['a broken bound', { facts: { 'bound-broken': Uint8Array.of(1) } }],
    ['history', { history: [{ height: 3, bytes: Uint8Array.of(1) }] }],
  ])('is not taken for an empty one: %s', async (_, batch) => {
    const storage = keptOpen(memoryStorage());
    await storage.commit(batch);
    await expect(drive(founding, storage)).rejects.toMatchObject({ code: 'storage_damaged' });
    expect(await storage.scan(0, 1), 'and nothing was put into it').toEqual([]);
  });
});
