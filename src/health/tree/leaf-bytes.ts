/**
 * Leaf bytes: what is hashed for one value: salt, path, kind and value, each so bounded that no two leaves read alike.
 *
 * Source: docs/decisions/0019-own-tree-for-records.md.
 */
import type { Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { HASH_BYTES } from '../../core/units.ts';
import { writeUint64 } from '../integers.ts';
import { MAX_PATH_BYTES } from '../limits.ts';
import { LEAF_TAG } from './profile.ts';
import { Scratch } from './scratch.ts';

/** Where the salt stands in the bytes of a leaf. */
export const SALT_AT = 1;
const LENGTH_AT = SALT_AT + HASH_BYTES;
const PATH_AT = LENGTH_AT + 4;

const VALUE_ROOM = 2048;

/** One leaf after the other, put together in one place: salt, then `begin`, then the value from `valueAt` on, then `hash`. */
export class LeafBytes {
  readonly scratch: Scratch;

  constructor(hasher: Hasher) {
    this.scratch = new Scratch(hasher, PATH_AT + MAX_PATH_BYTES + 1 + VALUE_ROOM);
    this.scratch.bytes[0] = LEAF_TAG;
  }

  /** Writes path and kind of a leaf, and makes room for its value; returns where the value begins. */
  begin(path: Uint8Array, pathLength: number, kind: number, valueRoom: number): number {
    const { scratch } = this;
    scratch.reserve(PATH_AT + pathLength + 1 + valueRoom);
    const { bytes } = scratch;
    bytes[LENGTH_AT] = pathLength >>> 24;
    bytes[LENGTH_AT + 1] = pathLength >>> 16;
    bytes[LENGTH_AT + 2] = pathLength >>> 8;
    bytes[LENGTH_AT + 3] = pathLength;
    let at = PATH_AT;
    for (let index = 0; index < pathLength; index += 1) bytes[at++] = path[index] as number;
    bytes[at] = kind;
    return at + 1;
  }

  /** The hash of the leaf whose value ends before `end`, written to `out` at `at`. */
  hash(end: number, out: Uint8Array, at: number): void {
    this.scratch.hash(end, out, at);
  }
}

export const LONG_VALUE_BYTES = 8 + HASH_BYTES;
export const TREE_VALUE_BYTES = 1 + HASH_BYTES;

/** Writes the value of a long string; returns where it ends. */
export const writeLong = (target: Uint8Array, start: number, byteLength: number, chunkRoot: Uint8Array): number => {
  invariant(chunkRoot.length === HASH_BYTES, 'a root has 32 bytes');
  writeUint64(target, start, byteLength);
  target.set(chunkRoot, start + 8);
  return start + LONG_VALUE_BYTES;
};

/** Writes the value of a tree inside a tree; returns where it ends. */
export const writeTree = (target: Uint8Array, start: number, depth: number, root: Uint8Array): number => {
  invariant(root.length === HASH_BYTES, 'a root has 32 bytes');
  target[start] = depth;
  target.set(root, start + 1);
  return start + TREE_VALUE_BYTES;
};
