/**
 * Record tree: the salted Merkle tree over one document, or over one part of it that is a tree of its own.
 *
 * It holds hashes and the seed, not salts: these are derived again when a leaf is shown.
 */
import { toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { type JsonDocument, type Step, stepsTo } from '../json/document.ts';
import { rootOver, siblingsOf } from './nodes.ts';
import { pathBytes } from './path.ts';
import { HmacKey, saltOf, subTreeSeed } from './seeds.ts';

/** A: one tree. B: each resource of a Bundle, and each contained one, is a tree inside the tree. */
export type TreeMode = 'A' | 'B';

export interface TreeParts {
  readonly hasher: Hasher;
  readonly document: JsonDocument;
  /** The value of the document that this tree is over: 0 for all of it. */
  readonly at: number;
  readonly seed: Uint8Array;
  readonly mode: TreeMode;
  /** The fewest levels that were asked for, of this tree and of those inside it. */
  readonly minDepth: number;
  readonly depth: number;
  readonly leafCount: number;
  /** The value of each leaf, in the order of the text. */
  readonly values: Uint32Array;
  /** The position in the tree of each leaf. */
  readonly positions: Uint32Array;
  readonly nodes: Uint8Array;
}

export class RecordTree {
  readonly document: JsonDocument;
  readonly at: number;
  /** Whoever has it and the document can open every leaf: keep it as secret as the document. */
  readonly seed: Uint8Array;
  readonly mode: TreeMode;
  readonly minDepth: number;
  readonly depth: number;
  readonly leafCount: number;
  readonly hasher: Hasher;
  readonly root: Hash;
  readonly #parts: TreeParts;
  readonly #key: HmacKey;

  constructor(parts: TreeParts) {
    this.#parts = parts;
    this.hasher = parts.hasher;
    this.document = parts.document;
    this.at = parts.at;
    this.seed = parts.seed;
    this.mode = parts.mode;
    this.minDepth = parts.minDepth;
    this.depth = parts.depth;
    this.leafCount = parts.leafCount;
    this.#key = new HmacKey(parts.hasher, parts.seed);
    this.root = toHex(rootOver(parts.hasher, parts.depth, parts.nodes.subarray(-HASH_BYTES))) as Hash; // 32 bytes
  }

  /** Whether a value of the document is under this tree: in it, or in a tree inside it. */
  holds(value: number): boolean {
    return Number.isInteger(value) && value >= this.at && value < (this.document.nexts[this.at] as number);
  }

  /** The leaf in which a value of this tree stands: its own, or that of the tree inside the tree that holds it. PERF: log2 of the leaves. */
  leafAround(value: number): number {
    const { values } = this.#parts;
    let low = 0;
    let high = this.leafCount;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((values[middle] as number) <= value) low = middle;
      else high = middle;
    }
    return low;
  }

  /** The value of the document that stands in a leaf. */
  valueOf(leaf: number): number {
    return this.#parts.values[leaf] as number;
  }

  /** Whether a leaf stands for a tree of its own. */
  isTree(leaf: number): boolean {
    const value = this.valueOf(leaf);
    const { nexts, extras, kinds } = this.document;
    const isContainer = (kinds[value] as number) <= 2 && (extras[value] as number) > 0;
    return isContainer && (leaf + 1 === this.leafCount ? value !== this.at : this.valueOf(leaf + 1) === nexts[value]);
  }

  /** Where a leaf stands in the tree. */
  positionOf(leaf: number): number {
    return this.#parts.positions[leaf] as number;
  }

  /** The steps to a value from the root of this tree. */
  stepsTo(value: number): readonly Step[] {
    return stepsTo(this.document, value, this.at);
  }

  /** The salt of the value at the steps. */
  saltOf(steps: readonly Step[]): Uint8Array {
    return saltOf(this.#key, pathBytes(steps) as Uint8Array); // a tree is built of no other steps
  }

  /** The seed of the tree that stands at the steps: with it, that part can be handed over whole. */
  seedOf(steps: readonly Step[]): Uint8Array {
    return subTreeSeed(this.#key, pathBytes(steps) as Uint8Array); // a tree is built of no other steps
  }

  /** The hashes that a proof of the leaves at these ascending positions needs. */
  siblings(positions: readonly number[]): Uint8Array {
    return siblingsOf(this.#parts.nodes, this.depth, positions);
  }
}
