/**
 * Bytes: hex and back, comparing, joining. Lower-case hex only; anything else is `undefined`, never a guess.
 */

const HEX_DIGITS = '0123456789abcdef';
const DIGIT_CODES: readonly number[] = Array.from({ length: 16 }, (_, digit) => HEX_DIGITS.charCodeAt(digit));

/** As many bytes as one call of `fromCharCode` takes without spreading too far. */
const HEX_CHUNK_BYTES = 1024;

/** Codes of one text, kept for the two lengths that are made into text all the time. */
const addressCodes = new Array<number>(66).fill(0);
const hashCodes = new Array<number>(64).fill(0);

const scratchOf = (length: number): number[] =>
  length === hashCodes.length ? hashCodes : length === addressCodes.length ? addressCodes : new Array<number>(length);

const chunkToHex = (bytes: Uint8Array, from: number, to: number): string => {
  const codes = scratchOf(2 * (to - from));
  for (let index = from, at = 0; index < to; index += 1, at += 2) {
    const byte = bytes[index] as number;
    codes[at] = DIGIT_CODES[byte >> 4] as number;
    codes[at + 1] = DIGIT_CODES[byte & 15] as number;
  }
  return String.fromCharCode.apply(null, codes);
};

/** Lower-case hex of all bytes. PERF: one flat string, because addresses and hashes become map keys at once. */
export const toHex = (bytes: Uint8Array): string => {
  if (bytes.length <= HEX_CHUNK_BYTES) return chunkToHex(bytes, 0, bytes.length);
  let text = '';
  for (let from = 0; from < bytes.length; from += HEX_CHUNK_BYTES) {
    text += chunkToHex(bytes, from, Math.min(from + HEX_CHUNK_BYTES, bytes.length));
  }
  return text;
};

const nibbleOf = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
};

/** The bytes of lower-case hex; `undefined` if the text has an odd length or another character. */
export const fromHex = (text: string): Uint8Array | undefined => {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length >> 1);
  for (let index = 0; index < bytes.length; index += 1) {
    const high = nibbleOf(text.charCodeAt(2 * index));
    const low = nibbleOf(text.charCodeAt(2 * index + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[index] = (high << 4) | low;
  }
  return bytes;
};

/** Writes hex that is known to be well formed, because a brand proves it, to the beginning of `target`; returns `target`. */
export const writeHex = (target: Uint8Array, hex: string): Uint8Array => {
  for (let at = 0, index = 0; at < hex.length; at += 2, index += 1) {
    const high = hex.charCodeAt(at);
    const low = hex.charCodeAt(at + 1);
    // Of a digit the low four bits are the value; of a letter a-f they are one more than its distance from 'a'.
    target[index] = (((high & 15) + (high >> 6) * 9) << 4) | ((low & 15) + (low >> 6) * 9);
  }
  return target;
};

/** The bytes of hex that is known to be well formed, because a brand proves it. */
export const bytesOf = (hex: string): Uint8Array => writeHex(new Uint8Array(hex.length >> 1), hex);

const compared = new Uint8Array(64);

/** Whether `hex`, known to be well formed and of at most 64 bytes, is that of these bytes. */
export const isHexOf = (hex: string, bytes: Uint8Array): boolean => {
  writeHex(compared, hex);
  if (hex.length !== 2 * bytes.length) return false;
  for (let index = 0; index < bytes.length; index += 1) if (compared[index] !== bytes[index]) return false;
  return true;
};

/** Whether two byte strings are the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
};

/** All parts, one after the other, in a new array. */
export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
};

/** An order of strings by their UTF-16 units; for hex it is the order of the bytes. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
