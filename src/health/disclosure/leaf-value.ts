/**
 * Leaf value: what one shown leaf says, and the bytes that are hashed for it, or `undefined` if no document can hold it.
 */
import { bytesOf } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { isWellFormed } from '../../core/json.ts';
import type { Hash } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { uint32Bytes } from '../integers.ts';
import { isHash } from '../json/scalars.ts';
import { LONG_STRING_BYTES, MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_NAME_BYTES, MIN_DEPTH } from '../limits.ts';
import { chunkRootOf } from '../tree/chunks.ts';
import { LONG_VALUE_BYTES, TREE_VALUE_BYTES, writeLong, writeTree } from '../tree/leaf-bytes.ts';
import { writeMember } from '../tree/path.ts';
import * as leaf from '../tree/profile.ts';

/** The tree inside a tree that a leaf stands for. */
export interface InnerTree {
  readonly depth: number;
  readonly root: Hash;
}

export type LeafValue =
  | { readonly kind: 'object'; readonly names: readonly string[] }
  | { readonly kind: 'array'; readonly length: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | ({ readonly kind: 'tree' } & InnerTree)
  /** A string of more than LONG_STRING_BYTES bytes by its length and the root of its chunks, its text being elsewhere. */
  | { readonly kind: 'reference'; readonly byteLength: number; readonly chunkRoot: Hash };

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const NOTHING = new Uint8Array(0);
const NAME_HEAD_BYTES = 3;

interface LeafContent {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Whether `a` comes before `b` in the order of bytes. */
const isBefore = (a: Uint8Array, b: Uint8Array): boolean => {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference < 0;
  }
  return a.length < b.length;
};

const namesBytes = (names: readonly string[]): Uint8Array | undefined => {
  const texts: Uint8Array[] = [];
  let length = 0;
  let last: Uint8Array | undefined;
  for (const name of names) {
    if (name.length > MAX_NAME_BYTES || !isWellFormed(name)) return undefined;
    const text = utf8Bytes(name);
    if (text.length > MAX_NAME_BYTES || (last !== undefined && !isBefore(last, text))) return undefined;
    texts.push(text);
    length += NAME_HEAD_BYTES + text.length;
    last = text;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const text of texts) at = writeMember(bytes, at, text, 0, text.length);
  return bytes;
};

const longContent = (byteLength: number, chunkRoot: Uint8Array): LeafContent => {
  const bytes = new Uint8Array(LONG_VALUE_BYTES);
  writeLong(bytes, 0, byteLength, chunkRoot);
  return { kind: leaf.LONG_LEAF, bytes };
};

const stringContent = (hasher: Hasher, salt: Uint8Array, text: string): LeafContent | undefined => {
  if (!isWellFormed(text)) return undefined;
  const bytes = utf8Bytes(text);
  if (bytes.length <= LONG_STRING_BYTES) return { kind: leaf.STRING_LEAF, bytes };
  return longContent(bytes.length, chunkRootOf(hasher, salt, bytes));
};

/** The kind and bytes of a value under the salt of its leaf. Long text is given whole; its chunks are hashed here. */
export const leafContent = (hasher: Hasher, salt: Uint8Array, value: LeafValue): LeafContent | undefined => {
  switch (value.kind) {
    case 'object': {
      const bytes = namesBytes(value.names);
      return bytes && { kind: leaf.OBJECT_LEAF, bytes };
    }
    case 'array': {
      const { length } = value;
      if (!Number.isInteger(length) || length < 0 || length >= 2 ** 32) return undefined;
      return { kind: leaf.ARRAY_LEAF, bytes: uint32Bytes(length) };
    }
    case 'string':
      return stringContent(hasher, salt, value.text);
    case 'number':
      return NUMBER.test(value.text) ? { kind: leaf.NUMBER_LEAF, bytes: utf8Bytes(value.text) } : undefined;
    case 'boolean':
      return { kind: leaf.BOOLEAN_LEAF, bytes: Uint8Array.of(value.value ? 1 : 0) };
    case 'null':
      return { kind: leaf.NULL_LEAF, bytes: NOTHING };
    case 'tree': {
      const { depth, root } = value;
      if (!Number.isInteger(depth) || depth < MIN_DEPTH || depth > MAX_DEPTH || !isHash(root)) return undefined;
      const bytes = new Uint8Array(TREE_VALUE_BYTES);
      writeTree(bytes, 0, depth, bytesOf(root));
      return { kind: leaf.TREE_LEAF, bytes };
    }
    case 'reference': {
      const { byteLength, chunkRoot } = value;
      const isLong = Number.isInteger(byteLength) && byteLength > LONG_STRING_BYTES && byteLength <= MAX_DOCUMENT_BYTES;
      return isLong && isHash(chunkRoot) ? longContent(byteLength, bytesOf(chunkRoot)) : undefined;
    }
  }
};
