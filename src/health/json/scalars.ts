/**
 * Scalars: the one form that hashes and whole numbers have in documents of our own.
 */
import type { Hash } from '../../core/units.ts';

const HASH = /^[0-9a-f]{64}$/;
const WHOLE = /^(?:0|[1-9][0-9]{0,15})$/;

/** Whether the text is 32 bytes in lower-case hex. */
export const isHash = (text: string): text is Hash => HASH.test(text);

/** The whole number that a text of JSON is, without sign, point or exponent, up to `most`; else `undefined`. */
export const wholeNumberOf = (text: string, most: number): number | undefined => {
  const value = WHOLE.test(text) ? Number(text) : most + 1;
  return value <= most ? value : undefined;
};
