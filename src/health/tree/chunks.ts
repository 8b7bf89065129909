/**
 * Chunks: long bytes under one hash, so that a leaf stays small, a stream needs no memory, and a part can be checked alone.
 *
 * The number of chunks follows from the number of bytes, which the root binds. Source: docs/decisions/0019-own-tree-for-records.md.
 */
import type { Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { writeUint64 } from '../integers.ts';
import { CHUNK_BYTES } from '../limits.ts';
import { CHUNK_PADDING_TAG, CHUNK_ROOT_TAG, CHUNK_TAG, NODE_TAG } from './profile.ts';
import { Scratch } from './scratch.ts';

const HEAD_BYTES = 1 + HASH_BYTES + 4;
const NODE_BYTES = 1 + 2 * HASH_BYTES;
const LENGTH_BYTES = 8;

/** Takes bytes as they come and gives the root of their chunks. Its memory is one chunk and a hash a level. */
export class ChunkHasher {
  readonly #head: Scratch;
  readonly #node: Scratch;
  /** The finished node of each level that waits for its right neighbour. */
  readonly #waiting: (Uint8Array | undefined)[] = [];
  #filled = 0;
  #chunks = 0;
  #byteLength = 0;

  /** `salt` has 32 bytes. */
  constructor(hasher: Hasher, salt: Uint8Array) {
    invariant(salt.length === HASH_BYTES, `a salt has ${HASH_BYTES} bytes`);
    this.#head = new Scratch(hasher, HEAD_BYTES + CHUNK_BYTES);
    this.#head.bytes.set(salt, 1);
    this.#node = new Scratch(hasher, NODE_BYTES);
    this.#node.bytes[0] = NODE_TAG;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** The next bytes, any number of them. */
  update(bytes: Uint8Array): void {
    this.#byteLength += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === CHUNK_BYTES) this.#closeChunk();
      const taken = Math.min(CHUNK_BYTES - this.#filled, bytes.length - at);
      this.#head.bytes.set(bytes.subarray(at, at + taken), HEAD_BYTES + this.#filled);
      this.#filled += taken;
      at += taken;
    }
  }

  /** The root of all bytes. Nothing may follow. */
  finish(): Uint8Array {
    this.#closeChunk();
    for (let index = this.#chunks; (index & (index - 1)) !== 0; index += 1) {
      const padding = new Uint8Array(HASH_BYTES);
      this.#writeHead(CHUNK_PADDING_TAG, index);
      this.#head.hash(HEAD_BYTES, padding, 0);
      this.#add(padding);
    }
    const top = this.#waiting[this.#waiting.length - 1] as Uint8Array; // a power of two of leaves has one node at the top
    const root = this.#node;
    root.bytes[0] = CHUNK_ROOT_TAG;
    writeUint64(root.bytes, 1, this.#byteLength);
    root.bytes.set(top, 1 + LENGTH_BYTES);
    const hash = new Uint8Array(HASH_BYTES);
    root.hash(1 + LENGTH_BYTES + HASH_BYTES, hash, 0);
    return hash;
  }

  #writeHead(tag: number, index: number): void {
    const { bytes } = this.#head;
    bytes[0] = tag;
    bytes[1 + HASH_BYTES] = index >>> 24;
    bytes[2 + HASH_BYTES] = index >>> 16;
    bytes[3 + HASH_BYTES] = index >>> 8;
    bytes[4 + HASH_BYTES] = index;
  }

  #closeChunk(): void {
    const hash = new Uint8Array(HASH_BYTES);
    this.#writeHead(CHUNK_TAG, this.#chunks);
    this.#head.hash(HEAD_BYTES + this.#filled, hash, 0);
    this.#chunks += 1;
    this.#filled = 0;
    this.#add(hash);
  }

  #add(hash: Uint8Array): void {
    let node = hash;
    let level = 0;
    for (let left = this.#waiting[level]; left !== undefined; left = this.#waiting[level]) {
      const parent = new Uint8Array(HASH_BYTES);
      this.#node.bytes.set(left, 1);
      this.#node.bytes.set(node, 1 + HASH_BYTES);
      this.#node.hash(NODE_BYTES, parent, 0);
      this.#waiting[level] = undefined;
      node = parent;
      level += 1;
    }
    this.#waiting[level] = node;
  }
}

/** The root of the chunks of these bytes under a salt of 32 bytes. */
export const chunkRootOf = (hasher: Hasher, salt: Uint8Array, bytes: Uint8Array): Uint8Array => {
  const chunks = new ChunkHasher(hasher, salt);
  chunks.update(bytes);
  return chunks.finish();
};
