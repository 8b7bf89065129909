/**
 * Read: bytes to a document, or the first fault and its place. Nothing is repaired and nothing is rounded.
 *
 * `JSON.parse` turns 1.00 into 1, keeps the last of two equal members, and says a fault's place or not, by version; a root over
 * what it returns would be a root over something else than what was signed.
 * Source: RFC 8259; decision 0019.
 */
import * as E from 'fp-ts/lib/Either.js';
import { MAX_DOCUMENT_BYTES, MAX_NAME_BYTES, MAX_NESTING, MAX_VALUES } from '../limits.ts';
import { ARRAY, FALSE, type JsonDocument, NULL, NUMBER, OBJECT, STRING, TRUE } from './document.ts';
import { type JsonFault, type JsonFaultCode, positionAt, positionText } from './fault.ts';
import { NameTableBuilder } from './names.ts';
import { type StringScan, scanString, unescapeInto } from './strings.ts';
import { Tape } from './tape.ts';

export interface ReadLimits {
  /** The most bytes; at most, and by default, MAX_DOCUMENT_BYTES. */
  readonly maxBytes?: number;
}

const ADVICE: Readonly<Record<JsonFaultCode, string>> = {
  json_too_large: 'the document has more bytes than are allowed: split it, or take large attachments out of it',
  json_byte_order_mark: 'the document begins with a byte order mark: save it as UTF-8 without one',
  json_not_utf8: 'these bytes are not UTF-8: save the document as UTF-8',
  json_syntax: 'this is not JSON: look at what stands here, or is missing',
  json_number: 'this is not a number of JSON: write it like 0.50, -3 or 1.2e5',
  json_control_character: 'a control character stands in a string: escape it, like \\n or \\u0000',
  json_escape: 'a backslash stands before something that it does not escape: double it, or see RFC 8259 section 7',
  json_lone_surrogate: 'half of a surrogate pair stands alone, so it has no UTF-8 form: write the whole character',
  json_duplicate_member: 'the object has this member already, and which one counts would be a guess: remove one',
  json_name_too_long: `a member's name has more than ${MAX_NAME_BYTES} bytes: no FHIR name has`,
  json_too_deep: `more than ${MAX_NESTING} objects and arrays stand in one another`,
  json_too_many_values: `the document has more than ${MAX_VALUES} values: split it`,
  json_trailing_bytes: 'something follows the document: one file holds one document',
};

/** Bytes of a document per value, at least, in real records; the tape grows if it was wrong. */
const BYTES_PER_VALUE = 20;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;
const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;

const LITERALS: ReadonlyMap<number, readonly [string, number]> = new Map([
  [0x74, ['true', TRUE]],
  [0x66, ['false', FALSE]],
  [0x6e, ['null', NULL]],
]);

class Reader {
  readonly tape: Tape;
  readonly names = new NameTableBuilder();
  fault: JsonFaultCode | undefined;
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #scan: StringScan = { end: 0, isEscaped: false, fault: undefined };
  readonly #plainName = new Uint8Array(MAX_NAME_BYTES);
  /** The object in which each name was last seen. */
  #seen: Int32Array = new Int32Array(256).fill(-1);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.tape = new Tape(16 + Math.ceil(bytes.length / BYTES_PER_VALUE));
  }

  space(): void {
    while (isSpace(this.#bytes[this.at])) this.at += 1;
  }

  /** Reads one value, `depth` containers deep. False: `fault` and `at` say why and where. */
  value(member: number, depth: number): boolean {
    const byte = this.#bytes[this.at];
    if (this.tape.size >= MAX_VALUES) return this.#fail('json_too_many_values');
    if (byte === QUOTE) return this.#string(member);
    if (byte === LEFT_BRACE) return this.#object(member, depth + 1);
    if (byte === LEFT_BRACKET) return this.#array(member, depth + 1);
    if (byte === 0x2d || isDigit(byte)) return this.#number(member);
    const literal = LITERALS.get(byte ?? -1);
    if (literal === undefined)
      return this.#fail(byte !== undefined && byte >= 0x80 ? this.#beyondAscii() : 'json_syntax');
    return this.#literal(member, literal);
  }

  #fail(code: JsonFaultCode, at = this.at): false {
    this.fault = code;
    this.at = at;
    return false;
  }

  /** Outside of strings no such byte may stand; a string scan tells whether it is at least UTF-8. */
  #beyondAscii(): JsonFaultCode {
    scanString(this.#bytes, this.at, this.#scan);
    return this.#scan.fault === 'json_not_utf8' && this.#scan.end === this.at ? 'json_not_utf8' : 'json_syntax';
  }

  #literal(member: number, [text, kind]: readonly [string, number]): boolean {
    for (let index = 0; index < text.length; index += 1) {
      if (this.#bytes[this.at + index] !== text.charCodeAt(index)) return this.#fail('json_syntax', this.at + index);
    }
    const place = this.tape.add(kind, this.at, member);
    this.at += text.length;
    this.tape.ends[place] = this.at;
    return true;
  }

  #number(member: number): boolean {
    const bytes = this.#bytes;
    const place = this.tape.add(NUMBER, this.at, member);
    let at = this.at;
    if (bytes[at] === 0x2d) at += 1;
    const first = at;
    while (isDigit(bytes[at])) at += 1;
    if (at === first || (bytes[first] === 0x30 && at > first + 1)) return this.#fail('json_number', first);
    if (bytes[at] === 0x2e) {
      const fraction = at + 1;
      for (at = fraction; isDigit(bytes[at]); ) at += 1;
      if (at === fraction) return this.#fail('json_number', at);
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at += 1;
      if (bytes[at] === 0x2b || bytes[at] === 0x2d) at += 1;
      const exponent = at;
      while (isDigit(bytes[at])) at += 1;
      if (at === exponent) return this.#fail('json_number', at);
    }
    this.at = at;
    this.tape.ends[place] = at;
    return true;
  }

  #string(member: number): boolean {
    const place = this.tape.add(STRING, this.at + 1, member);
    scanString(this.#bytes, this.at + 1, this.#scan);
    if (this.#scan.fault !== undefined) return this.#fail(this.#scan.fault, this.#scan.end);
    this.tape.ends[place] = this.#scan.end;
    this.tape.extras[place] = this.#scan.isEscaped ? 1 : 0;
    this.at = this.#scan.end + 1;
    return true;
  }

  /** The id of the name that stands here, or -1. */
  #name(): number {
    if (this.#bytes[this.at] !== QUOTE) {
      this.#fail('json_syntax');
      return -1;
    }
    const start = this.at + 1;
    scanString(this.#bytes, start, this.#scan);
    const { end, isEscaped, fault } = this.#scan;
    if (fault !== undefined) {
      this.#fail(fault, end);
      return -1;
    }
    this.at = end + 1;
    if (!isEscaped && end - start <= MAX_NAME_BYTES) return this.names.idOf(this.#bytes, start, end);
    const plain = end - start <= MAX_NAME_BYTES ? this.#plainName : new Uint8Array(end - start);
    const length = isEscaped ? unescapeInto(this.#bytes, start, end, plain, 0) : end - start;
    if (length <= MAX_NAME_BYTES) return this.names.idOf(plain, 0, length);
    this.#fail('json_name_too_long', start);
    return -1;
  }

  #array(member: number, depth: number): boolean {
    if (depth > MAX_NESTING) return this.#fail('json_too_deep');
    const place = this.tape.add(ARRAY, this.at, member);
    this.at += 1;
    this.space();
    let count = 0;
    if (this.#bytes[this.at] === RIGHT_BRACKET) return this.#close(place, count);
    for (;;) {
      if (!this.value(-1, depth)) return false;
      count += 1;
      this.space();
      const byte = this.#bytes[this.at];
      if (byte === RIGHT_BRACKET) return this.#close(place, count);
      if (byte !== COMMA) return this.#fail('json_syntax');
      this.at += 1;
      this.space();
    }
  }

  #object(member: number, depth: number): boolean {
    if (depth > MAX_NESTING) return this.#fail('json_too_deep');
    const place = this.tape.add(OBJECT, this.at, member);
    this.at += 1;
    this.space();
    let count = 0;
    if (this.#bytes[this.at] === RIGHT_BRACE) return this.#close(place, count);
    for (;;) {
      const name = this.#name();
      if (name < 0) return false;
      this.space();
      if (this.#bytes[this.at] !== COLON) return this.#fail('json_syntax');
      this.at += 1;
      this.space();
      if (!this.value(name, depth)) return false;
      count += 1;
      this.space();
      const byte = this.#bytes[this.at];
      if (byte === RIGHT_BRACE) return this.#close(place, count) && this.#namesDiffer(place);
      if (byte !== COMMA) return this.#fail('json_syntax');
      this.at += 1;
      this.space();
    }
  }

  #close(place: number, count: number): boolean {
    this.at += 1;
    this.tape.ends[place] = this.at;
    this.tape.extras[place] = count;
    this.tape.nexts[place] = this.tape.size;
    return true;
  }

  /** Once an object is closed: none of its names stands twice. The place of the fault is that of the second value. */
  #namesDiffer(place: number): boolean {
    const { members, nexts, starts, kinds, size } = this.tape;
    if (this.names.count > this.#seen.length) {
      const larger = new Int32Array(2 * this.names.count).fill(-1);
      larger.set(this.#seen);
      this.#seen = larger;
    }
    for (let child = place + 1; child < size; child = nexts[child] as number) {
      const name = members[child] as number;
      if (this.#seen[name] === place) {
        return this.#fail('json_duplicate_member', (starts[child] as number) - (kinds[child] === STRING ? 1 : 0));
      }
      this.#seen[name] = place;
    }
    return true;
  }
}

const faultAt = (bytes: Uint8Array, code: JsonFaultCode, offset: number): JsonFault => {
  const at = positionAt(bytes, offset);
  return { code, message: `${positionText(at)}: ${ADVICE[code]}`, at };
};

/**
 * The document that these bytes hold, or the first fault. The bytes are kept, not copied: do not change them afterwards.
 * PERF: some 150 MB/s; memory of about 25 bytes a value beside the text.
 */
export const readJson = (
  bytes: Uint8Array,
  { maxBytes = MAX_DOCUMENT_BYTES }: ReadLimits = {},
): E.Either<JsonFault, JsonDocument> => {
  if (bytes.length > Math.min(maxBytes, MAX_DOCUMENT_BYTES)) return E.left(faultAt(bytes, 'json_too_large', 0));
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return E.left(faultAt(bytes, 'json_byte_order_mark', 0));
  }
  const reader = new Reader(bytes);
  reader.space();
  let isRead = reader.value(-1, 0);
  reader.space();
  if (isRead && reader.at < bytes.length) {
    reader.fault = 'json_trailing_bytes';
    isRead = false;
  }
  if (!isRead) return E.left(faultAt(bytes, reader.fault ?? 'json_syntax', reader.at));
  const { size, kinds, starts, ends, nexts, members, extras } = reader.tape;
  return E.right({ bytes, size, kinds, starts, ends, nexts, members, extras, names: reader.names.finish() });
};
