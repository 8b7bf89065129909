/**
 * Storage model: what a store holds after given batches, as plain maps, and batches made by chance.
 *
 * The naive twin of every store: obviously right, and slow.
 */
import { compareText, toHex } from '../../core/bytes.ts';
import type { Batch, EntryChange, Storage, StoredBlock, StoredEntry } from '../storage/storage.ts';
import type { Chance } from './chance.ts';

/** The contents of a store, in the order in which its reads give them. */
export interface Contents {
  readonly facts: readonly (readonly [string, string])[];
  readonly blocks: readonly string[];
  readonly entries: readonly string[];
}

const FACTS = ['chain', 'height', 'note'] as const;
const KEYS = 40;
const TOP = 15;
const MAX_VALUE_BYTES = 300;

/** Blocks and entries as text, so that two can be compared and told. */
export const blockText = ({ height, id, bytes }: StoredBlock): string => `${height} ${id} ${toHex(bytes)}`;
export const entryText = ({ key, leaf, value }: StoredEntry): string => `${key} ${leaf} ${toHex(value)}`;

/** Keys of one to four bytes, so that some are beginnings of others. */
const keyAt = (index: number): string =>
  (index * 0x01_37_9b)
    .toString(16)
    .padStart(8, '0')
    .slice(0, 2 + 2 * (index % 4));
export const modelKeys: readonly string[] = [...new Set(Array.from({ length: KEYS }, (_, index) => keyAt(index)))];

export class StorageModel {
  readonly #facts = new Map<string, Uint8Array>();
  readonly #blocks = new Map<number, StoredBlock>();
  readonly #entries = new Map<string, StoredEntry>();

  commit({ dropBlocksAbove, blocks = [], entries = [], facts = {} }: Batch): void {
    if (dropBlocksAbove !== undefined) {
      for (const height of [...this.#blocks.keys()]) if (height > dropBlocksAbove) this.#blocks.delete(height);
    }
    for (const block of blocks) this.#blocks.set(block.height, block);
    for (const { key, leaf, value } of entries) {
      if (value === undefined) this.#entries.delete(key);
      else this.#entries.set(key, { key, leaf, value });
    }
    for (const [name, value] of Object.entries(facts)) {
      if (value === undefined) this.#facts.delete(name);
      else this.#facts.set(name, value);
    }
  }

  blocks(fromHeight: number, limit: number): string[] {
    const found = [...this.#blocks.values()].filter(({ height }) => height >= fromHeight);
    return found
      .sort((a, b) => a.height - b.height)
      .slice(0, limit)
      .map(blockText);
  }

  range(from: string, to: string | undefined, limit: number): string[] {
    const found = [...this.#entries.values()].filter(({ key }) => key >= from && (to === undefined || key < to));
    return found
      .sort((a, b) => compareText(a.key, b.key))
      .slice(0, limit)
      .map(entryText);
  }

  contents(): Contents {
    return {
      facts: FACTS.flatMap((name) => {
        const value = this.#facts.get(name);
        return value === undefined ? [] : [[name, toHex(value)] as const];
      }),
      blocks: this.blocks(0, Number.MAX_SAFE_INTEGER),
      entries: this.range('', undefined, Number.MAX_SAFE_INTEGER),
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
  const blocks = await storage.blocks(0, Number.MAX_SAFE_INTEGER);
  const entries = await storage.range('', undefined, Number.MAX_SAFE_INTEGER);
  return { facts, blocks: blocks.map(blockText), entries: entries.map(entryText) };
};

const someOf = <T>(chance: Chance, most: number, make: () => T): T[] =>
  Array.from({ length: chance.below(most + 1) }, make);
const valueBy = (chance: Chance): Uint8Array => chance.bytes(chance.below(4) === 0 ? 0 : chance.below(MAX_VALUE_BYTES));

/** A batch of anything: drops, the same key twice, keys that are not there, or nothing at all. */
export const batchBy = (chance: Chance): Batch => {
  const blocks = someOf(chance, 3, () => ({
    height: chance.below(TOP + 1),
    id: toHex(chance.bytes(32)),
    bytes: valueBy(chance),
  }));
  const entries = someOf(
    chance,
    8,
    (): EntryChange => ({
      key: chance.oneOf(modelKeys),
      leaf: chance.below(1000),
      value: chance.below(3) === 0 ? undefined : valueBy(chance),
    }),
  );
  const facts = someOf(
    chance,
    2,
    () => [chance.oneOf(FACTS), chance.below(4) === 0 ? undefined : valueBy(chance)] as const,
  );
  const drop = chance.below(4) === 0 ? { dropBlocksAbove: chance.below(TOP + 1) } : {};
  return { ...drop, blocks, entries, facts: Object.fromEntries(facts) };
};
