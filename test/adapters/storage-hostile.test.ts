import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { batchBy, contentsOf, StorageModel } from '../../src/adapters/laws/storage-model.ts';
import { type CommitMishap, type HostilePlan, hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';

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
        Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? storage.topHeight() : storage.rows([]))),
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

  it('strikes at the one commit that it is told, and so at every write point of a run', async () => {
    const batches = 12;
    for (const mishap of ['before_commit', 'after_commit', 'torn_commit', 'full'] satisfies CommitMishap[]) {
      for (let commit = 1; commit <= batches; commit += 1) {
        const storage = hostileStorage(memoryStorage(), { seed: 1, strikeAt: { commit, mishap }, isMortal: true });
        const outcomes = await Promise.allSettled(Array.from({ length: batches }, () => storage.commit({})));
        const failures = outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index + 1] : []));
        const rest = Array.from({ length: batches - commit + 1 }, (_, index) => commit + index);
        // A full disk is no death: the store says that it has no room, and goes on.
        expect(failures).toEqual(mishap === 'full' ? [commit] : rest);
        expect(storage.mishaps).toEqual([mishap]);
        expect(storage.commits).toBe(batches);
      }
    }
  });

  it('of which no room is left says so, stores nothing of that batch, and goes on', async () => {
    const inner = memoryStorage();
    const storage = hostileStorage(inner, { seed: 2, full: 500, isMortal: true });
    const model = new StorageModel();
    const chance = chanceFrom(2);
    for (let count = 0; count < RUNS; count += 1) {
      const batch = batchBy(chance);
      const before = storage.mishaps.length;
      const code = await storage.commit(batch).catch((error: unknown) => Object(error).code);
      if (storage.mishaps.length === before) model.commit(batch);
      expect(code).toBe(storage.mishaps.length === before ? undefined : 'storage_full');
    }
    expect(new Set(storage.mishaps)).toEqual(new Set(['full']));
    expect(await contentsOf(inner)).toEqual(model.contents());
  });

  it('refuses a batch that makes no sense, even where it would tear it, and stores nothing of it', async () => {
    const inner = memoryStorage();
    const storage = hostileStorage(inner, { seed: 2, tornCommit: 1000 });
    const rows = [1, 2, 3, 4, -1].map((leaf) => ({ leaf, bytes: Uint8Array.of(1) }));
    await expect(storage.commit({ rows })).rejects.toMatchObject({ code: 'invariant_violated' });
    expect(await inner.scan(0, 9)).toEqual([]);
  });
});

describe('a hostile store that breaks the laws', () => {
  const batch: Batch = {
    dropBlocksAbove: 0,
    blocks: [1, 2].map((height) => ({ height, id: 'ab'.repeat(32), bytes: Uint8Array.of(1, 1, 1, 1) })),
    rows: [1, 2, 3].map((leaf) => ({ leaf, bytes: leaf === 3 ? undefined : Uint8Array.of(2, 2, 2, 2) })),
    history: [{ height: 1, bytes: Uint8Array.of(3, 3, 3, 3) }],
    facts: { note: Uint8Array.of(4, 4, 4, 4) },
  };
  const filled = async (): Promise<Storage> => {
    const inner = memoryStorage();
    await inner.commit({
      blocks: [9, 10].map((height) => ({ height, id: 'cd'.repeat(32), bytes: Uint8Array.of(9) })),
      rows: [{ leaf: 3, bytes: Uint8Array.of(9) }],
    });
    return inner;
  };
  /** What a store holds, as one text. */
  const textOf = async (storage: Storage): Promise<string> => JSON.stringify(await contentsOf(storage));

  it('tears a commit: the first words of the batch are stored, one of them perhaps in part, and never all', async () => {
    const [whole, before] = [await filled(), await textOf(await filled())];
    await whole.commit(batch);
    const outcomes = new Set<string>();
    for (let seed = 0; seed < RUNS; seed += 1) {
      const inner = await filled();
      const storage = hostileStorage(inner, { seed, tornCommit: 1000 });
      await expect(storage.commit(batch)).rejects.toMatchObject({ code: 'storage_failed' });
      outcomes.add(await textOf(inner));
      const { blocks, rows, history, facts } = await contentsOf(inner);
      // In the order of writing: where something is missing, nothing that comes later is there.
      const isThere = [blocks.length === 2, rows.length === 2, history.length > 0, facts.length > 0];
      const firstMissing = isThere.indexOf(false);
      expect(isThere.slice(firstMissing === -1 ? 4 : firstMissing)).not.toContain(true);
    }
    expect(outcomes.size).toBeGreaterThan(10);
    expect(outcomes).not.toContain(await textOf(whole));
    expect(outcomes).toContain(before);
    expect([...outcomes].some((text) => text.includes('"1 0202"') || text.includes('"1 02"'))).toBe(true);
  });

  it('gives rows, blocks and histories with one bit flipped: the same ones and the same bit at every read', async () => {
    const inner = memoryStorage();
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const good = Uint8Array.from({ length: 50 }, (_, index) => index);
    await inner.commit({
      blocks: numbers.map((height) => ({ height, id: 'ab'.repeat(32), bytes: good })),
      rows: numbers.map((leaf) => ({ leaf, bytes: good })),
      history: numbers.map((height) => ({ height, bytes: good })),
    });
    const storage = hostileStorage(inner, { seed: 4, rot: 100 });
    const [rows, scan, history, blocks] = [
      await storage.rows(numbers),
      (await storage.scan(0, 300)).map(({ bytes }) => bytes),
      (await storage.history(0, 300)).map(({ bytes }) => bytes),
      (await storage.blocks(0, 300)).map(({ bytes }) => bytes),
    ];
    expect(scan).toEqual(rows);
    expect(await Promise.all(numbers.map(async (height) => (await storage.block(height))?.bytes))).toEqual(blocks);
    const told: string[] = [];
    for (const [what, values] of Object.entries({ row: rows, history, block: blocks })) {
      const spoilt = numbers.filter((number) => !Buffer.from(good).equals(Buffer.from(values[number] ?? [])));
      expect(spoilt.length).toBeGreaterThan(10);
      expect(spoilt.length).toBeLessThan(60);
      told.push(...spoilt.map((number) => `${what} ${number}`));
      for (const number of spoilt) {
        const bits = good.map((byte, index) => byte ^ (values[number]?.[index] ?? 0)).filter((byte) => byte !== 0);
        expect(bits.length).toBe(1);
        expect(Math.log2(bits[0] ?? 0) % 1).toBe(0);
      }
    }
    expect([...storage.rotten].sort()).toEqual(told.sort());
    storage.calm();
    expect(await storage.rows(numbers)).toEqual(await inner.rows(numbers));
  });
});
