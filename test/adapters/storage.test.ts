import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { durabilityLaws, storageLaws } from '../../src/adapters/laws/storage.ts';
import { hostileStorage } from '../../src/adapters/storage/hostile.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';

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
