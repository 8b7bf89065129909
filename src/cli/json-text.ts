/**
 * JSON text: where a text stops being JSON, by its place, and where an object names a member twice.
 *
 * JSON.parse does both badly: it tells a place for some faults only, and of two members of one name it silently keeps the
 * last. Source: RFC 8259.
 */

/** What is wrong at one place of a text. */
export interface TextFault {
  /** Index in UTF-16 units. */
  readonly at: number;
  readonly found: string;
  readonly wanted: string;
}

/** What may stand next. */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or the end';

/** An object or a list that is still open; `names` are an object's so far. */
interface Open {
  readonly names: Set<string> | undefined;
}

/** No document of ours comes near; without a limit a short text could exhaust the stack of whoever walks its value. */
const MAX_DEPTH = 100;

const SPACE = /[ \t\n\r]*/y;
/** A string up to its closing quote, or up to what may not stand in one. It cannot fail, so it never looks back. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that JSON forbids in a string
const STRING = /"(?:[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![0-9A-Za-z.+-])/y;

const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
};

class Scan {
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;
  #expected: Expected = 'value';

  constructor(text: string) {
    this.#text = text;
  }

  #fault(wanted: string, at = this.#at): TextFault {
    const char = this.#text.codePointAt(at);
    return {
      at,
      found: char === undefined ? 'the end of the text' : JSON.stringify(String.fromCodePoint(char)),
      wanted,
    };
  }

  /** Moves past a string; gives its inside as written, or the fault in it. */
  #string(): string | TextFault {
    const end = endOf(STRING, this.#text, this.#at);
    if (this.#text[end] !== '"') return this.#fault('the rest of a string, or its closing quote', end);
    const inside = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return inside;
  }

  #enter(names: Set<string> | undefined): TextFault | undefined {
    if (this.#open.length === MAX_DEPTH) {
      return { at: this.#at, found: `more than ${MAX_DEPTH} open objects and lists`, wanted: 'fewer' };
    }
    this.#open.push({ names });
    this.#at += 1;
    this.#expected = names === undefined ? 'value or ]' : 'name or }';
    return undefined;
  }

  #leave(): undefined {
    this.#open.pop();
    this.#at += 1;
    this.#expected = ', or the end';
  }

  #value(): TextFault | undefined {
    const char = this.#text[this.#at];
    if (char === '{') return this.#enter(new Set());
    if (char === '[') return this.#enter(undefined);
    if (char === ']' && this.#expected === 'value or ]') return this.#leave();
    if (char === '"') {
      const inside = this.#string();
      if (typeof inside !== 'string') return inside;
    } else {
      const end = endOf(SCALAR, this.#text, this.#at);
      if (end === this.#at) return this.#fault('a JSON value');
      this.#at = end;
    }
    this.#expected = ', or the end';
    return undefined;
  }

  #name(names: Set<string>): TextFault | undefined {
    const char = this.#text[this.#at];
    if (char === '}' && this.#expected === 'name or }') return this.#leave();
    if (char !== '"') return this.#fault('the name of a member in double quotes');
    const at = this.#at;
    const inside = this.#string();
    if (typeof inside !== 'string') return inside;
    const name = JSON.parse(inside) as string;
    if (names.has(name)) return { at, found: `the member ${JSON.stringify(name)} again`, wanted: 'each member once' };
    names.add(name);
    this.#expected = ':';
    return undefined;
  }

  #next({ names }: Open): TextFault | undefined {
    const char = this.#text[this.#at];
    if (char === (names === undefined ? ']' : '}')) return this.#leave();
    if (char !== ',') return this.#fault(names === undefined ? '"," or "]"' : '"," or "}"');
    this.#at += 1;
    this.#expected = names === undefined ? 'value' : 'name';
    return undefined;
  }

  #step(inner: Open | undefined): TextFault | undefined {
    if (this.#expected === ':') {
      if (this.#text[this.#at] !== ':') return this.#fault('":"');
      this.#at += 1;
      this.#expected = 'value';
      return undefined;
    }
    if (this.#expected === ', or the end')
      return inner === undefined ? this.#fault('the end of the text') : this.#next(inner);
    const wantsName = this.#expected === 'name' || this.#expected === 'name or }';
    return wantsName && inner?.names !== undefined ? this.#name(inner.names) : this.#value();
  }

  firstFault(): TextFault | undefined {
    for (;;) {
      this.#at = endOf(SPACE, this.#text, this.#at);
      const inner = this.#open[this.#open.length - 1];
      if (inner === undefined && this.#expected === ', or the end' && this.#at === this.#text.length) return undefined;
      const fault = this.#step(inner);
      if (fault !== undefined) return fault;
    }
  }
}

/** The first place at which the text is no JSON, or names a member of an object again; `undefined` if there is none. */
export const jsonTextFault = (text: string): TextFault | undefined => new Scan(text).firstFault();

/** Line and column of a place in a text, from 1, the column in UTF-16 units. */
export const placeOf = (text: string, at: number): string => {
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before[before.length - 1]?.length ?? 0) + 1}`;
};
