/**
 * Proto: canonical protobuf messages as tables of fields.
 *
 * A value has one form: fields in the order of their numbers, each once, none that is zero or empty, the shortest varints, nothing
 * unknown. Anything else is malformed: it would decode and encode to other bytes. Reading refuses it where it stands, which saves
 * encoding again; a test holds that against decoding, encoding and comparing. The varints are protobufjs's.
 * Source: protocol section 4. The field types are in fields.ts.
 */
import * as E from 'fp-ts/lib/Either.js';
import protobuf from 'protobufjs/minimal.js';

const { Reader: ProtoReader, Writer: ProtoWriter } = protobuf;
export type Reader = protobuf.Reader;
export type Writer = protobuf.Writer;

export const VARINT = 0;
export const DELIMITED = 2;

/** How one field is read and written; `initial` is its value when absent. */
export interface Field<T> {
  readonly number: number;
  readonly wireType: typeof VARINT | typeof DELIMITED;
  /** May stand any number of times, one after the other. */
  readonly repeated: boolean;
  /** Whether the message is malformed without it. */
  readonly required: boolean;
  readonly initial: T;
  /** The value after what the reader stands at; `before` is what a repeated field has so far. */
  readonly read: (reader: Reader, before: T) => T;
  /** Writes nothing for the value that an absent field stands for. */
  readonly write: (writer: Writer, value: T) => void;
}

/** Leaves a decoder; the door below turns it into a value. */
export const malformed = (why: string): never => {
  throw new RangeError(why);
};

/** Four bytes of varint: more than any tag, and than any length that a message here may have. */
const MAX_SMALL = 0x0fff_ffff;

const varintLength = (value: number): number => (value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : 4);

/** A tag or a length: a varint of at most four bytes, in its shortest form. */
const readSmall = (reader: Reader): number => {
  const start = reader.pos;
  const value = reader.uint32();
  if (value > MAX_SMALL || reader.pos - start !== varintLength(value)) return malformed('varint');
  return value;
};

/** A delimited value's bytes; they share the memory of the message. */
export const readDelimited = (reader: Reader): Uint8Array => {
  const length = readSmall(reader);
  const start = reader.pos;
  if (start + length > reader.len) return malformed('length');
  reader.pos = start + length;
  return reader.buf.subarray(start, start + length);
};

export interface Message<M> {
  /** The one canonical form of the value. */
  readonly encode: (value: M) => Uint8Array;
  /** The value, if `bytes` are its canonical form; a fault in them is a value, never a throw. */
  readonly decode: (bytes: Uint8Array) => E.Either<'malformed', M>;
  /** Like `decode`, but throws: for messages within messages. */
  readonly read: (bytes: Uint8Array) => M;
  /** Writes the fields into an outer message. */
  readonly write: (writer: Writer, value: M) => void;
}

type Fields<M> = { readonly [K in keyof M]: Field<M[K]> };

// Writers keep their buffers, so encoding allocates the result only.
const idleWriters: Writer[] = [];

/** The bytes that `write` writes. */
const written = (write: (writer: Writer) => void): Uint8Array => {
  const writer = idleWriters.pop() ?? new ProtoWriter();
  write(writer);
  const bytes = writer.finish();
  idleWriters.push(writer.reset());
  return bytes;
};

const tagOf = (field: Pick<Field<unknown>, 'number' | 'wireType'>): number => (field.number << 3) | field.wireType;

/** A message of these fields, which stand in the order of their numbers. */
export const message = <M extends object>(fields: Fields<M>): Message<M> => {
  const names = Object.keys(fields) as (keyof M)[];
  const table = names.map((name) => fields[name] as Field<M[keyof M]>);
  const required = names.filter((name) => fields[name].required);
  const indexByTag = new Map(table.map((field, index) => [tagOf(field), index]));

  const write = (writer: Writer, value: M): void => {
    for (let index = 0; index < names.length; index += 1) {
      (table[index] as Field<M[keyof M]>).write(writer, value[names[index] as keyof M]);
    }
  };

  const read = (bytes: Uint8Array): M => {
    const value = {} as M;
    for (let index = 0; index < names.length; index += 1) {
      value[names[index] as keyof M] = (table[index] as Field<M[keyof M]>).initial;
    }
    const reader = new ProtoReader(bytes);
    let last = -1;
    while (reader.pos < reader.len) {
      const index = indexByTag.get(readSmall(reader));
      if (index === undefined) return malformed('unknown field');
      const field = table[index] as Field<M[keyof M]>;
      if (index < last || (index === last && !field.repeated)) return malformed('order');
      const name = names[index] as keyof M;
      value[name] = field.read(reader, value[name]);
      last = index;
    }
    for (const name of required) if (value[name] === fields[name].initial) return malformed('absent');
    return value;
  };

  return {
    encode: (value) => written((writer) => write(writer, value)),
    decode: (bytes) =>
      E.tryCatch(
        () => read(bytes),
        () => 'malformed' as const,
      ),
    read,
    write,
  };
};
