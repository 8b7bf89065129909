/**
 * Body: the one mutable tree that all versions share, standing at one of them.
 *
 * `step` moves it to a next version and gives the difference that leads back; `swap` goes along a difference and turns
 * it round. Order, free numbers and hashes follow from the entries with their leaf numbers alone.
 */
import { compareText } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import { HASH_BYTES, type Hash } from '../units.ts';
import { FreeLeaves } from './free-leaves.ts';
import { LeafIndex } from './leaf-index.ts';
import { MAX_LEAVES, orderOf } from './leaf-order.ts';
import { Nodes } from './nodes.ts';
import type { RowDifference } from './row-log.ts';
import { type Holders, SortedKeys } from './sorted-keys.ts';

/** An entry with its leaf number, as a store keeps it. */
export interface LeafEntry {
  /** Lower-case hex of one byte or more. */
  readonly key: string;
  readonly leaf: number;
  /** 32 bytes. */
  readonly valueHash: Uint8Array;
}

/** What an update did to one entry. */
export interface LeafChange {
  readonly key: string;
  /** The number that the entry holds, or held. */
  readonly leaf: number;
  /** `undefined`: the entry is gone and its number free. */
  readonly valueHash: Uint8Array | undefined;
}

/** How to get from the version where the body stands to another one. */
export interface Difference {
  readonly leaving: Holders;
  readonly entering: Holders;
  readonly rows: RowDifference;
}

/** A step done. */
export interface Step {
  readonly root: Hash;
  /** How to get back. */
  readonly difference: Difference;
  /** The removed and the inserted entries by key, then the updated ones by leaf number. */
  readonly leaves: readonly LeafChange[];
}

/** What the changes come to. */
interface Plan {
  readonly removed: string[];
  readonly inserted: string[];
  readonly updated: LeafEntry[];
}

const NOBODY: Holders = { keys: [], leaves: [] };
const KEY = /^(?:[0-9a-f]{2})+$/;

const checkKey = (key: string): void =>
  invariant(KEY.test(key), `a key is lower-case hex of one byte or more, not '${key}'`);
const checkHash = (key: string, valueHash: Uint8Array): void =>
  invariant(valueHash.length === HASH_BYTES, `the value hash of ${key} has ${valueHash.length} bytes, not ${HASH_BYTES}`);

export class Body {
  readonly nodes: Nodes;
  readonly order = new SortedKeys();
  readonly index = new LeafIndex();
  readonly #free = new FreeLeaves();
  #size = 0;
  /** Whether a step is under way. If the hasher threw in one, the body is broken for good. */
  #isMoving = false;

  constructor(hasher: Hasher) {
    this.nodes = new Nodes(hasher);
  }

  get size(): number {
    return this.#size;
  }

  get count(): number {
    return this.index.count;
  }

  /** Throws if a step was begun and never finished. */
  checkWhole(): void {
    invariant(!this.#isMoving, 'an update of this tree was broken off by its hasher: no version of it can be used any more');
  }

  /** Makes the changes; `undefined` if they change nothing. Malformed changes throw and change nothing either. */
  step(changes: ReadonlyMap<string, Uint8Array | undefined>): Step | undefined {
    const { removed, inserted, updated } = this.#plan(changes);
    if (removed.length + inserted.length + updated.length === 0) return undefined;
    this.#isMoving = true;
    this.nodes.startLog();
    const size = this.#size;
    const leaving = this.#holders(removed);
    this.#leave(leaving);
    const entering = this.#newHolders(inserted);
    this.#enter(entering);
    this.order.change(leaving, entering);
    const entered = inserted.map((key, index) => ({
      key,
      leaf: entering.leaves[index] as number,
      valueHash: changes.get(key) as Uint8Array,
    }));
    const root = this.#rehash(leaving, entering, [...entered, ...updated], size);
    const gone = removed.map((key, index) => ({ key, leaf: leaving.leaves[index] as number, valueHash: undefined }));
    const difference = { leaving: entering, entering: leaving, rows: this.nodes.finishLog() };
    this.#isMoving = false;
    return { root, difference, leaves: [...gone, ...entered, ...updated] };
  }

  /** Goes to the version that the difference leads to; the difference that leads back. */
  swap({ leaving, entering, rows }: Difference): Difference {
    this.#leave(leaving);
    this.#enter(entering);
    this.order.change(leaving, entering);
    this.nodes.swap(rows);
    return { leaving: entering, entering: leaving, rows };
  }

  /** Fills an empty body with entries in any order; the root. */
  load(entries: Iterable<LeafEntry>): Hash {
    const sorted = [...entries].sort((a, b) => compareText(a.key, b.key));
    const holders = { keys: sorted.map(({ key }) => key), leaves: sorted.map(({ leaf }) => leaf) };
    for (const [index, { key, leaf, valueHash }] of sorted.entries()) {
      checkKey(key);
      checkHash(key, valueHash);
      invariant(key !== holders.keys[index - 1], `two entries have the key ${key}`);
      invariant(Number.isInteger(leaf) && leaf >= 0 && leaf < MAX_LEAVES, `${leaf} is no leaf number`);
      invariant(this.#free.has(leaf), `two entries hold leaf ${leaf}`);
      this.#free.hold(leaf);
    }
    this.#enter(holders);
    this.order.fill(holders);
    this.nodes.reserve(this.#size);
    const leaves = Uint32Array.from(holders.leaves);
    this.nodes.setKeys(leaves, holders.keys);
    this.nodes.setValues(leaves, sorted);
    this.nodes.setLinks(leaves, Uint32Array.from(leaves, (_, index) => leaves[index + 1] ?? (leaves[0] as number)));
    return this.nodes.rehash(leaves, this.#size, this.#free);
  }

  #plan(changes: ReadonlyMap<string, Uint8Array | undefined>): Plan {
    const removed: string[] = [];
    const inserted: string[] = [];
    const found: LeafEntry[] = [];
    for (const [key, valueHash] of changes) {
      const leaf = this.index.get(key);
      if (valueHash === undefined) {
        if (leaf !== undefined) removed.push(key);
        continue;
      }
      checkHash(key, valueHash);
      if (leaf === undefined) {
        checkKey(key);
        inserted.push(key);
      } else if (!this.nodes.hasValueHash(leaf, valueHash)) found.push({ key, leaf, valueHash });
    }
    const count = this.count - removed.length + inserted.length;
    invariant(count <= MAX_LEAVES, `a tree holds at most ${MAX_LEAVES} entries, not ${count}`);
    const order = orderOf(Uint32Array.from(found, ({ leaf }) => leaf));
    const updated = Array.from(order, (index) => found[index] as LeafEntry);
    return { removed: removed.sort(compareText), inserted: inserted.sort(compareText), updated };
  }

  /** Hashes what the step touched; `sizeBefore` is the size before it. */
  #rehash(leaving: Holders, entering: Holders, written: readonly LeafEntry[], sizeBefore: number): Hash {
    this.nodes.reserve(this.#size);
    const leaves = Uint32Array.from(written, ({ leaf }) => leaf);
    this.nodes.setKeys(Uint32Array.from(entering.leaves), entering.keys);
    this.nodes.setValues(leaves, written);
    const relinked = this.order.relinked([...leaving.keys, ...entering.keys].sort(compareText));
    this.nodes.setLinks(Uint32Array.from(relinked.leaves), Uint32Array.from(relinked.nexts));
    // Where the tree shrank, the nodes over its new end have lost what was on their right.
    const end = this.#size < sizeBefore ? [this.#size - 1] : [];
    const touched = Uint32Array.from([...leaving.leaves, ...leaves, ...relinked.leaves, ...end]);
    return this.nodes.rehash(touched, this.#size, this.#free);
  }

  #holders(keys: readonly string[]): Holders {
    return keys.length === 0 ? NOBODY : { keys, leaves: keys.map((key) => this.index.get(key) as number) };
  }

  /** Gives each of these keys the lowest number that is free then. */
  #newHolders(keys: readonly string[]): Holders {
    if (keys.length === 0) return NOBODY;
    return { keys, leaves: keys.map(() => this.#free.take()) };
  }

  #leave({ keys, leaves }: Holders): void {
    for (const key of keys) this.index.remove(key);
    for (const leaf of leaves) this.#free.release(leaf);
    if (leaves.length > 0) this.#size = this.#free.heldSize(this.#size);
  }

  #enter({ keys, leaves }: Holders): void {
    for (const [index, leaf] of leaves.entries()) {
      this.index.add(keys[index] as string, leaf);
      this.#free.hold(leaf);
      if (leaf >= this.#size) this.#size = leaf + 1;
    }
  }
}
