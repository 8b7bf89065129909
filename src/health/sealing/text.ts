/**
 * Text: a stranger's bytes as text, or nothing.
 */
import { readUtf8 } from '../../core/wire/utf8.ts';

/** The text that these bytes are in UTF-8; `undefined` if they are none. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return readUtf8(bytes);
  } catch {
    return undefined; // the decoder says it no other way
  }
};
