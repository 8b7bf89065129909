/**
 * Fields: the types of fields that messages here have, each with its one canonical form.
 *
 * Source: protocol section 4.
 */
import { bytesOf, hexOf, writeHex } from '../bytes.ts';
import { InvariantViolation } from '../refusal.ts';
import { MAX_SAFE } from '../units.ts';
import {
  delimitedTag,
  type Field,
  type Message,
  malformed,
  passDelimited,
  passTag,
  type Reader,
  readUint64,
  varintTag,
  type Writer,
} from './proto.ts';
import { isAsciiOf, readUtf8, utf8Bytes } from './utf8.ts';

const EMPTY = new Uint8Array(0);

/** The value that the bytes from `from` to before `to` stand for. */
type Parse<T> = (bytes: Uint8Array, from: number, to: number) => T;

interface Delimited<T> {
  /** The value of an absent field. */
  readonly initial: T;
  /** Whether the message is malformed without it. */
  readonly required?: boolean;
  /** From bytes, never empty ones. */
  readonly parse: Parse<T>;
  /** To bytes, empty for what is not written. They are copied at once, so they may be a scratch. */
  readonly print: (value: T) => Uint8Array;
}

const delimited = <T>(number: number, { initial, required = false, parse, print }: Delimited<T>): Field<T> => {
  const tag = delimitedTag(number);
  return {
    read: (reader) => {
      if (!passTag(reader, tag)) return required ? malformed('absent') : initial;
      const start = passDelimited(reader);
      return reader.pos > start ? parse(reader.buf, start, reader.pos) : malformed('an empty value is not written');
    },
    write: (writer, value) => {
      const bytes = print(value);
      if (bytes.length > 0) writer.uint32(tag).bytes(bytes);
    },
  };
};

const windowOn: Parse<Uint8Array> = (bytes, from, to) => bytes.subarray(from, to);

/** Bytes of any length; absent when empty. They share the memory of the message. */
export const bytesField = (number: number): Field<Uint8Array> =>
  delimited(number, { initial: EMPTY, parse: windowOn, print: (bytes) => bytes });

const hexOfLength =
  <T extends string>(length: number): Parse<T> =>
  (bytes, from, to) =>
    to - from === length ? (hexOf(bytes, from, to) as T) : malformed('width');

const intoScratch = (length: number): ((hex: string) => Uint8Array) => {
  const scratch = new Uint8Array(length);
  return (hex) => writeHex(scratch, hex);
};

/** Exactly `length` bytes as hex; without them the message is malformed. */
export const hexField = <T extends string>(number: number, length: number): Field<T> =>
  delimited(number, { initial: '' as T, required: true, parse: hexOfLength<T>(length), print: intoScratch(length) });

/** Like `hexField`, but may be absent, told as `undefined`. */
export const optionalHexField = <T extends string>(number: number, length: number): Field<T | undefined> =>
  delimited<T | undefined>(number, {
    initial: undefined,
    parse: hexOfLength<T>(length),
    print: (text) => (text === undefined ? EMPTY : bytesOf(text)),
  });

/** PERF: one transaction is of the kind of the one before more often than not, and a text met before is a better key of maps. */
const parseText = (): Parse<string> => {
  let last = '';
  return (bytes, from, to) => {
    if (!isAsciiOf(last, bytes, from, to)) last = readUtf8(bytes, from, to);
    return last;
  };
};

/** Text in valid UTF-8, kept byte for byte, a leading byte order mark included. */
export const textField = (number: number): Field<string> =>
  delimited(number, { initial: '', parse: parseText(), print: utf8Bytes });

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

const parseAmount: Parse<bigint> = (bytes, from, to) => {
  if (to - from !== AMOUNT_BYTES) return malformed('width');
  for (let index = 0; index < AMOUNT_BYTES; index += 1) amountScratch[index] = bytes[from + index] as number;
  const low = amountView.getBigUint64(8);
  // No bigint is made of the upper half where it is zero, as it nearly always is.
  if (amountView.getUint32(0) === 0 && amountView.getUint32(4) === 0) return low;
  return (amountView.getBigUint64(0) << 64n) | low;
};

/** The number that 16 bytes big endian are; another width throws. */
export const amountOf = (bytes: Uint8Array): bigint => parseAmount(bytes, 0, bytes.length);

/** A value that is no amount throws: setting 64 bits of it would wrap in silence. */
const amountInScratch = (value: bigint): Uint8Array => {
  if (value >> AMOUNT_BITS !== 0n) throw new InvariantViolation(`${value} is no amount of 0 to 2^128-1`);
  amountView.setBigUint64(0, value >> 64n);
  amountView.setBigUint64(8, value & 0xffff_ffff_ffff_ffffn);
  return amountScratch;
};

/** 16 bytes big endian, written also when zero; without them the message is malformed. */
export const valueField = (number: number): Field<bigint> =>
  delimited(number, { initial: 0n, required: true, parse: parseAmount, print: amountInScratch });

/** 16 bytes big endian; absent when zero. */
export const amountField = (number: number): Field<bigint> =>
  delimited(number, {
    initial: 0n,
    parse: (bytes, from, to) => parseAmount(bytes, from, to) || malformed('a zero is not written'),
    print: (value) => (value === 0n ? EMPTY : amountInScratch(value)),
  });

const parseWide: Parse<bigint> = (bytes, from, to) => {
  if (to - from <= AMOUNT_BYTES) return parseAmount(bytes, from, to) || malformed('a zero is not written');
  return bytes[from] === 0 ? malformed('a leading zero is not written') : BigInt(`0x${hexOf(bytes, from, to)}`);
};

const wideBytes = (value: bigint): Uint8Array => {
  if (value >> AMOUNT_BITS === 0n) return value === 0n ? EMPTY : amountInScratch(value);
  const digits = value.toString(16);
  return bytesOf(digits.length % 2 === 0 ? digits : `0${digits}`);
};

/** A whole number that may be greater than any amount: an amount's 16 bytes, or as many more as it needs; absent when zero. */
export const wideField = (number: number): Field<bigint> =>
  delimited(number, { initial: 0n, parse: parseWide, print: wideBytes });

const varint = <T>(
  number: number,
  initial: T,
  parse: (value: bigint | number) => T,
  write: (writer: Writer, value: T) => void,
): Field<T> => {
  const tag = varintTag(number);
  return {
    read: (reader) => {
      if (!passTag(reader, tag)) return initial;
      const value = parse(readUint64(reader));
      return value === initial ? malformed('a zero is not written') : value;
    },
    write: (writer, value) => {
      if (value !== initial) write(writer.uint32(tag), value);
    },
  };
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
  parse: (reader: Reader) => T,
  writeItem: (writer: Writer, value: T) => void,
  most = Number.POSITIVE_INFINITY,
): Field<readonly T[]> => {
  const tag = delimitedTag(number);
  return {
    read: (reader) => {
      const values: T[] = [];
      while (passTag(reader, tag)) {
        if (values.length >= most) return malformed('items');
        values.push(parse(reader));
      }
      return values;
    },
    write: (writer, values) => {
      for (const value of values) writeItem(writer.uint32(tag), value);
    },
  };
};

/** What a reader stands at, taken as `parse` says. */
const delimitedBy =
  <T>(parse: Parse<T>) =>
  (reader: Reader): T => {
    const start = passDelimited(reader);
    return parse(reader.buf, start, reader.pos);
  };

const writeBytes = (writer: Writer, value: Uint8Array): void => {
  writer.bytes(value);
};

/** Byte strings of any length; more than `most` are malformed. They share the memory of the message. */
export const bytesList = (number: number, most?: number): Field<readonly Uint8Array[]> =>
  listField<Uint8Array>(number, delimitedBy(windowOn), writeBytes, most);

/** Hex strings of exactly `length` bytes each. */
export const hexList = <T extends string>(number: number, length: number): Field<readonly T[]> => {
  const print = intoScratch(length);
  return listField<T>(number, delimitedBy(hexOfLength<T>(length)), (writer, value) => {
    writer.bytes(print(value));
  });
};

const readMessage =
  <M>(message: Message<M>) =>
  (reader: Reader): M => {
    const start = passDelimited(reader);
    const end = reader.pos;
    reader.pos = start;
    return message.readTo(reader, end);
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
  listField<M>(number, readMessage(message), writeMessage(message));

/** A message that may be absent, told as `undefined`. */
export const messageField = <M>(number: number, message: Message<M>): Field<M | undefined> => {
  const tag = delimitedTag(number);
  const readInner = readMessage(message);
  const writeInner = writeMessage(message);
  return {
    read: (reader) => (passTag(reader, tag) ? readInner(reader) : undefined),
    write: (writer, value) => {
      if (value !== undefined) writeInner(writer.uint32(tag), value);
    },
  };
};
