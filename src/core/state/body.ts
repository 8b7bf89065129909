/**
 * Body: the one mutable state that all versions share, standing at one of them.
 *
 * It holds the rows that are in memory, the index of all keys, and the nodes of the tree. `step` moves it to a next version
 * and gives the old rows, which lead back; `swap` goes there and turns them round. Nothing is changed before all rows
 * that the change needs are known to be here: if one is not, `MissingRows` says which to fetch, and to try again is free.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import { FreeLeaves } from '../tree/free-leaves.ts';
import { HASH_WORDS } from '../tree/hash-pages.ts';
import { KeyIndex } from '../tree/key-index.ts';
import { orderOf } from '../tree/leaf-order.ts';
import { Nodes } from '../tree/nodes.ts';
import { checkKey, compareBytes, emptyProbe, type Probe, setProbe } from '../tree/probe.ts';
import type { Hash } from '../units.ts';
import { type Delta, type DeltaRow, DeltaWriter } from './delta.ts';
import type { Change } from './view.ts';
import { MissingRows } from './missing-rows.ts';
import { RowArena } from './row-arena.ts';
import { RowHashes } from './row-hashes.ts';
import { decodeRow, KEY_TAG, keyEndOf, keyStartOf, NEXT_TAG, nextEndOf, nextStartOf, VALUE_TAG, valueStartOf } from './row.ts';

/** Leaf numbers are below this. */
export const MAX_LEAVES = 2 ** 28;

/** The last leaves asked for, by a few bits of the key: most keys are asked for again and again. */
const FIRST_HINTS = 2 ** 8;
const MAX_HINTS = 2 ** 20;

/** A step done. */
export interface Step {
  readonly root: Hash;
  /** The rows as they are now, and as they were. */
  readonly rows: Delta;
  readonly before: Delta;
}

interface StoredRow extends DeltaRow {
  readonly bytes: Uint8Array;
}

/** A row that is made anew, its key part with it. */
interface Draft {
  readonly key: Uint8Array;
  next: Uint8Array;
  value: Uint8Array;
}

/** A key that enters, or leaves (its value is `undefined`). */
interface Naming {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

interface Plan {
  /** Ascending by key. */
  readonly namings: readonly Naming[];
  /** Entries that get another value, and the values. */
  readonly leaves: number[];
  readonly values: Uint8Array[];
}

const byKey = (a: Naming, b: Naming): number => (a.key < b.key ? -1 : 1);

const isRow = (row: DeltaRow): row is StoredRow => row.bytes !== undefined && E.isRight(decodeRow(row.bytes));

const sameAs = (value: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean => {
  if (value.length !== end - start) return false;
  for (let at = 0; at < value.length; at += 1) if (value[at] !== bytes[start + at]) return false;
  return true;
};

export class Body {
  readonly arena = new RowArena();
  readonly nodes: Nodes;
  readonly index: KeyIndex;
  /** The number of steps and swaps so far. */
  stamp = 0;
  size = 0;
  readonly #hashes: RowHashes;
  readonly #free = new FreeLeaves();
  #hints = new Int32Array(FIRST_HINTS);
  readonly #probe: Probe = emptyProbe();
  /** Keys that have entered the index while their rows are not written yet. */
  readonly #entered = new Map<number, Uint8Array>();
  readonly #rows = new DeltaWriter();
  readonly #before = new DeltaWriter();
  #missing: number[] = [];
  /** Whether a step is under way. If the hasher threw in one, the body is broken for good. */
  #isMoving = false;

  constructor(hasher: Hasher) {
    this.nodes = new Nodes(hasher);
    this.#hashes = new RowHashes(hasher, this.arena);
    this.index = new KeyIndex((leaf, probe) => this.#compareKey(leaf, probe));
  }

  get count(): number {
    return this.index.count;
  }

  /** Throws if a step was begun and never finished. */
  checkWhole(): void {
    invariant(!this.#isMoving, 'an update of this state was broken off by its hasher: no version of it can be used');
  }

  /** The leaf of a key, or -1; the arena stands at its row then. Throws `MissingRows`. */
  leafOf(key: string): number {
    const leaf = this.#find(this.#probeOf(key));
    this.#demandRows();
    return leaf;
  }

  /** The leaf of the greatest key below `key` in the ring of all keys, or -1. Throws `MissingRows`. */
  leafBefore(key: string): number {
    const leaf = this.index.before(this.#probeOf(key));
    this.#demandRows();
    return leaf;
  }

  /** Goes to the row of a leaf that is held. Throws `MissingRows`. */
  seek(leaf: number): void {
    if (this.arena.seek(leaf)) return;
    throw new MissingRows([leaf]);
  }

  /** At most `limit` keys with from <= key < to, ascending. Throws `MissingRows` for all of them that are not here. */
  keys(from: string, to: string, limit: number): readonly string[] {
    const leaves = this.index.range(this.#probeOf(from), setProbe(emptyProbe(), to), limit);
    for (const leaf of leaves) this.#demand(leaf);
    this.#demandRows();
    return leaves.map((leaf) => this.keyOf(leaf));
  }

  /** The key of a leaf whose row is here. */
  keyOf(leaf: number): string {
    this.seek(leaf);
    const { bytes, start } = this.arena;
    return toHex(bytes.subarray(keyStartOf(bytes, start), keyEndOf(bytes, start)));
  }

  /** The leaves to fetch before these keys are read, written, or put in place anew; those that are here are not told. */
  missingFor(keys: Iterable<string>): readonly number[] {
    for (const key of keys) {
      const probe = this.#probeOf(key);
      if (this.#find(probe) < 0) this.#demand(this.index.before(probe));
    }
    const missing = [...new Set(this.#missing)];
    this.#missing = [];
    return missing;
  }

  /**
   * Makes the changes, each a value or, with `undefined`, none; `undefined` if they change nothing. Throws `MissingRows`, or
   * `InvariantViolation` for a malformed key, having changed nothing.
   */
  step(changes: readonly Change[], valueOf: (key: string, record: unknown) => Uint8Array | undefined): Step | undefined {
    const { namings, leaves, values } = this.#plan(changes, valueOf);
    if (namings.length + leaves.length === 0) return undefined;
    this.#isMoving = true;
    this.stamp += 1;
    const sizeBefore = this.size;
    const drafts = new Map<number, Draft>();
    const named = this.#rename(namings, drafts);
    // Where a row is made anew, a new value goes into it; the others keep their keys and get a value.
    const updated = leaves.length;
    for (let index = 0; drafts.size > 0 && index < updated; index += 1) {
      const draft = drafts.get(leaves[index] as number);
      if (draft !== undefined) draft.value = values[index] as Uint8Array;
    }
    const written = drafts.size > 0 ? leaves.filter((leaf) => !drafts.has(leaf)) : leaves;
    const kept = drafts.size > 0 ? values.filter((_, index) => !drafts.has(leaves[index] as number)) : values;
    const unordered = Uint32Array.from([...written, ...named]);
    const order = orderOf(unordered);
    return this.#write(
      order.map((place) => unordered[place] as number),
      sizeBefore,
      (leaf, index) => {
        const value = kept[order[index] as number];
        if (value !== undefined) return this.#writeUpdate(value);
        const draft = drafts.get(leaf);
        return draft === undefined ? 0 : this.#writeDraft(draft);
      },
    );
  }

  /** Goes to the version whose rows these are; the rows that lead back. Throws `MissingRows`, having changed nothing. */
  swap({ leaves, ends, bytes }: Delta): Step {
    const moves: { readonly leaf: number; readonly leaving: string | undefined; readonly entering: string | undefined }[] = [];
    for (let index = 0; index < leaves.length; index += 1) {
      const leaf = leaves[index] as number;
      const start = index > 0 ? (ends[index - 1] as number) : 0;
      const isHeld = !this.#free.has(leaf);
      if (isHeld && !this.arena.has(leaf)) {
        this.#missing.push(leaf);
        continue;
      }
      const leaving = isHeld ? this.keyOf(leaf) : undefined;
      const isThere = (ends[index] as number) > start;
      const entering = isThere ? toHex(bytes.subarray(keyStartOf(bytes, start), keyEndOf(bytes, start))) : undefined;
      if (leaving !== entering) moves.push({ leaf, leaving, entering });
    }
    // Searching now shows whether a key is missing that is needed to find a place.
    for (const { leaving, entering } of moves) {
      if (leaving !== undefined) this.#find(this.#probeOf(leaving));
      if (entering !== undefined) this.#find(this.#probeOf(entering));
    }
    this.#demandRows();
    this.#isMoving = true;
    this.stamp += 1;
    const sizeBefore = this.size;
    for (const { leaf, leaving } of moves) {
      if (leaving === undefined) continue;
      this.index.remove(this.#probeOf(leaving));
      this.#free.release(leaf);
    }
    this.size = this.#free.heldSize(this.size);
    for (const { leaf, entering } of moves) {
      if (entering === undefined) continue;
      const probe = this.#probeOf(entering);
      this.index.insert(probe, leaf);
      this.#hold(leaf);
      this.#entered.set(leaf, probe.bytes.slice(0, probe.length));
    }
    return this.#write(leaves, sizeBefore, (_, index) => {
      const start = index > 0 ? (ends[index - 1] as number) : 0;
      const end = ends[index] as number;
      if (end === start) return 0;
      this.#rows.copy(bytes, start, end);
      return nextEndOf(bytes, start) - start;
    });
  }

  /**
   * Takes rows of the store into memory, each held against its leaf. The first leaf whose row is not the one that the tree
   * commits to, if there is one; it is not taken.
   */
  admit(rows: readonly DeltaRow[]): number | undefined {
    const wanted = rows.filter(({ leaf }) => !this.#free.has(leaf) && !this.arena.has(leaf));
    const absent = wanted.filter(isRow);
    let damaged = wanted.find((row) => !isRow(row))?.leaf;
    const hashes = this.#place(absent, 0);
    for (const [index, { leaf }] of absent.entries()) {
      if (this.nodes.isLeaf(leaf, hashes, index * HASH_WORDS)) continue;
      this.arena.remove(leaf);
      damaged ??= leaf;
    }
    return damaged;
  }

  /** Takes a row of a state that is being loaded; its place in the order of keys is given later. */
  load(rows: readonly DeltaRow[]): void {
    for (const { leaf } of rows) {
      invariant(Number.isInteger(leaf) && leaf >= 0 && leaf < MAX_LEAVES, `${leaf} is no leaf number`);
      invariant(this.#free.has(leaf), `two entries hold leaf ${leaf}`);
      this.#hold(leaf);
    }
    const hashes = this.#place(rows, 0);
    this.nodes.reserve(this.size);
    this.nodes.setLeaves(Uint32Array.from(rows, ({ leaf }) => leaf), hashes);
  }

  /** Hashes the whole tree over the leaves that were loaded; the root. */
  rehashAll(): Hash {
    const slots = new Uint32Array(this.size);
    for (let leaf = 0; leaf < slots.length; leaf += 1) slots[leaf] = leaf;
    this.nodes.reserve(this.size);
    return this.nodes.rehash(slots, this.size);
  }

  /** Sets whole rows in the arena, with their links; their leaves' hashes. */
  #place(rows: readonly DeltaRow[], step: number): Int32Array {
    for (const row of rows) {
      invariant(isRow(row), `the row of leaf ${row.leaf} makes no sense`);
      this.#rows.copy(row.bytes, 0, row.bytes.length);
      this.#rows.end(row.leaf);
    }
    const delta = this.#rows.finish();
    const keyParts = new Uint32Array(rows.length);
    for (let index = 0, start = 0; index < rows.length; index += 1) {
      const end = delta.ends[index] as number;
      keyParts[index] = nextEndOf(delta.bytes, start) - start;
      this.arena.set(delta.leaves[index] as number, delta.bytes, start, end, keyParts[index] as number, step);
      start = end;
    }
    return this.#hashes.hash(delta, keyParts, new Uint8Array(rows.length).fill(1));
  }

  #plan(changes: readonly Change[], valueOf: (key: string, record: unknown) => Uint8Array | undefined): Plan {
    const { arena } = this;
    const namings: Naming[] = [];
    const leaves: number[] = [];
    const values: Uint8Array[] = [];
    let { count } = this;
    for (const { key, record } of changes) {
      const probe = this.#probeOf(key);
      const leaf = this.#find(probe);
      if (leaf < 0 && record === undefined) continue;
      const value = valueOf(key, record);
      if (leaf >= 0 && value !== undefined) {
        if (!arena.seek(leaf)) continue; // missing, and told below
        const start = valueStartOf(arena.bytes, arena.start + arena.keyPart, arena.end);
        if (sameAs(value, arena.bytes, start, arena.end)) continue;
        leaves.push(leaf);
        values.push(value);
        continue;
      }
      if (leaf < 0) checkKey(key);
      count += value === undefined ? -1 : 1;
      namings.push({ key, value });
      this.#demand(this.index.before(probe));
    }
    this.#demandRows();
    invariant(count <= MAX_LEAVES, `a state holds at most ${MAX_LEAVES} entries, not ${count}`);
    return { namings: namings.sort(byKey), leaves, values };
  }

  /** Frees the leaves of the keys that leave, then gives the lowest free ones to those that enter; all leaves whose keys changed. */
  #rename(namings: readonly Naming[], drafts: Map<number, Draft>): readonly number[] {
    const gone = new Set<number>();
    for (const { key, value } of namings) {
      if (value !== undefined) continue;
      const probe = this.#probeOf(key);
      const leaf = this.index.find(probe);
      const { next } = this.#draftOf(drafts, leaf);
      drafts.delete(leaf);
      this.index.remove(this.#probeOf(key));
      const before = this.index.before(probe);
      if (before >= 0) this.#draftOf(drafts, before).next = next;
      this.#free.release(leaf);
      gone.add(leaf);
    }
    this.size = this.#free.heldSize(this.size);
    for (const { key, value } of namings) {
      if (value === undefined) continue;
      const probe = this.#probeOf(key);
      const own = probe.bytes.slice(0, probe.length);
      const before = this.index.before(probe);
      const previous = before < 0 ? undefined : this.#draftOf(drafts, before);
      const leaf = this.#free.lowest();
      this.index.insert(probe, leaf);
      this.#hold(leaf);
      this.#entered.set(leaf, own);
      drafts.set(leaf, { key: own, next: previous?.next ?? own, value });
      if (previous !== undefined) previous.next = own;
    }
    return [...gone, ...[...drafts.keys()].filter((leaf) => !gone.has(leaf))];
  }

  #hold(leaf: number): void {
    this.#free.hold(leaf);
    if (leaf >= this.size) this.size = leaf + 1;
  }

  #draftOf(drafts: Map<number, Draft>, leaf: number): Draft {
    const known = drafts.get(leaf);
    if (known !== undefined) return known;
    this.seek(leaf);
    const { bytes, start, end, keyPart } = this.arena;
    const draft = {
      key: bytes.slice(keyStartOf(bytes, start), keyEndOf(bytes, start)),
      next: bytes.slice(nextStartOf(bytes, start), nextEndOf(bytes, start)),
      value: bytes.slice(valueStartOf(bytes, start + keyPart, end), end),
    };
    drafts.set(leaf, draft);
    return draft;
  }

  #writeDraft({ key, next, value }: Draft): number {
    const rows = this.#rows;
    const start = rows.length;
    rows.head(KEY_TAG, key.length);
    rows.copy(key, 0, key.length);
    rows.head(NEXT_TAG, next.length);
    rows.copy(next, 0, next.length);
    const keyPart = rows.length - start;
    this.#writeValue(value);
    return keyPart;
  }

  /** The arena stands at the row that is updated. The sign tells that its keys, and so its link, stay. */
  #writeUpdate(value: Uint8Array): number {
    const { bytes, start, keyPart } = this.arena;
    this.#rows.copy(bytes, start, start + keyPart);
    this.#writeValue(value);
    return -keyPart;
  }

  #writeValue(value: Uint8Array): void {
    if (value.length === 0) return;
    this.#rows.head(VALUE_TAG, value.length);
    this.#rows.copy(value, 0, value.length);
  }

  /**
   * Writes the row of each leaf anew and hashes all that follows from it. `writeRow` appends a row and returns the length of its
   * key part, negative if that stays as it was, and 0 for a row that is gone.
   */
  #write(leaves: Uint32Array, sizeBefore: number, writeRow: (leaf: number, index: number) => number): Step {
    const { arena } = this;
    const keyParts = new Uint32Array(leaves.length);
    const relinked = new Uint8Array(leaves.length);
    for (let index = 0; index < leaves.length; index += 1) {
      const leaf = leaves[index] as number;
      if (arena.seek(leaf)) this.#before.copy(arena.bytes, arena.start, arena.end);
      this.#before.end(leaf);
      const keyPart = writeRow(leaf, index);
      keyParts[index] = Math.abs(keyPart);
      relinked[index] = keyPart > 0 ? 1 : 0;
      this.#rows.end(leaf);
    }
    const rows = this.#rows.finish();
    arena.reserve(this.size);
    for (let index = 0, start = 0; index < leaves.length; index += 1) {
      const leaf = leaves[index] as number;
      const end = rows.ends[index] as number;
      if (end > start) arena.set(leaf, rows.bytes, start, end, keyParts[index] as number, this.stamp);
      else arena.remove(leaf);
      start = end;
    }
    this.nodes.reserve(Math.max(this.size, sizeBefore));
    this.nodes.setLeaves(leaves, this.#hashes.hash(rows, keyParts, relinked));
    const root = this.nodes.rehash(this.#touched(leaves, sizeBefore), this.size);
    this.#entered.clear();
    if (this.count > this.#hints.length && this.#hints.length < MAX_HINTS) {
      this.#hints = new Int32Array(this.#hints.length * 8);
    }
    this.#isMoving = false;
    return { root, rows, before: this.#before.finish() };
  }

  /** The changed leaves that the tree still has; where it shrank, the nodes over its new end have lost what was on their right. */
  #touched(leaves: Uint32Array, sizeBefore: number): Uint32Array {
    let kept = leaves.length;
    while (kept > 0 && (leaves[kept - 1] as number) >= this.size) kept -= 1;
    const touched = leaves.slice(0, kept + 1);
    const last = this.size - 1;
    if (this.size >= sizeBefore || (kept > 0 && touched[kept - 1] === last)) return touched.subarray(0, kept);
    touched[kept] = last;
    return touched;
  }

  #probeOf(key: string): Probe {
    return setProbe(this.#probe, key);
  }

  /** The leaf of the key, or -1. If a row was missing on the way it is noted, and the answer may be wrong. */
  #find(probe: Probe): number {
    const hints = this.#hints;
    const at = Math.imul(probe.low ^ probe.high, 0x9e3779b1) & (hints.length - 1);
    const hint = (hints[at] as number) - 1;
    if (hint >= 0 && this.arena.has(hint) && this.#compareKey(hint, probe) === 0) return hint;
    const leaf = this.index.find(probe);
    if (leaf >= 0) hints[at] = leaf + 1;
    return leaf;
  }

  #compareKey(leaf: number, { bytes, length }: Probe): number {
    const entered = this.#entered.get(leaf);
    if (entered !== undefined) return compareBytes(entered, 0, entered.length, bytes, length);
    if (!this.arena.seek(leaf)) {
      this.#missing.push(leaf);
      return 0;
    }
    const { arena } = this;
    return compareBytes(arena.bytes, keyStartOf(arena.bytes, arena.start), keyEndOf(arena.bytes, arena.start), bytes, length);
  }

  #demand(leaf: number): void {
    if (leaf >= 0 && !this.arena.has(leaf)) this.#missing.push(leaf);
  }

  #demandRows(): void {
    if (this.#missing.length === 0) return;
    const leaves = [...new Set(this.#missing)];
    this.#missing = [];
    throw new MissingRows(leaves);
  }
}
