/**
 * Body: the one mutable state that all versions share, standing at one of them.
 *
 * It holds the table of rows and the nodes of the tree. `step` moves it to a next version
 * and gives the old rows, which lead back; `swap` goes there and turns them round. Nothing is changed before all rows
 * that the change needs are known to be here: if one is not, `MissingRows` says which to fetch, and to try again is free.
 */

import { toHex, viewOf } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import { MAX_LEAVES } from '../tree/free-leaves.ts';
import { copyHash, HASH_WORDS } from '../tree/hash-pages.ts';
import { numbersAt, orderOf, sortedBelow } from '../tree/leaf-order.ts';
import { LineMemory } from '../tree/line-memory.ts';
import { Nodes } from '../tree/nodes.ts';
import type { Hash } from '../units.ts';
import { type Change, type Delta, type DeltaRow, DeltaWriter, type PresentRow, startOf } from './delta.ts';
import { type Encode, planOf, type Scratch } from './plan.ts';
import { type Draft, rename, SAME, writeDraft, writeUpdate } from './renaming.ts';
import { isRow, keyEndOf, keyStartOf, nextEndOf } from './row.ts';
import { RowHashes } from './row-hashes.ts';
import { RowTable, WARM_ROWS } from './row-table.ts';
import { Scraps } from './scraps.ts';
import { SingleEntries } from './single-entries.ts';

/** A step done. */
export interface Step {
  readonly root: Hash;
  /** The rows as they are now, and as they were. */
  readonly rows: Delta;
  readonly before: Delta;
}

/** A leaf that gets another key, or none. */
interface Move {
  readonly leaf: number;
  readonly leaving: string | undefined;
  readonly entering: string | undefined;
}

const NO_UPDATE = -1;

export class Body {
  readonly table: RowTable;
  readonly nodes: Nodes;
  readonly singles = new SingleEntries();
  /** The number of steps and swaps so far. */
  stamp = 0;
  readonly #hashes: RowHashes;
  readonly #rows = new DeltaWriter();
  readonly #before = new DeltaWriter();
  readonly #scratch: Scratch = { values: new DeltaWriter(), scraps: new Scraps() };
  /** Whether a step is under way. If the hasher threw in one, the body is broken for good. */
  #isMoving = false;

  constructor(hasher: Hasher) {
    const lines = new LineMemory();
    this.table = new RowTable(lines);
    this.nodes = new Nodes(hasher, lines);
    this.#hashes = new RowHashes(hasher, this.table.arena);
  }

  /** Throws if a step was begun and never finished. */
  checkWhole(): void {
    invariant(!this.#isMoving, 'an update of this state was broken off by its hasher: no version of it can be used');
  }

  /**
   * Makes the changes, each a value or, with `undefined`, none; `undefined` if they change nothing. Throws `MissingRows`, or `InvariantViolation` for a malformed key, having changed nothing.
   */
  step(changes: readonly Change[], encode: Encode): Step | undefined {
    const { table } = this;
    const { namings, updates } = planOf(table, this.#scratch, changes, encode);
    if (namings.length + updates.leaves.length === 0) return undefined;
    this.#begin();
    const sizeBefore = table.size;
    const { scraps, values } = this.#scratch;
    const drafts = new Map<number, Draft>();
    const named = this.#moving(() => rename(table, namings, drafts, scraps));
    const unordered = new Uint32Array(updates.leaves.length + named.length);
    // Which update a leaf gets its value from; of those without one, the row is made anew.
    const sources = new Int32Array(unordered.length).fill(NO_UPDATE);
    let count = 0;
    for (let index = 0; index < updates.leaves.length; index += 1) {
      const leaf = updates.leaves[index] as number;
      const draft = drafts.size > 0 ? drafts.get(leaf) : undefined;
      if (draft !== undefined) {
        draft.value = scraps.copy(values.view, startOf(updates, index), updates.ends[index] as number);
      } else {
        unordered[count] = leaf;
        sources[count++] = index;
      }
    }
    for (const leaf of named) unordered[count++] = leaf;
    const order = orderOf(unordered.subarray(0, count));
    const step = this.#write(numbersAt(unordered, order), sizeBefore, (leaf, index) => {
      const source = sources[order[index] as number] as number;
      if (source !== NO_UPDATE) {
        const [from, to] = [startOf(updates, source), updates.ends[source] as number];
        return writeUpdate(this.#rows, table.arena, values.view, from, to);
      }
      const draft = drafts.get(leaf);
      return draft === undefined ? 0 : writeDraft(this.#rows, draft);
    });
    return step.rows.leaves.length > 0 ? step : undefined;
  }

  /** Goes to the version whose rows these are; the rows that lead back. Throws `MissingRows`, having changed nothing. */
  swap(delta: Delta): Step {
    const moves = this.#movesOf(delta);
    const { leaves, ends, bytes } = delta;
    const { table } = this;
    this.#begin();
    const sizeBefore = table.size;
    this.#moving(() => {
      for (const { leaf, leaving } of moves) {
        if (leaving === undefined) continue;
        const probe = table.probeOf(leaving);
        table.neighbourOf(probe);
        table.leave(probe, leaf);
      }
      table.shrink();
      for (const { leaf, entering } of moves) {
        if (entering === undefined) continue;
        const probe = table.probeOf(entering);
        table.neighbourOf(probe);
        table.enter(probe, probe.bytes.slice(0, probe.length), leaf);
      }
    });
    const view = viewOf(bytes);
    return this.#write(leaves, sizeBefore, (_, index) => {
      const start = startOf(delta, index);
      const end = ends[index] as number;
      if (end === start) return 0;
      this.#rows.copy(view, start, end);
      return nextEndOf(bytes, start) - start;
    });
  }

  /**
   * Moves keys. Where keys share their first bytes, a key that enters or leaves changes which rows the search for the next one
   * comes to; so a row may be missing in the middle of it, and all keys go back to where they were.
   */
  #moving<T>(move: () => T): T {
    this.table.begin();
    let isDone = false;
    try {
      const moved = move();
      this.table.demandRows();
      isDone = true;
      return moved;
    } finally {
      if (!isDone) {
        this.table.undo();
        this.#isMoving = false;
      }
    }
  }

  /** The leaves that get another key, once it is sure that no row is missing to find their places. */
  #movesOf(delta: Delta): readonly Move[] {
    const { table } = this;
    const { leaves, ends, bytes } = delta;
    const moves: Move[] = [];
    for (let index = 0; index < leaves.length; index += 1) {
      const leaf = leaves[index] as number;
      const start = startOf(delta, index);
      const isHeld = table.isHeld(leaf);
      if (isHeld && !table.arena.has(leaf)) {
        table.demand(leaf);
        continue;
      }
      const leaving = isHeld ? table.keyOf(leaf) : undefined;
      const isThere = (ends[index] as number) > start;
      const entering = isThere ? toHex(bytes.subarray(keyStartOf(bytes, start), keyEndOf(bytes, start))) : undefined;
      if (leaving !== entering) moves.push({ leaf, leaving, entering });
    }
    for (const { leaving, entering } of moves) {
      if (leaving !== undefined) table.find(table.probeOf(leaving));
      if (entering !== undefined) table.find(table.probeOf(entering));
    }
    table.demandRows();
    return moves;
  }

  /**
   * Takes rows of the store into memory, each held against its leaf. The first leaf whose row is not the one that the tree
   * commits to, if there is one; it is not taken.
   */
  admit(rows: readonly DeltaRow[]): number | undefined {
    const absent: PresentRow[] = [];
    let damaged: number | undefined;
    for (const row of rows) {
      if (!this.table.isHeld(row.leaf) || this.table.arena.has(row.leaf)) continue;
      if (isRow(row)) absent.push(row);
      else damaged ??= row.leaf;
    }
    const hashes = this.#place(absent);
    for (const [index, { leaf }] of absent.entries()) {
      if (this.nodes.isLeaf(leaf, hashes, index * HASH_WORDS)) continue;
      this.table.arena.remove(leaf);
      damaged ??= leaf;
    }
    return damaged;
  }

  /** Takes a row of a state that is being loaded; its place in the order of keys is given later. */
  load(rows: readonly DeltaRow[]): void {
    const present: PresentRow[] = [];
    for (const row of rows) {
      const { leaf } = row;
      invariant(Number.isInteger(leaf) && leaf >= 0 && leaf < MAX_LEAVES, `${leaf} is no leaf number`);
      invariant(!this.table.isHeld(leaf), `two entries hold leaf ${leaf}`);
      invariant(isRow(row), `the row of leaf ${leaf} makes no sense`);
      this.table.hold(leaf);
      present.push(row);
    }
    const hashes = this.#place(present);
    this.nodes.reserve(this.table.size);
    this.nodes.setLeaves(
      Uint32Array.from(rows, ({ leaf }) => leaf),
      hashes,
    );
  }

  /** Hashes the whole tree over the leaves that were loaded; the root. */
  rehashAll(): Hash {
    const slots = new Uint32Array(this.table.size);
    for (let leaf = 0; leaf < slots.length; leaf += 1) slots[leaf] = leaf;
    this.nodes.reserve(this.table.size);
    return this.nodes.rehash(slots, this.table.size);
  }

  /** Sets whole rows in the arena, with their links; their leaves' hashes. */
  #place(rows: readonly PresentRow[]): Int32Array {
    this.table.arena.step = 0;
    for (const row of rows) {
      this.#rows.add(row.bytes);
      this.#rows.end(row.leaf);
    }
    const delta = this.#rows.finish();
    const { keyParts, relinked } = this.#hashes.notes(rows.length);
    const words = new Int32Array(delta.bytes.buffer);
    for (let index = 0; index < rows.length; index += 1) {
      const [start, end] = [startOf(delta, index), delta.ends[index] as number];
      keyParts[index] = nextEndOf(delta.bytes, start) - start;
      this.table.arena.set(delta.leaves[index] as number, words, start, end, keyParts[index] as number);
    }
    relinked.fill(1, 0, rows.length);
    return this.#hashes.hash(delta);
  }

  #begin(): void {
    this.#isMoving = true;
    this.stamp += 1;
    this.table.arena.step = this.stamp;
  }

  /**
   * Writes the row of each leaf anew and hashes all that follows from it. `writeRow` appends a row and returns the length of its
   * key part, negative if that stays as it was, 0 for a row that is gone, `SAME` for one that stays as it is.
   */
  #write(leaves: Uint32Array, sizeBefore: number, writeRow: (leaf: number, index: number) => number): Step {
    const { table } = this;
    const { arena } = table;
    const { keyParts, relinked, links } = this.#hashes.notes(leaves.length);
    arena.reserve(table.size);
    let written = 0;
    // PERF: all that is done with a row in one turn, while its memory is at hand.
    for (let index = 0; index < leaves.length; index += 1) {
      if (index % WARM_ROWS === 0) table.warmRows(leaves, index);
      const leaf = leaves[index] as number;
      const isHere = arena.seek(leaf);
      const start = this.#rows.length;
      const keyPart = writeRow(leaf, index);
      if (keyPart === SAME) continue;
      if (isHere) this.#before.copyWords(arena.words, arena.start, arena.end - arena.start);
      this.#before.end(leaf);
      const end = this.#rows.length;
      keyParts[written] = Math.abs(keyPart);
      relinked[written] = keyPart > 0 ? 1 : 0;
      this.#rows.end(leaf);
      if (end > start) {
        arena.set(leaf, this.#rows.words, start, end, keyPart);
        copyHash(arena.words, arena.linkAt, links, written * HASH_WORDS);
      } else arena.remove(leaf);
      written += 1;
    }
    const rows = this.#rows.finish();
    const root = this.#rehash(rows, sizeBefore);
    table.settle();
    this.#isMoving = false;
    return { root, rows, before: this.#before.finish() };
  }

  #rehash(rows: Delta, sizeBefore: number): Hash {
    const { size } = this.table;
    const { leaves } = rows;
    const width = Math.max(size, sizeBefore);
    this.nodes.reserve(width);
    this.nodes.setLeaves(leaves, this.#hashes.hash(rows));
    return this.nodes.rehash(this.#touched(leaves, sizeBefore), size, width);
  }

  /**
   * The changed leaves, and every slot that the tree lost or got: where it shrinks, the nodes over them must not stay as they were,
   * for a version to which it grows again may leave these slots free.
   */
  #touched(leaves: Uint32Array, sizeBefore: number): Uint32Array {
    const { size } = this.table;
    if (size === sizeBefore) return leaves.slice();
    const [from, to] = size < sizeBefore ? [size, sizeBefore] : [sizeBefore, size];
    const slots = new Uint32Array(to - from);
    for (let index = 0; index < slots.length; index += 1) slots[index] = from + index;
    return sortedBelow([leaves, slots], to);
  }
}
