/**
 * Tree: the commitment to all entries of the state, as an immutable value at the speed of a mutable one.
 *
 * A dense Merkle tree: each entry holds a leaf number for life, freed numbers are taken again, the lowest first. Each leaf
 * binds its key to the next greater one, so that absence is proven like presence. The tree follows from the entries with
 * their leaf numbers and from nothing else.
 *
 * All versions share one mutable body. One version holds it; every other is the difference to a neighbour nearer to the
 * holder. To use a version its differences are applied on the way, and turned round ("rerooting", Baker 1978). So the next
 * version costs its changes, a fork or a retry costs its difference, and an old version that nobody holds is
 * garbage: the newest points to none. Source: protocol section 11, docs/design.md.
 */
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import type { Hash } from '../units.ts';
import { Body, type Difference, type LeafChange, type LeafEntry } from './body.ts';

export type { LeafChange, LeafEntry };

export interface Tree {
  /** The root over all entries. */
  readonly root: Hash;
  /** 1 + the greatest leaf number held; 0 without an entry. */
  readonly size: number;
  /** The number of entries. */
  readonly count: number;
  /**
   * The next tree; this one stays valid. `changes` are 32-byte value hashes by key, `undefined` to delete. Deleted
   * numbers are free first, then new keys in ascending order take the lowest. To delete an absent key and to set the
   * value that is there is no change and not told in `leaves`, which lists the deleted and the new entries by key, then
   * the updated ones by leaf number. Throws `InvariantViolation` for a malformed key or hash. PERF: changes x log(size).
   */
  with(changes: ReadonlyMap<string, Uint8Array | undefined>): {
    readonly tree: Tree;
    readonly leaves: readonly LeafChange[];
  };
  has(key: string): boolean;
  leafOf(key: string): number | undefined;
  valueHashOf(key: string): Uint8Array | undefined;
  /** At most `limit` keys with from <= key < to, ascending, or descending from the greatest if asked. */
  keys(from: string, to: string, limit: number, order?: 'ascending' | 'descending'): readonly string[];
  /** The greatest key <= `key`; the keys are a ring, so before the least stands the greatest. `undefined` without an entry. */
  floor(key: string): string | undefined;
  /** The least key > `key`, whether `key` is here or not; after the greatest comes the least. */
  next(key: string): string | undefined;
  /** The hashes beside the path from a leaf slot below `size` up to the top, lowest first, for a proof. */
  siblings(leaf: number): readonly Uint8Array[];
}

/** How a version is had from its neighbour nearer to the body. */
interface Way {
  readonly neighbour: Version;
  readonly difference: Difference;
}

class Version implements Tree {
  readonly root: Hash;
  readonly size: number;
  readonly count: number;
  /** The body if it stands here, else the way from the neighbour. */
  #place: Body | Way;

  constructor(root: Hash, body: Body) {
    this.root = root;
    this.size = body.size;
    this.count = body.count;
    this.#place = body;
  }

  with(changes: ReadonlyMap<string, Uint8Array | undefined>): {
    readonly tree: Tree;
    readonly leaves: readonly LeafChange[];
  } {
    if (changes.size === 0) return { tree: this, leaves: [] };
    const body = this.#body();
    const step = body.step(changes);
    if (step === undefined) return { tree: this, leaves: [] };
    const tree = new Version(step.root, body);
    this.#place = { neighbour: tree, difference: step.difference };
    return { tree, leaves: step.leaves };
  }

  has(key: string): boolean {
    return this.leafOf(key) !== undefined;
  }

  leafOf(key: string): number | undefined {
    return this.#body().index.get(key);
  }

  valueHashOf(key: string): Uint8Array | undefined {
    const body = this.#body();
    const leaf = body.index.get(key);
    return leaf === undefined ? undefined : body.nodes.valueHash(leaf);
  }

  keys(from: string, to: string, limit: number, order: 'ascending' | 'descending' = 'ascending'): readonly string[] {
    return this.#body().order.range(from, to, limit, order === 'descending');
  }

  floor(key: string): string | undefined {
    return this.#body().order.floor(key);
  }

  next(key: string): string | undefined {
    return this.#body().order.next(key);
  }

  siblings(leaf: number): readonly Uint8Array[] {
    invariant(
      Number.isInteger(leaf) && leaf >= 0 && leaf < this.size,
      `${leaf} is no leaf slot of a tree of size ${this.size}`,
    );
    return this.#body().nodes.siblings(leaf, this.size);
  }

  /** The body, moved to this version if it stands elsewhere. PERF: the changes between the two. */
  #body(): Body {
    const path: Version[] = [];
    let holder: Version = this;
    while (!(holder.#place instanceof Body)) {
      path.push(holder);
      holder = holder.#place.neighbour;
    }
    const body = holder.#place;
    body.checkWhole();
    for (let version = path.pop(); version !== undefined; version = path.pop()) {
      const { difference } = version.#place as Way;
      holder.#place = { neighbour: version, difference: body.swap(difference) };
      version.#place = body;
      holder = version;
    }
    return body;
  }
}

/** The tree without an entry. */
export const emptyTree = (hasher: Hasher): Tree => loadTree(hasher, []);

/**
 * The tree of these entries with their leaf numbers, in any order (sorted by key is fastest). Throws `InvariantViolation`
 * if two have one key or one leaf number, or one is malformed.
 */
export const loadTree = (hasher: Hasher, entries: Iterable<LeafEntry>): Tree => {
  const body = new Body(hasher);
  return new Version(body.load(entries), body);
};
