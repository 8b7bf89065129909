/**
 * Nodes: every hash of the state tree, level by level in flat pages, and the hashing of what an update touched.
 *
 * Level 0 holds the leaves, a free slot as 32 zeros; above it node = H(left | right). Nodes beyond the tree's size are never
 * read: what is missing on the right is the hash of an empty subtree.
 *
 * PERF: an update gathers the pairs of a level into a buffer, hashes them in a few calls, and scatters them; 6 000 changes
 * of 1 000 000 entries are about 60 000 hashes. Source: protocol section 11, docs/design.md.
 */
import { bytesOf } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { HASH_BYTES, type Hash, ZERO_HASH } from '../units.ts';
import { pairHash } from './commitment.ts';
import { HashPages, PAGE_HASHES } from './hash-pages.ts';
import type { LineMemory } from './line-memory.ts';
import { depthOf, PAIR_BYTES, seal } from './seal.ts';

/** Pairs in a call of the hasher: plenty for any batch hasher, and the buffers stay in the processor's cache. */
const BATCH = 1024;
/** PERF: a level of at most so many nodes is hashed where it lies, if most of the nodes over it change: to gather a pair costs as much. */
const TOGETHER = PAGE_HASHES;

/**
 * The parents of ascending positions, ascending, each once; in the same memory. PERF: without a branch, which would be guessed wrong for
 * half of them.
 */
const parentsOf = (positions: Uint32Array): Uint32Array => {
  if (positions.length === 0) return positions;
  let last = 0;
  for (let index = 0; index < positions.length; index += 1) {
    const parent = (positions[index] as number) >> 1;
    const isNext = index === 0 ? 0 : ((positions[last] as number) - parent) >>> 31; // 1 if it is greater than the last
    last += isNext;
    positions[last] = parent;
  }
  return positions.subarray(0, last + 1);
};

/** How many nodes of `level` stand over `size` leaf slots. */
const countAt = (level: number, size: number): number => (size === 0 ? 0 : ((size - 1) >> level) + 1);

const words = (bytes: Uint8Array): Int32Array => new Int32Array(bytes.buffer);

export class Nodes {
  readonly #hasher: Hasher;
  readonly #lines: LineMemory;
  readonly #levels: HashPages[];
  /** The hash of an empty subtree, by its height. */
  readonly #empty: Uint8Array[] = [new Uint8Array(HASH_BYTES)];
  readonly #pairs = new Uint8Array(BATCH * PAIR_BYTES);
  readonly #hashes = new Uint8Array(BATCH * HASH_BYTES);
  readonly #pairWords = words(this.#pairs);
  readonly #hashWords = words(this.#hashes);

  constructor(hasher: Hasher, lines: LineMemory) {
    this.#hasher = hasher;
    this.#lines = lines;
    this.#levels = [new HashPages(lines)];
  }

  /** Makes room for `size` leaf slots and the nodes over them. */
  reserve(size: number): void {
    const depth = depthOf(size);
    for (let level = this.#levels.length; level <= depth; level += 1) {
      this.#levels.push(new HashPages(this.#lines));
      const below = this.#empty[level - 1] as Uint8Array;
      this.#empty.push(pairHash(this.#hasher, below, below));
    }
    for (let level = 0; level <= depth; level += 1) this.#level(level).reserve(countAt(level, size));
  }

  /** Overwrites the leaves at these slots with the hashes that lie one after the other in `hashes`. */
  setLeaves(slots: Uint32Array, hashes: Int32Array): void {
    this.#level(0).scatter(slots, hashes);
  }

  /** Whether the leaf at a slot is the hash at `at` words of `hashes`. */
  isLeaf(slot: number, hashes: Int32Array, at: number): boolean {
    return this.#level(0).holds(slot, hashes, at);
  }

  /**
   * Hashes all nodes over the touched leaf slots, which ascend and lie below `width`; the root over slots 0..size-1. The slots from
   * `size` to `width` are free: the nodes over them become those of an empty subtree.
   */
  rehash(touched: Uint32Array, size: number, width: number = size): Hash {
    const depth = depthOf(width);
    let dirty = touched;
    for (let level = 0; level < depth; level += 1) {
      dirty = parentsOf(dirty);
      this.#hashParents(level, dirty, countAt(level, width));
    }
    if (size === 0) return seal(this.#hasher, bytesOf(ZERO_HASH), 0);
    return seal(this.#hasher, this.#level(depthOf(size)).hash(0), size);
  }

  /** A node of a tree of `size` leaf slots, empty ones on the right included. */
  node(level: number, position: number, size: number): Uint8Array {
    return position < countAt(level, size)
      ? this.#level(level).hash(position)
      : (this.#empty[level] as Uint8Array).slice();
  }

  #level(level: number): HashPages {
    return this.#levels[level] as HashPages;
  }

  /** Hashes these nodes over `level`, of which the tree has `count` nodes. */
  #hashParents(level: number, parents: Uint32Array, count: number): void {
    const below = this.#level(level);
    const above = this.#level(level + 1);
    if (4 * parents.length > count && count <= TOGETHER && count % 2 === 0) {
      this.#hasher.hashPairs(below.first(count), above.first(count >> 1));
      return;
    }
    for (let start = 0; start < parents.length; start += BATCH) {
      const batch = parents.subarray(start, start + BATCH);
      below.gatherPairs(batch, this.#pairWords);
      // Only the last child of the level can lack a right neighbour.
      const isAlone = 2 * (batch[batch.length - 1] as number) + 1 === count;
      if (isAlone) this.#pairs.set(this.#empty[level] as Uint8Array, batch.length * PAIR_BYTES - HASH_BYTES);
      this.#hasher.hashPairs(
        this.#pairs.subarray(0, batch.length * PAIR_BYTES),
        this.#hashes.subarray(0, batch.length * HASH_BYTES),
      );
      above.scatter(batch, this.#hashWords);
    }
  }
}
