/**
 * Memory storage: a store that forgets when it is closed; for tests, simulations and browsers.
 *
 * It is also the plainest reading of what a storage is: three maps in the order of their numbers, and one by name.
 */
import type { Batch, Storage, StoredBlock } from './storage.ts';
import { storageOver } from './synchronous.ts';

/** A map that can be read in the order of its numbers. PERF: the first read in order after new numbers sorts: n steps and those of the new. */
class NumberedMap<V> {
  readonly #values = new Map<number, V>();
  #order: number[] = [];
  #newNumbers = new Set<number>();
  #isStale = false;

  get(number: number): V | undefined {
    return this.#values.get(number);
  }

  set(number: number, value: V): void {
    if (!this.#values.has(number)) {
      this.#newNumbers.add(number);
      this.#isStale = true;
    }
    this.#values.set(number, value);
  }

  delete(number: number): void {
    if (this.#values.delete(number)) this.#isStale = true;
  }

  /** At most `limit` numbers from `from` on, ascending. */
  from(from: number, limit: number): number[] {
    const order = this.#ordered();
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((order[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    return order.slice(low, low + limit);
  }

  last(): number | undefined {
    return this.#ordered().at(-1);
  }

  // The old order is one ascending run, which the sort of the language recognises.
  #ordered(): readonly number[] {
    if (!this.#isStale) return this.#order;
    const numbers = new Set([...this.#order, ...this.#newNumbers]);
    this.#order = [...numbers].filter((number) => this.#values.has(number)).sort((a, b) => a - b);
    this.#newNumbers = new Set();
    this.#isStale = false;
    return this.#order;
  }
}

// `new Uint8Array(bytes)` rather than `slice`, which of a Buffer is no copy.
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);
const copyOfBlock = ({ height, id, bytes }: StoredBlock): StoredBlock => ({ height, id, bytes: copyOf(bytes) });

/** Puts a copy, or with `undefined` takes away. */
const change = <K>(
  map: { set(key: K, value: Uint8Array): unknown; delete(key: K): unknown },
  key: K,
  bytes: Uint8Array | undefined,
): void => {
  if (bytes === undefined) map.delete(key);
  else map.set(key, copyOf(bytes));
};

/** An empty store in memory. */
export const memoryStorage = (): Storage => {
  const facts = new Map<string, Uint8Array>();
  const blocks = new NumberedMap<StoredBlock>();
  const rows = new NumberedMap<Uint8Array>();
  const history = new NumberedMap<Uint8Array>();

  const commit = (batch: Batch): void => {
    if (batch.dropBlocksAbove !== undefined) {
      const dropped = blocks.from(batch.dropBlocksAbove + 1, Number.POSITIVE_INFINITY);
      for (const height of dropped) blocks.delete(height);
    }
    for (const block of batch.blocks ?? []) blocks.set(block.height, copyOfBlock(block));
    for (const { leaf, bytes } of batch.rows ?? []) change(rows, leaf, bytes);
    for (const { height, bytes } of batch.history ?? []) change(history, height, bytes);
    for (const [name, value] of Object.entries(batch.facts ?? {})) change(facts, name, value);
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
    blocks: (fromHeight, limit) =>
      blocks.from(fromHeight, limit).map((height) => copyOfBlock(blocks.get(height) as StoredBlock)),
    topHeight: () => blocks.last(),
    rows: (leaves) =>
      leaves.map((leaf) => {
        const bytes = rows.get(leaf);
        return bytes && copyOf(bytes);
      }),
    scan: (fromLeaf, limit) =>
      rows.from(fromLeaf, limit).map((leaf) => ({ leaf, bytes: copyOf(rows.get(leaf) as Uint8Array) })),
    history: (fromHeight, limit) =>
      history.from(fromHeight, limit).map((height) => ({ height, bytes: copyOf(history.get(height) as Uint8Array) })),
    commit,
    close: () => undefined,
  });
};
