/**
 * Json: the codecs by which text from outside becomes values, and the canonical text that ids are hashed over.
 *
 * Numbers travel as decimal strings, so that 64 and 128 bits survive; an object has the fields it should have and no
 * other; every fault is told with its path. Source: protocol sections 1 and 14, RFC 8785 (JSON Canonicalization).
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { fromHex } from './bytes.ts';
import { type Address, MAX_AMOUNT, MAX_SAFE, MAX_UINT64 } from './units.ts';

/** Where a document is wrong: the path of the fault, what stands there, and what should. */
export interface Fault {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
}

/** A fault as one line for people. */
export const faultText = ({ path, found, wanted }: Fault): string => `${path}: found ${found}, wanted ${wanted}`;

const MAX_FOUND = 60;

/** JSON text that is right up to `room` characters: a stranger's value may be longer and deeper than any stack. */
const beginning = (value: unknown, room: number): string => {
  if (room <= 0) return '';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, room));
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? typeof value;
  const isList = Array.isArray(value);
  let text = isList ? '[' : '{';
  for (const name of isList ? value.keys() : Object.keys(value)) {
    if (text.length > room) return text;
    const comma = text.length === 1 ? '' : ',';
    const label = typeof name === 'number' ? comma : `${comma}${JSON.stringify(name)}:`;
    text += `${label}${beginning((value as Readonly<Record<string | number, unknown>>)[name], room - text.length - label.length)}`;
  }
  return `${text}${isList ? ']' : '}'}`;
};

/** A short telling of any value. */
const tell = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = beginning(value, MAX_FOUND + 1);
  return text.length <= MAX_FOUND ? text : `${text.slice(0, MAX_FOUND)}...`;
};

const pathOf = (context: t.Context): string => {
  let path = '';
  for (const { key } of context) {
    if (key === '') continue;
    path += /^[0-9]+$/.test(key) ? `[${key}]` : path === '' ? key : `.${key}`;
  }
  return path === '' ? '(document)' : path;
};

/** io-ts errors as faults, in the order found. A message of `t.failure` says what is wanted. */
const faultsOf = (errors: t.Errors): readonly Fault[] =>
  errors.map((error) => ({
    path: pathOf(error.context),
    found: tell(error.value),
    wanted: error.message ?? error.context[error.context.length - 1]?.type.name ?? 'another value',
  }));

/** Decodes a value, or tells every fault in it. */
export const readJson = <A>(codec: t.Type<A, unknown, unknown>, value: unknown): E.Either<readonly Fault[], A> => {
  const read = codec.decode(value);
  return E.isRight(read) ? read : E.left(faultsOf(read.left));
};

/** A text codec for the values that `parse` understands; `wanted` is what a fault says. */
export const textual = <A>(wanted: string, parse: (text: string) => A | undefined, print: (value: A) => string) =>
  new t.Type<A, string, unknown>(
    wanted,
    (value): value is A => parse(print(value as A)) !== undefined,
    (value, context) => {
      const parsed = typeof value === 'string' ? parse(value) : undefined;
      return parsed === undefined ? t.failure(value, context, wanted) : t.success(parsed);
    },
    print,
  );

const parseDecimal =
  (limit: bigint) =>
  (text: string): bigint | undefined => {
    if (text.length > 40 || !/^(0|[1-9][0-9]*)$/.test(text)) return undefined;
    const value = BigInt(text);
    return value <= limit ? value : undefined;
  };

const decimal = (wanted: string, limit: bigint) => textual<bigint>(wanted, parseDecimal(limit), String);

/** An amount in raw units as a decimal string, lossless up to 2^128 - 1. */
export const AmountText = decimal('an amount as a decimal string, 0 to 2^128-1', MAX_AMOUNT);
/** A uint64 as a decimal string, lossless. */
export const Uint64Text = decimal('a whole number as a decimal string, 0 to 2^64-1', MAX_UINT64);
/** A number of at most 2^53 - 1 as a decimal string. */
export const SafeText = textual<number>(
  'a whole number as a decimal string, 0 to 2^53-1',
  (text) => {
    const value = parseDecimal(BigInt(MAX_SAFE))(text);
    return value === undefined ? undefined : Number(value);
  },
  String,
);

/** Bytes as lower-case hex; with `length`, exactly so many. */
export const HexText = (length?: number) =>
  textual<string>(
    length === undefined ? 'bytes as lower-case hex' : `${length} bytes as ${2 * length} lower-case hex digits`,
    (text) => (fromHex(text) !== undefined && (length === undefined || text.length === 2 * length) ? text : undefined),
    (text) => text,
  );

/** Whether the text has the form of an address; that the point exists is not asked. */
export const isAddress = (text: string): text is Address => /^0[23][0-9a-f]{64}$/.test(text);

/** Text that is valid Unicode: no lone surrogate. */
export const UnicodeText = textual<string>(
  'text without lone surrogates',
  (text) => (isWellFormed(text) ? text : undefined),
  (text) => text,
);

/** Whether every surrogate of the text is one of a pair, so that it has a UTF-8 form. */
export const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

type Fields = Readonly<Record<string, t.Mixed>>;
type Values<F extends Fields> = { readonly [K in keyof F]: t.TypeOf<F[K]> };

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with these fields, the optional ones present or not, and no other field. */
export const closed = <R extends Fields, O extends Fields = Record<never, t.Mixed>>(required: R, optional?: O) => {
  type A = Values<R> & Partial<Values<O>>;
  const known = new Map<string, t.Mixed>([...Object.entries(required), ...Object.entries(optional ?? {})]);
  const named = `an object with ${[...known.keys()].join(', ')}`;
  return new t.Type<A, unknown, unknown>(
    named,
    (value): value is A => isPlainObject(value),
    (value, context) => {
      if (!isPlainObject(value)) return t.failure(value, context, named);
      const errors: t.Errors = [];
      const read: Record<string, unknown> = {};
      for (const [name, codec] of known) {
        const present = Object.hasOwn(value, name);
        if (!present && !Object.hasOwn(required, name)) continue;
        const inner = t.appendContext(context, name, codec);
        const field = codec.validate(present ? value[name] : undefined, inner);
        if (E.isLeft(field)) errors.push(...field.left);
        else read[name] = field.right;
      }
      for (const name of Object.keys(value)) {
        if (known.has(name)) continue;
        const inner = t.appendContext(context, name, t.never);
        errors.push({
          value: value[name],
          context: inner,
          message: `no such field here (known: ${[...known.keys()].join(', ')})`,
        });
      }
      return errors.length === 0 ? t.success(read as A) : t.failures(errors);
    },
    (value) => value,
  );
};

/** An object of any names that `isName` allows, each with a value of the same codec. */
export const named = <A>(wanted: string, isName: (name: string) => boolean, codec: t.Type<A, unknown, unknown>) =>
  new t.Type<ReadonlyMap<string, A>, unknown, unknown>(
    wanted,
    (value): value is ReadonlyMap<string, A> => value instanceof Map,
    (value, context) => {
      if (!isPlainObject(value)) return t.failure(value, context, wanted);
      const errors: t.Errors = [];
      const read = new Map<string, A>();
      for (const [name, item] of Object.entries(value)) {
        const inner = t.appendContext(context, name, codec);
        const field = codec.validate(item, inner);
        if (!isName(name)) errors.push({ value: name, context: inner, message: wanted });
        else if (E.isLeft(field)) errors.push(...field.left);
        else read.set(name, field.right);
      }
      return errors.length === 0 ? t.success(read) : t.failures(errors);
    },
    (value) => Object.fromEntries(value),
  );

/** A value of the JSON that ids are hashed over: no numbers, so that RFC 8785 needs no floating point. */
export type CanonicalJson = string | readonly CanonicalJson[] | { readonly [name: string]: CanonicalJson };

/** RFC 8785 text: members sorted by UTF-16 units, no white space, shortest escapes. */
export const canonicalJson = (value: CanonicalJson): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value as { readonly [name: string]: CanonicalJson });
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`).join(',')}}`;
};
