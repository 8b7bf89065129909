/**
 * Strict reader: reads canonical protobuf messages in a few lines, for who has the verifier and nothing else.
 *
 * The general codecs of wire/ weigh ten times as much as all of the verifier. This reads what they read and refuses what they
 * refuse, with `undefined` where they throw; tests hold one against the other. Source: protocol section 4.
 */
import { toHex } from '../bytes.ts';
import { MAX_SAFE } from '../units.ts';

const EMPTY = new Uint8Array(0);
const AMOUNT_BYTES = 16;
const MAX_UINT32 = 0xffff_ffff;
const DELIMITED = 2;

/** A varint has at most ten bytes; up to seven of them make a number without loss. */
const MAX_VARINT = 10;
const SMALL_VARINT = 7;

type Raw = number | bigint | Uint8Array;

/** One field of a message. */
export interface Part<T> {
  /** Field number and wire type. */
  readonly tag: number;
  readonly many: boolean;
  readonly required: boolean;
  /** The value when it is absent. */
  readonly initial: T;
  /** The value after `raw`; `undefined` where that is no canonical form of one. */
  readonly take: (raw: Raw, before: T) => T | undefined;
}

class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** A varint in its shortest form; a small one as a number. */
  varint(): number | bigint | undefined {
    const { bytes, at } = this;
    let end = at;
    while ((bytes[end] ?? 0) > 0x7f) end += 1;
    const length = end - at + 1;
    const last = bytes[end];
    if (last === undefined || length > MAX_VARINT || (last === 0 && length > 1)) return undefined;
    if (length === MAX_VARINT && last > 1) return undefined;
    this.at = end + 1;
    if (length > SMALL_VARINT) {
      let wide = 0n;
      for (let index = end; index >= at; index -= 1) wide = (wide << 7n) | BigInt((bytes[index] as number) & 0x7f);
      return wide;
    }
    let value = 0;
    for (let index = end; index >= at; index -= 1) value = value * 128 + ((bytes[index] as number) & 0x7f);
    return value;
  }

  /** Bytes after their length. They share the memory of the message. */
  delimited(): Uint8Array | undefined {
    const length = this.varint();
    if (typeof length !== 'number' || length > this.bytes.length - this.at) return undefined;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

export type Read<M> = (bytes: Uint8Array) => M | undefined;

/** The reader of messages with these fields, which stand in the order of their numbers. */
export const reader = <M extends object>(parts: { readonly [K in keyof M]: Part<M[K]> }): Read<M> => {
  const names = Object.keys(parts) as (keyof M)[];
  const table = names.map((name) => parts[name] as Part<M[keyof M]>);
  return (bytes) => {
    const value = {} as M;
    for (const [index, name] of names.entries()) value[name] = (table[index] as Part<M[keyof M]>).initial;
    const cursor = new Cursor(bytes);
    let last = -1;
    while (cursor.at < bytes.length) {
      const tag = cursor.varint();
      const index = table.findIndex((part) => part.tag === tag);
      const part = table[index];
      if (part === undefined || index < last || (index === last && !part.many)) return undefined;
      const name = names[index] as keyof M;
      const raw = (part.tag & 7) === DELIMITED ? cursor.delimited() : cursor.varint();
      const taken = raw === undefined ? undefined : part.take(raw, value[name]);
      if (taken === undefined) return undefined;
      value[name] = taken;
      last = index;
    }
    const isWhole = table.every((part, index) => !part.required || value[names[index] as keyof M] !== part.initial);
    return isWhole ? value : undefined;
  };
};

// In the parts below a cast says what the tag has settled: a varint is a number, the rest are bytes.

const varintPart = <T>(number: number, initial: T, parse: (value: number | bigint) => T | undefined): Part<T> => ({
  tag: number << 3,
  many: false,
  required: false,
  initial,
  take: (raw) => (raw === 0 ? undefined : parse(raw as number | bigint)),
});

const bytesPart = <T>(
  number: number,
  initial: T,
  parse: (bytes: Uint8Array) => T | undefined,
  required = false,
): Part<T> => ({
  tag: (number << 3) | DELIMITED,
  many: false,
  required,
  initial,
  take: (raw) => ((raw as Uint8Array).length === 0 ? undefined : parse(raw as Uint8Array)),
});

/** A uint64; absent when zero. */
export const uint64Part = (number: number): Part<bigint> => varintPart(number, 0n, BigInt);

const upTo =
  <T extends number>(limit: number) =>
  (value: number | bigint): T | undefined =>
    value <= limit ? (Number(value) as T) : undefined;

/** A number of at most 2^53 - 1; absent when zero. */
export const safePart = <T extends number>(number: number): Part<T> => varintPart<T>(number, 0 as T, upTo<T>(MAX_SAFE));

/** A uint32; absent when zero. */
export const uint32Part = (number: number): Part<number> => varintPart(number, 0, upTo(MAX_UINT32));

/** A truth; absent when false. */
export const flagPart = (number: number): Part<boolean> =>
  varintPart<boolean>(number, false, (value) => (value === 1 ? true : undefined));

/** Bytes of any length; absent when empty. */
export const anyBytesPart = (number: number): Part<Uint8Array> => bytesPart(number, EMPTY, (bytes) => bytes);

/** 16 bytes big endian; absent when zero. */
export const amountPart = (number: number): Part<bigint> =>
  bytesPart(number, 0n, (bytes) =>
    bytes.length === AMOUNT_BYTES ? BigInt(`0x${toHex(bytes)}`) || undefined : undefined,
  );

const hexOf =
  <T extends string>(length: number) =>
  (bytes: Uint8Array): T | undefined =>
    bytes.length === length ? (toHex(bytes) as T) : undefined;

/** Exactly `length` bytes as hex, never absent. */
export const hexPart = <T extends string>(number: number, length: number): Part<T> =>
  bytesPart<T>(number, '' as T, hexOf<T>(length), true);

/** Exactly `length` bytes as hex, or absent. */
export const optionalHexPart = <T extends string>(number: number, length: number): Part<T | undefined> =>
  bytesPart<T | undefined>(number, undefined, hexOf<T>(length));

/** How many bytes a character has that begins with this one; 0 if none does. */
const lengthAfter = (first: number): number =>
  first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0;

/** The least character of so many bytes; a lesser one would have a shorter form. */
const LEAST = [0, 0, 0x80, 0x800, 0x1_0000];
const GREATEST = 0x10_ffff;

const isCharacter = (code: number, length: number): boolean =>
  code >= (LEAST[length] as number) && code <= GREATEST && code >> 11 !== 0x1b;

/** The text of valid UTF-8: no surrogates, shortest form; `undefined` for other bytes. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] as number;
    const length = lengthAfter(first);
    if (length === 0 || at + length > bytes.length) return undefined;
    let code = length === 1 ? first : first & (0x7f >> length);
    for (const byte of bytes.subarray(at + 1, at + length)) {
      if (byte >> 6 !== 2) return undefined;
      code = (code << 6) | (byte & 0x3f);
    }
    if (!isCharacter(code, length)) return undefined;
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
};

/** Text; absent when empty. */
export const textPart = (number: number): Part<string> => bytesPart(number, '', textOf);

/** Text that may be absent; never empty. */
export const optionalTextPart = (number: number): Part<string | undefined> =>
  bytesPart<string | undefined>(number, undefined, textOf);

const listPart = <T>(number: number, parse: (bytes: Uint8Array) => T | undefined): Part<readonly T[]> => ({
  tag: (number << 3) | DELIMITED,
  many: true,
  required: false,
  initial: [],
  // The list grows in place; `initial` never does, because the first item makes a list of its own.
  take: (raw, before) => {
    const item = parse(raw as Uint8Array);
    if (item === undefined) return undefined;
    if (before.length === 0) return [item];
    (before as T[]).push(item);
    return before;
  },
});

/** Hex strings of exactly `length` bytes each. */
export const hexListPart = <T extends string>(number: number, length: number): Part<readonly T[]> =>
  listPart<T>(number, hexOf<T>(length));

/** Messages within a message. */
export const messagesPart = <M>(number: number, read: Read<M>): Part<readonly M[]> => listPart(number, read);
