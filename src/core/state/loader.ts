/**
 * Loader: builds a state from the rows of a store, in portions, so that a store of any size can be opened.
 *
 * Rows stay in memory as long as there is room; of the others only what search and tree need is kept. The root is then
 * computed from all of them: whoever knows which one is right learns whether any row is not.
 */
import type { Hasher } from '../crypto.ts';
import { invariant } from '../refusal.ts';
import { prefixOrder } from '../tree/prefix-order.ts';
import { compareBytes, highOf, lowOf } from '../tree/probe.ts';
import type { Hash } from '../units.ts';
import { Body } from './body.ts';
import type { DeltaRow } from './delta.ts';
import { keyEndOf, keyStartOf } from './row.ts';

/** More leaves than this for each row there are never, beside some thousands. */
const MAX_LEAVES_A_ROW = 16;
const FREE_LEAVES = 2 ** 20;

/** A growing list of numbers of 32 bits. */
class Words {
  #words = new Uint32Array(1024);
  length = 0;

  push(word: number): void {
    if (this.length === this.#words.length) {
      // By a quarter: there may be ten million of them, three times over.
      const grown = new Uint32Array(this.length + (this.length >> 2));
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words[this.length] = word;
    this.length += 1;
  }

  get words(): Uint32Array {
    return this.#words.subarray(0, this.length);
  }
}

export class Loader {
  readonly body: Body;
  readonly #maxBytes: number;
  readonly #highs = new Words();
  readonly #lows = new Words();
  readonly #leaves = new Words();
  #order: Uint32Array | undefined;

  /** `maxBytes`: how much of the rows to keep in memory. */
  constructor(hasher: Hasher, maxBytes: number) {
    this.body = new Body(hasher);
    this.#maxBytes = maxBytes;
  }

  /** Takes rows, each leaf once, in any order. Throws `InvariantViolation` for one that makes no sense. */
  add(rows: readonly DeltaRow[]): void {
    // Leaves are dense, so a number far beyond the rows is damage; it must not make room for itself first.
    const limit = FREE_LEAVES + MAX_LEAVES_A_ROW * (this.#leaves.length + rows.length);
    for (const { leaf } of rows) invariant(leaf < limit, `leaf ${leaf} is far beyond all others`);
    this.body.load(rows);
    const { arena } = this.body.table;
    for (const { leaf } of rows) {
      arena.seek(leaf);
      const [start, end] = [keyStartOf(arena.bytes, arena.start), keyEndOf(arena.bytes, arena.start)];
      this.#highs.push(highOf(arena.bytes, start, end));
      this.#lows.push(lowOf(arena.bytes, start, end));
      this.#leaves.push(leaf);
    }
    if (arena.usedBytes > this.#maxBytes) for (const { leaf } of rows) arena.remove(leaf);
  }

  /** After the last row: the leaves whose rows are not in memory, but needed to put keys in order. */
  missing(): readonly number[] {
    return this.#ties().flatMap((group) => group.filter((leaf) => !this.body.table.arena.has(leaf)));
  }

  /** The root of all rows; the body is complete then. Rows told by `missing` must have been admitted. */
  finish(): Hash {
    const order = this.#sorted();
    this.#sortTies(order);
    const { table } = this.body;
    table.index.fill(order, this.#highs.words, this.#lows.words, this.#leaves.words);
    table.settle();
    return this.body.rehashAll();
  }

  #sorted(): Uint32Array {
    this.#order ??= prefixOrder(this.#highs.words, this.#lows.words);
    return this.#order;
  }

  /** Groups of leaves whose keys have the same prefix. */
  #ties(): readonly (readonly number[])[] {
    const groups: number[][] = [];
    this.#eachTie((from, to, order) =>
      groups.push(Array.from(order.subarray(from, to), (at) => this.#leaves.words[at] as number)),
    );
    return groups;
  }

  #eachTie(visit: (from: number, to: number, order: Uint32Array) => void): void {
    const order = this.#sorted();
    const [highs, lows] = [this.#highs.words, this.#lows.words];
    const isSame = (a: number, b: number): boolean =>
      highs[order[a] as number] === highs[order[b] as number] && lows[order[a] as number] === lows[order[b] as number];
    for (let from = 0; from < order.length; ) {
      let to = from + 1;
      while (to < order.length && isSame(from, to)) to += 1;
      if (to > from + 1) visit(from, to, order);
      from = to;
    }
  }

  #sortTies(order: Uint32Array): void {
    const { table } = this.body;
    const keyOf = (leaf: number): Uint8Array => {
      table.seek(leaf);
      const { bytes, start } = table.arena;
      return bytes.slice(keyStartOf(bytes, start), keyEndOf(bytes, start));
    };
    const { words } = this.#leaves;
    this.#eachTie((from, to) => {
      const group = Array.from(order.subarray(from, to), (at) => ({ at, key: keyOf(words[at] as number) }));
      group.sort((a, b) => compareBytes(a.key, 0, a.key.length, b.key, b.key.length));
      for (const [index, { at, key }] of group.entries()) {
        const previous = group[index - 1]?.key;
        const isTwice = previous !== undefined && compareBytes(key, 0, key.length, previous, previous.length) === 0;
        invariant(!isTwice, `two entries have the key of leaf ${words[at]}`);
        order[from + index] = at;
      }
    });
  }
}
