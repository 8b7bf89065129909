/**
 * Integers: numbers as bytes of one length, the greatest first.
 */
import { floorDiv } from '../core/units.ts';

const LONG_BYTES = 8;

/** The four bytes of an integer below 2^32. */
export const uint32Bytes = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** Writes an integer below 2^53 in eight bytes. */
export const writeUint64 = (target: Uint8Array, start: number, value: number): void => {
  const view = new DataView(target.buffer, target.byteOffset + start, LONG_BYTES);
  view.setUint32(0, floorDiv(value, 2 ** 32));
  view.setUint32(4, value % 2 ** 32);
};
