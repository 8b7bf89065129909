/**
 * Sorted keys: all keys in the order of strings, each with its leaf number, in chunks.
 *
 * A chunk holds at most 512 keys; the first key of each is kept beside, so a search is two binary searches and an
 * insert moves one chunk. Changes come in ascending batches and walk the chunks from left to right.
 */
import { invariant } from '../refusal.ts';

const MAX_CHUNK = 512;
/** A chunk that falls below is joined to its neighbour, if both fit in half a chunk. */
const SMALL_CHUNK = 64;
const HALF_CHUNK = MAX_CHUNK >> 1;

/** The first index whose key is >= `key`. */
const lowerBound = (keys: readonly string[], key: string): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** A key that comes or goes, and the leaf number that it takes or leaves. */
export interface Move {
  readonly key: string;
  readonly leaf: number;
  readonly enters: boolean;
}

/** Leaf numbers of keys, and those of the next greater key of each. */
export interface Links {
  readonly leaves: number[];
  readonly nexts: number[];
}

/** Keys, ascending, and their leaf numbers; never without one. */
interface Chunk {
  readonly keys: string[];
  readonly leaves: number[];
}

export class SortedKeys {
  #chunks: Chunk[] = [];
  /** The first key of each chunk. */
  #heads: string[] = [];

  /** All keys are these, ascending. */
  fill(keys: readonly string[], leaves: readonly number[]): void {
    this.#chunks = [];
    for (let start = 0; start < keys.length; start += HALF_CHUNK) {
      const end = start + HALF_CHUNK;
      this.#chunks.push({ keys: keys.slice(start, end), leaves: leaves.slice(start, end) });
    }
    this.#heads = this.#chunks.map((chunk) => chunk.keys[0] as string);
  }

  /**
   * Makes the moves, which are ascending by key, or undoes them. Tells once each leaf whose successor in the ring changed.
   * PERF: one walk from left to right. What lies left of a move is final; a successor told too early is told again next.
   */
  change(moves: readonly Move[], isUndo: boolean): Links {
    const leaves: number[] = [];
    const nexts: number[] = [];
    const tell = (leaf: number | undefined, next: number | undefined): void => {
      if (leaf === undefined || next === undefined) return;
      if (leaves.at(-1) !== leaf) leaves.push(leaf);
      nexts[leaves.length - 1] = next;
    };
    let at = 0;
    let isEndTouched = false;
    for (const { key, leaf, enters } of moves) {
      const isEntering = enters !== isUndo;
      at = this.#chunkOf(key, at);
      const index = lowerBound(this.#keys(at), key);
      invariant(
        (this.#keys(at)[index] === key) !== isEntering,
        `the key ${key} cannot ${isEntering ? 'enter' : 'leave'} here`,
      );
      const before = index > 0 ? this.#chunks[at]?.leaves[index - 1] : this.#chunks[at - 1]?.leaves.at(-1);
      const after = this.#chunks[at]?.leaves[isEntering ? index : index + 1] ?? this.#chunks[at + 1]?.leaves[0];
      if (before === undefined || after === undefined) isEndTouched = true;
      tell(before, isEntering ? leaf : after);
      if (isEntering) tell(leaf, after);
      if (isEntering) this.#insert(key, leaf, at, index);
      else this.#remove(at, index);
    }
    if (isEndTouched) tell(this.#chunks.at(-1)?.leaves.at(-1), this.#chunks[0]?.leaves[0]);
    return { leaves, nexts };
  }

  /** At most `limit` keys with from <= key < to, ascending or descending. */
  range(from: string, to: string, limit: number, descending: boolean): string[] {
    return descending ? this.#descending(from, to, limit) : this.#ascending(from, to, limit);
  }

  /** The greatest key <= `key`, else the greatest of all (the keys are a ring); `undefined` if there is none. */
  floor(key: string): string | undefined {
    const keys = this.#keys(this.#chunkOf(key, 0));
    const index = lowerBound(keys, key);
    if (keys[index] === key) return key;
    return index > 0 ? keys[index - 1] : this.#chunks.at(-1)?.keys.at(-1);
  }

  /** The least key > `key`, else the least of all; `undefined` if there is none. */
  next(key: string): string | undefined {
    const at = this.#chunkOf(key, 0);
    const keys = this.#keys(at);
    const index = lowerBound(keys, key);
    return keys[keys[index] === key ? index + 1 : index] ?? this.#heads[at + 1] ?? this.#heads[0];
  }

  #ascending(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    let at = this.#chunkOf(from, 0);
    let index = lowerBound(this.#keys(at), from);
    for (; at < this.#chunks.length; at += 1, index = 0) {
      const keys = this.#keys(at);
      for (; index < keys.length; index += 1) {
        const key = keys[index] as string;
        if (found.length >= limit || key >= to) return found;
        found.push(key);
      }
    }
    return found;
  }

  #descending(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    let at = this.#chunkOf(to, 0);
    let index = lowerBound(this.#keys(at), to) - 1;
    for (; at >= 0; at -= 1, index = this.#keys(at).length - 1) {
      const keys = this.#keys(at);
      for (; index >= 0; index -= 1) {
        const key = keys[index] as string;
        if (found.length >= limit || key < from) return found;
        found.push(key);
      }
    }
    return found;
  }

  #keys(at: number): readonly string[] {
    return this.#chunks[at]?.keys ?? [];
  }

  /** The last chunk from `start` on whose head is <= `key`, or `start`. The steps widen from there. */
  #chunkOf(key: string, start: number): number {
    const heads = this.#heads;
    let low = start;
    let step = 1;
    while (low + step < heads.length && (heads[low + step] as string) <= key) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, heads.length);
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((heads[middle] as string) <= key) low = middle;
      else high = middle;
    }
    return low;
  }

  #remove(at: number, index: number): void {
    const { keys, leaves } = this.#chunks[at] as Chunk;
    keys.splice(index, 1);
    leaves.splice(index, 1);
    if (keys.length === 0) {
      this.#drop(at);
      return;
    }
    if (index === 0) this.#heads[at] = keys[0] as string;
    const follower = this.#chunks[at + 1];
    if (follower !== undefined && keys.length < SMALL_CHUNK && keys.length + follower.keys.length <= HALF_CHUNK) {
      keys.push(...follower.keys);
      leaves.push(...follower.leaves);
      this.#drop(at + 1);
    }
  }

  #insert(key: string, leaf: number, at: number, index: number): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], leaves: [leaf] });
      this.#heads.push(key);
      return;
    }
    const { keys, leaves } = chunk;
    keys.splice(index, 0, key);
    leaves.splice(index, 0, leaf);
    if (index === 0) this.#heads[at] = key;
    if (keys.length > MAX_CHUNK) {
      this.#heads.splice(at + 1, 0, keys[HALF_CHUNK] as string);
      this.#chunks.splice(at + 1, 0, { keys: keys.splice(HALF_CHUNK), leaves: leaves.splice(HALF_CHUNK) });
    }
  }

  #drop(at: number): void {
    this.#chunks.splice(at, 1);
    this.#heads.splice(at, 1);
  }
}
