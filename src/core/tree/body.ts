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

/** A key that comes (it has a value hash) or goes (it has a leaf). */
interface NameChange {
  readonly key: string;
  readonly leaf: number | undefined;
  readonly valueHash: Uint8Array | undefined;
}

/** What the changes come to: the keys that come and go, ascending, and the entries with another value, by leaf number. */
interface Plan {
  readonly named: readonly NameChange[];
  readonly updated: readonly LeafEntry[];
}

const NOBODY: Holders = { keys: [], leaves: [] };
const KEY = /^(?:[0-9a-f]{2})+$/;

/** The order of keys that are all different: one comparison where `compareText` takes two. */
const byKey = (a: NameChange, b: NameChange): number => (a.key < b.key ? -1 : 1);

const leavesOf = (entries: readonly LeafEntry[]): Uint32Array => {
  const leaves = new Uint32Array(entries.length);
  for (const [index, { leaf }] of entries.entries()) leaves[index] = leaf;
  return leaves;
};

const byLeaf = (entries: readonly LeafEntry[]): readonly LeafEntry[] =>
  Array.from(orderOf(leavesOf(entries)), (index) => entries[index] as LeafEntry);

const holdersOf = (entries: readonly { readonly key: string; readonly leaf: number }[]): Holders =>
  entries.length === 0 ? NOBODY : { keys: entries.map(({ key }) => key), leaves: entries.map(({ leaf }) => leaf) };

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
    const { named, updated } = this.#plan(changes);
    if (named.length + updated.length === 0) return undefined;
    this.#isMoving = true;
    this.nodes.startLog();
    const size = this.#size;
    const gone: (LeafChange & { valueHash: undefined })[] = [];
    for (const { key, leaf } of named) if (leaf !== undefined) gone.push({ key, leaf, valueHash: undefined });
    const leaving = holdersOf(gone);
    this.#leave(leaving);
    const entered: LeafEntry[] = [];
    for (const { key, valueHash } of named) {
      if (valueHash !== undefined) entered.push({ key, leaf: this.#free.take(), valueHash });
    }
    const entering = holdersOf(entered);
    this.#enter(entering);
    this.order.change(leaving, entering);
    this.nodes.reserve(this.#size);
    this.nodes.setKeys(Uint32Array.from(entering.leaves), entering.keys);
    const written = entered.concat(updated);
    const leaves = leavesOf(written);
    this.nodes.setValues(leaves, written);
    const linked = this.#link(named);
    // Where the tree shrank, the nodes over its new end have lost what was on their right.
    const freed = Uint32Array.from(this.#size < size ? [...leaving.leaves, this.#size - 1] : leaving.leaves);
    const root = this.nodes.rehash([leaves, linked, freed], this.#size, this.#free);
    const difference = { leaving: entering, entering: leaving, rows: this.nodes.finishLog() };
    this.#isMoving = false;
    return { root, difference, leaves: [...gone, ...written] };
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
    const holders = holdersOf(sorted);
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
    return this.nodes.rehash([leaves], this.#size, this.#free);
  }

  #plan(changes: ReadonlyMap<string, Uint8Array | undefined>): Plan {
    const named: NameChange[] = [];
    const updated: LeafEntry[] = [];
    let { count } = this;
    for (const [key, valueHash] of changes) {
      const leaf = this.index.get(key);
      if (valueHash === undefined) {
        if (leaf === undefined) continue;
        named.push({ key, leaf, valueHash });
        count -= 1;
        continue;
      }
      checkHash(key, valueHash);
      if (leaf === undefined) {
        checkKey(key);
        named.push({ key, leaf, valueHash });
        count += 1;
      } else if (!this.nodes.hasValueHash(leaf, valueHash)) updated.push({ key, leaf, valueHash });
    }
    invariant(count <= MAX_LEAVES, `a tree holds at most ${MAX_LEAVES} entries, not ${count}`);
    return { named: named.sort(byKey), updated: byLeaf(updated) };
  }

  /** Links anew what stands beside the keys that came or went; the leaves of these. */
  #link(named: readonly NameChange[]): Uint32Array {
    const { leaves, nexts } = this.order.relinked(named.map(({ key }) => key));
    const linked = Uint32Array.from(leaves);
    this.nodes.setLinks(linked, Uint32Array.from(nexts));
    return linked;
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
