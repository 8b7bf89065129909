/**
 * SQLite numbered: batches that are told by their number alone, and what a store holds after so many of them.
 */
import { readFileSync } from 'node:fs';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { batchBy, contentsOf, StorageModel } from '../../src/adapters/laws/storage-model.ts';
import type { Batch, Storage } from '../../src/adapters/storage/storage.ts';

/** Beside what chance brings, every batch rewrites this many rows, so that it takes long enough to be killed in. */
const REWRITTEN = 150;
const REWRITTEN_BYTES = 400;
/** A block that takes pages of its own. */
const LONG_BYTES = 9000;
const COUNT = 'count';

const uint32 = (number: number): Uint8Array => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);

/** The same batch for the same number, in every process. */
export const numberedBatch = (number: number): Batch => {
  const { blocks = [], rows = [], facts = {}, ...rest } = batchBy(chanceFrom(number));
  const rewritten = Array.from({ length: REWRITTEN }, (_, index) => ({
    leaf: 5000 + index,
    bytes: new Uint8Array(REWRITTEN_BYTES).fill(number & 0xff),
  }));
  // Dense, as the leaves of a chain are: how long words wait in the log depends on the greatest leaf.
  const dense = rows.map(({ leaf, bytes }) => ({ leaf: leaf % 1000, bytes }));
  const long = { height: 100 + (number % 20), id: 'ab'.repeat(32), bytes: new Uint8Array(LONG_BYTES).fill(number | 1) };
  return {
    ...rest,
    blocks: [...blocks, long],
    rows: [...dense, ...rewritten],
    facts: { ...facts, [COUNT]: uint32(number) },
  };
};

/** The number of the last batch in the store; 0 if there is none. */
export const numberOf = async (storage: Storage): Promise<number> => {
  const count = await storage.fact(COUNT);
  return count === undefined ? 0 : Buffer.from(count).readUInt32BE(0);
};

/** The number of batches in the store, and whether it holds exactly what that many leave. */
export const accountOf = async (storage: Storage): Promise<{ readonly number: number; readonly isWhole: boolean }> => {
  const number = await numberOf(storage);
  const model = new StorageModel();
  for (let count = 1; count <= number; count += 1) model.commit(numberedBatch(count));
  const isWhole = JSON.stringify(await contentsOf(storage)) === JSON.stringify(model.contents());
  return { number, isWhole };
};

/** The last number in what a child has printed to that file; 0 if it printed none. */
export const lastPrinted = (file: string): number => Number(readFileSync(file, 'utf8').match(/^\d+$/gm)?.at(-1) ?? 0);
