/**
 * Path: where a value stands, as the bytes that are hashed and as the pointer that people read.
 *
 * In bytes a name and an index differ, in a pointer they do not: `/a/0` is an item or a member called "0". So a pointer is resolved
 * against a document, and a presentation carries steps.
 * Source: RFC 6901 (JSON Pointer); docs/decisions/0019-own-tree-for-records.md.
 */

import { isWellFormed } from '../../core/json.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { ARRAY, itemAt, type JsonDocument, memberAt, OBJECT, type Step } from '../json/document.ts';
import { MAX_NAME_BYTES, MAX_NESTING, MAX_PATH_BYTES } from '../limits.ts';
import { INDEX_STEP, MEMBER_STEP } from './profile.ts';

const INDEX_BYTES = 5;
const NAME_HEAD_BYTES = 3;

/** Writes the step to an item; returns where it ends. */
export const writeIndex = (target: Uint8Array, start: number, index: number): number => {
  target[start] = INDEX_STEP;
  target[start + 1] = index >>> 24;
  target[start + 2] = index >>> 16;
  target[start + 3] = index >>> 8;
  target[start + 4] = index;
  return start + INDEX_BYTES;
};

/** Writes the step to a member whose name is `bytes` from `from` to before `to`; returns where it ends. */
export const writeMember = (target: Uint8Array, start: number, bytes: Uint8Array, from: number, to: number): number => {
  const length = to - from;
  target[start] = MEMBER_STEP;
  target[start + 1] = length >>> 8;
  target[start + 2] = length;
  let at = start + NAME_HEAD_BYTES;
  for (let index = from; index < to; index += 1) target[at++] = bytes[index] as number;
  return at;
};

/** The bytes of the steps, or `undefined` if a step or the whole is beyond its limit, or no step at all. */
export const pathBytes = (steps: readonly Step[]): Uint8Array | undefined => {
  if (steps.length > MAX_NESTING) return undefined;
  const bytes = new Uint8Array(MAX_PATH_BYTES);
  let length = 0;
  for (const step of steps) {
    if (typeof step === 'number') {
      if (!Number.isInteger(step) || step < 0 || step >= 2 ** 32 || length + INDEX_BYTES > MAX_PATH_BYTES)
        return undefined;
      length = writeIndex(bytes, length, step);
    } else {
      if (step.length > MAX_NAME_BYTES || !isWellFormed(step)) return undefined;
      const name = utf8Bytes(step);
      if (name.length > MAX_NAME_BYTES || length + NAME_HEAD_BYTES + name.length > MAX_PATH_BYTES) return undefined;
      length = writeMember(bytes, length, name, 0, name.length);
    }
  }
  return bytes.subarray(0, length);
};

/** The JSON Pointer of these steps; "" is the whole document. */
export const pointerOf = (steps: readonly Step[]): string =>
  steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** The texts between the slashes of a JSON Pointer, or `undefined` if it is none. */
export const pointerParts = (pointer: string): readonly string[] | undefined => {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
};

const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

/** The value that a JSON Pointer leads to from value `from`, or `undefined`. */
export const valueAtPointer = (document: JsonDocument, pointer: string, from = 0): number | undefined => {
  let at: number | undefined = from;
  for (const part of pointerParts(pointer) ?? [undefined]) {
    if (at === undefined || part === undefined) return undefined;
    const kind: number | undefined = document.kinds[at];
    if (kind === ARRAY) at = INDEX.test(part) ? itemAt(document, at, Number(part)) : undefined;
    else at = kind === OBJECT ? memberAt(document, at, part) : undefined;
  }
  return at;
};
