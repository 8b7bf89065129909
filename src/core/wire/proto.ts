/**
 * Proto: canonical protobuf messages as tables of fields.
 *
 * A message is decoded, encoded again and compared: what differs from its one canonical form (unknown fields, overlong
 * varints, another order, a written zero) is malformed. Field numbers and wire types are the first network's.
 * Source: protocol section 4. The varints are protobufjs's.
 */
import * as E from 'fp-ts/lib/Either.js';
import protobuf from 'protobufjs/minimal.js';
import { bytesOf, sameBytes, toHex } from '../bytes.ts';
import { MAX_SAFE } from '../units.ts';

const { Reader, Writer } = protobuf;
type Reader = protobuf.Reader;
type Writer = protobuf.Writer;

/** How one field is read and written; `initial` is its value when absent. */
export interface Field<T> {
  readonly number: number;
  readonly wireType: 0 | 2;
  /** Whether the message is malformed without it. */
  readonly required: boolean;
  readonly initial: T;
  readonly read: (reader: Reader, before: T) => T;
  /** Writes nothing for the value that an absent field stands for. */
  readonly write: (writer: Writer, value: T) => void;
}

/** Leaves a decoder; the door below turns it into a value. */
const malformed = (why: string): never => {
  throw new RangeError(why);
};

const VARINT = 0;
const DELIMITED = 2;

const delimited = <T>(number: number, initial: T, parse: (bytes: Uint8Array) => T, print: (value: T) => Uint8Array): Field<T> => {
  const tag = (number << 3) | DELIMITED;
  return {
    number,
    wireType: DELIMITED,
    required: false,
    initial,
    read: (reader) => parse(reader.bytes()),
    write: (writer, value) => {
      const bytes = print(value);
      if (bytes.length > 0) writer.uint32(tag).bytes(bytes);
    },
  };
};

const EMPTY = new Uint8Array(0);

/** Bytes of any length; absent when empty. */
export const bytesField = (number: number): Field<Uint8Array> => delimited(number, EMPTY, (bytes) => bytes, (bytes) => bytes);

/** Exactly `length` bytes as hex; without them the message is malformed. */
export const hexField = <T extends string>(number: number, length: number): Field<T> => ({
  ...delimited(
    number,
    '' as T,
    (bytes) => (bytes.length === length ? (toHex(bytes) as T) : malformed('width')),
    bytesOf,
  ),
  required: true,
});

/** Like `hexField`, but may be absent, told as `undefined`. */
export const optionalHexField = <T extends string>(number: number, length: number): Field<T | undefined> =>
  delimited<T | undefined>(
    number,
    undefined,
    (bytes) => (bytes.length === length ? (toHex(bytes) as T) : malformed('width')),
    (text) => (text === undefined ? EMPTY : bytesOf(text)),
  );

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/** The UTF-8 bytes of text that has no lone surrogate. */
export const utf8Bytes = (text: string): Uint8Array => utf8.encode(text);

/** Text in valid UTF-8, kept byte for byte, a leading byte order mark included. */
export const textField = (number: number): Field<string> =>
  delimited(number, '', (bytes) => strictUtf8.decode(bytes), utf8Bytes);

/** Text that may be absent, told as `undefined`; never empty. */
export const optionalTextField = (number: number): Field<string | undefined> =>
  delimited<string | undefined>(
    number,
    undefined,
    (bytes) => strictUtf8.decode(bytes),
    (text) => (text === undefined ? EMPTY : utf8Bytes(text)),
  );

const AMOUNT_BYTES = 16;
const amountScratch = new Uint8Array(AMOUNT_BYTES);
const amountView = new DataView(amountScratch.buffer);

/** The number that 16 bytes big endian are; another width throws. */
export const amountOf = (bytes: Uint8Array): bigint => {
  if (bytes.length !== AMOUNT_BYTES) return malformed('width');
  amountScratch.set(bytes);
  const high = amountView.getBigUint64(0);
  const low = amountView.getBigUint64(8);
  return high === 0n ? low : (high << 64n) | low;
};

/** 16 bytes, big endian. */
export const amountBytes = (value: bigint): Uint8Array => {
  amountView.setBigUint64(0, value >> 64n);
  amountView.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
  return amountScratch.slice();
};

/** 16 bytes big endian, written also when zero; without them the message is malformed. */
export const valueField = (number: number): Field<bigint> => ({
  ...delimited(number, -1n, amountOf, amountBytes),
  required: true,
});

/** 16 bytes big endian; absent when zero. */
export const amountField = (number: number): Field<bigint> =>
  delimited(number, 0n, amountOf, (value) => (value === 0n ? EMPTY : amountBytes(value)));

const varint = <T>(number: number, initial: T, read: (reader: Reader) => T, write: (writer: Writer, value: T) => void): Field<T> => {
  const tag = (number << 3) | VARINT;
  return {
    number,
    wireType: VARINT,
    required: false,
    initial,
    read,
    write: (writer, value) => {
      if (value !== initial) write(writer.uint32(tag), value);
    },
  };
};

const readUint64 = (reader: Reader): bigint => {
  const long = reader.uint64() as { low: number; high: number } | number;
  if (typeof long === 'number') return BigInt(long);
  return (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0);
};

/** A uint64; absent when zero. */
export const uint64Field = (number: number): Field<bigint> =>
  varint(number, 0n, readUint64, (writer, value) => {
    writer.uint64({ low: Number(value & 0xffff_ffffn) | 0, high: Number(value >> 32n) | 0, unsigned: true } as never);
  });

/** A uint64 of at most 2^53 - 1 as a number; absent when zero, malformed when greater. */
export const safeField = <T extends number>(number: number): Field<T> =>
  varint<T>(
    number,
    0 as T,
    (reader) => {
      const value = readUint64(reader);
      return value <= BigInt(MAX_SAFE) ? (Number(value) as T) : malformed('above 2^53-1');
    },
    (writer, value) => {
      writer.uint64(value);
    },
  );

/** A uint32; absent when zero. */
export const uint32Field = (number: number): Field<number> =>
  varint(number, 0, (reader) => reader.uint32(), (writer, value) => writer.uint32(value));

/** A truth; absent when false. */
export const flagField = (number: number): Field<boolean> =>
  varint(number, false, (reader) => reader.bool(), (writer, value) => writer.bool(value));

/** Any number of delimited values, in order; each is written, an empty one too. */
const listField = <T>(number: number, parse: (bytes: Uint8Array) => T, print: (value: T) => Uint8Array): Field<readonly T[]> => {
  const tag = (number << 3) | DELIMITED;
  return {
    number,
    wireType: DELIMITED,
    required: false,
    initial: [],
    // The list grows in place: `initial` is never grown, because the first value makes a list of its own.
    read: (reader, before) => {
      const value = parse(reader.bytes());
      if (before.length === 0) return [value];
      (before as T[]).push(value);
      return before;
    },
    write: (writer, values) => {
      for (const value of values) writer.uint32(tag).bytes(print(value));
    },
  };
};

/** Byte strings of any length. */
export const bytesList = (number: number): Field<readonly Uint8Array[]> => listField(number, (bytes) => bytes, (bytes) => bytes);

/** Hex strings of exactly `length` bytes each. */
export const hexList = <T extends string>(number: number, length: number): Field<readonly T[]> =>
  listField<T>(number, (bytes) => (bytes.length === length ? (toHex(bytes) as T) : malformed('width')), bytesOf);

/** Messages within a message. */
export const messageList = <M>(number: number, message: Message<M>): Field<readonly M[]> =>
  listField<M>(number, (bytes) => message.read(bytes), message.encode);

/** A message that may be absent, told as `undefined`. */
export const messageField = <M>(number: number, message: Message<M>): Field<M | undefined> => {
  const tag = (number << 3) | DELIMITED;
  return {
    number,
    wireType: DELIMITED,
    required: false,
    initial: undefined,
    read: (reader) => message.read(reader.bytes()),
    write: (writer, value) => {
      if (value !== undefined) writer.uint32(tag).bytes(message.encode(value));
    },
  };
};

export interface Message<M> {
  /** The one canonical form of the value. */
  readonly encode: (value: M) => Uint8Array;
  /** The value, if `bytes` are its canonical form; a fault in them is a value, never a throw. */
  readonly decode: (bytes: Uint8Array) => E.Either<'malformed', M>;
  /** The value without comparing; throws. Only for messages within messages, whose outermost is compared. */
  readonly read: (bytes: Uint8Array) => M;
}

type Fields<M> = { readonly [K in keyof M]: Field<M[K]> };

/** A message of these fields. They are written in the order given, which is that of their numbers. */
export const message = <M extends object>(fields: Fields<M>): Message<M> => {
  const names = Object.keys(fields) as (keyof M)[];
  const required = names.filter((name) => fields[name].required);
  const table = names.map((name) => fields[name]);
  const byTag = new Map<number, keyof M>(names.map((name) => [(fields[name].number << 3) | fields[name].wireType, name]));

  const write = (value: M): Uint8Array => {
    const writer = new Writer();
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] as keyof M;
      (table[index] as Field<M[keyof M]>).write(writer, value[name]);
    }
    return writer.finish();
  };

  const read = (bytes: Uint8Array): M => {
    const value = {} as M;
    for (const name of names) value[name] = fields[name].initial;
    const reader = new Reader(bytes);
    while (reader.pos < reader.len) {
      const name = byTag.get(reader.uint32());
      if (name === undefined) return malformed('unknown field');
      value[name] = fields[name].read(reader, value[name]);
    }
    for (const name of required) if (value[name] === fields[name].initial) return malformed('a required field is absent');
    return value;
  };

  const readCanonical = (bytes: Uint8Array): M => {
    const value = read(bytes);
    return sameBytes(write(value), bytes) ? value : malformed('not canonical');
  };

  return { encode: write, read, decode: (bytes) => E.tryCatch(() => readCanonical(bytes), () => 'malformed' as const) };
};
