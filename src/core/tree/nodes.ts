/**
 * Nodes: every hash of the tree, in flat columns, and the hashing of what an update touched.
 *
 * For each leaf slot the hash of its key, and side by side its link, H(key hash | key hash of the next greater key), and its
 * value hash; then a column for each level, leaves first: leaf = H(link | value hash), a free slot is 32 zeros, node =
 * H(left | right). Rows beyond the tree's size are never read: what is missing on the right is the hash of an empty
 * subtree.
 *
 * PERF: an update gathers the pairs of a level into a buffer, hashes them in a few calls, and scatters them; 6 000 changes
 * of 1 000 000 entries are about 60 000 hashes. Source: protocol section 11, docs/design.md.
 */
import { bytesOf } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { HASH_BYTES, type Hash, ZERO_HASH } from '../units.ts';
import type { FreeLeaves } from './free-leaves.ts';
import { sortedBelow } from './leaf-order.ts';
import { type RowDifference, RowLog, swapRows } from './row-log.ts';
import { copyWords, ROW_WORDS, Rows } from './rows.ts';
import { depthOf, PAIR_BYTES, seal } from './seal.ts';

const KEY_HASHES = 0;
/** Two rows a leaf slot: the link, the value hash. */
const ENTRIES = 1;
/** The column of level 0; the levels above follow. */
const LEAVES = 2;

/** Pairs in a call of the hasher: plenty for any batch hasher, and the buffers stay in the processor's cache. */
const BATCH = 1024;
const PAIR_WORDS = 2 * ROW_WORDS;

/** The parents of ascending positions, ascending, each once; in the same memory. */
const parentsOf = (positions: Uint32Array): Uint32Array => {
  let kept = 0;
  for (const position of positions) {
    const parent = position >> 1;
    if (kept === 0 || parent !== positions[kept - 1]) positions[kept++] = parent;
  }
  return positions.subarray(0, kept);
};

/** How many nodes of `level` stand over `size` leaf slots. */
const countAt = (level: number, size: number): number => (size === 0 ? 0 : ((size - 1) >> level) + 1);

/** The rows of the value hashes of these leaf slots, or of their links, among the entries. */
const valueRows = (leaves: Uint32Array): Uint32Array => leaves.map((leaf) => 2 * leaf + 1);
const linkRows = (leaves: Uint32Array): Uint32Array => leaves.map((leaf) => 2 * leaf);

export class Nodes {
  readonly #hasher: Hasher;
  readonly #columns: Rows[] = [new Rows(), new Rows(), new Rows()];
  /** The hash of an empty subtree, by its height. */
  readonly #empty = new Rows();
  readonly #pairs = new Rows(2 * BATCH);
  readonly #hashes = new Rows(BATCH);
  /** Where overwritten rows are kept; there is none while a tree is loaded. */
  #log: RowLog | undefined;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /** Begins to keep what is overwritten. */
  startLog(): void {
    this.#log ??= new RowLog();
  }

  /** What was overwritten since the last call. */
  finishLog(): RowDifference {
    return this.#log?.finish() ?? new Int32Array(0);
  }

  /** Exchanges the rows that differ. */
  swap(difference: RowDifference): void {
    swapRows(difference, this.#columns);
  }

  /** Makes room for `size` leaf slots and the nodes over them. */
  reserve(size: number): void {
    const depth = depthOf(size);
    for (let level = this.#columns.length - LEAVES; level <= depth; level += 1) {
      this.#columns.push(new Rows());
      this.#empty.reserve(level + 1);
      const below = this.#empty.row(level - 1);
      this.#pairs.set(0, below);
      this.#pairs.set(1, below);
      this.#hashBatch(1);
      this.#empty.set(level, this.#hashes.row(0));
    }
    this.#column(KEY_HASHES).reserve(size);
    this.#column(ENTRIES).reserve(2 * size);
    for (let level = 0; level <= depth; level += 1) this.#column(LEAVES + level).reserve(countAt(level, size));
  }

  valueHash(leaf: number): Uint8Array {
    return this.#column(ENTRIES).row(2 * leaf + 1);
  }

  hasValueHash(leaf: number, valueHash: Uint8Array): boolean {
    return this.#column(ENTRIES).holds(2 * leaf + 1, valueHash);
  }

  /** Sets one value hash before there is anything to keep. */
  loadValue(leaf: number, valueHash: Uint8Array): void {
    const entries = this.#column(ENTRIES);
    entries.reserve(2 * leaf + 2);
    entries.set(2 * leaf + 1, valueHash);
  }

  setKeys(leaves: Uint32Array, entries: readonly { readonly key: string }[]): void {
    this.#batches(KEY_HASHES, leaves, (start, end) => {
      for (let at = start; at < end; at += 1) {
        this.#hashes.set(at - start, this.#hasher.sha256(bytesOf((entries[at] as { key: string }).key)));
      }
    });
  }

  setValues(leaves: Uint32Array, entries: readonly { readonly valueHash: Uint8Array }[]): void {
    this.#batches(ENTRIES, valueRows(leaves), (start, end) => {
      for (let at = start; at < end; at += 1)
        this.#hashes.set(at - start, (entries[at] as { valueHash: Uint8Array }).valueHash);
    });
  }

  /** Links the key of each slot of `leaves` to that of the slot at the same place in `nexts`. */
  setLinks(leaves: Uint32Array, nexts: Uint32Array): void {
    const keyHashes = this.#column(KEY_HASHES).words;
    this.#batches(ENTRIES, linkRows(leaves), (start, end) => {
      this.#gather(keyHashes, leaves, start, end, 0);
      this.#gather(keyHashes, nexts, start, end, ROW_WORDS);
      this.#hashBatch(end - start);
    });
  }

  /** Hashes the touched leaf slots and all nodes over them; the root over slots 0..size-1. */
  rehash(touched: readonly Uint32Array[], size: number, free: FreeLeaves): Hash {
    if (size === 0) return seal(this.#hasher, bytesOf(ZERO_HASH), 0);
    let dirty = sortedBelow(touched, size);
    this.#hashLeaves(dirty, free);
    const depth = depthOf(size);
    for (let level = 0; level < depth; level += 1) {
      dirty = parentsOf(dirty);
      this.#hashParents(level, dirty, countAt(level, size));
    }
    return seal(this.#hasher, this.#column(LEAVES + depth).row(0), size);
  }

  /** The nodes beside the path from a leaf slot up to the top, lowest first. */
  siblings(leaf: number, size: number): Uint8Array[] {
    const depth = depthOf(size);
    const beside: Uint8Array[] = [];
    for (let level = 0; level < depth; level += 1) {
      const position = (leaf >> level) ^ 1;
      const isThere = position < countAt(level, size);
      beside.push(isThere ? this.#column(LEAVES + level).row(position) : this.#empty.row(level));
    }
    return beside;
  }

  #column(index: number): Rows {
    return this.#columns[index] as Rows;
  }

  #hashLeaves(leaves: Uint32Array, free: FreeLeaves): void {
    this.#batches(LEAVES, leaves, (start, end) => {
      this.#gatherPairs(this.#column(ENTRIES).words, leaves, start, end);
      this.#hashBatch(end - start);
      for (let at = start; at < end; at += 1) {
        const row = (at - start) * ROW_WORDS;
        if (free.has(leaves[at] as number)) this.#hashes.words.fill(0, row, row + ROW_WORDS);
      }
    });
  }

  /** Hashes these nodes over `level`, of which the tree has `count` nodes. */
  #hashParents(level: number, parents: Uint32Array, count: number): void {
    this.#batches(LEAVES + level + 1, parents, (start, end) => {
      this.#gatherPairs(this.#column(LEAVES + level).words, parents, start, end);
      // Only the last child of the level can lack a right neighbour.
      const isAlone = 2 * (parents[end - 1] as number) + 1 === count;
      const last = (end - start) * PAIR_WORDS - ROW_WORDS;
      if (isAlone) copyWords(this.#empty.words, level * ROW_WORDS, this.#pairs.words, last, ROW_WORDS);
      this.#hashBatch(end - start);
    });
  }

  /** Puts the pairs of rows at positions[start..end) one after the other. */
  #gatherPairs(source: Int32Array, positions: Uint32Array, start: number, end: number): void {
    const pairs = this.#pairs.words;
    for (let at = start, to = 0; at < end; at += 1, to += PAIR_WORDS) {
      copyWords(source, (positions[at] as number) * PAIR_WORDS, pairs, to, PAIR_WORDS);
    }
  }

  /** Puts the rows at positions[start..end) into the left (0) or right (ROW_WORDS) halves of the pairs. */
  #gather(source: Int32Array, positions: Uint32Array, start: number, end: number, half: number): void {
    const pairs = this.#pairs.words;
    for (let at = start, to = half; at < end; at += 1, to += PAIR_WORDS) {
      copyWords(source, (positions[at] as number) * ROW_WORDS, pairs, to, ROW_WORDS);
    }
  }

  #hashBatch(count: number): void {
    this.#hasher.hashPairs(
      this.#pairs.bytes.subarray(0, count * PAIR_BYTES),
      this.#hashes.bytes.subarray(0, count * HASH_BYTES),
    );
  }

  /** Overwrites rows of a column, a batch at a time, with what `fill` puts into the hashes for positions[start..end). */
  #batches(column: number, positions: Uint32Array, fill: (start: number, end: number) => void): void {
    const rows = this.#column(column);
    const hashes = this.#hashes.words;
    for (let start = 0; start < positions.length; start += BATCH) {
      const end = Math.min(start + BATCH, positions.length);
      fill(start, end);
      this.#log?.keep(column, rows, positions, start, end);
      for (let at = start; at < end; at += 1) {
        copyWords(hashes, (at - start) * ROW_WORDS, rows.words, (positions[at] as number) * ROW_WORDS, ROW_WORDS);
      }
    }
  }
}
