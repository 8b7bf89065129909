/**
 * Pointer: from a JSON Pointer to the value it leads to and the values on the way, or what stands where it ends; and back.
 *
 * Source: RFC 6901.
 */
import * as E from 'fp-ts/lib/Either.js';
import { ARRAY, childrenOf, countAt, type JsonDocument, kindAt, nameAt, OBJECT } from '../json/document.ts';
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from '../limits.ts';
import { pointerOf, pointerParts } from '../tree/path.ts';
import { readable } from './readable.ts';

/** The most characters of a pointer: what no path can need, with every character escaped. */
export const MAX_POINTER_LENGTH = 2 * MAX_PATH_BYTES;
/** The most members that a fault names. */
const MAX_NAMED = 12;
/** Containers of more children than this are looked up by a table, so that many pointers into a long list cost no square. */
const FEW = 16;

/** Why a pointer leads to no value. It tells what the document has instead: it is for its holder, not for whoever asked. */
export interface PointerFault {
  /** `pointer_too_long`, `pointer_malformed`: no JSON Pointer. `pointer_leads_nowhere`: the document has no such value. */
  readonly code: 'pointer_too_long' | 'pointer_malformed' | 'pointer_leads_nowhere';
  /** What is wrong and what there is instead, for people. */
  readonly message: string;
  readonly pointer: string;
}

const faultOf = (code: PointerFault['code'], pointer: string, message: string): E.Either<PointerFault, never> =>
  E.left({ code, pointer, message: `${readable(pointer, MAX_NAME_BYTES)}: ${message}` });

/** What there is to choose in a value, for people. */
const contentText = (document: JsonDocument, at: number): string => {
  const kind = kindAt(document, at);
  const count = countAt(document, at);
  if (kind === 'array') return count === 0 ? 'an empty list' : `a list of ${count}: 0 to ${count - 1}`;
  if (kind !== 'object') return `a ${kind}, which has no members`;
  if (count === 0) return 'an object without members';
  const names: string[] = [];
  for (const child of childrenOf(document, at)) {
    if (names.length === MAX_NAMED) break;
    names.push(readable(nameAt(document, child) as string, 60)); // a member has a name
  }
  return `an object of ${names.join(', ')}${count > MAX_NAMED ? ` and ${count - MAX_NAMED} more` : ''}`;
};

/** Finds values by pointers. It keeps tables of the long containers it has passed: at most as much as the document. */
export class PointerReader {
  readonly #document: JsonDocument;
  readonly #tables = new Map<number, ReadonlyMap<string, number>>();

  constructor(document: JsonDocument) {
    this.#document = document;
  }

  /** The values from the whole document down to the one that the pointer leads to. */
  read(pointer: string): E.Either<PointerFault, readonly number[]> {
    if (pointer.length > MAX_POINTER_LENGTH) {
      return faultOf('pointer_too_long', pointer, `has more than ${MAX_POINTER_LENGTH} characters: no path has`);
    }
    const parts = pointerParts(pointer);
    if (parts === undefined) {
      const advice = 'is no JSON Pointer: write it like /code/coding/0/code, with ~1 for / and ~0 for ~ in names';
      return faultOf('pointer_malformed', pointer, advice);
    }
    const way = [0];
    for (const part of parts) {
      const at = way.at(-1) as number; // it begins with the whole document
      const child = this.child(at, part);
      if (child === undefined) {
        const there = pointerOf(parts.slice(0, way.length - 1));
        const content = contentText(this.#document, at);
        const where = there === '' ? 'the document' : readable(there, MAX_NAME_BYTES);
        return faultOf('pointer_leads_nowhere', pointer, `leads nowhere: ${where} is ${content}`);
      }
      way.push(child);
    }
    return E.right(way);
  }

  /** The child that a part of a pointer, unescaped, leads to from a value. */
  child(at: number, part: string): number | undefined {
    const document = this.#document;
    const kind = document.kinds[at];
    if (kind !== OBJECT && kind !== ARRAY) return undefined;
    if (countAt(document, at) > FEW) return this.#tableOf(at).get(part);
    let index = 0;
    for (const child of childrenOf(document, at)) {
      if (part === (nameAt(document, child) ?? String(index))) return child;
      index += 1;
    }
    return undefined;
  }

  #tableOf(at: number): ReadonlyMap<string, number> {
    const known = this.#tables.get(at);
    if (known !== undefined) return known;
    const table = new Map<string, number>();
    for (const child of childrenOf(this.#document, at)) {
      table.set(nameAt(this.#document, child) ?? String(table.size), child);
    }
    this.#tables.set(at, table);
    return table;
  }
}

/** The pointers of values, which ascend and are distinct. PERF: linear in what lies before the last of them. */
export const pointersOf = (document: JsonDocument, values: ArrayLike<number>): readonly string[] => {
  const pointers: string[] = [];
  const { nexts } = document;
  const visit = (at: number, pointer: string): void => {
    if (values[pointers.length] === at) pointers.push(pointer);
    let index = 0;
    for (const child of childrenOf(document, at)) {
      const wanted = values[pointers.length];
      if (wanted === undefined || wanted >= (nexts[at] as number)) return;
      if (wanted < (nexts[child] as number)) visit(child, pointer + pointerOf([nameAt(document, child) ?? index]));
      index += 1;
    }
  };
  visit(0, '');
  return pointers;
};
