/**
 * Base64url: bytes as text without padding, and back only from the one text that they have.
 *
 * Source: RFC 4648 section 5.
 */
import { readUtf8 } from '../../core/wire/utf8.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const codeOfDigit = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const NO_DIGIT = 255;
const digitOfCode = new Uint8Array(128).fill(NO_DIGIT);
for (const [digit, code] of codeOfDigit.entries()) digitOfCode[code] = digit;

/** How many characters so many bytes have. */
export const base64urlLength = (byteLength: number): number => Math.ceil((byteLength * 4) / 3);

/** The text of the bytes. */
export const toBase64url = (bytes: Uint8Array): string => {
  const codes = new Uint8Array(base64urlLength(bytes.length));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (held += 8; held >= 6; held -= 6) codes[at++] = codeOfDigit[(bits >> (held - 6)) & 63] as number;
  }
  if (held > 0) codes[at] = codeOfDigit[(bits << (6 - held)) & 63] as number;
  return readUtf8(codes);
};

/** The bytes of the text, or `undefined` if it is not the text of any: other characters, padding, bits that are not used. */
export const fromBase64url = (text: string): Uint8Array | undefined => {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = digitOfCode[text.charCodeAt(index)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return undefined;
    bits = ((bits << 6) | digit) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = bits >> held;
  }
  return (bits & ((1 << held) - 1)) === 0 ? bytes : undefined;
};
