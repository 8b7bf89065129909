/**
 * Row table: which leaf each key has, and the rows that are in memory.
 *
 * A search may come to a row that only the store holds. It is noted, and `demandRows` throws `MissingRows` for all that were
 * noted: nothing is changed before, so to fetch them and to try again is free.
 */
import { areSame, toHex } from '../bytes.ts';
import { invariant } from '../refusal.ts';
import { FreeLeaves } from '../tree/free-leaves.ts';
import { KeyIndex } from '../tree/key-index.ts';
import { hintHash, LeafHints } from '../tree/leaf-hints.ts';
import type { LineMemory } from '../tree/line-memory.ts';
import { compareBytes, emptyProbe, type Probe, setProbe, setProbeBytes, wordOf } from '../tree/probe.ts';
import { MissingRows } from './missing-rows.ts';
import { keyEndOf, keyStartOf } from './row.ts';
import { RowArena } from './row-arena.ts';

/** States with fewer entries are near enough to the processor as they are. */
const WARM_FROM = 50_000;
export const WARM_KEYS = 256;
/** Rows whose lines come to the nearest cache together: fewer, since they are to stay there until they are written. */
export const WARM_ROWS = 128;

export class RowTable {
  readonly arena: RowArena;
  readonly index = new KeyIndex((leaf, probe) => this.#compareKey(leaf, probe));
  /** 1 + the greatest leaf held, or 0. */
  size = 0;
  readonly #free = new FreeLeaves();
  readonly #hints = new LeafHints();
  readonly #probe: Probe = emptyProbe();
  /** The end of a range. */
  readonly #end: Probe = emptyProbe();
  readonly #warming = new Int32Array(WARM_KEYS);
  /** Keys that have entered while their rows are not written yet. */
  readonly #entered = new Map<number, Uint8Array>();
  #missing: number[] = [];
  /** Leaves that were given to keys since `begin`, or, as -1 - leaf, taken from them. */
  #moved: number[] = [];
  #sizeBefore = 0;

  constructor(lines: LineMemory) {
    this.arena = new RowArena(lines);
  }

  get count(): number {
    return this.index.count;
  }

  isHeld(leaf: number): boolean {
    return !this.#free.has(leaf);
  }

  /** The leaf of the key that `prefix` and `rest` make, or -1; the arena stands at its row then. Throws `MissingRows`. */
  leafOf(rest: string, prefix = ''): number {
    const leaf = this.find(setProbe(this.#probe, rest, prefix));
    this.demandRows();
    return leaf;
  }

  /** The leaf of the greatest key below `key` in the ring of all keys, or -1. Throws `MissingRows`. */
  leafBefore(key: string): number {
    return this.neighbourOf(this.probeOf(key));
  }

  /** Goes to the row of a leaf that is held. Throws `MissingRows`. */
  seek(leaf: number): void {
    if (this.arena.seek(leaf)) return;
    invariant(this.isHeld(leaf), `no entry holds leaf ${leaf}`);
    throw new MissingRows([leaf]);
  }

  /** At most `limit` keys with from <= key < to, ascending. Throws `MissingRows` for all of them that are not here. */
  keys(from: string, to: string, limit: number): readonly string[] {
    const leaves = this.index.range(this.probeOf(from), setProbe(this.#end, to), limit);
    for (const leaf of leaves) this.demand(leaf);
    this.demandRows();
    return leaves.map((leaf) => this.keyOf(leaf));
  }

  /** The key of a leaf whose row is here. */
  keyOf(leaf: number): string {
    this.seek(leaf);
    const { bytes, start } = this.arena;
    return toHex(bytes.subarray(keyStartOf(bytes, start), keyEndOf(bytes, start)));
  }

  /** The leaves to fetch before these keys are read, written, or put in place anew; those that are here are not told. */
  missingFor(keys: readonly string[]): readonly number[] {
    for (let index = 0; index < keys.length; index += 1) {
      if (index % WARM_KEYS === 0) this.warm('', keys, index);
      const probe = this.probeOf(keys[index] as string);
      if (this.find(probe) < 0) this.demand(this.index.before(probe));
    }
    const missing = [...new Set(this.#missing)];
    this.#missing = [];
    return missing;
  }

  /**
   * PERF: what is known of keys that will be asked for soon comes into the processor's cache, for all of them at once: at a million
   * accounts, to wait for one row after the other takes longer than all that is done with them. A key is `prefix` and a text of
   * the list, from its place `from` on; at most 256 are looked at.
   */
  warm(prefix: string, rests: readonly string[], from = 0): void {
    if (this.count < WARM_FROM) return;
    const count = Math.min(rests.length - from, WARM_KEYS);
    for (let index = 0; index < count; index += 1) {
      const rest = rests[from + index] as string;
      this.#warming[index] = hintHash(wordOf(prefix, rest, 0), wordOf(prefix, rest, 4));
    }
    this.#hints.guess(this.#warming, count);
    this.arena.warm(this.#warming, count);
  }

  /** PERF: the same of the rows of leaves, from place `from` of the list on, `WARM_ROWS` of them. */
  warmRows(leaves: Uint32Array, from: number): void {
    if (this.count < WARM_FROM) return;
    const count = Math.min(leaves.length - from, WARM_ROWS);
    for (let index = 0; index < count; index += 1) this.#warming[index] = leaves[from + index] as number;
    this.arena.warm(this.#warming, count);
  }

  /** The number is held from now on. */
  hold(leaf: number): void {
    this.#free.hold(leaf);
    if (leaf >= this.size) this.size = leaf + 1;
  }

  /** The leaf of the greatest key below a key that is about to enter or has left, or -1. Throws `MissingRows`. */
  neighbourOf(probe: Probe): number {
    const leaf = this.index.before(probe);
    this.demandRows();
    return leaf;
  }

  /** A key comes to the lowest free leaf, or to the one given, before its row is written. Its neighbour is what was sought last. */
  enter(probe: Probe, key: Uint8Array, leaf: number = this.#free.lowest()): number {
    this.#moved.push(leaf);
    this.index.insert(probe, leaf);
    this.hold(leaf);
    this.#entered.set(leaf, key);
    return leaf;
  }

  /** A key goes whose place was found before; `shrink` tells when all of them are gone. */
  leave(probe: Probe, leaf: number): void {
    this.#moved.push(-1 - leaf);
    this.index.remove(probe);
    this.#free.release(leaf);
  }

  shrink(): void {
    this.size = this.#free.heldSize(this.size);
  }

  /** Keys are about to move. If a row is missing for that, `undo` puts all of them back. */
  begin(): void {
    this.index.begin();
    this.#moved = [];
    this.#sizeBefore = this.size;
  }

  undo(): void {
    this.index.undo();
    for (const leaf of this.#moved.reverse()) {
      if (leaf >= 0) this.#free.release(leaf);
      else this.#free.hold(-1 - leaf);
    }
    this.#moved = [];
    this.#entered.clear();
    this.size = this.#sizeBefore;
  }

  /** All rows of keys that are in the index are written. */
  settle(): void {
    this.index.settle();
    this.#entered.clear();
    if (this.#hints.reserve(this.count)) {
      this.index.each((high, low, leaf) => this.#hints.add(high, low, leaf));
    }
  }

  /** The key as searches take it; the next call changes it. */
  probeOf(key: string): Probe {
    return setProbe(this.#probe, key);
  }

  /** The same of a key's bytes. */
  probeOfBytes(key: Uint8Array): Probe {
    return setProbeBytes(this.#probe, key);
  }

  /** The leaf of the key, or -1. If a row was missing on the way it is noted, and the answer may be wrong. */
  find(probe: Probe): number {
    const hint = this.#hints.find(probe, this.#isRowOf);
    if (hint >= 0) return hint;
    const leaf = this.index.find(probe);
    if (leaf >= 0) this.#hints.add(probe.high, probe.low, leaf);
    return leaf;
  }

  /** Notes that the row of a leaf is needed, if there is one. */
  demand(leaf: number): void {
    if (leaf >= 0 && !this.arena.has(leaf)) this.#missing.push(leaf);
  }

  /** The same of many. PERF: one look is not waited for before the next, as it is where much is done between; none if all rows are here. */
  demandAll(leaves: Uint32Array): void {
    if (this.arena.count === this.count) return;
    for (let index = 0; index < leaves.length; index += 1) this.demand(leaves[index] as number);
  }

  /** Throws if a row was missing. */
  demandRows(): void {
    if (this.#missing.length === 0) return;
    const leaves = [...new Set(this.#missing)];
    this.#missing = [];
    throw new MissingRows(leaves);
  }

  readonly #isRowOf = (leaf: number, probe: Probe): boolean =>
    this.#entered.size > 0 ? this.arena.has(leaf) && this.#compareKey(leaf, probe) === 0 : this.#isKeyOf(leaf, probe);

  /** Whether the row of a leaf is here, and has that key. */
  #isKeyOf(leaf: number, { view, length }: Probe): boolean {
    const { arena } = this;
    if (!arena.seek(leaf)) return false;
    const [start, end] = [keyStartOf(arena.bytes, arena.start), keyEndOf(arena.bytes, arena.start)];
    return end - start === length && areSame(arena.view, start, view, 0, length);
  }

  #compareKey(leaf: number, { bytes, length }: Probe): number {
    const entered = this.#entered.size > 0 ? this.#entered.get(leaf) : undefined;
    if (entered !== undefined) return compareBytes(entered, 0, entered.length, bytes, length);
    const { arena } = this;
    if (arena.seek(leaf)) {
      const [start, end] = [keyStartOf(arena.bytes, arena.start), keyEndOf(arena.bytes, arena.start)];
      return compareBytes(arena.bytes, start, end, bytes, length);
    }
    this.#missing.push(leaf);
    return 0;
  }
}
