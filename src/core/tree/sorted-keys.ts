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

/** Keys, ascending, and the leaf number of each. */
export interface Holders {
  readonly keys: readonly string[];
  readonly leaves: readonly number[];
}

/** Holders that can change; never without one. */
interface Chunk {
  readonly keys: string[];
  readonly leaves: number[];
}

const cut = ({ keys, leaves }: Holders, start: number, end: number): Chunk => ({
  keys: keys.slice(start, end),
  leaves: leaves.slice(start, end),
});

export class SortedKeys {
  #chunks: Chunk[] = [];
  /** The first key of each chunk. */
  #heads: string[] = [];

  /** All keys are these. */
  fill(holders: Holders): void {
    this.#chunks = [];
    for (let start = 0; start < holders.keys.length; start += HALF_CHUNK) {
      this.#chunks.push(cut(holders, start, start + HALF_CHUNK));
    }
    this.#heads = this.#chunks.map(({ keys }) => keys[0] as string);
  }

  /** Takes out keys that are here and puts in keys that are not. */
  change(leaving: Holders, entering: Holders): void {
    let at = 0;
    for (const key of leaving.keys) {
      at = this.#chunkOf(key, at);
      this.#remove(key, at);
    }
    at = 0;
    for (const [index, key] of entering.keys.entries()) {
      at = this.#chunkOf(key, at);
      this.#insert(key, entering.leaves[index] as number, at);
    }
  }

  /**
   * Whose successor in the ring of keys changed: their leaf numbers, each once, and those of their successors.
   * `changed` are the keys just taken out and put in, ascending.
   */
  relinked(changed: readonly string[]): { readonly leaves: number[]; readonly nexts: number[] } {
    const leaves: number[] = [];
    const nexts: number[] = [];
    const first = this.#chunks[0]?.leaves[0];
    const last = this.#chunks.at(-1)?.leaves.at(-1);
    if (first === undefined || last === undefined) return { leaves, nexts };
    const tell = (leaf: number, next: number): void => {
      if (leaves.at(-1) === leaf) return;
      leaves.push(leaf);
      nexts.push(next);
    };
    let at = 0;
    for (const key of changed) {
      at = this.#chunkOf(key, at);
      const chunk = this.#chunks[at] as Chunk;
      const index = lowerBound(chunk.keys, key);
      const follower = this.#chunks[at + 1]?.leaves[0] ?? first;
      const here = chunk.leaves[index] ?? follower;
      tell((index > 0 ? chunk.leaves[index - 1] : this.#chunks[at - 1]?.leaves.at(-1)) ?? last, here);
      if (chunk.keys[index] === key) tell(here, chunk.leaves[index + 1] ?? follower);
    }
    // The ring's end may have been told first, as what stands before the least key, and again at the end.
    if (leaves.length > 1 && leaves[0] === leaves.at(-1)) {
      leaves.pop();
      nexts.pop();
    }
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

  #remove(key: string, at: number): void {
    const { keys, leaves } = this.#chunks[at] ?? { keys: [], leaves: [] };
    const index = lowerBound(keys, key);
    invariant(keys[index] === key, `the key ${key} is not among the sorted keys`);
    keys.splice(index, 1);
    leaves.splice(index, 1);
    if (keys.length === 0) this.#drop(at);
    else if (index === 0) this.#heads[at] = keys[0] as string;
    const follower = this.#chunks[at + 1];
    if (keys.length === 0 || keys.length > SMALL_CHUNK || follower === undefined) return;
    if (keys.length + follower.keys.length > HALF_CHUNK) return;
    keys.push(...follower.keys);
    leaves.push(...follower.leaves);
    this.#drop(at + 1);
  }

  #insert(key: string, leaf: number, at: number): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push({ keys: [key], leaves: [leaf] });
      this.#heads.push(key);
      return;
    }
    const { keys, leaves } = chunk;
    const index = lowerBound(keys, key);
    invariant(keys[index] !== key, `the key ${key} is among the sorted keys already`);
    keys.splice(index, 0, key);
    leaves.splice(index, 0, leaf);
    if (index === 0) this.#heads[at] = key;
    if (keys.length <= MAX_CHUNK) return;
    this.#heads.splice(at + 1, 0, keys[HALF_CHUNK] as string);
    this.#chunks.splice(at + 1, 0, { keys: keys.splice(HALF_CHUNK), leaves: leaves.splice(HALF_CHUNK) });
  }

  #drop(at: number): void {
    this.#chunks.splice(at, 1);
    this.#heads.splice(at, 1);
  }
}
