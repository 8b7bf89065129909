/**
 * Readable: a stranger's text so that it can stand in a line for people: short, and with nothing that hides or moves what is around it.
 */

/** Control characters, marks that turn the direction of writing, characters without width, and separators of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (letter: string): string => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`;

/** The text with its unseen characters escaped, so that it stays in its line and says what it seems to say. */
export const seen = (text: string): string => text.replace(UNSEEN, escaped);

/** At most `most` characters of the text, and dots if there are more. Unseen characters are escaped. */
export const readable = (text: string, most: number): string => {
  const isWhole = text.length <= most;
  const shown = isWhole ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
  return seen(shown) + (isWhole ? '' : '...');
};
