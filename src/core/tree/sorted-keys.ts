/**
 * Sorted keys: all keys in the order of strings, in chunks.
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

export class SortedKeys {
  #chunks: string[][] = [];
  /** The first key of each chunk. */
  #heads: string[] = [];

  /** All keys are these, ascending. */
  fill(keys: readonly string[]): void {
    this.#chunks = [];
    for (let start = 0; start < keys.length; start += HALF_CHUNK) this.#chunks.push(keys.slice(start, start + HALF_CHUNK));
    this.#heads = this.#chunks.map((chunk) => chunk[0] as string);
  }

  /** Takes out keys that are here and puts in keys that are not. Both lists are ascending. */
  change(removed: readonly string[], inserted: readonly string[]): void {
    let chunk = 0;
    for (const key of removed) {
      chunk = this.#chunkOf(key, chunk);
      this.#remove(key, chunk);
    }
    chunk = 0;
    for (const key of inserted) {
      chunk = this.#chunkOf(key, chunk);
      this.#insert(key, chunk);
    }
  }

  /**
   * Whose successor in the ring of keys changed: pairs (key, its next key), one after the other, each key once.
   * `changed` are the keys just put in and taken out, ascending.
   */
  relinked(changed: readonly string[]): string[] {
    const pairs: string[] = [];
    if (this.#chunks.length === 0) return pairs;
    const emit = (key: string, next: string): void => {
      if (pairs[pairs.length - 2] !== key) pairs.push(key, next);
    };
    const first = this.#heads[0] as string;
    const last = this.#last();
    let at = 0;
    for (const key of changed) {
      at = this.#chunkOf(key, at);
      const chunk = this.#chunks[at] as string[];
      const index = lowerBound(chunk, key);
      const before = index > 0 ? chunk[index - 1] : this.#chunks[at - 1]?.at(-1);
      const after = (position: number): string => chunk[position] ?? this.#heads[at + 1] ?? first;
      emit(before ?? last, after(index));
      if (chunk[index] === key) emit(key, after(index + 1));
    }
    // The ring's end may have been told at the beginning already, as what stands before the first key.
    if (pairs.length > 2 && pairs[0] === pairs[pairs.length - 2]) pairs.length -= 2;
    return pairs;
  }

  /** At most `limit` keys with from <= key < to, ascending or descending. */
  range(from: string, to: string, limit: number, descending: boolean): string[] {
    return descending ? this.#descending(from, to, limit) : this.#ascending(from, to, limit);
  }

  /** The greatest key <= `key`, else the greatest of all (the keys are a ring); `undefined` if there is none. */
  floor(key: string): string | undefined {
    if (this.#chunks.length === 0) return undefined;
    const chunk = this.#chunks[this.#chunkOf(key, 0)] as string[];
    const index = lowerBound(chunk, key);
    if (chunk[index] === key) return key;
    return index > 0 ? chunk[index - 1] : this.#last();
  }

  /** The least key > `key`, else the least of all; `undefined` if there is none. */
  next(key: string): string | undefined {
    if (this.#chunks.length === 0) return undefined;
    const at = this.#chunkOf(key, 0);
    const chunk = this.#chunks[at] as string[];
    const index = lowerBound(chunk, key);
    return chunk[chunk[index] === key ? index + 1 : index] ?? this.#heads[at + 1] ?? this.#heads[0];
  }

  #ascending(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    let at = this.#chunkOf(from, 0);
    let index = lowerBound(this.#chunks[at] ?? [], from);
    for (; at < this.#chunks.length; at += 1, index = 0) {
      const chunk = this.#chunks[at] as string[];
      for (; index < chunk.length; index += 1) {
        const key = chunk[index] as string;
        if (found.length >= limit || key >= to) return found;
        found.push(key);
      }
    }
    return found;
  }

  #descending(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
    let at = this.#chunkOf(to, 0);
    let index = lowerBound(this.#chunks[at] ?? [], to) - 1;
    for (; at >= 0; at -= 1, index = (this.#chunks[at]?.length ?? 0) - 1) {
      const chunk = this.#chunks[at] ?? [];
      for (; index >= 0; index -= 1) {
        const key = chunk[index] as string;
        if (found.length >= limit || key < from) return found;
        found.push(key);
      }
    }
    return found;
  }

  #last(): string {
    return this.#chunks.at(-1)?.at(-1) as string;
  }

  /** The last chunk whose head is <= `key`, or the first one. It is known not to lie before `start`: steps widen from there. */
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
    const chunk = this.#chunks[at] ?? [];
    const index = lowerBound(chunk, key);
    invariant(chunk[index] === key, `the key ${key} is not among the sorted keys`);
    chunk.splice(index, 1);
    this.#heads[at] = chunk[0] ?? '';
    if (chunk.length >= SMALL_CHUNK) return;
    const follower = this.#chunks[at + 1];
    if (chunk.length === 0) this.#drop(at);
    else if (follower !== undefined && chunk.length + follower.length <= HALF_CHUNK) {
      for (const moved of follower) chunk.push(moved);
      this.#drop(at + 1);
    }
  }

  #drop(at: number): void {
    this.#chunks.splice(at, 1);
    this.#heads.splice(at, 1);
  }

  #insert(key: string, at: number): void {
    const chunk = this.#chunks[at];
    if (chunk === undefined) {
      this.#chunks.push([key]);
      this.#heads.push(key);
      return;
    }
    const index = lowerBound(chunk, key);
    invariant(chunk[index] !== key, `the key ${key} is among the sorted keys already`);
    chunk.splice(index, 0, key);
    if (index === 0) this.#heads[at] = key;
    if (chunk.length <= MAX_CHUNK) return;
    const upper = chunk.splice(HALF_CHUNK);
    this.#chunks.splice(at + 1, 0, upper);
    this.#heads.splice(at + 1, 0, upper[0] as string);
  }
}
