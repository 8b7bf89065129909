/**
 * Proto twin: "decode, encode again, compare", done naively: what the canonical form of a message is by its definition.
 *
 * It reads as leniently as protobuf allows (unknown fields are skipped, the last of repeated ones wins, varints of any
 * length are taken modulo their width), writes what it read in the one canonical way, and calls canonical what comes out
 * the same. Everything is slow and in plain sight.
 */

export type TwinField =
  | { readonly number: number; readonly type: 'uint64' | 'uint32' | 'safe' | 'bytes' | 'text' | 'amount' }
  /** Exactly so many bytes; `required` ones are written always. */
  | { readonly number: number; readonly type: 'fixed'; readonly width: number; readonly required: boolean }
  | { readonly number: number; readonly type: 'list'; readonly width?: number }
  | { readonly number: number; readonly type: 'message' | 'messages'; readonly of: TwinMessage };

export type TwinMessage = readonly TwinField[];

type TwinValue = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

const VARINT_TYPES = ['uint64', 'uint32', 'safe'];
const MAX_SAFE = 2n ** 53n - 1n;

class Malformed extends Error {}

class Cursor {
  at = 0;
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(count: number): Uint8Array {
    if (this.at + count > this.bytes.length) throw new Malformed('truncated');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  varint(): bigint {
    let value = 0n;
    for (let index = 0; index < 10; index += 1) {
      const [byte = 0] = this.take(1);
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Malformed('more than ten bytes');
  }
}

const isText = (bytes: Uint8Array): boolean => Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes);

const skip = (cursor: Cursor, wireType: number): void => {
  if (wireType === 0) cursor.varint();
  else if (wireType === 1) cursor.take(8);
  else if (wireType === 2) cursor.take(Number(cursor.varint()));
  else if (wireType === 5) cursor.take(4);
  else throw new Malformed('wire type');
};

const checkBytes = (field: TwinField, bytes: Uint8Array): void => {
  if (field.type === 'fixed' && bytes.length !== field.width) throw new Malformed('width');
  if (field.type === 'amount' && bytes.length !== 16) throw new Malformed('width');
  if (field.type === 'list' && field.width !== undefined && bytes.length !== field.width) throw new Malformed('width');
  if (field.type === 'text' && !isText(bytes)) throw new Malformed('utf8');
  if (field.type === 'message' || field.type === 'messages') readTwin(field.of, bytes);
};

const narrowed = (field: TwinField, value: bigint): bigint => {
  if (field.type === 'safe' && value > MAX_SAFE) throw new Malformed('above 2^53-1');
  return field.type === 'uint32' ? BigInt.asUintN(32, value) : value;
};

/** What stands in the bytes, by number, read leniently; throws where they are no protobuf or a width is wrong. */
export const readTwin = (message: TwinMessage, bytes: Uint8Array): TwinValue => {
  const value = new Map<number, readonly (bigint | Uint8Array)[]>();
  const cursor = new Cursor(bytes);
  while (cursor.at < bytes.length) {
    const tag = cursor.varint();
    const field = message.find(
      ({ number, type }) => (BigInt(number) << 3n) + (VARINT_TYPES.includes(type) ? 0n : 2n) === tag,
    );
    if (field === undefined) skip(cursor, Number(tag & 7n));
    else if (VARINT_TYPES.includes(field.type)) value.set(field.number, [narrowed(field, cursor.varint())]);
    else {
      const read = cursor.take(Number(cursor.varint()));
      checkBytes(field, read);
      const isMany = field.type === 'list' || field.type === 'messages';
      value.set(field.number, isMany ? [...(value.get(field.number) ?? []), read] : [read]);
    }
  }
  for (const field of message)
    if (field.type === 'fixed' && field.required && !value.has(field.number)) throw new Malformed('absent');
  return value;
};

/** The shortest varint. */
export const twinVarint = (value: bigint): readonly number[] =>
  value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...twinVarint(value >> 7n)];

/** A delimited field. */
export const twinBytes = (number: number, bytes: Uint8Array | readonly number[]): readonly number[] => [
  ...twinVarint((BigInt(number) << 3n) | 2n),
  ...twinVarint(BigInt(bytes.length)),
  ...bytes,
];

/** A varint field. */
export const twinNumber = (number: number, value: bigint): readonly number[] => [
  ...twinVarint(BigInt(number) << 3n),
  ...twinVarint(value),
];

const isAbsent = (field: TwinField, value: bigint | Uint8Array): boolean => {
  if (typeof value === 'bigint') return value === 0n;
  if (field.type === 'amount') return value.every((byte) => byte === 0);
  return (field.type === 'bytes' || field.type === 'text') && value.length === 0;
};

const writeTwin = (message: TwinMessage, value: TwinValue): readonly number[] =>
  [...message]
    .sort((a, b) => a.number - b.number)
    .flatMap((field) =>
      (value.get(field.number) ?? []).flatMap((one) => {
        if (isAbsent(field, one)) return [];
        if (typeof one === 'bigint') return twinNumber(field.number, one);
        const isMessage = field.type === 'message' || field.type === 'messages';
        return twinBytes(field.number, isMessage ? writeTwin(field.of, readTwin(field.of, one)) : one);
      }),
    );

/** Whether the bytes are what their own content encodes to. */
export const isCanonicalByTwin = (message: TwinMessage, bytes: Uint8Array): boolean => {
  try {
    return Buffer.from(writeTwin(message, readTwin(message, bytes))).equals(bytes);
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
};

const fixed = (number: number, width: number): TwinField => ({ number, type: 'fixed', width, required: true });

export const transactionTwin: TwinMessage = [
  fixed(1, 32),
  { number: 2, type: 'text' },
  fixed(3, 33),
  fixed(4, 16),
  { number: 5, type: 'uint64' },
  { number: 6, type: 'uint32' },
  { number: 10, type: 'bytes' },
  { number: 22, type: 'bytes' },
  { number: 23, type: 'bytes' },
];

const headerTwin: TwinMessage = [
  { number: 1, type: 'uint32' },
  { number: 2, type: 'uint32' },
  { number: 3, type: 'safe' },
  fixed(4, 32),
  { number: 5, type: 'safe' },
  fixed(6, 33),
  fixed(7, 32),
  fixed(8, 32),
  fixed(9, 32),
  { number: 10, type: 'amount' },
  { number: 11, type: 'amount' },
  { number: 12, type: 'safe' },
  { number: 13, type: 'safe' },
  { number: 14, type: 'bytes' },
];

export const blockTwin: TwinMessage = [
  { number: 1, type: 'message', of: headerTwin },
  { number: 2, type: 'list' },
];

export const textTwin: TwinMessage = [{ number: 1, type: 'text' }];
export const voteTwin: TwinMessage = [{ number: 1, type: 'list', width: 32 }];
export const hashTwin: TwinMessage = [fixed(1, 32)];
export const certificationTwin: TwinMessage = [
  { number: 1, type: 'uint64' },
  { number: 2, type: 'uint64' },
  fixed(3, 32),
];

/** An account: every form of field that a record of the state has. */
export const accountTwin: TwinMessage = [
  { number: 1, type: 'uint64' },
  { number: 2, type: 'amount' },
  { number: 3, type: 'amount' },
  { number: 4, type: 'safe' },
  {
    number: 5,
    type: 'messages',
    of: [
      { number: 1, type: 'safe' },
      { number: 2, type: 'amount' },
    ],
  },
  { number: 6, type: 'list', width: 32 },
  { number: 7, type: 'fixed', width: 32, required: false },
  { number: 8, type: 'text' },
];
