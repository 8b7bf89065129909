/**
 * Fields: the types of fields that messages here have, each with its one canonical form.
 *
 * Source: protocol section 4.
 */
import { bytesOf, toHex, writeHex } from '../bytes.ts';
import { invariant } from '../refusal.ts';
import { MAX_SAFE } from '../units.ts';
import {
  DELIMITED,
  type Field,
  type Message,
  malformed,
  type Reader,
  readDelimited,
  VARINT,
  type Writer,
} from './proto.ts';
import { readUtf8, utf8Bytes } from './utf8.ts';

const EMPTY = new Uint8Array(0);

interface Delimited<T> {
  readonly initial: T;
  readonly required?: boolean;
  /** From bytes, never empty ones. */
  readonly parse: (bytes: Uint8Array) => T;
  /** To bytes, empty for what is not written. They are copied at once, so they may be a scratch. */
  readonly print: (value: T) => Uint8Array;
}

const delimited = <T>(number: number, { initial, required = false, parse, print }: Delimited<T>): Field<T> => {
  const tag = (number << 3) | DELIMITED;
  return {
    number,
    wireType: DELIMITED,
    repeated: false,
    required,
    initial,
    read: (reader) => {
      const bytes = readDelimited(reader);
      return bytes.length > 0 ? parse(bytes) : malformed('an empty value is not written');
    },
    write: (writer, value) => {
      const bytes = print(value);
      if (bytes.length > 0) writer.uint32(tag).bytes(bytes);
    },
  };
};

/** Bytes of any length; absent when empty. They share the memory of the message. */
export const bytesField = (number: number): Field<Uint8Array> =>
  delimited(number, { initial: EMPTY, parse: (bytes) => bytes, print: (bytes) => bytes });

const hexOf =
  <T extends string>(length: number) =>
  (bytes: Uint8Array): T =>
    bytes.length === length ? (toHex(bytes) as T) : malformed('width');

const intoScratch = (length: number): ((hex: string) => Uint8Array) => {
  const scratch = new Uint8Array(length);
  return (hex) => writeHex(scratch, hex);
};

/** Exactly `length` bytes as hex; without them the message is malformed. */
export const hexField = <T extends string>(number: number, length: number): Field<T> =>
  delimited(number, { initial: '' as T, required: true, parse: hexOf<T>(length), print: intoScratch(length) });

/** Like `hexField`, but may be absent, told as `undefined`. */
export const optionalHexField = <T extends string>(number: number, length: number): Field<T | undefined> =>
  delimited<T | undefined>(number, {
    initial: undefined,
    parse: hexOf<T>(length),
    print: (text) => (text === undefined ? EMPTY : bytesOf(text)),
  });

/** Text in valid UTF-8, kept byte for byte, a leading byte order mark included. */
export const textField = (number: number): Field<string> =>
  delimited(number, { initial: '', parse: readUtf8, print: utf8Bytes });

/** Text that may be absent, told as `undefined`; never empty. */
export const optionalTextField = (number: number): Field<string | undefined> =>
  delimited<string | undefined>(number, {
    initial: undefined,
    parse: readUtf8,
    print: (text) => (text === undefined ? EMPTY : utf8Bytes(text)),
  });

const AMOUNT_BYTES = 16;
const AMOUNT_BITS = 128n;
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

/** A value that is no amount throws: setting 64 bits of it would wrap in silence. */
const amountInScratch = (value: bigint): Uint8Array => {
  invariant(value >> AMOUNT_BITS === 0n, `${value} is no amount of 0 to 2^128-1`);
  amountView.setBigUint64(0, value >> 64n);
  amountView.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
  return amountScratch;
};

/** 16 bytes big endian, written also when zero; without them the message is malformed. */
export const valueField = (number: number): Field<bigint> =>
  delimited(number, { initial: -1n, required: true, parse: amountOf, print: amountInScratch });

/** 16 bytes big endian; absent when zero. */
export const amountField = (number: number): Field<bigint> =>
  delimited(number, {
    initial: 0n,
    parse: (bytes) => amountOf(bytes) || malformed('a zero is not written'),
    print: (value) => (value === 0n ? EMPTY : amountInScratch(value)),
  });

const wideOf = (bytes: Uint8Array): bigint => {
  if (bytes.length <= AMOUNT_BYTES) return amountOf(bytes) || malformed('a zero is not written');
  return bytes[0] === 0 ? malformed('a leading zero is not written') : BigInt(`0x${toHex(bytes)}`);
};

const wideBytes = (value: bigint): Uint8Array => {
  if (value >> AMOUNT_BITS === 0n) return value === 0n ? EMPTY : amountInScratch(value);
  const digits = value.toString(16);
  return bytesOf(digits.length % 2 === 0 ? digits : `0${digits}`);
};

/** A whole number that may be greater than any amount: an amount's 16 bytes, or as many more as it needs; absent when zero. */
export const wideField = (number: number): Field<bigint> =>
  delimited(number, { initial: 0n, parse: wideOf, print: wideBytes });

const varint = <T>(
  number: number,
  initial: T,
  parse: (value: bigint | number) => T,
  write: (writer: Writer, value: T) => void,
): Field<T> => {
  const tag = (number << 3) | VARINT;
  return {
    number,
    wireType: VARINT,
    repeated: false,
    required: false,
    initial,
    read: (reader) => {
      const value = parse(readUint64(reader));
      return value === initial ? malformed('a zero is not written') : value;
    },
    write: (writer, value) => {
      if (value !== initial) write(writer.uint32(tag), value);
    },
  };
};

const LAST_BYTE = 10;

/** A varint of up to 64 bits in its shortest form; a small one as a number. */
const readUint64 = (reader: Reader): bigint | number => {
  const start = reader.pos;
  const first = reader.buf[start] ?? 0x80;
  if (first < 0x80) {
    reader.pos = start + 1;
    return first;
  }
  const { low, high } = reader.uint64() as unknown as { low: number; high: number };
  const end = reader.pos;
  const last = reader.buf[end - 1] as number;
  // The last group of the shortest form is not zero; the tenth has one bit only.
  if (last === 0 || (end - start === LAST_BYTE && last > 1)) return malformed('varint');
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
};

/** A uint64; absent when zero. */
export const uint64Field = (number: number): Field<bigint> =>
  varint<bigint>(number, 0n, BigInt, (writer, value) => {
    if (value <= BigInt(MAX_SAFE)) writer.uint64(Number(value));
    else
      writer.uint64({ low: Number(value & 0xffff_ffffn) | 0, high: Number(value >> 32n) | 0, unsigned: true } as never);
  });

/** A uint64 of at most `limit` as a number; absent when zero, malformed when greater. */
const numberField = <T extends number>(number: number, limit: number): Field<T> =>
  varint<T>(
    number,
    0 as T,
    (value) => (value <= limit ? (Number(value) as T) : malformed('too great')),
    (writer, value) => {
      writer.uint64(value);
    },
  );

/** A uint64 of at most 2^53 - 1 as a number; absent when zero. */
export const safeField = <T extends number>(number: number): Field<T> => numberField<T>(number, MAX_SAFE);

/** A uint32; absent when zero. */
export const uint32Field = (number: number): Field<number> => numberField(number, 0xffff_ffff);

/** A truth; absent when false. */
export const flagField = (number: number): Field<boolean> =>
  varint<boolean>(
    number,
    false,
    (value) => value === 1 || malformed('a truth is written as 1'),
    (writer, value) => {
      writer.bool(value);
    },
  );

const listField = <T>(
  number: number,
  parse: (bytes: Uint8Array) => T,
  writeItem: (writer: Writer, value: T) => void,
): Field<readonly T[]> => {
  const tag = (number << 3) | DELIMITED;
  return {
    number,
    wireType: DELIMITED,
    repeated: true,
    required: false,
    initial: [],
    // The list grows in place: `initial` never grows, because the first value makes a list of its own.
    read: (reader, before) => {
      const value = parse(readDelimited(reader));
      if (before.length === 0) return [value];
      (before as T[]).push(value);
      return before;
    },
    write: (writer, values) => {
      for (const value of values) writeItem(writer.uint32(tag), value);
    },
  };
};

/** Byte strings of any length. They share the memory of the message. */
export const bytesList = (number: number): Field<readonly Uint8Array[]> =>
  listField<Uint8Array>(
    number,
    (bytes) => bytes,
    (writer, value) => {
      writer.bytes(value);
    },
  );

/** Hex strings of exactly `length` bytes each. */
export const hexList = <T extends string>(number: number, length: number): Field<readonly T[]> => {
  const print = intoScratch(length);
  return listField<T>(number, hexOf<T>(length), (writer, value) => {
    writer.bytes(print(value));
  });
};

const writeMessage =
  <M>(message: Message<M>) =>
  (writer: Writer, value: M): void => {
    writer.fork();
    message.write(writer, value);
    writer.ldelim();
  };

/** Messages within a message. */
export const messageList = <M>(number: number, message: Message<M>): Field<readonly M[]> =>
  listField<M>(number, message.read, writeMessage(message));

/** A message that may be absent, told as `undefined`. */
export const messageField = <M>(number: number, message: Message<M>): Field<M | undefined> => {
  const tag = (number << 3) | DELIMITED;
  const writeInner = writeMessage(message);
  return {
    number,
    wireType: DELIMITED,
    repeated: false,
    required: false,
    initial: undefined,
    read: (reader) => message.read(readDelimited(reader)),
    write: (writer, value) => {
      if (value !== undefined) writeInner(writer.uint32(tag), value);
    },
  };
};
