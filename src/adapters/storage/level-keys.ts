/**
 * Level keys: where everything of a store stands among the keys of its database, and how it is written there.
 *
 * Each key begins with a letter for its kind. Numbers follow in eight bytes, the greatest first, so that the order of the
 * bytes, which every Level database keeps, is the order of the numbers.
 * Source: github.com/Level/abstract-level (keys are sorted by their bytes).
 */
import { toHex, writeHex } from '../../core/bytes.ts';
import type { Batch, StoredBlock } from './storage.ts';

/** What a database is told to do, in bytes. */
export type Operation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: Uint8Array };

/** A part of the keys, with all their order between two bounds. */
export interface Range {
  readonly gte?: Uint8Array;
  readonly gt?: Uint8Array;
  readonly lt: Uint8Array;
}

/** The letter of a kind, as a byte. None is a `!`, with which the sublevels of others begin. */
export const BLOCK = 0x62; // b
export const COMMITS = 0x63; // c
const FACT = 0x66; // f
export const HISTORY = 0x68; // h
export const ROW = 0x72; // r

/** The key that says whose database this is. */
export const MARKER = new TextEncoder().encode('medstate');
/** The version of these keys and values. */
export const STORE_VERSION = 1;

const TWO_32 = 2 ** 32;
const NUMBERED_BYTES = 9;
const ID_BYTES = 32;
const MARKER_VALUE = /^store version ([1-9][0-9]{0,8})$/;

/** The key of a number from 0 to 2^53 - 1. */
export const numberedKey = (kind: number, number: number): Uint8Array => {
  const key = new Uint8Array(NUMBERED_BYTES);
  const view = new DataView(key.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, Math.floor(number / TWO_32));
  view.setUint32(5, number >>> 0);
  return key;
};

/** The number of such a key; `undefined` if it is none. */
export const numberOfKey = (key: Uint8Array): number | undefined => {
  if (key.length !== NUMBERED_BYTES) return undefined;
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const number = view.getUint32(1) * TWO_32 + view.getUint32(5);
  return Number.isSafeInteger(number) ? number : undefined;
};

export const factKey = (name: string): Uint8Array => new TextEncoder().encode(`${String.fromCharCode(FACT)}${name}`);

/** The keys of a kind from a number on. */
export const rangeFrom = (kind: number, number: number): Range => ({
  gte: numberedKey(kind, number),
  lt: Uint8Array.of(kind + 1),
});
/** The keys of a kind above a number. */
export const rangeAbove = (kind: number, number: number): Range => ({
  gt: numberedKey(kind, number),
  lt: Uint8Array.of(kind + 1),
});

export const markerValue = (): Uint8Array => new TextEncoder().encode(`store version ${STORE_VERSION}`);
/** The version that the value of the marker tells; `undefined` if it tells none. */
export const versionOfMarker = (value: Uint8Array): number | undefined => {
  const version = MARKER_VALUE.exec(new TextDecoder().decode(value))?.[1];
  return version === undefined ? undefined : Number(version);
};

/** A copy, for a database may keep what it is given and give what it keeps. Of a Buffer, `slice` would be none. */
export const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const blockValue = ({ id, bytes }: StoredBlock): Uint8Array => {
  const value = new Uint8Array(ID_BYTES + bytes.length);
  writeHex(value, id);
  value.set(bytes, ID_BYTES);
  return value;
};

/** The block that stands at a height; `undefined` if the value is no block. */
export const blockOfValue = (height: number, value: Uint8Array): StoredBlock | undefined =>
  value.length < ID_BYTES
    ? undefined
    : { height, id: toHex(value.subarray(0, ID_BYTES)), bytes: copyOf(value.subarray(ID_BYTES)) };

export const put = (key: Uint8Array, value: Uint8Array): Operation => ({ type: 'put', key, value });
export const del = (key: Uint8Array): Operation => ({ type: 'del', key });
const change = (key: Uint8Array, bytes: Uint8Array | undefined): Operation =>
  bytes === undefined ? del(key) : put(key, copyOf(bytes));

/** What a batch puts and takes away, in its order, but for the blocks that it drops. Nothing of it is shared. */
export const operationsOf = ({ blocks = [], rows = [], history = [], facts = {} }: Batch): Operation[] => [
  ...blocks.map((block) => put(numberedKey(BLOCK, block.height), blockValue(block))),
  ...rows.map(({ leaf, bytes }) => change(numberedKey(ROW, leaf), bytes)),
  ...history.map(({ height, bytes }) => change(numberedKey(HISTORY, height), bytes)),
  ...Object.entries(facts).map(([name, value]) => change(factKey(name), value)),
];
