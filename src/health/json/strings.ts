/**
 * Strings: the bytes between two quotes: whether they are UTF-8 and well escaped, and what they say.
 *
 * Source: RFC 8259 section 7; RFC 3629 section 4 (shortest form, no surrogates).
 */
import type { JsonFaultCode } from './fault.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

/** What stands for what behind a backslash; 0 for all that may not stand there. */
const ESCAPED = new Uint8Array(256);
for (const [letter, byte] of [
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
] as const) {
  ESCAPED[letter.charCodeAt(0)] = byte;
}

const NO_DIGIT = 0xff;
const HEX = new Uint8Array(256).fill(NO_DIGIT);
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16);
  HEX[text.charCodeAt(0)] = digit;
  HEX[text.toUpperCase().charCodeAt(0)] = digit;
}

/** The number of four hex digits, or -1. */
const hexAt = (bytes: Uint8Array, at: number): number => {
  let value = 0;
  for (let index = at; index < at + 4; index += 1) {
    const digit = index < bytes.length ? (HEX[bytes[index] as number] as number) : NO_DIGIT;
    if (digit === NO_DIGIT) return -1;
    value = (value << 4) | digit;
  }
  return value;
};

/** The bytes of the UTF-8 character that begins with a byte of at least 0x80, or 0 if there is none. */
const characterBytes = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at] as number;
  const second = bytes[at + 1] ?? 0;
  const isTail = (index: number): boolean => ((bytes[index] ?? 0) & 0xc0) === 0x80;
  if (first >= 0xc2 && first <= 0xdf) return isTail(at + 1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const isShortest = first !== 0xe0 || second >= 0xa0;
    const isScalar = first !== 0xed || second <= 0x9f;
    return isShortest && isScalar && isTail(at + 1) && isTail(at + 2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const isInRange = first === 0xf0 ? second >= 0x90 : first === 0xf4 ? second <= 0x8f : true;
    return isInRange && isTail(at + 1) && isTail(at + 2) && isTail(at + 3) ? 4 : 0;
  }
  return 0;
};

/** What was found between the quotes: where the closing one is, or where the fault is. */
export interface StringScan {
  end: number;
  isEscaped: boolean;
  fault: JsonFaultCode | undefined;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** The bytes of the escape at `at`, or what is wrong with it. */
const escapeBytes = (bytes: Uint8Array, at: number): number | JsonFaultCode => {
  const letter = bytes[at + 1];
  if (letter === undefined) return 'json_syntax';
  if (letter !== LETTER_U) return ESCAPED[letter] === 0 ? 'json_escape' : 2;
  const unit = hexAt(bytes, at + 2);
  if (unit < 0) return 'json_escape';
  if (isLow(unit)) return 'json_lone_surrogate';
  if (!isHigh(unit)) return 6;
  const isPair = bytes[at + 6] === BACKSLASH && bytes[at + 7] === LETTER_U && isLow(hexAt(bytes, at + 8));
  return isPair ? 12 : 'json_lone_surrogate';
};

/** Looks through a string whose first byte behind the quote is at `from`; `scan` takes the answer, so that none is allocated. */
export const scanString = (bytes: Uint8Array, from: number, scan: StringScan): void => {
  scan.isEscaped = false;
  scan.fault = undefined;
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      scan.end = at;
      return;
    }
    if (byte === BACKSLASH) {
      const length = escapeBytes(bytes, at);
      if (typeof length === 'string') {
        scan.fault = length;
        break;
      }
      scan.isEscaped = true;
      at += length;
    } else if (byte < 0x20) {
      scan.fault = 'json_control_character';
      break;
    } else if (byte < 0x80) {
      at += 1;
    } else {
      const length = characterBytes(bytes, at);
      if (length === 0) {
        scan.fault = 'json_not_utf8';
        break;
      }
      at += length;
    }
  }
  if (at >= bytes.length) scan.fault = 'json_syntax';
  scan.end = at;
};

/** Writes the UTF-8 of one code point; returns where it ends. */
const writeCodePoint = (target: Uint8Array, start: number, code: number): number => {
  let at = start;
  if (code < 0x80) {
    target[at++] = code;
    return at;
  }
  if (code < 0x800) target[at++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) target[at++] = 0xe0 | (code >> 12);
    else {
      target[at++] = 0xf0 | (code >> 18);
      target[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    target[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  target[at++] = 0x80 | (code & 0x3f);
  return at;
};

/**
 * Writes what a scanned string says, as UTF-8, to `target` from `start` on; returns where it ends. It never needs more room
 * than the source has.
 */
export const unescapeInto = (
  bytes: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  start: number,
): number => {
  let out = start;
  let at = from;
  while (at < to) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH) {
      target[out++] = byte;
      at += 1;
      continue;
    }
    const letter = bytes[at + 1] as number;
    if (letter !== LETTER_U) {
      target[out++] = ESCAPED[letter] as number;
      at += 2;
      continue;
    }
    const unit = hexAt(bytes, at + 2);
    const code = isHigh(unit) ? 0x10000 + ((unit - 0xd800) << 10) + (hexAt(bytes, at + 8) - 0xdc00) : unit;
    out = writeCodePoint(target, out, code);
    at += isHigh(unit) ? 12 : 6;
  }
  return out;
};
