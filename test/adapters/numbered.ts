/**
 * Numbered: batches that are told by their number alone, and what a store must hold after so many of them.
 */
import { readFileSync } from 'node:fs';
import { chanceFrom } from '../../src/adapters/laws/chance.ts';
import { batchBy, contentsOf, StorageModel } from '../../src/adapters/laws/storage-model.ts';
import type { Batch, RowChange, Storage } from '../../src/adapters/storage/storage.ts';

/** Beside what chance brings, every batch rewrites this many rows, so that it takes long enough to be killed in. */
const REWRITTEN = 150;
const REWRITTEN_BYTES = 400;
const COUNT = 'count';

const uint32 = (number: number): Uint8Array => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);

/** What the batches of a store have of its own. */
export interface NumberedPlan {
  /** The bytes of a block that takes much of its kind of memory. */
  readonly longBytes: number;
  /** Every so many batches have such a block; all, if it is not said. */
  readonly longEvery?: number;
  /** What becomes of a row that chance brings; it stays as it is, if that is not said. */
  readonly place?: (row: RowChange) => RowChange;
}

export type NumberedBatches = (number: number) => Batch;

/** The same batch for the same number, in every process. */
export const numberedBatches =
  ({ longBytes, longEvery = 1, place = (row) => row }: NumberedPlan): NumberedBatches =>
  (number) => {
    const { blocks = [], rows = [], facts = {}, ...rest } = batchBy(chanceFrom(number));
    const rewritten = Array.from({ length: REWRITTEN }, (_, index) => ({
      leaf: 5000 + index,
      bytes: new Uint8Array(REWRITTEN_BYTES).fill(number & 0xff),
    }));
    const long = {
      height: 100 + (number % 20),
      id: 'ab'.repeat(32),
      bytes: new Uint8Array(longBytes).fill(number | 1),
    };
    return {
      ...rest,
      blocks: number % longEvery === 0 ? [...blocks, long] : blocks,
      rows: [...rows.map(place), ...rewritten],
      facts: { ...facts, [COUNT]: uint32(number) },
    };
  };

/** The number of the last batch in the store; 0 if there is none. */
export const numberOf = async (storage: Storage): Promise<number> => {
  const count = await storage.fact(COUNT);
  return count === undefined ? 0 : Buffer.from(count).readUInt32BE(0);
};

/** Commits the batch after the last one and gives its number. */
export const commitNext = async (storage: Storage, batches: NumberedBatches): Promise<number> => {
  const number = (await numberOf(storage)) + 1;
  await storage.commit(batches(number));
  return number;
};

/** What a store holds, kept up with it from batch to batch. */
export class Account {
  readonly #batches: NumberedBatches;
  readonly #model = new StorageModel();
  #number = 0;

  constructor(batches: NumberedBatches) {
    this.#batches = batches;
  }

  /** The number of batches in the store, which may only grow, and whether it holds exactly what that many leave. */
  async of(storage: Storage): Promise<{ readonly number: number; readonly isWhole: boolean }> {
    const number = await numberOf(storage);
    while (this.#number < number) {
      this.#number += 1;
      this.#model.commit(this.#batches(this.#number));
    }
    const held = JSON.stringify(await contentsOf(storage));
    return { number, isWhole: number === this.#number && held === JSON.stringify(this.#model.contents()) };
  }
}

/** The last number in what a child has printed to that file; 0 if it printed none. */
export const lastPrinted = (file: string): number => Number(readFileSync(file, 'utf8').match(/^\d+$/gm)?.at(-1) ?? 0);
