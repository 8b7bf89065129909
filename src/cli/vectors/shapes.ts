/**
 * Shapes: a second, plain reader of the protocol's protobuf messages, so that the checker does not ask core about core.
 *
 * It knows nothing of values, only of bytes: which fields stand there, in which order, how wide, and whether each is
 * written in the one way that the canonical form has. Source: protocol section 4.
 */

/** One field as it stands in the bytes: a number, or bytes. */
export interface Entry {
  readonly number: number;
  /** The number of a varint; 0 of a field of bytes. */
  readonly varint: bigint;
  /** The bytes of a delimited field; none of a varint. */
  readonly bytes: Uint8Array;
}

/** What one field of a message may be. */
export interface FieldShape {
  readonly number: number;
  readonly name: string;
  readonly form: 'text' | 'bytes' | 'uint32' | 'uint64';
  /** The only length that its bytes may have. */
  readonly width?: number;
  readonly isRequired?: boolean;
  readonly isRepeated?: boolean;
}

export type Shape = readonly FieldShape[];

/** The fields of a message; or why it is none. A fault of width leaves the encoding itself canonical. */
export type ShapeAnswer =
  | { readonly entries: readonly Entry[] }
  | { readonly fault: string; readonly isWidth: boolean };

const NO_BYTES = new Uint8Array(0);
const VARINT_BYTES = 10;
const MAX_UINT32 = 0xffff_ffffn;
const MAX_UINT64 = (1n << 64n) - 1n;

/** A varint in its shortest form at `offset`, and where it ends; or what is wrong with it. */
const varintAt = (bytes: Uint8Array, offset: number): { readonly value: bigint; readonly end: number } | string => {
  let value = 0n;
  for (let index = 0; index < VARINT_BYTES; index += 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) return 'ends within a number';
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte >= 0x80) continue;
    if (byte === 0 && index > 0) return 'has a number in more bytes than it needs';
    return value <= MAX_UINT64 ? { value, end: offset + index + 1 } : 'has a number above 2^64-1';
  }
  return 'has a number of more than 10 bytes';
};

const isUtf8 = (bytes: Uint8Array): boolean => Buffer.from(Buffer.from(bytes).toString('utf8'), 'utf8').equals(bytes);

/** What is wrong with a field whose bytes could be read, if anything: of its form, then of its width. */
const entryFault = (
  field: FieldShape,
  { varint, bytes }: Entry,
): { readonly fault: string; readonly isWidth: boolean } | undefined => {
  const { name, form, width, isRepeated = false } = field;
  if (form === 'uint32' || form === 'uint64') {
    if (varint === 0n)
      return { fault: `${name} is 0 and written out; the canonical form leaves it away`, isWidth: false };
    return form === 'uint32' && varint > MAX_UINT32 ? { fault: `${name} is above 2^32-1`, isWidth: false } : undefined;
  }
  if (bytes.length === 0 && !isRepeated && width === undefined) {
    return { fault: `${name} is empty and written out; the canonical form leaves it away`, isWidth: false };
  }
  if (form === 'text' && !isUtf8(bytes)) return { fault: `${name} is no valid UTF-8`, isWidth: false };
  if (width === undefined || bytes.length === width) return undefined;
  return { fault: `${name} has ${bytes.length} bytes, ${width} wanted`, isWidth: true };
};

interface Place {
  readonly entry: Entry;
  readonly field: FieldShape;
  readonly end: number;
}

const placeAt = (shape: Shape, bytes: Uint8Array, offset: number): Place | string => {
  const tag = varintAt(bytes, offset);
  if (typeof tag === 'string') return tag;
  const number = Number(tag.value >> 3n);
  const field = shape.find((known) => known.number === number);
  const wireType = field === undefined ? -1 : field.form === 'uint32' || field.form === 'uint64' ? 0 : 2;
  if (field === undefined || Number(tag.value & 7n) !== wireType)
    return `has an unknown field, number ${number} of wire type ${tag.value & 7n}`;
  const value = varintAt(bytes, tag.end);
  if (typeof value === 'string') return value;
  if (wireType === 0) return { field, end: value.end, entry: { number, varint: value.value, bytes: NO_BYTES } };
  const end = value.end + Number(value.value);
  if (end > bytes.length) return `ends within ${field.name}`;
  return { field, end, entry: { number, varint: 0n, bytes: bytes.subarray(value.end, end) } };
};

/** The fields of `bytes`, if they are the canonical form of a message of this shape; else the first fault. */
export const readShape = (shape: Shape, bytes: Uint8Array): ShapeAnswer => {
  const entries: Entry[] = [];
  let width: string | undefined;
  let last = 0;
  for (let offset = 0; offset < bytes.length; ) {
    const place = placeAt(shape, bytes, offset);
    if (typeof place === 'string') return { fault: place, isWidth: false };
    const { field, entry, end } = place;
    if (field.number < last) return { fault: `has ${field.name} out of order`, isWidth: false };
    if (field.number === last && field.isRepeated !== true) return { fault: `has ${field.name} twice`, isWidth: false };
    const fault = entryFault(field, entry);
    if (fault?.isWidth === false) return fault;
    width ??= fault?.fault;
    entries.push(entry);
    last = field.number;
    offset = end;
  }
  const absent = shape.find(
    ({ number, isRequired }) => isRequired === true && entries.every((entry) => entry.number !== number),
  );
  if (absent !== undefined) return { fault: `has no ${absent.name}`, isWidth: false };
  return width === undefined ? { entries } : { fault: width, isWidth: true };
};

/** The bytes of the field of that number, none if it is absent. */
export const bytesIn = (entries: readonly Entry[], number: number): Uint8Array =>
  entries.find((entry) => entry.number === number)?.bytes ?? NO_BYTES;

/** The number in the field of that number, 0 if it is absent. */
export const numberIn = (entries: readonly Entry[], number: number): bigint =>
  entries.find((entry) => entry.number === number)?.varint ?? 0n;

const varintBytes = (value: bigint): readonly number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
};

/** A varint field, written also when it is 0. */
export const varintField = (number: number, value: bigint): Uint8Array =>
  Uint8Array.from([...varintBytes(BigInt(number << 3)), ...varintBytes(value)]);

/** A field of bytes, written also when it is empty. */
export const bytesField = (number: number, bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([...varintBytes(BigInt((number << 3) | 2)), ...varintBytes(BigInt(bytes.length)), ...bytes]);

/** The bytes of a transaction. */
export const transactionShape: Shape = [
  { number: 1, name: 'hash', form: 'bytes', width: 32, isRequired: true },
  { number: 2, name: 'tx_type', form: 'text' },
  { number: 3, name: 'to', form: 'bytes', width: 33, isRequired: true },
  { number: 4, name: 'value', form: 'bytes', width: 16, isRequired: true },
  { number: 5, name: 'nonce', form: 'uint64' },
  { number: 6, name: 'chain_id', form: 'uint32' },
  { number: 10, name: 'payload', form: 'bytes' },
  { number: 22, name: 'sign', form: 'bytes' },
  { number: 23, name: 'payerSign', form: 'bytes' },
];

/** The bytes that are hashed to a transaction's id. */
export const hashTargetShape: Shape = [
  { number: 1, name: 'tx_type', form: 'text' },
  { number: 2, name: 'from', form: 'bytes', width: 33, isRequired: true },
  ...transactionShape.filter(({ number }) => number >= 3 && number <= 10),
];

const message: Shape = [{ number: 1, name: 'message', form: 'text' }];
const hash: Shape = [{ number: 1, name: 'hash', form: 'bytes', width: 32, isRequired: true }];

interface KindShape {
  /** `undefined`: the kind has no payload. */
  readonly payload?: Shape;
  readonly usesTo?: true;
  readonly usesValue?: true;
  readonly onlyInGenesis?: true;
}

/** What each kind's transactions are made of, by the protocol's tables. */
export const kindShapes: ReadonlyMap<string, KindShape> = new Map<string, KindShape>([
  ['transfer', { payload: message, usesTo: true, usesValue: true }],
  ['stake', { usesValue: true }],
  ['unstake', { usesValue: true }],
  ['vote', { payload: [{ number: 1, name: 'candidate id', form: 'bytes', width: 32, isRepeated: true }] }],
  ['become_candidate', { payload: [{ number: 1, name: 'url', form: 'text' }], usesValue: true }],
  ['quit_candidacy', {}],
  ['add_record', { payload: hash }],
  [
    'add_certification',
    {
      payload: [
        { number: 1, name: 'issue time', form: 'uint64' },
        { number: 2, name: 'expiry', form: 'uint64' },
        { number: 3, name: 'hash', form: 'bytes', width: 32, isRequired: true },
      ],
      usesTo: true,
    },
  ],
  ['revoke_certification', { payload: hash }],
  ['register_alias', { payload: [{ number: 1, name: 'name', form: 'text' }], usesValue: true }],
  ['deregister_alias', {}],
  ['genesis', { payload: message, onlyInGenesis: true }],
  ['genesis_distribution', { usesTo: true, usesValue: true, onlyInGenesis: true }],
]);
