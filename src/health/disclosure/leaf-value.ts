/**
 * Leaf value: what one shown leaf says, and the bytes that are hashed for it, or `undefined` if no document can hold it.
 */
import { bytesOf, compareText, concatBytes } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { isWellFormed } from '../../core/json.ts';
import type { Hash } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { LONG_STRING_BYTES, MAX_DEPTH, MIN_DEPTH } from '../limits.ts';
import { chunkRootOf } from '../tree/chunks.ts';
import { LONG_VALUE_BYTES, TREE_VALUE_BYTES, writeLong, writeTree } from '../tree/leaf-bytes.ts';
import { pathBytes } from '../tree/path.ts';
import * as leaf from '../tree/profile.ts';

export type LeafValue =
  | { readonly kind: 'object'; readonly names: readonly string[] }
  | { readonly kind: 'array'; readonly length: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'tree'; readonly depth: number; readonly root: Hash };

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const HASH = /^[0-9a-f]{64}$/;
const NOTHING = new Uint8Array(0);

interface LeafContent {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

const namesBytes = (names: readonly string[]): Uint8Array | undefined => {
  const steps: Uint8Array[] = [];
  let last: Uint8Array | undefined;
  for (const name of names) {
    const step = pathBytes([name]);
    if (step === undefined) return undefined;
    const utf8 = step.subarray(3);
    if (last !== undefined && compareText(latin(last), latin(utf8)) >= 0) return undefined;
    last = utf8;
    steps.push(step);
  }
  return concatBytes(...steps);
};

/** Text that is ordered as the bytes are. */
const latin = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const stringContent = (hasher: Hasher, salt: Uint8Array, text: string): LeafContent | undefined => {
  if (!isWellFormed(text)) return undefined;
  const bytes = utf8Bytes(text);
  if (bytes.length <= LONG_STRING_BYTES) return { kind: leaf.STRING_LEAF, bytes };
  const long = new Uint8Array(LONG_VALUE_BYTES);
  writeLong(long, 0, bytes.length, chunkRootOf(hasher, salt, bytes));
  return { kind: leaf.LONG_LEAF, bytes: long };
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
      return { kind: leaf.ARRAY_LEAF, bytes: Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length) };
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
      if (!Number.isInteger(depth) || depth < MIN_DEPTH || depth > MAX_DEPTH || !HASH.test(root)) return undefined;
      const bytes = new Uint8Array(TREE_VALUE_BYTES);
      writeTree(bytes, 0, depth, bytesOf(root));
      return { kind: leaf.TREE_LEAF, bytes };
    }
  }
};
