import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { batchBy, contentsOf, StorageModel } from '../../src/adapters/laws/storage-model.ts';
import { type HostilePlan, hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Batch } from '../../src/adapters/storage/storage.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Commits random batches to a hostile store; whether each came through, and what went wrong. */
const campaign = async (plan: HostilePlan, batches: number) => {
  const inner = memoryStorage();
  const storage = hostileStorage(inner, plan);
  const chance = chanceFrom(plan.seed);
  const outcomes: boolean[] = [];
  const model = new StorageModel();
  for (let count = 0; count < batches; count += 1) {
    const batch = batchBy(chance);
    const struck = storage.mishaps.length;
    const came = await storage.commit(batch).then(
      () => true,
      () => false,
    );
    outcomes.push(came);
    const mishap = storage.mishaps[struck];
    if (came || mishap === 'after_commit') model.commit(batch);
    // All of the batch or nothing of it, as the mishap says.
    expect(await contentsOf(inner)).toEqual(model.contents());
  }
  return { outcomes, mishaps: [...storage.mishaps], inner, storage };
};

describe('the hostile store', () => {
  it('fails before or after a commit and never in between, and does both', async () => {
    const { outcomes, mishaps } = await campaign({ seed: 7, beforeCommit: 200, afterCommit: 200 }, Math.max(RUNS, 100));
    expect(new Set(mishaps)).toEqual(new Set(['before_commit', 'after_commit']));
    expect(outcomes.filter((came) => !came).length).toBe(mishaps.length);
  });

  it('does the same again for the same seed, and something else for another', async () => {
    const plan = { seed: 7, beforeCommit: 200, afterCommit: 200 };
    const [first, again, other] = [
      await campaign(plan, 50),
      await campaign(plan, 50),
      await campaign({ ...plan, seed: 8 }, 50),
    ];
    expect(again.outcomes).toEqual(first.outcomes);
    expect(again.mishaps).toEqual(first.mishaps);
    expect(other.outcomes).not.toEqual(first.outcomes);
  });

  it('tells the caller the same whether the batch was stored or not', async () => {
    const messages = new Set<string>();
    for (const plan of [
      { seed: 1, beforeCommit: 1000 },
      { seed: 1, afterCommit: 1000 },
    ]) {
      const error = await hostileStorage(memoryStorage(), plan)
        .commit({})
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'storage_failed' });
      messages.add(String(error));
    }
    expect(messages.size).toBe(1);
  });

  it('fails reads as often as planned, and none once it is calm', async () => {
    const storage = hostileStorage(memoryStorage(), { seed: 3, read: 500 });
    const readAll = () =>
      Promise.allSettled(
        Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? storage.topHeight() : storage.entriesOf([]))),
      );
    const failures = (await readAll()).filter(({ status }) => status === 'rejected').length;
    expect(failures).toBeGreaterThan(20);
    expect(failures).toBeLessThan(80);
    expect(storage.mishaps.length).toBe(failures);
    storage.calm();
    expect((await readAll()).filter(({ status }) => status === 'rejected')).toEqual([]);
  });

  it('a mortal one is dead after its first failing commit, and another around the same store goes on', async () => {
    const { outcomes, mishaps, inner, storage } = await campaign(
      { seed: 11, beforeCommit: 50, afterCommit: 50, isMortal: true },
      100,
    );
    expect(mishaps.length).toBe(1);
    expect(outcomes.slice(outcomes.indexOf(false))).not.toContain(true);
    storage.calm();
    await expect(storage.topHeight()).rejects.toMatchObject({ code: 'storage_failed' });
    const next = hostileStorage(inner, { seed: 12 });
    expect(await contentsOf(next)).toEqual(await contentsOf(inner));
  });

  it('a batch that is committed behind one that fails is stored all the same, in its order', async () => {
    const inner = memoryStorage();
    const storage = hostileStorage(inner, { seed: 5, beforeCommit: 300 });
    const value = (round: number): Batch => ({ facts: { note: Uint8Array.of(round) } });
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, round) => storage.commit(value(round))));
    const last = outcomes.findLastIndex(({ status }) => status === 'fulfilled');
    expect(await inner.fact('note')).toEqual(Uint8Array.of(last));
    expect(storage.mishaps.length).toBeGreaterThan(0);
  });
});
