/**
 * Storage model: what a store holds after given batches, as plain maps, and batches made by chance.
 *
 * The naive twin of every store: obviously right, and slow.
 */
import { toHex } from '../../core/bytes.ts';
import type { Batch, Storage, StoredBlock } from '../storage/storage.ts';
import type { Chance } from './chance.ts';
import { blockText, blockTexts, historyText, historyTexts, LAST_LEAF, rowText, rowTexts } from './storage-samples.ts';

/** The contents of a store, in the order in which its reads give them. */
export interface Contents {
  readonly facts: readonly (readonly [string, string])[];
  readonly blocks: readonly string[];
  readonly rows: readonly string[];
  readonly history: readonly string[];
}

export const NOTHING: Contents = { facts: [], blocks: [], rows: [], history: [] };

const FACTS = ['chain', 'height', 'note'] as const;
const TOP = 15;
const MAX_VALUE_BYTES = 300;
const ALL = Number.MAX_SAFE_INTEGER;

/** Leaves that are dense, as those of a chain, and some at the borders of 16, 31 and 32 bits. */
export const modelLeaves: readonly number[] = [
  ...Array.from({ length: 30 }, (_, index) => index),
  ...[65_535, 65_536, 2 ** 31 - 1, 2 ** 31, LAST_LEAF - 1, LAST_LEAF],
];

const change = <K>(map: Map<K, Uint8Array>, key: K, bytes: Uint8Array | undefined): void => {
  if (bytes === undefined) map.delete(key);
  else map.set(key, bytes);
};

/** What the map holds from a number on, ascending. */
const numbered = <V>(map: ReadonlyMap<number, V>, from: number, limit: number): (readonly [number, V])[] =>
  [...map]
    .filter(([number]) => number >= from)
    .sort(([a], [b]) => a - b)
    .slice(0, limit);

export class StorageModel {
  readonly #facts = new Map<string, Uint8Array>();
  readonly #blocks = new Map<number, StoredBlock>();
  readonly #rows = new Map<number, Uint8Array>();
  readonly #history = new Map<number, Uint8Array>();

  commit({ dropBlocksAbove, blocks = [], rows = [], history = [], facts = {} }: Batch): void {
    if (dropBlocksAbove !== undefined) {
      for (const height of [...this.#blocks.keys()]) if (height > dropBlocksAbove) this.#blocks.delete(height);
    }
    for (const block of blocks) this.#blocks.set(block.height, block);
    for (const { leaf, bytes } of rows) change(this.#rows, leaf, bytes);
    for (const { height, bytes } of history) change(this.#history, height, bytes);
    for (const [name, value] of Object.entries(facts)) change(this.#facts, name, value);
  }

  blocks(fromHeight: number, limit: number): string[] {
    return numbered(this.#blocks, fromHeight, limit).map(([, block]) => blockText(block));
  }

  scan(fromLeaf: number, limit: number): string[] {
    return numbered(this.#rows, fromLeaf, limit).map(([leaf, bytes]) => rowText({ leaf, bytes }));
  }

  row(leaf: number): string | undefined {
    const bytes = this.#rows.get(leaf);
    return bytes && toHex(bytes);
  }

  history(fromHeight: number, limit: number): string[] {
    return numbered(this.#history, fromHeight, limit).map(([height, bytes]) => historyText({ height, bytes }));
  }

  contents(): Contents {
    return {
      facts: FACTS.flatMap((name) => {
        const value = this.#facts.get(name);
        return value === undefined ? [] : [[name, toHex(value)] as const];
      }),
      blocks: this.blocks(0, ALL),
      rows: this.scan(0, ALL),
      history: this.history(0, ALL),
    };
  }
}

/** All that a store holds, of the facts those of the model. */
export const contentsOf = async (storage: Storage): Promise<Contents> => {
  const facts: (readonly [string, string])[] = [];
  for (const name of FACTS) {
    const value = await storage.fact(name);
    if (value !== undefined) facts.push([name, toHex(value)]);
  }
  return {
    facts,
    blocks: await blockTexts(storage),
    rows: await rowTexts(storage),
    history: await historyTexts(storage),
  };
};

const someOf = <T>(chance: Chance, most: number, make: () => T): T[] =>
  Array.from({ length: chance.below(most + 1) }, make);
const bytesBy = (chance: Chance): Uint8Array => chance.bytes(chance.below(4) === 0 ? 0 : chance.below(MAX_VALUE_BYTES));
/** Bytes, or in one of `odds` cases none: what was there is gone. */
const changeBy = (chance: Chance, odds: number): Uint8Array | undefined =>
  chance.below(odds) === 0 ? undefined : bytesBy(chance);

/** A batch of anything: drops, the same leaf twice, leaves that are not there, or nothing at all. */
export const batchBy = (chance: Chance): Batch => {
  const blocks = someOf(chance, 3, () => ({
    height: chance.below(TOP + 1),
    id: toHex(chance.bytes(32)),
    bytes: bytesBy(chance),
  }));
  const rows = someOf(chance, 8, () => ({ leaf: chance.oneOf(modelLeaves), bytes: changeBy(chance, 3) }));
  const history = someOf(chance, 2, () => ({ height: chance.below(TOP + 1), bytes: changeBy(chance, 3) }));
  const facts = someOf(chance, 2, () => [chance.oneOf(FACTS), changeBy(chance, 4)] as const);
  const drop = chance.below(4) === 0 ? { dropBlocksAbove: chance.below(TOP + 1) } : {};
  return { ...drop, blocks, rows, history, facts: Object.fromEntries(facts) };
};
