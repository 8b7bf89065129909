import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';
import { readGenesis } from '../../src/core/genesis.ts';
import {
  AmountText,
  type CanonicalJson,
  canonicalJson,
  closed,
  faultText,
  HexText,
  isAddress,
  isWellFormed,
  named,
  readJson,
  SafeText,
  textual,
  Uint64Text,
  UnicodeText,
} from '../../src/core/json.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** The faults of a value as lines, or none. */
const faultsIn = <A>(codec: t.Type<A, unknown, unknown>, value: unknown): readonly string[] => {
  const read = readJson(codec, value);
  return E.isLeft(read) ? read.left.map(faultText) : [];
};

const numbers = [
  {
    name: 'an amount',
    codec: AmountText as t.Type<bigint | number, string, unknown>,
    most: (1n << 128n) - 1n,
    wanted: 'an amount as a decimal string, 0 to 2^128-1',
  },
  {
    name: 'a uint64',
    codec: Uint64Text as t.Type<bigint | number, string, unknown>,
    most: (1n << 64n) - 1n,
    wanted: 'a whole number as a decimal string, 0 to 2^64-1',
  },
  {
    name: 'a safe number',
    codec: SafeText as t.Type<bigint | number, string, unknown>,
    most: (1n << 53n) - 1n,
    wanted: 'a whole number as a decimal string, 0 to 2^53-1',
  },
];

describe.each(numbers.map((each) => [each.name, each] as const))('the text of %s', (_, { codec, most, wanted }) => {
  it('keeps every digit, there and back', () => {
    const near = [0n, 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n, most - 1n, most];
    fc.assert(
      fc.property(fc.oneof(fc.bigInt(0n, most), fc.constantFrom(...near.filter((value) => value <= most))), (value) => {
        const read = readJson(codec, JSON.parse(JSON.stringify(value.toString())));
        expect(E.isRight(read) && BigInt(read.right)).toBe(value);
        expect(E.isRight(read) && codec.encode(read.right)).toBe(value.toString());
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused one above the most', () => {
    expect(faultsIn(codec, most.toString())).toEqual([]);
    expect(faultsIn(codec, (most + 1n).toString())).toEqual([`(document): found "${most + 1n}", wanted ${wanted}`]);
  });

  it.each<readonly [what: string, value: unknown]>([
    ['a number', 5],
    ['nothing', undefined],
    ['null', null],
    ['a list', ['5']],
    ['no digit', ''],
    ['a sign', '-5'],
    ['a plus', '+5'],
    ['a leading zero', '05'],
    ['two zeros', '00'],
    ['a space before', ' 5'],
    ['a line end after', '5\n'],
    ['a fraction', '5.0'],
    ['an exponent', '5e3'],
    ['hex', '0x5'],
    ['a separator', '5_000'],
    ['digits of another script', '٥'],
    ['a million digits', '9'.repeat(1_000_000)],
  ])('is not %s', (what, value) => {
    const found =
      what === 'a million digits' ? `"${'9'.repeat(59)}...` : what === 'nothing' ? 'nothing' : JSON.stringify(value);
    expect(faultsIn(codec, value)).toEqual([`(document): found ${found}, wanted ${wanted}`]);
  });
});

describe('the text of bytes', () => {
  it('is lower-case hex of whole bytes, and stays text', () => {
    expect(readJson(HexText(), '00ff')).toEqual(E.right('00ff'));
    expect(readJson(HexText(), '')).toEqual(E.right(''));
    for (const text of ['0', '0F', '0g', '0x00', ' 00', '00 ']) {
      expect(faultsIn(HexText(), text)).toEqual([`(document): found "${text}", wanted bytes as lower-case hex`]);
    }
  });

  it('has exactly the length that is asked for', () => {
    expect(readJson(HexText(2), 'abcd')).toEqual(E.right('abcd'));
    for (const text of ['', 'ab', 'abcdef']) {
      expect(faultsIn(HexText(2), text)).toEqual([
        `(document): found "${text}", wanted 2 bytes as 4 lower-case hex digits`,
      ]);
    }
  });

  it('of an address begins with 02 or 03', () => {
    const rest = 'ab'.repeat(32);
    expect([`02${rest}`, `03${rest}`].every(isAddress)).toBe(true);
    expect(
      [`04${rest}`, `00${rest}`, `2${rest}`, `02${rest}00`, `02${rest.toUpperCase()}`, `02${rest}\n`].some(isAddress),
    ).toBe(false);
  });
});

describe('text without lone surrogates', () => {
  it('is what has a UTF-8 form', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 8 }), (units) => {
        const text = String.fromCharCode(...units);
        const isSame = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)) === text;
        expect(isWellFormed(text)).toBe(isSame);
        expect(E.isRight(readJson(UnicodeText, text))).toBe(isSame);
      }),
      { numRuns: RUNS * 5, examples: [[[0xd83d, 0xde00]], [[0xde00, 0xd83d]], [[0xd83d]], [[0x61, 0xdfff]]] },
    );
  });
});

const Person = closed({ name: UnicodeText, age: SafeText }, { note: t.string });
const Town = closed({ people: t.readonlyArray(Person), mayor: Person, funds: AmountText });

describe('an object with known fields', () => {
  it('gives its fields as values, the optional ones if they are there', () => {
    expect(readJson(Person, { age: '7', name: 'x' })).toEqual(E.right({ name: 'x', age: 7 }));
    expect(readJson(Person, { note: 'n', age: '7', name: 'x' })).toEqual(E.right({ name: 'x', age: 7, note: 'n' }));
  });

  it('tells every fault in it, each with its path', () => {
    const town = {
      people: [{ name: 'x', age: '1' }, { name: '\ud800', age: 7, note: 8 }, 'nobody', { age: '2' }],
      mayor: { name: 'y', age: '3', salary: '4' },
      founds: '1',
    };
    expect(faultsIn(Town, town)).toEqual([
      'people[1].name: found "\\ud800", wanted text without lone surrogates',
      'people[1].age: found 7, wanted a whole number as a decimal string, 0 to 2^53-1',
      'people[1].note: found 8, wanted string',
      'people[2]: found "nobody", wanted an object with name, age, note',
      'people[3].name: found nothing, wanted text without lone surrogates',
      'mayor.salary: found "4", wanted no such field here (known: name, age, note)',
      'funds: found nothing, wanted an amount as a decimal string, 0 to 2^128-1',
      'founds: found "1", wanted no such field here (known: people, mayor, funds)',
    ]);
  });

  it.each<readonly [string, unknown]>([
    ['null', null],
    ['a list', []],
    ['text', 'x'],
    ['nothing', undefined],
  ])('is not %s', (what, value) => {
    const found = what === 'nothing' ? 'nothing' : JSON.stringify(value);
    expect(faultsIn(Person, value)).toEqual([`(document): found ${found}, wanted an object with name, age, note`]);
  });

  it('takes no field from what all objects inherit, and hands none on', () => {
    const Odd = closed({ constructor: t.string }, { toString: t.string });
    expect(faultsIn(Odd, {})).toEqual(['constructor: found nothing, wanted string']);
    expect(faultsIn(Person, JSON.parse('{"name":"x","age":"1","__proto__":{"note":"n"}}'))).toEqual([
      '__proto__: found {"note":"n"}, wanted no such field here (known: name, age, note)',
    ]);
  });

  it('shares nothing with the value that was read', () => {
    const value = { name: 'x', age: '7' };
    const read = readJson(Person, value);
    value.name = 'changed';
    expect(read).toEqual(E.right({ name: 'x', age: 7 }));
  });
});

describe('an object with names of its own', () => {
  const Balances = named('a name of lower-case letters', (name) => /^[a-z]+$/.test(name), AmountText);

  it('gives a map, in the order of the text', () => {
    const read = readJson(Balances, JSON.parse('{"b":"2","a":"1"}'));
    expect(E.isRight(read) && [...read.right]).toEqual([
      ['b', 2n],
      ['a', 1n],
    ]);
  });

  it('tells the names and the values that are wrong', () => {
    expect(faultsIn(Balances, JSON.parse('{"a":"1","B":"2","c":3,"__proto__":"4"}'))).toEqual([
      'B: found "B", wanted a name of lower-case letters',
      'c: found 3, wanted an amount as a decimal string, 0 to 2^128-1',
      '__proto__: found "__proto__", wanted a name of lower-case letters',
    ]);
    expect(faultsIn(Balances, [])).toEqual(['(document): found [], wanted a name of lower-case letters']);
  });
});

describe('a codec of text', () => {
  it('knows its own values, and writes them as it reads them', () => {
    const Colour = textual<number>(
      'red or green',
      (text) => ({ red: 0, green: 1 })[text],
      (value) => ['red', 'green'][value] ?? 'none',
    );
    expect(readJson(Colour, 'green')).toEqual(E.right(1));
    expect([Colour.is(0), Colour.is(2), Colour.encode(1)]).toEqual([true, false, 'green']);
    expect(faultsIn(Colour, 'blue')).toEqual(['(document): found "blue", wanted red or green']);
  });
});

describe('what a fault tells of a value', () => {
  const Never = textual<string>('something else', () => undefined, String);
  const tell = (value: unknown): string => {
    const read = readJson(Never, value);
    return E.isLeft(read) ? (read.left[0]?.found ?? '') : 'read';
  };

  it('is its JSON text, cut after 60 characters', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue({ depthSize: 'large' }), fc.string({ unit: 'binary', maxLength: 130 })),
        (value) => {
          const text = JSON.stringify(value);
          expect(tell(value)).toBe(text.length <= 60 ? text : `${text.slice(0, 60)}...`);
        },
      ),
      { numRuns: RUNS * 5 },
    );
    expect([tell(undefined), tell(5n), tell([5n])]).toEqual(['nothing', '5', '[5]']);
  });

  it('does not depend on how deep or how long a stranger makes it', () => {
    const depth = 200_000;
    const deep = JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;
    expect(tell(deep)).toBe(`${'['.repeat(60)}...`);
    const found = `${'['.repeat(60)}...`;
    expect(faultsIn(AmountText, deep)).toEqual([
      `(document): found ${found}, wanted an amount as a decimal string, 0 to 2^128-1`,
    ]);
    const genesis = readGenesis({ genesisTime: deep, params: {}, transactions: [deep] });
    expect(E.isLeft(genesis) && genesis.left.map(({ path, found: told }) => [path, told])).toEqual([
      ['genesisTime', found],
      ['transactions[0]', found],
    ]);
  });
});

/** Names of each kind that sorts differently by code points, by bytes, and by UTF-16 units. */
const anyName = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('\ufb33', '\ud83d\ude00', '1', '10', '2', '', '\u0080'),
);

const anyCanonical: fc.Arbitrary<CanonicalJson> = fc.letrec<{ node: CanonicalJson }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(
      anyName.filter((name) => name !== '__proto__'),
      tie('node'),
      { maxKeys: 5 },
    ),
  ),
})).node;

/** UTF-16 big endian: its bytes sort as its units do. */
const unitsOf = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

const namesInText = (text: string): readonly string[] =>
  Object.keys(JSON.parse(text, (_, value: unknown) => value) as object);

describe('canonical JSON', () => {
  it('sorts as the example of RFC 8785 section 3.2.3', () => {
    const text = canonicalJson({
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    });
    expect(text).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis",' +
        '"\u20ac":"Euro Sign","\ud83d\ude00":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  it('writes text as the example of RFC 8785 section 3.2.2', () => {
    const text = JSON.parse('"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"') as string;
    expect(canonicalJson(text)).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
  });

  it('escapes control characters in the shortest way, and nothing else', () => {
    const controls = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code)).join('');
    const wanted = Array.from({ length: 0x20 }, (_, code) => {
      const short = new Map([
        [8, 'b'],
        [9, 't'],
        [10, 'n'],
        [12, 'f'],
        [13, 'r'],
      ]).get(code);
      return short === undefined ? `\\u${code.toString(16).padStart(4, '0')}` : `\\${short}`;
    }).join('');
    expect(canonicalJson(controls)).toBe(`"${wanted}"`);
    expect(canonicalJson('\u007f\u0080\u2028\u2029\ufeff\uffff/<>&')).toBe(
      '"\u007f\u0080\u2028\u2029\ufeff\uffff/<>&"',
    );
  });

  it('has no white space, keeps the order of lists, and writes what is empty', () => {
    expect(canonicalJson([])).toBe('[]');
    expect(canonicalJson({})).toBe('{}');
    expect(canonicalJson({ b: [{}, 'z', 'a', []], a: { d: '', c: ' ' } })).toBe(
      '{"a":{"c":" ","d":""},"b":[{},"z","a",[]]}',
    );
  });

  it('sorts names that look like numbers as text', () => {
    expect(canonicalJson({ '10': 'x', '9': 'y', '1': 'z', a: 'w' })).toBe('{"1":"z","10":"x","9":"y","a":"w"}');
  });

  it('is the same whatever order the members were given in', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          anyName.filter((name) => name !== '__proto__'),
          anyCanonical,
          { maxKeys: 6 },
        ),
        fc.infiniteStream(fc.nat()),
        (value, chance) => {
          const shuffled = Object.entries(value)
            .map((member) => [chance.next().value ?? 0, member] as const)
            .sort(([a], [b]) => a - b)
            .map(([, member]) => member);
          expect(canonicalJson(Object.fromEntries(shuffled))).toBe(canonicalJson(value));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('is read back as the same value by any reader of JSON, and its names stand in the order of their UTF-16 units', () => {
    fc.assert(
      fc.property(anyCanonical, fc.uniqueArray(anyName, { maxLength: 8 }), (value, names) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
        // A letter before each name, because JavaScript itself sorts names that look like numbers.
        const text = canonicalJson(Object.fromEntries(names.map((name) => [`n${name}`, ''])));
        const found = namesInText(text);
        expect(found).toEqual([...found].sort((a, b) => Buffer.compare(unitsOf(a), unitsOf(b))));
        expect(found).toHaveLength(names.length);
      }),
      { numRuns: RUNS },
    );
  });
});
