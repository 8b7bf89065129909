/**
 * Memory storage: a store that forgets when it is closed; for tests, simulations and browsers.
 *
 * It is also the plainest reading of what a storage is: two ordered maps and one unordered.
 */
import { compareText } from '../../core/bytes.ts';
import type { Batch, Storage, StoredBlock, StoredEntry } from './storage.ts';
import { storageOver } from './synchronous.ts';

/** A map that can be read in the order of its keys. PERF: the first read in order after new keys sorts: n steps and those of the new keys. */
class OrderedMap<K, V> {
  readonly #compare: (a: K, b: K) => number;
  readonly #values = new Map<K, V>();
  #order: K[] = [];
  #newKeys = new Set<K>();
  #isStale = false;

  constructor(compare: (a: K, b: K) => number) {
    this.#compare = compare;
  }

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  set(key: K, value: V): void {
    if (!this.#values.has(key)) {
      this.#newKeys.add(key);
      this.#isStale = true;
    }
    this.#values.set(key, value);
  }

  delete(key: K): void {
    if (this.#values.delete(key)) this.#isStale = true;
  }

  /** At most `limit` values from the first key that is not below `from`, as long as `isIn` holds of the key. */
  range(from: K, isIn: (key: K) => boolean, limit: number): V[] {
    const order = this.#ordered();
    const found: V[] = [];
    for (let index = this.#firstFrom(from); index < order.length && found.length < limit; index += 1) {
      const key = order[index] as K;
      if (!isIn(key)) break;
      found.push(this.#values.get(key) as V);
    }
    return found;
  }

  last(): K | undefined {
    return this.#ordered().at(-1);
  }

  #firstFrom(from: K): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#order[middle] as K, from) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The old order is one ascending run, which the sort of the language recognises.
  #ordered(): readonly K[] {
    if (!this.#isStale) return this.#order;
    const keys = new Set([...this.#order, ...this.#newKeys]);
    this.#order = [...keys].filter((key) => this.#values.has(key)).sort(this.#compare);
    this.#newKeys = new Set();
    this.#isStale = false;
    return this.#order;
  }
}

// `new Uint8Array(bytes)` rather than `slice`, which of a Buffer is no copy.
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
const copyOfBlock = ({ height, id, bytes }: StoredBlock): StoredBlock => ({ height, id, bytes: copyOf(bytes) });
const copyOfEntry = ({ key, leaf, value }: StoredEntry): StoredEntry => ({ key, leaf, value: copyOf(value) });

/** An empty store in memory. */
export const memoryStorage = (): Storage => {
  const facts = new Map<string, Uint8Array>();
  const blocks = new OrderedMap<number, StoredBlock>((a, b) => a - b);
  const entries = new OrderedMap<string, StoredEntry>(compareText);

  const commit = (batch: Batch): void => {
    if (batch.dropBlocksAbove !== undefined) {
      const firstDropped = batch.dropBlocksAbove + 1;
      for (const { height } of blocks.range(firstDropped, () => true, Number.POSITIVE_INFINITY)) blocks.delete(height);
    }
    for (const block of batch.blocks ?? []) blocks.set(block.height, copyOfBlock(block));
    for (const { key, leaf, value } of batch.entries ?? []) {
      if (value === undefined) entries.delete(key);
      else entries.set(key, copyOfEntry({ key, leaf, value }));
    }
    for (const [name, value] of Object.entries(batch.facts ?? {})) {
      if (value === undefined) facts.delete(name);
      else facts.set(name, copyOf(value));
    }
  };

  return storageOver('memory', {
    fact: (name) => {
      const value = facts.get(name);
      return value && copyOf(value);
    },
    block: (height) => {
      const block = blocks.get(height);
      return block && copyOfBlock(block);
    },
    blocks: (fromHeight, limit) => blocks.range(fromHeight, () => true, limit).map(copyOfBlock),
    topHeight: () => blocks.last(),
    entriesOf: (keys) =>
      keys.map((key) => {
        const entry = entries.get(key);
        return entry && copyOfEntry(entry);
      }),
    range: (from, to, limit) => entries.range(from, (key) => to === undefined || key < to, limit).map(copyOfEntry),
    commit,
    close: () => undefined,
  });
};
