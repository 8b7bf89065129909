/**
 * Layout: how the leaves of a state are cut into files, and how the nodes over the files make the root.
 *
 * A file holds the greatest aligned subtree of at most 2^13 leaves whose rows fit into 4 MiB; a subtree that does not fit is
 * halved, down to a single row, which may be longer. So every file can be held in memory whole and checked before any of it is
 * used, there is one way to cut a state, and no file is there for leaves without rows. Source: docs/protocol.md section 15.3.
 */
import { bytesOf, toHex } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { pairHash } from '../../core/tree/commitment.ts';
import { depthOf, seal } from '../../core/tree/seal.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { type Chunk, MANIFEST_FILE, type Manifest, rowsFile } from './manifest.ts';
import type { SnapshotFault } from './outcome.ts';

/** The exponent of the greatest subtree with a file of its own. */
export const CHUNK_EXPONENT = 13;
/** The most bytes of a file of more than one row or block. */
export const MAX_CHUNK_BYTES = 4 * 1024 * 1024;
/** The most bytes of any file of rows or blocks. */
export const MAX_FILE_BYTES = 128 * 1024 * 1024;
/** Enough for 400 GB of state. */
export const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;
/** Leaf numbers of a state are below. */
export const MAX_LEAVES = 2 ** 31;

/** The exponent of the greatest subtree with a file of its own in a state of this size. */
export const topExponent = (size: number): number => Math.min(CHUNK_EXPONENT, depthOf(size));

/** Where a chunk ends: the first leaf after it. */
export const endOf = ({ first, exponent }: Pick<Chunk, 'first' | 'exponent'>): number => first + 2 ** exponent;

const wrong = (what: string, file = MANIFEST_FILE): SnapshotFault => ({ file, code: 'layout_wrong', what });

const numberFault = ({ height, size, count, chunkExponent, chunks }: Manifest): SnapshotFault | undefined => {
  if (height === 0) return wrong('a snapshot is of a height above 0');
  if (size === 0 || size > MAX_LEAVES) return wrong(`its size is ${size}, not 1 to 2^31`);
  if (count === 0 || count > size) return wrong(`${count} rows do not fit into ${size} leaves`);
  if (chunkExponent !== CHUNK_EXPONENT) return wrong(`its chunk exponent is ${chunkExponent}, not ${CHUNK_EXPONENT}`);
  if (chunks.length === 0) return wrong('it names no rows');
  return undefined;
};

/** Whether each chunk is a subtree, after the one before, and of a length that a file may have. */
const chunkFault = ({ size, chunks }: Manifest): SnapshotFault | undefined => {
  const greatest = topExponent(size);
  let free = 0;
  for (const [index, chunk] of chunks.entries()) {
    const { first, exponent, bytes } = chunk;
    const isSubtree = exponent <= greatest && first % 2 ** exponent === 0;
    if (!isSubtree || first < free || first >= size) {
      return wrong(`the leaves of ${rowsFile(index)}, 2^${exponent} from ${first} on, have no place there`);
    }
    if (bytes === 0 || bytes > (exponent === 0 ? MAX_FILE_BYTES : MAX_CHUNK_BYTES)) {
      return wrong(`${rowsFile(index)} cannot have ${bytes} bytes`);
    }
    free = endOf(chunk);
  }
  return free < size ? wrong(`its last rows are before leaf ${free}, its size is ${size}`) : undefined;
};

const blockFileFault = ({ height, blocks }: Manifest): SnapshotFault | undefined => {
  let least = 1;
  for (const { first, bytes } of blocks) {
    if (first < least || first > height) return wrong(`a file of blocks from height ${first} on has no place there`);
    if (bytes === 0 || bytes > MAX_FILE_BYTES) return wrong(`a file of blocks cannot have ${bytes} bytes`);
    least = first + 1;
  }
  return blocks.length === 0 ? wrong('it names no blocks') : undefined;
};

/** What a subtree comes to: its node, and the bytes of all its rows. */
interface Subtree {
  readonly node: Uint8Array;
  readonly bytes: number;
}

/** Climbs from the chunks to the root. `split` is the first subtree that has several files and fits into one. */
class Climb {
  split: { readonly first: number; readonly exponent: number } | undefined;
  readonly #hasher: Hasher;
  readonly #chunks: readonly Chunk[];
  readonly #greatest: number;
  readonly #empty: Uint8Array[] = [new Uint8Array(HASH_BYTES)];
  #next = 0;

  constructor(hasher: Hasher, chunks: readonly Chunk[], greatest: number) {
    this.#hasher = hasher;
    this.#chunks = chunks;
    this.#greatest = greatest;
  }

  /** PERF: depth steps a chunk. */
  subtree(first: number, exponent: number): Subtree {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined || chunk.first >= first + 2 ** exponent) return { node: this.#emptyOf(exponent), bytes: 0 };
    if (chunk.first === first && chunk.exponent === exponent) {
      this.#next += 1;
      return { node: bytesOf(chunk.node), bytes: chunk.bytes };
    }
    const left = this.subtree(first, exponent - 1);
    const right = this.subtree(first + 2 ** (exponent - 1), exponent - 1);
    const bytes = left.bytes + right.bytes;
    if (exponent <= this.#greatest && bytes <= MAX_CHUNK_BYTES) this.split ??= { first, exponent };
    return { node: pairHash(this.#hasher, left.node, right.node), bytes };
  }

  #emptyOf(exponent: number): Uint8Array {
    for (let known = this.#empty.length; known <= exponent; known += 1) {
      const below = this.#empty[known - 1] as Uint8Array;
      this.#empty.push(pairHash(this.#hasher, below, below));
    }
    return this.#empty[exponent] as Uint8Array;
  }
}

const climb = (hasher: Hasher, chunks: readonly Chunk[], size: number) => {
  const way = new Climb(hasher, chunks, topExponent(size));
  const { node } = way.subtree(0, depthOf(size));
  return { root: seal(hasher, node, size), split: way.split };
};

/** The root of the state whose rows lie in these chunks, which ascend and do not overlap. */
export const rootOf = (hasher: Hasher, chunks: readonly Chunk[], size: number): Hash =>
  climb(hasher, chunks, size).root;

/** What is wrong with how the manifest cuts the state, or with the root that its nodes make. No other file is looked at. */
export const layoutFault = (hasher: Hasher, manifest: Manifest): SnapshotFault | undefined => {
  const fault = numberFault(manifest) ?? chunkFault(manifest) ?? blockFileFault(manifest);
  if (fault !== undefined) return fault;
  const { root, split } = climb(hasher, manifest.chunks, manifest.size);
  if (split !== undefined)
    return wrong(`the 2^${split.exponent} leaves from ${split.first} on fit into one file, and are not in one`);
  if (root === manifest.stateRoot) return undefined;
  const what = `the nodes of its files and its size make the root ${root}, not its state root ${manifest.stateRoot}`;
  return { file: MANIFEST_FILE, code: 'root_wrong', what };
};

/** The digest of a file, as the manifest has it. */
export const digestOf = (hasher: Hasher, bytes: Uint8Array): Hash => toHex(hasher.sha256(bytes)) as Hash;
