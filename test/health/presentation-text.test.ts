import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/index.ts';
import { fromBase64url, toBase64url } from '../../src/health/disclosure/base64url.ts';
import {
  bindHolder,
  completenessOf,
  type Presentation,
  presentationText,
  readPresentation,
} from '../../src/health/index.ts';
import {
  BUNDLE,
  bundleText,
  codeOf,
  crypto,
  IS_LONG,
  presented,
  rightOf,
  treeOf,
  valuesAt,
  verdict,
} from './records.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => readPresentation(bytesOf(text));
const tree = treeOf(BUNDLE, { mode: 'B' });
const values = valuesAt(
  tree,
  '/entry',
  '/entry/0/fullUrl',
  '/entry/0/resource',
  '/entry/1/resource/contained/0/serial',
);
const plain = presented(tree, values, valuesAt(tree, '/entry/1/resource/data'));
const plainText = presentationText(plain);

const KEY = new Uint8Array(32).fill(9);
const bound: Presentation = await bindHolder(
  crypto,
  plain,
  { audience: 'clinic', nonce: 'n', issuedSeconds: 1, key: toHex(crypto.publicKey(KEY)) as never },
  (hash) => crypto.sign(hash, KEY),
);
const boundText = presentationText(bound);

describe('the text of a presentation', () => {
  it('is read as what it was written from', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), bundleText), fc.array(fc.nat(), { minLength: 1 }), (text, picks) => {
        const any = treeOf(text, { mode: 'B' });
        const chosen = picks.map((pick) => pick % any.document.size);
        const presentation = presented(any, chosen, chosen.slice(1));
        const again = rightOf(read(presentationText(presentation)));
        expect(again).toEqual(presentation);
        expect(verdict(any.root, again)).toBe('right');
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(rightOf(read(boundText))).toEqual(bound);
  });

  it('is JSON that begins with version, suite, depth and root', () => {
    const head = `{"v":1,"suite":1,"depth":4,"root":"${tree.root}","leaves":[{"i":`;
    expect(plainText.slice(0, head.length)).toBe(head);
    expect(Object.keys(JSON.parse(boundText))).toEqual([
      'v',
      'suite',
      'depth',
      'root',
      'leaves',
      'siblings',
      'parts',
      'holder',
    ]);
  });

  it('has no other text that is read', () => {
    for (const text of [plainText, boundText]) {
      expect(codeOf(read(`${text} `))).toBe('presentation_not_canonical');
      expect(codeOf(read(text.replace('{"v":1', '{ "v":1')))).toBe('presentation_not_canonical');
      expect(codeOf(read(text.replace('"urn:1"', '"\\u0075rn:1"')))).toBe('presentation_not_canonical');
      expect(codeOf(read(JSON.stringify(JSON.parse(text), undefined, 1)))).toBe('presentation_not_canonical');
    }
    const spaced = read(plainText.replace('"suite":1', '"suite": 1'));
    expect(E.isLeft(spaced) && spaced.left.at).toEqual({ line: 1, column: 16, offset: 15 });
  });

  it('with one byte changed is refused, is no proof of this root, or is what it was', () => {
    const bytes = bytesOf(boundText);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 1;
      const again = readPresentation(changed);
      if (E.isLeft(again)) continue;
      const isOfHolder = at > boundText.indexOf('"holder"');
      expect(verdict(tree.root, again.right) === 'right').toBe(isOfHolder); // who signed was not asked
    }
  });

  it('is refused, never thrown at, whatever it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array(), (text, bytes) => {
        expect(E.isLeft(read(text))).toBe(true);
        expect(E.isLeft(readPresentation(bytes))).toBe(true);
      }),
      { numRuns: 200, seed: 2 },
    );
    const cuts = Array.from({ length: 200 }, (_, at) => boundText.slice(0, Math.floor((at * boundText.length) / 200)));
    for (const cut of cuts) expect(E.isLeft(read(cut))).toBe(true);
  });

  it('with one value of it replaced is refused, whatever stands there instead, unless all parts are left out', () => {
    const others = [null, true, -1, 0.5, 2 ** 53, 'x', '', [], [[]], {}, { v: 1 }];
    const replaced = (value: unknown, visit: (text: string) => void, around: (inner: unknown) => unknown): void => {
      for (const other of others) {
        if (JSON.stringify(other) !== JSON.stringify(value)) visit(JSON.stringify(around(other)));
      }
      if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) replaced(item, visit, (inner) => around(value.with(index, inner)));
      } else if (typeof value === 'object' && value !== null) {
        for (const [name, item] of Object.entries(value)) {
          replaced(item, visit, (inner) => around({ ...value, [name]: inner }));
        }
      }
    };
    let count = 0;
    const parts = plainText.split('"at":').length;
    const visit = (text: string): void => {
      const again = read(text);
      count += 1;
      if (E.isLeft(again)) return;
      const showsLess = text.split('"at":').length < parts; // the roots of the trees are proven as before
      expect(verdict(tree.root, again.right) === 'right').toBe(showsLess);
    };
    replaced(JSON.parse(plainText), visit, (inner) => inner);
    expect(count).toBeGreaterThan(500);
  });
});

/** The text with its first match replaced. */
const swapped = (from: string | RegExp, to: string): string => {
  expect(boundText).toMatch(from);
  return boundText.replace(from, to);
};
const nested = (levels: number): string =>
  `"leaves":[{"i":0,"p":["a"],"t":"null","v":null,"s":"${'A'.repeat(43)}"}],"siblings":"","parts":[${
    levels === 0 ? '' : `{"at":["a"],"depth":4,${nested(levels - 1)}}`
  }]`;

describe('the reader of presentations refuses by name', () => {
  it.each<readonly [string, () => string]>([
    ['json_syntax', () => '{'],
    ['json_duplicate_member', () => swapped('"suite":1', '"v":1')],
    ['json_trailing_bytes', () => `${boundText}{}`],
    ['presentation_wrong_type', () => '[]'],
    ['presentation_member_missing', () => '{}'],
    ['presentation_member_missing', () => `${boundText.slice(0, boundText.indexOf(',"parts":[{"at"'))}}`],
    ['presentation_member_wrong', () => swapped('"suite":1', '"suit":1')],
    ['presentation_member_wrong', () => swapped('"v":1,"suite":1', '"suite":1,"v":1')],
    ['presentation_member_wrong', () => swapped('"holder"', '"owner"')],
    ['presentation_member_wrong', () => `${boundText.slice(0, -1)},"more":1}`],
    ['presentation_member_wrong', () => swapped('"iat":1', '"iat":1,"exp":2')],
    ['presentation_version_unknown', () => swapped('"v":1', '"v":2')],
    ['presentation_suite_unknown', () => swapped('"suite":1', '"suite":2')],
    ['presentation_wrong_type', () => swapped('"v":1', '"v":"1"')],
    ['presentation_out_of_range', () => swapped('"depth":4', '"depth":3')],
    ['presentation_out_of_range', () => swapped('"depth":4', '"depth":27')],
    ['presentation_out_of_range', () => swapped('"depth":4', '"depth":4.0')],
    ['presentation_out_of_range', () => swapped(/"i":\d+/, `"i":${2 ** 26}`)],
    ['presentation_out_of_range', () => swapped(/"i":\d+/, '"i":-1')],
    ['presentation_out_of_range', () => swapped('"p":["entry",0', '"p":["entry",4294967296')],
    ['presentation_wrong_type', () => swapped('"p":["entry"]', '"p":"/entry"')],
    ['presentation_wrong_type', () => swapped('"p":["entry"]', '"p":[null]')],
    ['presentation_kind_unknown', () => swapped('"t":"array"', '"t":"list"')],
    ['presentation_wrong_type', () => swapped('"t":"array","v":2', '"t":"array","v":"2"')],
    ['presentation_wrong_type', () => swapped('"t":"array","v":2', '"t":"object","v":2')],
    ['presentation_wrong_type', () => swapped('"t":"array","v":2', '"t":"number","v":2')],
    ['presentation_wrong_type', () => swapped('"t":"array","v":2', '"t":"boolean","v":2')],
    ['presentation_wrong_type', () => swapped('"t":"array","v":2', '"t":"null","v":2')],
    ['presentation_wrong_type', () => swapped('"t":"array","v":2', '"t":"tree","v":2')],
    ['presentation_out_of_range', () => swapped('"bytes":6000', `"bytes":${2 ** 27}`)],
    ['presentation_bytes_malformed', () => swapped(tree.root, tree.root.toUpperCase())],
    ['presentation_bytes_malformed', () => swapped(tree.root, tree.root.slice(2))],
    ['presentation_out_of_range', () => swapped(tree.root, `${tree.root}00`)],
    ['presentation_bytes_malformed', () => swapped(/"s":"[^"]{43}"/, `"s":"${'A'.repeat(42)}"`)],
    ['presentation_bytes_malformed', () => swapped(/"s":"[^"]{43}"/, `"s":"${'A'.repeat(42)}B"`)],
    ['presentation_bytes_malformed', () => swapped(/"s":"[^"]{43}"/, `"s":"${'A'.repeat(42)}="`)],
    ['presentation_out_of_range', () => swapped(/"s":"[^"]{43}"/, `"s":"${'A'.repeat(44)}"`)],
    ['presentation_out_of_range', () => swapped('"siblings":"', `"siblings":"${'A'.repeat(10_000)}`)],
    ['presentation_too_deep', () => swapped('"p":["entry"]', `"p":[${Array(65).fill(0).join(',')}]`)],
    ['presentation_too_deep', () => `{"v":1,"suite":1,"depth":4,"root":"${tree.root}",${nested(8)}}`],
    ['right', () => `{"v":1,"suite":1,"depth":4,"root":"${tree.root}",${nested(7)}}`],
    ['presentation_out_of_range', () => swapped('"aud":"clinic"', '"aud":""')],
    ['presentation_out_of_range', () => swapped('"aud":"clinic"', `"aud":"${'x'.repeat(513)}"`)],
    ['presentation_out_of_range', () => swapped('"nonce":"n"', '"nonce":""')],
    ['presentation_out_of_range', () => swapped('"iat":1', '"iat":9007199254740992')],
    ['presentation_bytes_malformed', () => swapped('"pub":"0', '"pub":"1')],
    ['presentation_bytes_malformed', () => swapped(/"sig":"[^"]*"/, '"sig":"AAAA"')],
  ])('%s (%#)', (code, text) => {
    expect(codeOf(read(text()))).toBe(code);
  });

  it('too many leaves in all parts, before any of them is made', () => {
    const leaf = `{"i":0,"p":[],"t":"null","v":null,"s":"${'A'.repeat(43)}"}`;
    const text = (count: number): string =>
      `{"v":1,"suite":1,"depth":4,"root":"${tree.root}","leaves":[${Array(count).fill(leaf).join(',')}],"siblings":"","parts":[]}`;
    expect(codeOf(read(text(65_537)))).toBe('presentation_too_large');
    const around = (count: number): string => {
      const part = `{"at":[],"depth":4,"leaves":[${Array(count).fill(leaf).join(',')}],"siblings":"","parts":[]}`;
      return text(10).replace('"parts":[]', `"parts":[${part}]`);
    };
    expect(codeOf(read(around(65_527)))).toBe('presentation_too_large');
    expect(codeOf(read(around(IS_LONG ? 65_526 : 10_000)))).toBe('right');
    const steps = `{"i":0,"p":[${Array(64).fill(0).join(',')}],"t":"null","v":null,"s":"${'A'.repeat(43)}"}`;
    expect(codeOf(read(text(8_193).replaceAll(leaf, steps)))).toBe('presentation_too_large');
  });

  it('with line, column and byte', () => {
    const refused = read(swapped('"t":"array"', '"t":"list"'));
    const offset = boundText.indexOf('"array"');
    expect(E.isLeft(refused) && refused.left.at).toEqual({ line: 1, column: offset + 1, offset });
    expect(E.isLeft(refused) && refused.left.message).toContain('there is no such kind of leaf');
  });
});

it('base64url is what the host says, and has one text for each bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64url(text)).toEqual(bytes);
    }),
    { seed: 3 },
  );
  for (const text of ['A', 'AB', 'AAB', 'AA==', 'A+', 'A/', 'Aé', 'AA\n']) expect(fromBase64url(text)).toBeUndefined();
});

it('all of a record is presented and read', () => {
  const presentation = presented(tree, completenessOf(tree, 0));
  expect(rightOf(read(presentationText(presentation)))).toEqual(presentation);
});
