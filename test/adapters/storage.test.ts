import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { durabilityLaws, storageLaws } from '../../src/adapters/laws/storage.ts';
import { batchBy, contentsOf, StorageModel } from '../../src/adapters/laws/storage-model.ts';
import { type HostilePlan, hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

let folder = '';
let files = 0;
const newFile = (): string => {
  files += 1;
  return join(folder, `${files}.db`);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-storage-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const makers: Readonly<Record<string, () => Storage | Promise<Storage>>> = {
  memory: memoryStorage,
  sqlite: () => sqliteStorage({ file: newFile() }),
  'sqlite without waiting for the disk': () => sqliteStorage({ file: newFile(), durability: 'normal' }),
  'a hostile one on a calm day': () => hostileStorage(memoryStorage(), { seed: 1 }),
};

for (const [name, make] of Object.entries(makers)) {
  describe(`${name}: the laws of storage`, () => {
    for (const law of storageLaws) it(law.name, () => law.check(make));
  });
}

describe('sqlite: the laws of storage that lasts', () => {
  for (const law of durabilityLaws) {
    it(law.name, () =>
      law.check(async () => {
        const file = newFile();
        return { storage: await sqliteStorage({ file }), reopen: () => sqliteStorage({ file, mustExist: true }) };
      }),
    );
  }

  it('a memory storage, which does not last, breaks them', async () => {
    const reopenable = () => ({ storage: memoryStorage(), reopen: async () => memoryStorage() });
    await expect(durabilityLaws[0]?.check(reopenable)).rejects.toMatchObject({ code: 'law_broken' });
  });
});

describe('stores that break a law are found out', () => {
  const half = ({ blocks, entries, ...rest }: Batch): Batch => ({
    ...rest,
    blocks: blocks ?? [],
    entries: (entries ?? []).slice(0, -1),
  });
  const breaches: readonly (readonly [breach: string, law: string, spoil: (inner: Storage) => Partial<Storage>])[] = [
    [
      'loses the last entry of each batch',
      'what was committed is read',
      (inner) => ({ commit: (batch) => inner.commit(half(batch)) }),
    ],
    [
      'puts before it drops',
      'blocks above a height are dropped',
      (inner) => ({
        commit: async ({ dropBlocksAbove, ...rest }) => {
          await inner.commit(rest);
          if (dropBlocksAbove !== undefined) await inner.commit({ dropBlocksAbove });
        },
      }),
    ],
    [
      'drops the block of the height itself',
      'blocks above a height are dropped',
      (inner) => ({
        commit: (batch) =>
          inner.commit(
            batch.dropBlocksAbove === undefined || batch.dropBlocksAbove < 1
              ? batch
              : { ...batch, dropBlocksAbove: batch.dropBlocksAbove - 1 },
          ),
      }),
    ],
    [
      'stores part of a bad batch',
      'a batch that makes no sense',
      (inner) => ({
        commit: async (batch) => {
          for (const entry of batch.entries ?? []) await inner.commit({ entries: [entry] });
          await inner.commit({ ...batch, entries: [] });
        },
      }),
    ],
    [
      'includes the end of a range',
      'range gives',
      (inner) => ({
        range: (from, to, limit) => inner.range(from, to === undefined ? to : `${to}00`, limit),
      }),
    ],
    [
      'gives one entry too many',
      'range gives',
      (inner) => ({ range: (from, to, limit) => inner.range(from, to, Math.min(limit + 1, 1000)) }),
    ],
    [
      'forgets the order asked',
      'entriesOf answers in the order asked',
      (inner) => ({ entriesOf: (keys) => inner.entriesOf([...keys].sort()) }),
    ],
    [
      'gives what it holds',
      'values are copies',
      (inner) => {
        const held = new Map<number, ReturnType<Storage['block']>>();
        return {
          block: (height) => {
            const block = held.get(height) ?? inner.block(height);
            held.set(height, block);
            return block;
          },
        };
      },
    ],
    [
      'keeps an old value',
      'what is put again replaces',
      (inner) => ({
        commit: async (batch) => {
          const known = await inner.entriesOf((batch.entries ?? []).map(({ key }) => key));
          const entries = (batch.entries ?? []).filter(
            ({ value }, index) => value === undefined || known[index] === undefined,
          );
          await inner.commit({ ...batch, entries });
        },
      }),
    ],
    [
      'answers after it was closed',
      'a closed store refuses',
      (inner) => ({ topHeight: () => inner.topHeight().catch(() => undefined) }),
    ],
    [
      'overtakes its own batches',
      'batches that are committed at once',
      (inner) => {
        let turns = 9;
        return {
          commit: async (batch) => {
            turns = (turns * 7) % 11;
            for (let left = turns; left > 0; left -= 1) await Promise.resolve();
            await inner.commit(batch);
          },
        };
      },
    ],
    [
      'gives no more than seven blocks',
      'blocks come in the order',
      (inner) => ({
        blocks: async (from, limit) => (await inner.blocks(from, limit)).slice(0, 7),
      }),
    ],
    [
      'cuts big values',
      'values of up to a megabyte',
      (inner) => ({
        commit: (batch) =>
          inner.commit({
            ...batch,
            entries: (batch.entries ?? []).map((entry) => ({ ...entry, value: entry.value?.subarray(0, 65_536) })),
          }),
      }),
    ],
  ];
  for (const [breach, name, spoil] of breaches) {
    it(`a store that ${breach} breaks the law '${name} ...'`, async () => {
      const law = storageLaws.find((each) => each.name.startsWith(name));
      const inner = memoryStorage();
      await expect(law?.check(() => ({ ...inner, ...spoil(inner) }))).rejects.toMatchObject({ code: 'law_broken' });
    });
  }
});

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
    const { outcomes, mishaps } = await campaign({ seed: 7, beforeCommit: 200, afterCommit: 200 }, RUNS);
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
