/**
 * Build: from a document and a seed to its tree: one leaf for every value, containers included, in one walk over flat arrays.
 *
 * A signer builds the tree from the document and signs the root that comes out: who signs a root that another hands over cannot
 * know whether a second value hides at some path.
 * Source: docs/decisions/0019-own-tree-for-records.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { ARRAY, FALSE, type JsonDocument, NULL, NUMBER, OBJECT, STRING, TRUE } from '../json/document.ts';
import { unescapeInto } from '../json/strings.ts';
import { LONG_STRING_BYTES, MAX_MIN_DEPTH, MAX_PATH_BYTES, MAX_TREE_NESTING, MIN_DEPTH } from '../limits.ts';
import { chunkRootOf } from './chunks.ts';
import { LeafBytes, LONG_VALUE_BYTES, SALT_AT, TREE_VALUE_BYTES, writeLong, writeTree } from './leaf-bytes.ts';
import { LeafList } from './leaf-list.ts';
import { nodesLength, raise } from './nodes.ts';
import { hashOrder } from './order.ts';
import { writeIndex, writeMember } from './path.ts';
import {
  ARRAY_LEAF,
  BOOLEAN_LEAF,
  LONG_LEAF,
  NULL_LEAF,
  NUMBER_LEAF,
  OBJECT_LEAF,
  SALT_LABEL,
  STRING_LEAF,
  TREE_LEAF,
} from './profile.ts';
import { RecordTree, type TreeMode } from './record-tree.ts';
import { HmacKey, paddingKeyOf, subTreeSeed } from './seeds.ts';
import { splitterOf } from './split.ts';
import { type TreeFault, treeFaultAt } from './tree-fault.ts';

export interface TreeOptions {
  readonly hasher: Hasher;
  /** 32 secret bytes, used for this version of this document alone. */
  readonly seed: Uint8Array;
  /** `A` unless said: one tree. `B` for bundles of many thousand values, and where entries are shown alone. */
  readonly mode?: TreeMode;
  /** At least so many levels, 4 to 22: documents of one class then look alike in size. It holds for each tree inside, too. */
  readonly minDepth?: number;
  /** Told of each few thousand values, of so many. */
  readonly onProgress?: (done: number, all: number) => void;
}

const PROGRESS_STEP = 8192;
const WORD_BYTES = 4;
/** In mode B: leaves that there is room for at once. */
const FIRST_ROOM = 64;

const writeWord = (target: Uint8Array, start: number, word: number): number => {
  for (let at = 0; at < WORD_BYTES; at += 1) target[start + at] = word >>> (24 - 8 * at);
  return start + WORD_BYTES;
};

/** A container around the value that is being hashed. */
interface Frame {
  readonly end: number;
  readonly pathLength: number;
  readonly isArray: boolean;
  next: number;
}

/** Builds one tree, and the trees inside it, all with the same few buffers. */
class Walk {
  readonly #document: JsonDocument;
  readonly #options: TreeOptions;
  readonly #leaf: LeafBytes;
  readonly #path = new Uint8Array(MAX_PATH_BYTES + 512);
  /** Names' ranks under way, sorted. */
  #children: Float64Array = new Float64Array(64);
  /** Where the leaf under way ends. */
  #end = 0;

  constructor(document: JsonDocument, options: TreeOptions) {
    this.#document = document;
    this.#options = options;
    this.#leaf = new LeafBytes(options.hasher);
  }

  /** The tree over value `at`, which stands in so many others. */
  build(at: number, seed: Uint8Array, around: number): RecordTree | TreeFault {
    const { hasher, mode = 'A' } = this.#options;
    const { kinds, nexts } = this.#document;
    const end = nexts[at] as number;
    const key = new HmacKey(hasher, seed);
    const leaves = new LeafList(mode === 'A' ? end - at : Math.min(end - at, FIRST_ROOM));
    const isSplit = mode === 'B' ? splitterOf(this.#document, at) : () => false;
    const frames: Frame[] = [];
    for (let value = at; value < end; ) {
      if (leaves.count % PROGRESS_STEP === 0) this.#options.onProgress?.(value, this.#document.size);
      while (frames.length > 0 && value >= (frames[frames.length - 1] as Frame).end) frames.pop();
      const pathLength = this.#writePath(frames[frames.length - 1], value);
      if (pathLength > MAX_PATH_BYTES) return treeFaultAt(this.#document, 'tree_path_too_long', value);
      const out = leaves.add(value);
      const isTree = value !== at && isSplit(value, frames.length);
      const fault = isTree
        ? this.#writeTree(key, value, pathLength, around + 1)
        : this.#writeValue(key, value, pathLength);
      if (fault !== undefined) return fault;
      this.#leaf.hash(this.#end, leaves.hashes, out);
      if (!isTree && (kinds[value] as number) <= ARRAY) {
        frames.push({ end: nexts[value] as number, pathLength, isArray: kinds[value] === ARRAY, next: 0 });
      }
      value = isTree ? (nexts[value] as number) : value + 1;
    }
    return this.#assemble({ at, seed, key, leaves });
  }

  #writePath(frame: Frame | undefined, value: number): number {
    if (frame === undefined) return 0;
    if (frame.isArray) {
      frame.next += 1;
      return writeIndex(this.#path, frame.pathLength, frame.next - 1);
    }
    const { names, members } = this.#document;
    const name = members[value] as number;
    return writeMember(
      this.#path,
      frame.pathLength,
      names.bytes,
      names.starts[name] as number,
      names.starts[name + 1] as number,
    );
  }

  #writeSalt(key: HmacKey, pathLength: number): void {
    const { message } = key;
    message.reserve(HmacKey.start + 1 + pathLength);
    const { bytes } = message;
    bytes[HmacKey.start] = SALT_LABEL;
    let at = HmacKey.start + 1;
    for (let index = 0; index < pathLength; index += 1) bytes[at++] = this.#path[index] as number;
    key.code(1 + pathLength, this.#leaf.scratch.bytes, SALT_AT);
  }

  #begin(kind: number, pathLength: number, room: number): number {
    return this.#leaf.begin(this.#path, pathLength, kind, room);
  }

  /** Writes the leaf of a tree inside this one. */
  #writeTree(key: HmacKey, value: number, pathLength: number, around: number): TreeFault | undefined {
    if (around === MAX_TREE_NESTING) return treeFaultAt(this.#document, 'tree_too_nested', value);
    const path = this.#path.slice(0, pathLength);
    const tree = this.build(value, subTreeSeed(key, path), around);
    if (!(tree instanceof RecordTree)) return tree;
    this.#path.set(path);
    this.#writeSalt(key, pathLength);
    const at = this.#begin(TREE_LEAF, pathLength, TREE_VALUE_BYTES);
    this.#end = writeTree(this.#leaf.scratch.bytes, at, tree.depth, bytesOf(tree.root));
    return undefined;
  }

  #writeValue(key: HmacKey, value: number, pathLength: number): undefined {
    const { kinds, starts, ends, extras, bytes } = this.#document;
    const kind = kinds[value] as number;
    this.#writeSalt(key, pathLength);
    const { scratch } = this.#leaf;
    if (kind === STRING) this.#writeString(value, pathLength);
    else if (kind === OBJECT) this.#writeMembers(value, pathLength);
    else if (kind === ARRAY) {
      const at = this.#begin(ARRAY_LEAF, pathLength, WORD_BYTES);
      this.#end = writeWord(scratch.bytes, at, extras[value] as number);
    } else if (kind === NUMBER) {
      const start = starts[value] as number;
      const length = (ends[value] as number) - start;
      const at = this.#begin(NUMBER_LEAF, pathLength, length);
      for (let index = 0; index < length; index += 1) scratch.bytes[at + index] = bytes[start + index] as number;
      this.#end = at + length;
    } else if (kind === NULL) this.#end = this.#begin(NULL_LEAF, pathLength, 0);
    else {
      const at = this.#begin(BOOLEAN_LEAF, pathLength, 1);
      scratch.bytes[at] = kind === TRUE ? 1 : 0;
      invariant(kind === TRUE || kind === FALSE, 'a value has one of seven kinds');
      this.#end = at + 1;
    }
    return undefined;
  }

  #writeString(value: number, pathLength: number): void {
    const { starts, ends, extras, bytes } = this.#document;
    const start = starts[value] as number;
    const end = ends[value] as number;
    if (end - start > LONG_STRING_BYTES) {
      const plain = extras[value] === 0 ? bytes.subarray(start, end) : this.#unescaped(start, end);
      if (plain.length > LONG_STRING_BYTES) {
        this.#writeLongString(plain, pathLength);
        return;
      }
    }
    const at = this.#begin(STRING_LEAF, pathLength, end - start);
    const target = this.#leaf.scratch.bytes;
    if (extras[value] === 1) {
      this.#end = unescapeInto(bytes, start, end, target, at);
      return;
    }
    let to = at;
    for (let from = start; from < end; from += 1) target[to++] = bytes[from] as number;
    this.#end = to;
  }

  #unescaped(start: number, end: number): Uint8Array {
    const plain = new Uint8Array(end - start);
    return plain.subarray(0, unescapeInto(this.#document.bytes, start, end, plain, 0));
  }

  #writeLongString(plain: Uint8Array, pathLength: number): void {
    const salt = this.#leaf.scratch.bytes.slice(SALT_AT, SALT_AT + HASH_BYTES);
    const chunkRoot = chunkRootOf(this.#options.hasher, salt, plain);
    const at = this.#begin(LONG_LEAF, pathLength, LONG_VALUE_BYTES);
    this.#end = writeLong(this.#leaf.scratch.bytes, at, plain.length, chunkRoot);
  }

  /** The names of an object, sorted by their bytes. */
  #writeMembers(value: number, pathLength: number): void {
    const { names, members, nexts, extras } = this.#document;
    const count = extras[value] as number;
    if (count > this.#children.length) this.#children = new Float64Array(2 * count);
    const children = this.#children.subarray(0, count);
    let room = 0;
    let child = value + 1;
    for (let index = 0; index < count; index += 1) {
      const name = members[child] as number;
      // Rank above, id below: both are less than 2^23, so the number is exact.
      children[index] = (names.ranks[name] as number) * 2 ** 23 + name;
      room += 3 + (names.starts[name + 1] as number) - (names.starts[name] as number);
      child = nexts[child] as number;
    }
    children.sort((a, b) => a - b);
    let at = this.#begin(OBJECT_LEAF, pathLength, room);
    for (const child of children) {
      const name = child % 2 ** 23;
      const from = names.starts[name] as number;
      at = writeMember(this.#leaf.scratch.bytes, at, names.bytes, from, names.starts[name + 1] as number);
    }
    this.#end = at;
  }

  #assemble(own: {
    readonly at: number;
    readonly seed: Uint8Array;
    readonly key: HmacKey;
    readonly leaves: LeafList;
  }): RecordTree {
    const { hasher, mode = 'A', minDepth = MIN_DEPTH } = this.#options;
    const { count, hashes, values } = own.leaves;
    const depth = Math.max(minDepth, MIN_DEPTH, Math.ceil(Math.log2(count)));
    const width = 2 ** depth;
    const unsorted = new Uint8Array(HASH_BYTES * width);
    unsorted.set(hashes.subarray(0, HASH_BYTES * count));
    const padding = new HmacKey(hasher, paddingKeyOf(own.key));
    for (let index = count; index < width; index += 1) {
      writeWord(padding.message.bytes, HmacKey.start, index - count);
      padding.code(WORD_BYTES, unsorted, HASH_BYTES * index);
    }
    const order = hashOrder(unsorted, width);
    const positions = new Uint32Array(count);
    const nodes = new Uint8Array(nodesLength(depth));
    for (let rank = 0; rank < width; rank += 1) {
      const leaf = order[rank] as number;
      const from = HASH_BYTES * leaf;
      const to = HASH_BYTES * rank;
      for (let at = 0; at < HASH_BYTES; at += 1) nodes[to + at] = unsorted[from + at] as number;
      if (leaf < count) positions[leaf] = rank;
    }
    raise(hasher, nodes, depth);
    return new RecordTree({
      hasher,
      document: this.#document,
      at: own.at,
      seed: own.seed,
      mode,
      minDepth,
      depth,
      leafCount: count,
      values,
      positions,
      nodes,
    });
  }
}

/**
 * The tree over a document, or the first fault. PERF: 4 us a value with native hashes; 10 MB in about 2 s.
 * Throws `InvariantViolation` on a seed that has not 32 bytes.
 */
export const buildTree = (document: JsonDocument, options: TreeOptions): E.Either<TreeFault, RecordTree> =>
  buildTreeAt(document, 0, options);

/** The same over one value of a document, as a tree of its own: such as the one whose seed `RecordTree.seedOf` gives. */
export const buildTreeAt = (
  document: JsonDocument,
  at: number,
  options: TreeOptions,
): E.Either<TreeFault, RecordTree> => {
  const { minDepth = MIN_DEPTH } = options;
  invariant(Number.isInteger(minDepth) && minDepth <= MAX_MIN_DEPTH, `minDepth is at most ${MAX_MIN_DEPTH}`);
  const tree = new Walk(document, options).build(at, options.seed, 0);
  return tree instanceof RecordTree ? E.right(tree) : E.left(tree);
};
