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
import { type Move, SortedKeys } from './sorted-keys.ts';

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
  /** Ascending by key. */
  readonly moves: readonly Move[];
  /** Whether the moves are to be undone, rather than made. */
  readonly isUndo: boolean;
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

type Named = Pick<LeafEntry, 'key' | 'leaf'>;
type GoneEntry = LeafChange & { readonly valueHash: undefined };

/** A key that enters (it has a value hash) or leaves (it has a leaf). */
interface Naming {
  readonly key: string;
  readonly leaf: number | undefined;
  readonly valueHash: Uint8Array | undefined;
}

/** What the changes come to: the keys that enter and leave, ascending, and the entries with another value, by leaf. */
interface Plan {
  readonly namings: readonly Naming[];
  readonly updated: readonly LeafEntry[];
}

const NO_MOVES: readonly Move[] = [];
const KEY = /^(?:[0-9a-f]{2})+$/;

/** The order of keys that are all different: one comparison where `compareText` takes two. */
const byKey = (a: Naming, b: Naming): number => (a.key < b.key ? -1 : 1);

const leavesOf = (entries: readonly Named[]): Uint32Array => {
  const leaves = new Uint32Array(entries.length);
  for (let index = 0; index < leaves.length; index += 1) leaves[index] = (entries[index] as Named).leaf;
  return leaves;
};

const byLeaf = (entries: readonly LeafEntry[]): readonly LeafEntry[] =>
  Array.from(orderOf(leavesOf(entries)), (index) => entries[index] as LeafEntry);

const checkKey = (key: string): void =>
  invariant(KEY.test(key), `a key is lower-case hex of one byte or more, not '${key}'`);
const checkHash = (key: string, valueHash: Uint8Array): void =>
  invariant(
    valueHash.length === HASH_BYTES,
    `the value hash of ${key} has ${valueHash.length} bytes, not ${HASH_BYTES}`,
  );

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
    invariant(
      !this.#isMoving,
      'an update of this tree was broken off by its hasher: no version of it can be used any more',
    );
  }

  /** Makes the changes; `undefined` if they change nothing. Malformed changes throw and change nothing either. */
  step(changes: ReadonlyMap<string, Uint8Array | undefined>): Step | undefined {
    const { namings, updated } = this.#plan(changes);
    if (namings.length + updated.length === 0) return undefined;
    this.#isMoving = true;
    this.nodes.startLog();
    const sizeBefore = this.#size;
    const { gone, entered, moves } = this.#rename(namings);
    const links = this.order.change(moves, false);
    this.nodes.reserve(this.#size);
    this.nodes.setKeys(leavesOf(entered), entered);
    const written = entered.concat(updated);
    const leaves = leavesOf(written);
    this.nodes.setValues(leaves, written);
    const linked = Uint32Array.from(links.leaves);
    this.nodes.setLinks(linked, Uint32Array.from(links.nexts));
    // Where the tree shrank, the nodes over its new end have lost what was on their right.
    const end = Uint32Array.from(this.#size < sizeBefore ? [this.#size - 1] : []);
    const root = this.nodes.rehash([leaves, linked, leavesOf(gone), end], this.#size, this.#free);
    const difference = { moves, isUndo: true, rows: this.nodes.finishLog() };
    this.#isMoving = false;
    return { root, difference, leaves: [...gone, ...written] };
  }

  /** Goes to the version that the difference leads to; the difference that leads back. */
  swap({ moves, isUndo, rows }: Difference): Difference {
    for (const { key, leaf, enters } of moves) if (enters === isUndo) this.#leave(key, leaf);
    for (const { key, leaf, enters } of moves) if (enters !== isUndo) this.#enter(key, leaf);
    this.#size = this.#free.heldSize(this.#size);
    this.order.change(moves, isUndo);
    this.nodes.swap(rows);
    return { moves, isUndo: !isUndo, rows };
  }

  /** Fills an empty body with entries in any order; the root. Keeps the keys, and no other part of an entry. */
  load(entries: Iterable<LeafEntry>): Hash {
    const loaded: Named[] = [];
    for (const { key, leaf, valueHash } of entries) {
      checkKey(key);
      checkHash(key, valueHash);
      invariant(Number.isInteger(leaf) && leaf >= 0 && leaf < MAX_LEAVES, `${leaf} is no leaf number`);
      invariant(this.#free.has(leaf), `two entries hold leaf ${leaf}`);
      this.#free.hold(leaf);
      this.nodes.loadValue(leaf, valueHash);
      loaded.push({ key, leaf });
    }
    loaded.sort((a, b) => compareText(a.key, b.key));
    for (let index = 0; index < loaded.length; index += 1) {
      const { key, leaf } = loaded[index] as Named;
      invariant(key !== loaded[index - 1]?.key, `two entries have the key ${key}`);
      this.#enter(key, leaf);
    }
    const leaves = leavesOf(loaded);
    this.order.fill(
      loaded.map(({ key }) => key),
      Array.from(leaves),
    );
    this.nodes.reserve(this.#size);
    this.nodes.setKeys(leaves, loaded);
    this.nodes.setLinks(
      leaves,
      leaves.map((_, index) => leaves[(index + 1) % leaves.length] as number),
    );
    // Free slots too: over two that are free side by side stands a node that no held one would touch.
    const slots = new Uint32Array(this.#size);
    for (let leaf = 0; leaf < slots.length; leaf += 1) slots[leaf] = leaf;
    return this.nodes.rehash([slots], this.#size, this.#free);
  }

  #plan(changes: ReadonlyMap<string, Uint8Array | undefined>): Plan {
    const namings: Naming[] = [];
    const found: LeafEntry[] = [];
    let { count } = this;
    for (const [key, valueHash] of changes) {
      const leaf = this.index.get(key);
      if (valueHash === undefined) {
        if (leaf === undefined) continue;
        namings.push({ key, leaf, valueHash });
        count -= 1;
        continue;
      }
      checkHash(key, valueHash);
      if (leaf === undefined) {
        checkKey(key);
        namings.push({ key, leaf, valueHash });
        count += 1;
      } else found.push({ key, leaf, valueHash });
    }
    invariant(count <= MAX_LEAVES, `a tree holds at most ${MAX_LEAVES} entries, not ${count}`);
    const updated = byLeaf(found).filter(({ leaf, valueHash }) => !this.nodes.hasValueHash(leaf, valueHash));
    return { namings: namings.sort(byKey), updated };
  }

  /** Frees the numbers of the keys that leave, then gives the lowest free ones to those that enter. */
  #rename(namings: readonly Naming[]): { gone: GoneEntry[]; entered: LeafEntry[]; moves: readonly Move[] } {
    const gone: GoneEntry[] = [];
    const entered: LeafEntry[] = [];
    for (const { key, leaf } of namings) {
      if (leaf === undefined) continue;
      gone.push({ key, leaf, valueHash: undefined });
      this.#leave(key, leaf);
    }
    this.#size = this.#free.heldSize(this.#size);
    const moves = namings.map(({ key, leaf, valueHash }): Move => {
      if (valueHash === undefined) return { key, leaf: leaf as number, enters: false };
      const taken = this.#free.lowest();
      entered.push({ key, leaf: taken, valueHash });
      this.#enter(key, taken);
      return { key, leaf: taken, enters: true };
    });
    return { gone, entered, moves: moves.length === 0 ? NO_MOVES : moves };
  }

  #leave(key: string, leaf: number): void {
    this.index.remove(key);
    this.#free.release(leaf);
  }

  #enter(key: string, leaf: number): void {
    this.index.add(key, leaf);
    this.#free.hold(leaf);
    if (leaf >= this.#size) this.#size = leaf + 1;
  }
}
