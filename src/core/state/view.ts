/**
 * View: the whole state after one block, as an immutable value.
 *
 * Reads are by key, or over a range of keys in order; the commitment to all of it is the root of the tree. `with` gives
 * the view after the next block and costs its changes; the old view stays valid.
 *
 * All views of a chain share one mutable body. One view holds it; every other is the difference to a neighbour nearer to
 * the holder. To use a view its differences are applied on the way, and turned round ("rerooting", Baker 1978). So a fork or a
 * retry costs its difference, and an old view that nobody holds is garbage: the newest points to none.
 * Source: protocol section 11, docs/design.md.
 */
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import type { Address, Hash } from '../units.ts';
import { decodeAccount, writeAccount } from './account-codec.ts';
import { Body } from './body.ts';
import { type Change, type Delta, type DeltaRow, type DeltaWriter, emptyDelta, type Place } from './delta.ts';
import { encodeEntry } from './encoding.ts';
import { type Key, type KeyRange, tags } from './keys.ts';
import type { Loader } from './loader.ts';
import type { Account } from './records.ts';
import { valueStartOf } from './row.ts';

/** What reads of the state need; the reducer asks for nothing else. All may throw `MissingRows` where a store is behind. */
export interface StateReader {
  /** The record under `key`, or `undefined`; `place` is told where it lies in this view. */
  get<T>(key: Key<T>, place?: Place): T | undefined;
  /** PERF: the record of an account by its address, which need not be made into a key. */
  account?(address: Address, place: Place): Account | undefined;
  /** At most `limit` keys of the range, ascending. */
  keys(range: KeyRange, limit: number): readonly string[];
  /** PERF: a hint that these accounts, at most 256, are asked for next; nothing follows from it but speed. */
  warm?(addresses: readonly Address[]): void;
}

/** What a proof is made from. */
export interface ProofSource {
  /** The number of leaf slots: 1 + the greatest leaf held. */
  readonly size: number;
  /** A node of the tree: level 0 are the leaf slots. 32 bytes. */
  node(level: number, position: number): Uint8Array;
  /** The bytes of the row of a leaf that is held. */
  row(leaf: number): Uint8Array;
  leafOf(key: string): number | undefined;
  /** The leaf of the greatest key below `key`; the keys are a ring. `undefined` without an entry. */
  leafBefore(key: string): number | undefined;
}

/** What lies in memory of a state whose rows a store has. */
export interface Residency {
  /** Bytes of rows in memory. */
  readonly residentBytes: number;
  /** Whether all rows are in memory. */
  readonly isWhole: boolean;
  /** The leaves whose rows to fetch before these keys are read or written. */
  missingFor(keys: readonly string[]): readonly number[];
  /** Takes rows of the store into memory; the first leaf whose row is not what the tree commits to, if there is one. */
  admit(rows: readonly DeltaRow[]): number | undefined;
  /** Lets rows go that a store of this view has as they are, until at most `maxBytes` are in memory, as far as that goes. */
  trim(maxBytes: number): void;
}

export interface StateView extends StateReader {
  readonly root: Hash;
  /** The number of entries. */
  readonly count: number;
  /** The view after these changes, each of another key, and the rows that changed: as they are, and as they were. */
  with(changes: readonly Change[]): { readonly view: StateView; readonly rows: Delta; readonly before: Delta };
  /** The view that has these rows in place of its own: an older state, by what its rows were. */
  asOf(rows: Delta): StateView;
  readonly proofs: ProofSource;
  readonly residency: Residency;
}

const isAccount = (key: string): boolean => key.startsWith(tags.account);

/** Appends the canonical bytes of a record that a change makes. */
const encode = (change: Change, out: DeltaWriter): void => {
  if (change.isAccount === true || isAccount(change.key)) writeAccount(change.record as Account, out);
  else out.add(encodeEntry(change.key, change.record));
};

/** How a view is had from its neighbour nearer to the body. */
interface Way {
  readonly neighbour: Version;
  readonly rows: Delta;
}

class Version implements StateView, ProofSource, Residency {
  readonly root: Hash;
  readonly count: number;
  readonly size: number;
  /** The step that made it; rows set later are not in a store of it. */
  readonly #stamp: number;
  /** The body if it stands here, else the way from the neighbour. */
  #place: Body | Way;

  constructor(root: Hash, body: Body) {
    this.root = root;
    this.count = body.table.count;
    this.size = body.table.size;
    this.#stamp = body.stamp;
    this.#place = body;
  }

  get proofs(): ProofSource {
    return this;
  }

  get residency(): Residency {
    return this;
  }

  get<T>(key: Key<T>, place?: Place): T | undefined {
    const { table, singles } = this.#body();
    const leaf = table.leafOf(key);
    if (place !== undefined) place.leaf = leaf;
    if (leaf < 0) return undefined;
    const { arena } = table;
    arena.seek(leaf);
    arena.touch();
    const { bytes, start, end } = arena;
    const valueStart = valueStartOf(bytes, start + arena.keyPart, end);
    if (isAccount(key)) return decodeAccount(bytes, arena.view, valueStart, end) as T;
    return singles.read(key, bytes, valueStart, end);
  }

  account(address: Address, place: Place): Account | undefined {
    const { table } = this.#body();
    place.leaf = table.leafOf(address, tags.account);
    if (place.leaf < 0) return undefined;
    const { arena } = table;
    arena.seek(place.leaf);
    arena.touch();
    const { bytes, start, end } = arena;
    return decodeAccount(bytes, arena.view, valueStartOf(bytes, start + arena.keyPart, end), end);
  }

  keys({ from, to }: KeyRange, limit: number): readonly string[] {
    return this.#body().table.keys(from, to, limit);
  }

  warm(addresses: readonly Address[]): void {
    this.#body().table.warm(tags.account, addresses);
  }

  with(changes: readonly Change[]): { readonly view: StateView; readonly rows: Delta; readonly before: Delta } {
    const body = this.#body();
    const step = body.step(changes, encode);
    if (step === undefined) return { view: this, rows: emptyDelta, before: emptyDelta };
    const view = new Version(step.root, body);
    this.#place = { neighbour: view, rows: step.before };
    return { view, rows: step.rows, before: step.before };
  }

  asOf(rows: Delta): StateView {
    const body = this.#body();
    const step = body.swap(rows);
    const view = new Version(step.root, body);
    this.#place = { neighbour: view, rows: step.before };
    return view;
  }

  node(level: number, position: number): Uint8Array {
    return this.#body().nodes.node(level, position, this.size);
  }

  row(leaf: number): Uint8Array {
    const { table } = this.#body();
    table.seek(leaf);
    return table.arena.bytes.slice(table.arena.start, table.arena.end);
  }

  leafOf(key: string): number | undefined {
    const leaf = this.#body().table.leafOf(key);
    return leaf < 0 ? undefined : leaf;
  }

  leafBefore(key: string): number | undefined {
    const leaf = this.#body().table.leafBefore(key);
    return leaf < 0 ? undefined : leaf;
  }

  // What lies in memory is a matter of the body, wherever it stands: to go from there to here may need rows itself.
  get residentBytes(): number {
    return this.#holder().table.arena.usedBytes;
  }

  get isWhole(): boolean {
    const { arena, count } = this.#holder().table;
    return arena.count === count;
  }

  missingFor(keys: readonly string[]): readonly number[] {
    return this.#body().table.missingFor(keys);
  }

  admit(rows: readonly DeltaRow[]): number | undefined {
    return this.#holder().admit(rows);
  }

  trim(maxBytes: number): void {
    // Wherever the body stands: rows of later steps stay.
    this.#holder().table.arena.trim(maxBytes, this.#stamp);
  }

  #holder(): Body {
    let holder: Version = this;
    while (!(holder.#place instanceof Body)) holder = holder.#place.neighbour;
    return holder.#place;
  }

  /** The body, moved to this view if it stands elsewhere. PERF: the changes between the two. */
  #body(): Body {
    const place = this.#place;
    if (!(place instanceof Body)) return this.#reroot();
    place.checkWhole();
    return place;
  }

  #reroot(): Body {
    const path: Version[] = [];
    let holder: Version = this;
    while (!(holder.#place instanceof Body)) {
      path.push(holder);
      holder = holder.#place.neighbour;
    }
    const body = holder.#place;
    body.checkWhole();
    for (let version = path.pop(); version !== undefined; version = path.pop()) {
      const { rows } = version.#place as Way;
      const step = body.swap(rows);
      invariant(step.root === version.root, 'a version of the state came back with another root');
      holder.#place = { neighbour: version, rows: step.before };
      version.#place = body;
      holder = version;
    }
    return body;
  }
}

/** The state without an entry. */
export const emptyState = (hasher: Hasher): StateView => {
  const body = new Body(hasher);
  return new Version(body.rehashAll(), body);
};

/** The state of all rows that a loader was given. */
export const loadedState = (loader: Loader): StateView => new Version(loader.finish(), loader.body);
