/**
 * Form: documents of our own with fixed members: written in one way only, and read only as they were written.
 *
 * Records come as they are and keep their bytes. Envelopes and certificates are made here, so they have one form: all members, in
 * their order, without spaces, absent things as null. Whatever else is in a document is refused with its place, so nothing that
 * a reader does not know is under a signature.
 * Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { sameBytes } from '../../core/bytes.ts';
import type { Hasher } from '../../core/crypto.ts';
import { isAddress } from '../../core/json.ts';
import { invariant } from '../../core/refusal.ts';
import { type Address, type Hash, MAX_SAFE } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import {
  childrenOf,
  countAt,
  type JsonDocument,
  type JsonKind,
  kindAt,
  nameAt,
  type Step,
  textAt,
} from '../json/document.ts';
import { readJson } from '../json/read.ts';
import { isHash, wholeNumberOf } from '../json/scalars.ts';
import { MAX_RECORD_DOCUMENT_BYTES } from '../limits.ts';
import { seen } from '../selection/readable.ts';
import { buildTree } from '../tree/build.ts';
import { pointerOf } from '../tree/path.ts';
import type { RecordTree } from '../tree/record-tree.ts';
import { isInstant } from './instant.ts';

/**
 * Why a document of a form is refused. The codes never change their meaning.
 *
 * - `document_not_json`: the strict reader refuses it, and says where.
 * - `document_member_missing`, `document_member_unknown`: a member that the form has, or has not.
 * - `document_value_wrong`: a value of another kind, form or size than stands there.
 * - `document_not_canonical`: it says what it should, in other bytes: spaces, order or escapes.
 */
export type FormFaultCode =
  | 'document_not_json'
  | 'document_member_missing'
  | 'document_member_unknown'
  | 'document_value_wrong'
  | 'document_not_canonical';

export interface FormFault {
  readonly code: FormFaultCode;
  /** What is wrong and what to do, for people. */
  readonly message: string;
  /** A JSON Pointer to the place; "" is the whole document. */
  readonly where: string;
}

/** A part of a form: how its value is written, and how it is read. */
export interface Part<T> {
  readonly write: (value: T) => string;
  readonly read: (document: JsonDocument, at: number, steps: readonly Step[]) => E.Either<FormFault, T>;
}

const fault = (code: FormFaultCode, steps: readonly Step[], message: string): E.Either<FormFault, never> => {
  const where = pointerOf(steps);
  return E.left({ code, message: `${where === '' ? 'the document' : seen(where)}: ${message}`, where });
};

const wrong = (steps: readonly Step[], wanted: string): E.Either<FormFault, never> =>
  fault('document_value_wrong', steps, `write ${wanted} here`);

/** A string or number whose text has a meaning. */
const scalar = <T>(kind: 'string' | 'number', wanted: string, parse: (text: string) => T | undefined): Part<T> => ({
  write: (value) => (kind === 'string' ? JSON.stringify(String(value)) : String(value)),
  read: (document, at, steps) => {
    const value = kindAt(document, at) === kind ? parse(textAt(document, at)) : undefined;
    return value === undefined ? wrong(steps, wanted) : E.right(value);
  },
});

/** Text of 1 to `most` UTF-8 bytes. */
export const text = (most: number): Part<string> =>
  scalar('string', `text of 1 to ${most} bytes`, (found) =>
    found.length > 0 && found.length <= most && utf8Bytes(found).length <= most ? found : undefined,
  );

/** 32 bytes as lower-case hex. */
export const hash: Part<Hash> = scalar('string', '64 lower-case hex digits', (found) =>
  isHash(found) ? found : undefined,
);

/** An account. */
export const address: Part<Address> = scalar('string', 'an account: 02 or 03 and 64 lower-case hex digits', (found) =>
  isAddress(found) ? found : undefined,
);

/** A second of UTC, such as 2026-11-22T08:30:00Z. */
export const instant: Part<string> = scalar('string', 'a time as YYYY-MM-DDThh:mm:ssZ', (found) =>
  isInstant(found) ? found : undefined,
);

/** A whole number from 0 to `most`, without sign, point or exponent. */
export const whole = (most: number = MAX_SAFE): Part<number> =>
  scalar('number', `a whole number up to ${most}`, (found) => wholeNumberOf(found, most));

/** One of these texts. */
export const oneOf = <T extends string>(...texts: readonly T[]): Part<T> =>
  scalar('string', texts.map((each) => JSON.stringify(each)).join(' or '), (found) =>
    texts.find((each) => each === found),
  );

/** What may be absent: null. */
export const optional = <T>(part: Part<T>): Part<T | undefined> => ({
  write: (value) => (value === undefined ? 'null' : part.write(value)),
  read: (document, at, steps) =>
    kindAt(document, at) === 'null' ? E.right(undefined) : part.read(document, at, steps),
});

const isKind = (document: JsonDocument, at: number, kind: JsonKind): boolean => kindAt(document, at) === kind;

/** Up to `most` of a kind. */
export const list = <T>(part: Part<T>, most: number): Part<readonly T[]> => ({
  write: (values) => `[${values.map(part.write).join(',')}]`,
  read: (document, at, steps) => {
    if (!isKind(document, at, 'array') || countAt(document, at) > most) return wrong(steps, `a list of up to ${most}`);
    const values: T[] = [];
    for (const child of childrenOf(document, at)) {
      const value = part.read(document, child, [...steps, values.length]);
      if (E.isLeft(value)) return value;
      values.push(value.right);
    }
    return E.right(values);
  },
});

/** An object with these members, all of them and no other, written in this order. */
export const members = <T extends object>(parts: { readonly [K in keyof T]: Part<T[K]> }): Part<T> => {
  const names = Object.keys(parts) as (keyof T & string)[];
  const known: ReadonlySet<string> = new Set(names);
  return {
    write: (value) => `{${names.map((name) => `${JSON.stringify(name)}:${parts[name].write(value[name])}`).join(',')}}`,
    read: (document, at, steps) => {
      if (!isKind(document, at, 'object')) return wrong(steps, `an object with ${names.join(', ')}`);
      const children = new Map<string, number>();
      for (const child of childrenOf(document, at)) {
        const name = nameAt(document, child) as string; // a child of an object is a member
        if (!known.has(name)) return fault('document_member_unknown', [...steps, name], 'no such member belongs here');
        children.set(name, child);
      }
      const value = {} as T;
      for (const name of names) {
        const child = children.get(name);
        if (child === undefined) return fault('document_member_missing', [...steps, name], 'this member is missing');
        const read = parts[name].read(document, child, [...steps, name]);
        if (E.isLeft(read)) return read;
        value[name] = read.right;
      }
      return E.right(value);
    },
  };
};

/** What is wrong with a value as a whole: where, and what should stand there. */
export interface Contradiction {
  readonly steps: readonly Step[];
  readonly wanted: string;
}

/** A part whose members also have to agree with one another. */
export const checked = <T>(part: Part<T>, check: (value: T) => Contradiction | undefined): Part<T> => ({
  write: part.write,
  read: (document, at, steps) => {
    const read = part.read(document, at, steps);
    if (E.isLeft(read)) return read;
    const contradiction = check(read.right);
    return contradiction === undefined ? read : wrong([...steps, ...contradiction.steps], contradiction.wanted);
  },
});

/** What the first member of each form is: its name and version. Another form has another name, so that none is taken for another. */
export interface Profiled {
  readonly profile: string;
}

/** The one text of a value of a form, as bytes. What breaks a limit of the form is written too; reading refuses it. */
export const writeForm = <T>(form: Part<T>, value: T): Uint8Array => utf8Bytes(form.write(value));

/** A document as it was read: its value, and the document over whose bytes its tree stands. */
export interface FormDocument<T> {
  readonly value: T;
  readonly document: JsonDocument;
}

/** Reads a document of a form, of at most MAX_RECORD_DOCUMENT_BYTES; or the first fault. */
export const readForm = <T>(form: Part<T>, bytes: Uint8Array): E.Either<FormFault, FormDocument<T>> => {
  const document = readJson(bytes, { maxBytes: MAX_RECORD_DOCUMENT_BYTES });
  if (E.isLeft(document)) return fault('document_not_json', [], document.left.message);
  const read = form.read(document.right, 0, []);
  if (E.isLeft(read)) return read;
  if (!sameBytes(writeForm(form, read.right), bytes)) {
    return fault('document_not_canonical', [], 'write it anew: its members stand in one order, without spaces');
  }
  return E.right({ value: read.right, document: document.right });
};

/** The tree of a document of a form; or the first fault of its bytes. `seed` has 32 bytes. */
export const treeOfForm = <T>(
  form: Part<T>,
  { hasher, bytes, seed }: { readonly hasher: Hasher; readonly bytes: Uint8Array; readonly seed: Uint8Array },
): E.Either<FormFault, RecordTree> => {
  const read = readForm(form, bytes);
  if (E.isLeft(read)) return read;
  const tree = buildTree(read.right.document, { hasher, seed });
  invariant(E.isRight(tree), 'the names of a form are short');
  return tree;
};
