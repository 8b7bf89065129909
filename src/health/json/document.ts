/**
 * Document: JSON that was read strictly, as flat arrays over its own bytes: no number is rounded, no string is changed.
 *
 * Value 0 is the whole document; a container's children follow it, each with all that is in it, in the order of the text.
 */
import { readUtf8 } from '../../core/wire/utf8.ts';
import type { NameTable } from './names.ts';
import { unescapeInto } from './strings.ts';

export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
export const NUMBER = 4;
export const TRUE = 5;
export const FALSE = 6;
export const NULL = 7;

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

const KINDS: readonly JsonKind[] = ['null', 'object', 'array', 'string', 'number', 'boolean', 'boolean', 'null'];

/** A document of `size` values. Treat all arrays as read-only; entries from `size` on mean nothing. */
export interface JsonDocument {
  /** The text as it came; it must not be changed while the document is in use. */
  readonly bytes: Uint8Array;
  readonly size: number;
  /** One of OBJECT ... NULL. */
  readonly kinds: Uint8Array;
  /** Where a value begins in `bytes`: a string behind its quote, a container at its bracket. */
  readonly starts: Uint32Array;
  /** Where it ends: a string before its quote, a container behind its bracket. */
  readonly ends: Uint32Array;
  /** The value after this one and all that is in it. */
  readonly nexts: Uint32Array;
  /** The id of the member's name, or -1. */
  readonly members: Int32Array;
  /** Containers: the number of children. Strings: 1 if there are escapes. */
  readonly extras: Uint32Array;
  readonly names: NameTable;
}

/** A step into a container: the name of a member, or the index of an item. */
export type Step = string | number;

/** What value `at` is. */
export const kindAt = (document: JsonDocument, at: number): JsonKind => KINDS[document.kinds[at] as number] as JsonKind;

/** The text of a string, without its escapes; of anything else, its source text. */
export const textAt = ({ bytes, kinds, starts, ends, extras }: JsonDocument, at: number): string => {
  const start = starts[at] as number;
  const end = ends[at] as number;
  if (kinds[at] !== STRING || extras[at] === 0) return readUtf8(bytes, start, end);
  const plain = new Uint8Array(end - start);
  return readUtf8(plain, 0, unescapeInto(bytes, start, end, plain, 0));
};

/** The children of a container, in the order of the text; none of a scalar. */
export function* childrenOf({ kinds, nexts }: JsonDocument, at: number): Generator<number> {
  const kind = kinds[at] as number;
  if (kind !== OBJECT && kind !== ARRAY) return;
  const end = nexts[at] as number;
  for (let child = at + 1; child < end; child = nexts[child] as number) yield child;
}

/** The number of members or items; 0 for a scalar. */
export const countAt = ({ kinds, extras }: JsonDocument, at: number): number =>
  (kinds[at] as number) <= ARRAY ? (extras[at] as number) : 0;

/** The name under which value `at` is a member, or `undefined`. */
export const nameAt = ({ members, names }: JsonDocument, at: number): string | undefined =>
  names.texts[members[at] as number];

/** The member of that name, or `undefined`. */
export const memberAt = (document: JsonDocument, at: number, name: string): number | undefined => {
  const { kinds, nexts, members, names } = document;
  const id = names.ids.get(name);
  if (id === undefined || kinds[at] !== OBJECT) return undefined;
  const end = nexts[at] as number;
  for (let child = at + 1; child < end; child = nexts[child] as number) if (members[child] === id) return child;
  return undefined;
};

/** The item of that index, or `undefined`. */
export const itemAt = ({ kinds, nexts, extras }: JsonDocument, at: number, index: number): number | undefined => {
  if (kinds[at] !== ARRAY || index >= (extras[at] as number)) return undefined;
  let child = at + 1;
  for (let passed = 0; passed < index; passed += 1) child = nexts[child] as number;
  return child;
};

/** The value that these steps lead to from value `from`, or `undefined`. */
export const valueAlong = (document: JsonDocument, steps: readonly Step[], from = 0): number | undefined => {
  let at: number | undefined = from;
  for (const step of steps) {
    if (at === undefined) return undefined;
    at = typeof step === 'string' ? memberAt(document, at, step) : itemAt(document, at, step);
  }
  return at;
};

/** The steps from value `from` to value `to`, which is in it. */
export const stepsTo = (document: JsonDocument, to: number, from = 0): readonly Step[] => {
  const { kinds, nexts } = document;
  const steps: Step[] = [];
  let at = from;
  while (at !== to) {
    let child = at + 1;
    let index = 0;
    for (; (nexts[child] as number) <= to; child = nexts[child] as number) index += 1;
    steps.push(kinds[at] === ARRAY ? index : (nameAt(document, child) as string)); // a member has a name
    at = child;
  }
  return steps;
};
