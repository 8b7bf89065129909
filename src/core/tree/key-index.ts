/**
 * Key index: the leaf number of each key, in the order of keys, at about 17 bytes an entry.
 *
 * It holds the first eight bytes of a key and its leaf in sorted blocks; where these are the same for two keys it asks for
 * the keys themselves. Almost no two accounts share them, and the rest of a key need not be in memory at all.
 */
import { invariant } from '../refusal.ts';
import type { Probe } from './probe.ts';

const CAPACITY = 512;
const HALF = CAPACITY >> 1;
/** A block that falls below is joined to its neighbour, if both fit in three quarters of one. */
const SMALL = 96;
const JOINED = HALF + (HALF >> 1);
/** How full blocks are when all entries are known at once: room for keys that come later. */
const FILLED = CAPACITY - (CAPACITY >> 3);

/** Columns of a block: upper and lower four bytes of the prefix, leaf. */
const LOWS = CAPACITY;
const LEAVES = 2 * CAPACITY;

/** Negative, zero or positive as the key of an entry is below, at or above the probe's. */
export type CompareKey = (leaf: number, probe: Probe) => number;

interface Block {
  count: number;
  readonly words: Uint32Array;
}

const emptyBlock = (): Block => ({ count: 0, words: new Uint32Array(3 * CAPACITY) });

/** The first 53 bits of a prefix: as many as a number orders exactly. */
const headOf = (high: number, low: number): number => high * 2 ** 21 + (low >>> 11);

const fenceOf = ({ words }: Block): number => headOf(words[0] as number, words[LOWS] as number);

export class KeyIndex {
  readonly #compareKey: CompareKey;
  #blocks: Block[] = [];
  /**
   * What stands between a block and the one before it: a head that no entry of the block is below, and none before it above; of the first
   * block nothing is asked. PERF: they lie one beside the other; to look into the blocks would take three lines of memory each, of twenty
   * thousand at ten million keys.
   */
  #fences: number[] = [];
  #count = 0;
  /** What was sought last, where that search ended, and whether it found the key. */
  #soughtHigh = -1;
  #soughtLow = -1;
  #at = 0;
  #position = 0;
  #isHere = false;

  /** The blocks as they were when `begin` was called, as far as they have changed since. */
  #saved: Map<Block, Block> | undefined;
  #savedBlocks: Block[] = [];
  #savedFences: number[] = [];
  #savedCount = 0;

  constructor(compareKey: CompareKey) {
    this.#compareKey = compareKey;
  }

  /** What happens from now on can be taken back by `undo`, until `settle`. */
  begin(): void {
    this.#saved = new Map();
    this.#savedBlocks = this.#blocks.slice();
    this.#savedFences = this.#fences.slice();
    this.#savedCount = this.#count;
  }

  settle(): void {
    this.#saved = undefined;
    this.#savedBlocks = [];
    this.#savedFences = [];
  }

  /** PERF: a copy of each block that has changed. */
  undo(): void {
    for (const [block, { count, words }] of this.#saved ?? []) {
      block.count = count;
      block.words.set(words);
    }
    this.#blocks = this.#savedBlocks;
    this.#fences = this.#savedFences;
    this.#count = this.#savedCount;
    this.#soughtHigh = -1;
    this.settle();
  }

  #save(block: Block | undefined): void {
    if (block === undefined || this.#saved === undefined || this.#saved.has(block)) return;
    this.#saved.set(block, { count: block.count, words: block.words.slice() });
  }

  get count(): number {
    return this.#count;
  }

  /** The leaf of the key, or -1. */
  find(probe: Probe): number {
    return this.#seek(probe) ? this.#leafHere() : -1;
  }

  /** The leaf of the greatest key below the probe's, in the ring of all keys; -1 if there is none. */
  before(probe: Probe): number {
    this.#seek(probe);
    return this.beforeSought();
  }

  /** The same of the key that was sought last. */
  beforeSought(): number {
    if (this.#count === 0) return -1;
    if (this.#position > 0) return this.#leafAt(this.#at, this.#position - 1);
    const previous = this.#at > 0 ? this.#at - 1 : this.#blocks.length - 1;
    return this.#leafAt(previous, (this.#blocks[previous] as Block).count - 1);
  }

  /** The leaf of the least key at or above the probe's, in the ring of all keys; -1 if there is none. */
  from(probe: Probe): number {
    this.#seek(probe);
    if (this.#count === 0) return -1;
    if (this.#position < (this.#blocks[this.#at] as Block).count) return this.#leafHere();
    return this.#leafAt((this.#at + 1) % this.#blocks.length, 0);
  }

  /** The leaves of at most `limit` keys with from <= key < to, ascending. */
  range(from: Probe, to: Probe, limit: number): number[] {
    const leaves: number[] = [];
    this.#seek(from);
    for (let at = this.#at, position = this.#position; at < this.#blocks.length; at += 1, position = 0) {
      const block = this.#blocks[at] as Block;
      for (; position < block.count; position += 1) {
        if (leaves.length >= limit || this.#order(block, position, to) >= 0) return leaves;
        leaves.push(this.#leafAt(at, position));
      }
    }
    return leaves;
  }

  /** Adds a key that is not here, where it was sought: `before`, `from` or `find` of it came last. */
  insert(probe: Probe, leaf: number): void {
    const isSought = probe.high === this.#soughtHigh && probe.low === this.#soughtLow;
    invariant(isSought && !this.#isHere, 'a key enters the index that is in it, or another was sought meanwhile');
    if (this.#blocks.length === 0) this.#place(0, emptyBlock());
    let block = this.#blocks[this.#at] as Block;
    this.#save(block);
    if (block.count === CAPACITY) {
      this.#split();
      block = this.#blocks[this.#at] as Block;
    }
    const { words, count } = block;
    const position = this.#position;
    for (let column = 0; column < 3 * CAPACITY; column += CAPACITY) {
      words.copyWithin(column + position + 1, column + position, column + count);
    }
    words[position] = probe.high;
    words[LOWS + position] = probe.low;
    words[LEAVES + position] = leaf;
    block.count += 1;
    this.#count += 1;
    this.#isHere = true;
  }

  /** Takes out a key that is here. */
  remove(probe: Probe): void {
    invariant(this.#seek(probe), 'a key leaves the index that is not in it');
    const at = this.#at;
    const block = this.#blocks[at] as Block;
    this.#save(block);
    const { words, count } = block;
    for (let column = 0; column < 3 * CAPACITY; column += CAPACITY) {
      words.copyWithin(column + this.#position, column + this.#position + 1, column + count);
    }
    block.count -= 1;
    this.#count -= 1;
    if (block.count === 0) this.#drop(at);
    else if (block.count < SMALL) this.#join(at);
  }

  /** All entries at once: entry i has the prefix highs[i], lows[i] and the leaf leaves[i]; `order` gives them ascending by key. */
  fill(order: Uint32Array, highs: Uint32Array, lows: Uint32Array, leaves: Uint32Array): void {
    this.#blocks = [];
    this.#fences = [];
    this.#soughtHigh = -1;
    this.#count = order.length;
    for (let start = 0; start < order.length; start += FILLED) {
      const block = emptyBlock();
      block.count = Math.min(FILLED, order.length - start);
      for (let position = 0; position < block.count; position += 1) {
        const entry = order[start + position] as number;
        block.words[position] = highs[entry] as number;
        block.words[LOWS + position] = lows[entry] as number;
        block.words[LEAVES + position] = leaves[entry] as number;
      }
      this.#place(this.#blocks.length, block);
    }
  }

  /** Calls `visit` for every entry, ascending. */
  each(visit: (high: number, low: number, leaf: number) => void): void {
    for (const { words, count } of this.#blocks) {
      for (let at = 0; at < count; at += 1) {
        visit(words[at] as number, words[LOWS + at] as number, words[LEAVES + at] as number);
      }
    }
  }

  #leafAt(at: number, position: number): number {
    return (this.#blocks[at] as Block).words[LEAVES + position] as number;
  }

  #leafHere(): number {
    return this.#leafAt(this.#at, this.#position);
  }

  /** Whether entry `position` of a block stands before the probe. Its whole key is only asked for where the prefix is the same. */
  #order({ words }: Block, position: number, probe: Probe): number {
    const high = words[position] as number;
    if (high !== probe.high) return high < probe.high ? -1 : 1;
    const low = words[LOWS + position] as number;
    if (low !== probe.low) return low < probe.low ? -1 : 1;
    return this.#compareKey(words[LEAVES + position] as number, probe);
  }

  /** Goes to the first place whose key is not below the probe's; whether it is the very key. */
  #seek(probe: Probe): boolean {
    const blocks = this.#blocks;
    const fences = this.#fences;
    const head = headOf(probe.high, probe.low);
    let low = 0;
    let high = blocks.length;
    // The last block whose fence is not above the probe.
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const fence = fences[middle] as number;
      if (fence === head ? this.#order(blocks[middle] as Block, 0, probe) <= 0 : fence < head) low = middle;
      else high = middle;
    }
    this.#soughtHigh = probe.high;
    this.#soughtLow = probe.low;
    this.#at = low;
    this.#position = 0;
    this.#isHere = false;
    const block = blocks[low];
    if (block === undefined) return false;
    let first = 0;
    let last = block.count;
    let isHere = false;
    while (first < last) {
      const middle = (first + last) >> 1;
      const order = this.#order(block, middle, probe);
      if (order < 0) first = middle + 1;
      else {
        last = middle;
        if (order === 0) isHere = true;
      }
    }
    this.#position = first;
    this.#isHere = isHere;
    return isHere;
  }

  #place(at: number, block: Block): void {
    this.#blocks.splice(at, 0, block);
    this.#fences.splice(at, 0, fenceOf(block));
  }

  #drop(at: number): void {
    this.#blocks.splice(at, 1);
    this.#fences.splice(at, 1);
  }

  /** Halves the full block at the place found, and stays at that place. */
  #split(): void {
    const left = this.#blocks[this.#at] as Block;
    const right = emptyBlock();
    for (let column = 0; column < 3 * CAPACITY; column += CAPACITY) {
      right.words.set(left.words.subarray(column + HALF, column + CAPACITY), column);
    }
    left.count = HALF;
    right.count = CAPACITY - HALF;
    this.#place(this.#at + 1, right);
    if (this.#position <= HALF) return;
    this.#at += 1;
    this.#position -= HALF;
  }

  #join(at: number): void {
    const left = this.#blocks[at] as Block;
    const right = this.#blocks[at + 1];
    if (right === undefined || left.count + right.count > JOINED) return;
    this.#save(left);
    for (let column = 0; column < 3 * CAPACITY; column += CAPACITY) {
      left.words.set(right.words.subarray(column, column + right.count), column + left.count);
    }
    left.count += right.count;
    this.#drop(at + 1);
  }
}
