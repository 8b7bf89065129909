/**
 * PostgreSQL values: numbers, names and bytes as the server takes and gives them.
 *
 * What goes in are arrays in the binary form of the wire, one parameter a column: of 6 000 rows half the bytes of the text
 * form, and nothing to quote. What comes out is text: the driver knows no other form.
 * Source: postgresql.org/docs/15/protocol-overview.html (formats), src/backend/utils/adt/arrayfuncs.c (array_recv).
 */
import { StorageError } from './storage.ts';

/** A value of an answer, as text. */
export type Cell = string | null;

const INT8 = 20;
const TEXT = 25;
const BYTEA = 17;
const HEAD_BYTES = 20;
const TWO_TO_32 = 2 ** 32;

/** An array of one dimension whose elements are `sizes` long; `put` writes each at its place. */
const arrayOf = (
  type: number,
  sizes: readonly number[],
  put: (into: Buffer, at: number, index: number) => void,
): Buffer => {
  const total = sizes.reduce((sum, size) => sum + 4 + size, HEAD_BYTES);
  const array = Buffer.allocUnsafe(total);
  // Dimensions, no nulls, the type of the elements; then of the one dimension the length and the first index.
  [1, 0, type, sizes.length, 1].forEach((word, index) => {
    array.writeInt32BE(word, 4 * index);
  });
  let at = HEAD_BYTES;
  sizes.forEach((size, index) => {
    array.writeInt32BE(size, at);
    put(array, at + 4, index);
    at += 4 + size;
  });
  return array;
};

/** Numbers from 0 to 2^53 - 1 as `int8[]`. */
export const int8Array = (numbers: readonly number[]): Buffer =>
  arrayOf(INT8, new Array<number>(numbers.length).fill(8), (into, at, index) => {
    const number = numbers[index] as number;
    into.writeUInt32BE(Math.floor(number / TWO_TO_32), at);
    into.writeUInt32BE(number % TWO_TO_32, at + 4);
  });

/** `bytea[]`. The values are copied. */
export const byteaArray = (values: readonly Uint8Array[]): Buffer =>
  arrayOf(
    BYTEA,
    values.map((value) => value.length),
    (into, at, index) => into.set(values[index] as Uint8Array, at),
  );

/** Names of plain ASCII as `text[]`. */
export const textArray = (names: readonly string[]): Buffer =>
  arrayOf(
    TEXT,
    names.map((name) => name.length),
    (into, at, index) => into.write(names[index] as string, at, 'latin1'),
  );

/** The number that an `int8` column gave. */
export const numberOf = (cell: Cell | undefined): number => Number(cell);

const odd = (): StorageError =>
  new StorageError(
    'storage_failed',
    'the server gave bytes in another form than hex; connect to it directly, or through a pooler that keeps sessions apart',
  );

/** The bytes that a `bytea` column gave, in memory of their own. */
export const bytesOf = (cell: Cell | undefined): Uint8Array => {
  if (typeof cell !== 'string' || !cell.startsWith('\\x')) throw odd();
  const bytes = new Uint8Array((cell.length - 2) >> 1);
  const written = Buffer.from(bytes.buffer).write(cell.slice(2), 'hex');
  if (written !== bytes.length) throw odd();
  return bytes;
};
