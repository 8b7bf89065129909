import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { rowsOf } from '../../src/core/state/delta.ts';
import { accountKey, rangeOf, tags } from '../../src/core/state/keys.ts';
import { noAccount } from '../../src/core/state/records.ts';
import { emptyState } from '../../src/core/state/view.ts';
import type { Address } from '../../src/core/units.ts';
import { withRows } from '../../src/engine/rows.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { countingRows } from './small-chain.ts';

/** Two full portions of rows and a part of one. */
const PORTION = 10_000;
const COUNT = 2 * PORTION + 500;
const ALL = rangeOf(tags.account);

/** A state none of whose rows is in memory, its store, and how many rows were asked for at a time. */
const stored = async () => {
  const changes = Array.from({ length: COUNT }, (_, index) => ({
    key: accountKey(`02${index.toString(16).padStart(64, '0')}` as Address),
    record: { ...noAccount, balance: BigInt(index + 1) },
  }));
  const { view, rows } = emptyState(hasher).with(changes);
  const inner = memoryStorage();
  await inner.commit({ rows: rowsOf(rows) });
  view.residency.trim(0);
  const { storage, asked } = countingRows(inner);
  return { view, storage, asked, keys: changes.map(({ key }) => key) };
};

describe('rows that are missing', () => {
  it('come from the store in portions, each once, however many a question needs', async () => {
    const { view, storage, asked, keys } = await stored();
    expect(view.residency.residentBytes).toBe(0);
    expect(await withRows(storage, view, () => view.keys(ALL, COUNT))).toEqual(keys);
    expect(asked).toEqual([PORTION, PORTION, COUNT - 2 * PORTION]);
    expect(view.residency.isWhole).toBe(true);
  });

  it('are refused by the leaf that is not what the root commits to, in whatever portion it comes; those before it stay', async () => {
    const { view, storage, asked } = await stored();
    const spoilt = PORTION + 7;
    const lying: Storage = {
      ...storage,
      rows: async (leaves) => {
        const found = await storage.rows(leaves);
        return found.map((row, index) => {
          if (leaves[index] !== spoilt || row === undefined) return row;
          const other = row.slice();
          other[other.length - 1] = (other[other.length - 1] as number) ^ 1;
          return other;
        });
      },
    };
    await expect(withRows(lying, view, () => view.keys(ALL, COUNT))).rejects.toMatchObject({
      code: 'storage_damaged',
      message: expect.stringContaining(`leaf ${spoilt} `),
    });
    expect(asked).toEqual([PORTION, PORTION]);
    // The store in order again, nothing has to be opened anew.
    expect(await withRows(storage, view, () => view.keys(ALL, COUNT))).toHaveLength(COUNT);
    expect(asked.slice(2)).toEqual([COUNT - 2 * PORTION + 1]);
  });
});
