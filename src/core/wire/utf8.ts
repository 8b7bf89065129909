/**
 * Utf8: text as bytes, strictly: no surrogates, shortest form, a byte order mark is part of the text.
 *
 * Names of kinds and codes are short ASCII, so those go through without the host's coders.
 * Source: protocol section 4.
 */

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/** Beyond this the host's coders are faster. */
const SHORT = 40;

/** The text of the valid UTF-8 from `from` to before `to`, of all bytes if not said; throws on other bytes. */
export const readUtf8 = (bytes: Uint8Array, from = 0, to = bytes.length): string => {
  if (to - from > SHORT) return strictUtf8.decode(bytes.subarray(from, to));
  let text = '';
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] as number;
    if (byte > 0x7f) return strictUtf8.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
};

/** Whether `text` is ASCII and the bytes from `from` to before `to` are its own. */
export const isAsciiOf = (text: string, bytes: Uint8Array, from: number, to: number): boolean => {
  if (text.length !== to - from) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f || code !== bytes[from + index]) return false;
  }
  return true;
};

/** The UTF-8 bytes of text that has no lone surrogate. */
export const utf8Bytes = (text: string): Uint8Array => {
  if (text.length > SHORT) return utf8.encode(text);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return utf8.encode(text);
    bytes[index] = code;
  }
  return bytes;
};
