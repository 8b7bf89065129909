/**
 * Fault: where a text is not the JSON that is hashed, and what to do about it.
 */

/** A place in a text: line and column count from 1, the column in characters; the offset counts bytes from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
}

/**
 * Why a text is refused. The codes never change their meaning.
 *
 * - `json_too_large`: more bytes than are allowed.
 * - `json_byte_order_mark`: the text begins with a byte order mark.
 * - `json_not_utf8`: bytes that are not UTF-8 in its shortest form.
 * - `json_syntax`: not the grammar of RFC 8259.
 * - `json_number`: a number that its grammar does not allow, such as 01 or 1. or +1.
 * - `json_control_character`: a bare control character in a string.
 * - `json_escape`: a backslash before something that it does not escape.
 * - `json_lone_surrogate`: half of a surrogate pair without its other half.
 * - `json_duplicate_member`: an object names the same member twice.
 * - `json_name_too_long`, `json_too_deep`, `json_too_many_values`: beyond a limit.
 * - `json_trailing_bytes`: something follows the document.
 */
export type JsonFaultCode =
  | 'json_too_large'
  | 'json_byte_order_mark'
  | 'json_not_utf8'
  | 'json_syntax'
  | 'json_number'
  | 'json_control_character'
  | 'json_escape'
  | 'json_lone_surrogate'
  | 'json_duplicate_member'
  | 'json_name_too_long'
  | 'json_too_deep'
  | 'json_too_many_values'
  | 'json_trailing_bytes';

export interface JsonFault {
  readonly code: JsonFaultCode;
  /** What is wrong and what to do, for people. */
  readonly message: string;
  readonly at: Position;
}

const LINE_FEED = 0x0a;

/** The place of byte `offset`. A character's later bytes do not count as columns. Cost grows with the offset. */
export const positionAt = (bytes: Uint8Array, offset: number): Position => {
  let line = 1;
  let start = 0;
  for (let at = 0; at < offset; at += 1) {
    if (bytes[at] !== LINE_FEED) continue;
    line += 1;
    start = at + 1;
  }
  let column = 1;
  for (let at = start; at < offset; at += 1) {
    if (((bytes[at] as number) & 0xc0) !== 0x80) column += 1;
  }
  return { line, column, offset };
};

/** `line 3, column 7 (byte 41)`, for people. */
export const positionText = ({ line, column, offset }: Position): string =>
  `line ${line}, column ${column} (byte ${offset})`;
