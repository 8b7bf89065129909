import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonTextFault, placeOf } from '../../src/cli/json-text.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Texts near JSON: a document with some characters put in, taken out or changed. */
const nearJson = fc
  .tuple(
    fc.json({ maxDepth: 4 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...'{}[]",:\\ \t\n01-.eEtfnu\u0001\ud800/')), {
      maxLength: 2,
    }),
  )
  .map(([text, edits]) =>
    edits.reduce((edited, [place, dropped, char]) => {
      const index = place % (edited.length + 1);
      return edited.slice(0, index) + char + edited.slice(index + dropped);
    }, text),
  );

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const isRepeated = (text: string): boolean => jsonTextFault(text)?.wanted === 'each member once';

/** Place and words of the fault in a text. */
const told = (text: string): string | undefined => {
  const fault = jsonTextFault(text);
  return fault && `${placeOf(text, fault.at)}: found ${fault.found}, wanted ${fault.wanted}`;
};

describe('a JSON text', () => {
  it('has a fault exactly if JSON.parse refuses it, or a member stands twice', () => {
    let [refused, read] = [0, 0];
    fc.assert(
      fc.property(nearJson, (text) => {
        if (isRepeated(text)) return;
        expect(jsonTextFault(text) === undefined, text).toBe(parses(text));
        if (parses(text)) read += 1;
        else refused += 1;
      }),
      { numRuns: 20 * RUNS },
    );
    expect(Math.min(refused, read)).toBeGreaterThan(RUNS);
  });

  it('has its fault at a place up to which some JSON could begin like it', () => {
    const endings = ['', '}', ']', '1', ' 1', '1}', '1]', '"', '"}', '"]', '":1}', ':1}', '"a":1}', '0', '0}', '0]'];
    const closed = (start: string): boolean => {
      for (const first of endings) for (const second of endings) if (parses(start + first + second)) return true;
      return false;
    };
    // Flat documents, so that two pieces close whatever is open.
    const flat = nearJson.filter((text) => (text.match(/[[{]/g) ?? []).length <= 1);
    fc.assert(
      fc.property(flat, (text) => {
        const fault = jsonTextFault(text);
        if (fault === undefined || fault.wanted === 'each member once') return;
        const { at } = fault;
        expect(at).toBeLessThanOrEqual(text.length);
        // An escape is one piece: its fault is told where it begins.
        expect(closed(text.slice(0, at)), `${JSON.stringify(text)} at ${at}`).toBe(true);
      }),
      { numRuns: 2 * RUNS },
    );
  });

  it.each([
    ['', 'line 1, column 1: found the end of the text, wanted a JSON value'],
    [' \n ', 'line 2, column 2: found the end of the text, wanted a JSON value'],
    ['{"a": 1,\n "b": 2,\n}', 'line 3, column 1: found "}", wanted the name of a member in double quotes'],
    ['{"a": 1,\n "b" 2}', 'line 2, column 6: found "2", wanted ":"'],
    ['[1 2]', 'line 1, column 4: found "2", wanted "," or "]"'],
    ['{"a": 1 "b"}', 'line 1, column 9: found "\\"", wanted "," or "}"'],
    ['{"a": 01}', 'line 1, column 7: found "0", wanted a JSON value'],
    ['{a: 1}', 'line 1, column 2: found "a", wanted the name of a member in double quotes'],
    ["{'a': 1}", 'line 1, column 2: found "\'", wanted the name of a member in double quotes'],
    ['[NaN]', 'line 1, column 2: found "N", wanted a JSON value'],
    ['[1,]', 'line 1, column 4: found "]", wanted a JSON value'],
    ['[1]\n]', 'line 2, column 1: found "]", wanted the end of the text'],
    ['["a\nb"]', 'line 1, column 4: found "\\n", wanted the rest of a string, or its closing quote'],
    ['["a\\x"]', 'line 1, column 4: found "\\\\", wanted the rest of a string, or its closing quote'],
    ['["a', 'line 1, column 4: found the end of the text, wanted the rest of a string, or its closing quote'],
    ['{"a": {"b": 1, "b": 2}}', 'line 1, column 16: found the member "b" again, wanted each member once'],
    ['{"ab": 1, "\\u0061b": 2}', 'line 1, column 11: found the member "ab" again, wanted each member once'],
    ['[\u{1fa7a}]', 'line 1, column 2: found "\u{1fa7a}", wanted a JSON value'],
  ])('%j is told with line and column', (text, line) => {
    expect(told(text)).toBe(line);
  });

  it('may be as deep as 100 and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(told(nested(100))).toBeUndefined();
    expect(told(nested(101))).toBe('line 1, column 101: found more than 100 open objects and lists, wanted fewer');
    expect(told('{"a":'.repeat(100_000))).toMatch(/more than 100/);
  });

  it('of the same member in different objects, or of a long string, has no fault', () => {
    expect(told('[{"a": 1}, {"a": {"a": 2}}]')).toBeUndefined();
    expect(told(`["${'x'.repeat(5_000_000)}", "${'\\n'.repeat(1_000_000)}"]`)).toBeUndefined();
  });

  it('has no fault in any vector of ours', () => {
    const folder = new URL('../vectors/', import.meta.url);
    const files = readdirSync(folder, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.json'));
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) expect(told(readFileSync(new URL(file, folder), 'utf8')), file).toBeUndefined();
  });
});
