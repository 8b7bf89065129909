/**
 * Bytes: hex and back, comparing, joining. Lower-case hex only; anything else is `undefined`, never a guess.
 */

const HEX_DIGITS = '0123456789abcdef';

/** The two digits of each byte as one element, as they lie in memory: the host's order of bytes does not matter. */
const digitsOfByte = new Uint16Array(
  Uint8Array.from({ length: 512 }, (_, at) => HEX_DIGITS.charCodeAt(at % 2 === 0 ? at >> 5 : (at >> 1) & 15)).buffer,
);

/** As many bytes as become text at once. */
const HEX_CHUNK_BYTES = 1024;

/** Where the digits of one text are put together, with windows on it for the two lengths that are made into text all the time. */
const digits = new Uint16Array(HEX_CHUNK_BYTES);
const windowOf = (length: number): Uint8Array => new Uint8Array(digits.buffer, 0, 2 * length);
const hashWindow = windowOf(32);
const addressWindow = windowOf(33);

const ascii = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const chunkToHex = (bytes: Uint8Array, from: number, to: number): string => {
  const length = to - from;
  for (let index = 0; index < length; index += 1) digits[index] = digitsOfByte[bytes[from + index] as number] as number;
  return ascii.decode(length === 32 ? hashWindow : length === 33 ? addressWindow : windowOf(length));
};

/**
 * Lower-case hex of the bytes from `from` to before `to`. PERF: 0.08 us for a hash by the host's decoder, twice that by
 * `fromCharCode`; one flat string, because addresses and hashes become keys of maps at once.
 */
export const hexOf = (bytes: Uint8Array, from: number, to: number): string => {
  if (to - from <= HEX_CHUNK_BYTES) return chunkToHex(bytes, from, to);
  let text = '';
  for (let at = from; at < to; at += HEX_CHUNK_BYTES) text += chunkToHex(bytes, at, Math.min(at + HEX_CHUNK_BYTES, to));
  return text;
};

/** Lower-case hex of all bytes. */
export const toHex = (bytes: Uint8Array): string => hexOf(bytes, 0, bytes.length);

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

/** What a digit counts for by its code, as the upper and as the lower half of a byte. */
const upperOfDigit = new Uint8Array(128);
const lowerOfDigit = new Uint8Array(128);
for (let digit = 0; digit < 16; digit += 1) {
  upperOfDigit[HEX_DIGITS.charCodeAt(digit)] = digit << 4;
  lowerOfDigit[HEX_DIGITS.charCodeAt(digit)] = digit;
}

/** The digit that a character code of well-formed hex stands for. */
export const digitOf = (code: number): number => lowerOfDigit[code] as number;

/** Writes hex that is known to be well formed, because a brand proves it, to `target` from `start` on; returns `target`. */
export const writeHex = (target: Uint8Array, hex: string, start = 0): Uint8Array => {
  for (let at = 0, index = start; at < hex.length; at += 2, index += 1) {
    target[index] = (upperOfDigit[hex.charCodeAt(at)] as number) | (lowerOfDigit[hex.charCodeAt(at + 1)] as number);
  }
  return target;
};

/** The bytes of hex that is known to be well formed, because a brand proves it. */
export const bytesOf = (hex: string): Uint8Array => writeHex(new Uint8Array(hex.length >> 1), hex);

/** Whether two byte strings are the same. */
export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
};

/** A view of the memory that bytes lie in, from the first of them to the last. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/**
 * Copies source[from..to) to target[at..); the two lie in different memory. PERF: four bytes at once wherever they lie: 14 ns for 60 bytes,
 * 80 byte by byte, 50 by a `subarray` of an array.
 */
export const copyBytes = (source: DataView, from: number, to: number, target: DataView, at: number): void => {
  let [index, out] = [from, at];
  for (; index + 3 < to; index += 4, out += 4) target.setInt32(out, source.getInt32(index, true), true);
  for (; index < to; index += 1, out += 1) target.setInt8(out, source.getInt8(index));
};

/** Whether `count` bytes are the same, from `from` on here and from `at` on there. */
export const areSame = (a: DataView, from: number, b: DataView, at: number, count: number): boolean => {
  let index = 0;
  for (; index + 3 < count; index += 4) if (a.getInt32(from + index) !== b.getInt32(at + index)) return false;
  for (; index < count; index += 1) if (a.getInt8(from + index) !== b.getInt8(at + index)) return false;
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
