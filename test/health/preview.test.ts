import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { previewOf, previewText, readJson, type SelectionRequest, select } from '../../src/health/index.ts';

const previewed = (text: string, request: SelectionRequest) => {
  const document = readJson(new TextEncoder().encode(text));
  if (E.isLeft(document)) throw new Error(document.left.message);
  const selection = select(document.right, request);
  if (E.isLeft(selection)) throw new Error(selection.left.message);
  return previewOf(document.right, selection.right);
};

const warned = (text: string, request: SelectionRequest) =>
  Object.fromEntries(previewed(text, request).warnings.map(({ code, pointers }) => [code, pointers]));

const PATIENT = `{"resourceType":"Patient","id":"a-1","name":[{"family":"Verhoeven","given":["Ann"]}],
  "gender":"female","maritalStatus":{"text":"Widow of Jan VERHOEVEN"},"weight":70.50}`;

describe('a preview', () => {
  it('has a line for each value in the order of the document, numbers as they are written, and what is held back', () => {
    const preview = previewed(PATIENT, { wishes: [''] });
    expect(preview.lines.map(({ pointer, text }) => `${pointer} = ${text}`)).toEqual([
      '/resourceType = "Patient"',
      '/gender = "female"',
      '/maritalStatus = (an object of text)',
      '/maritalStatus/text = "Widow of Jan VERHOEVEN"',
      '/weight = 70.50',
    ]);
    expect(preview.hiddenCount).toBe(7);
    expect(preview.withheld).toMatchObject([
      { rule: 'id', count: 1, pointers: ['/id'] },
      { rule: 'name', count: 1, pointers: ['/name'] },
    ]);
  });

  it('is text that can be read aloud', () => {
    expect(previewText(previewed(PATIENT, { wishes: ['/name', '/gender'] }))).toBe(
      [
        'Shown, 6 of 12 values:',
        '  /name = (a list of 1, whole)',
        '  /name/0 = (an object of family, given)',
        '  /name/0/family = "Verhoeven"',
        '  /name/0/given = (a list of 1, whole)',
        '  /name/0/given/0 = "Ann"',
        '  /gender = "female"',
        'Before you show it:',
        '  the root is the same in all presentations of this record: whoever has two of them can put them together; anchor the record again to part them',
        '',
      ].join('\n'),
    );
    expect(previewText(previewed('{"id":"a"}', { wishes: [''] }))).toBe(
      [
        'Nothing is shown.',
        'Withheld from what was chosen:',
        '  id (1): ids lead back to the person in the system they come from',
        '    /id',
        '',
      ].join('\n'),
    );
    expect(previewText(previewed('[]', { wishes: [''] }))).toContain('  (the whole) = (a list of 0, whole)');
  });

  it.each([
    ['root_links', '{"a":1}', ['/a'], []],
    ['full_date', '{"a":"2020-05-04","b":"2020-05","c":"x"}', ['/a', '/b', '/c'], ['/a']],
    ['full_date', '{"a":"2020-05-04T10:00:00Z"}', ['/a'], ['/a']],
    ['long_text', `{"a":"${'x'.repeat(121)}","b":"${'x'.repeat(120)}"}`, ['/a', '/b'], ['/a']],
    ['withheld_repeated', PATIENT, [''], ['/maritalStatus/text']],
    ['names_of_hidden', '{"a":{"b":1,"c":2},"d":{"e":1}}', [{ pointer: '/a', isDeep: false }, '/d'], ['/a']],
  ] as const)('warns: %s in %s', (code, text, wishes, pointers) => {
    expect(warned(text, { wishes })[code]).toEqual(pointers);
  });

  it('warns of nothing that is not there', () => {
    expect(Object.keys(warned('{"a":{"b":"2020"},"c":["x"]}', { wishes: ['/a', '/c'] }))).toEqual(['root_links']);
    expect(previewed('{"id":"a"}', { wishes: [''] }).warnings).toEqual([]);
    expect(warned(PATIENT, { wishes: ['/gender'] })).not.toHaveProperty('withheld_repeated');
  });

  it('does not warn of words of the standard or of short ones', () => {
    const text = '{"telecom":[{"system":"phone","value":"555","use":"home"}],"a":"phone at home","b":"555"}';
    expect(warned(text, { wishes: [''] })).not.toHaveProperty('withheld_repeated');
  });

  it('of hostile text keeps its lines: nothing turns, hides or breaks them, and long values are cut', () => {
    const text = JSON.stringify({ 'a\n/b = 1': 'x\r\n  /c = "ok"\u202e', '\u200b': `${'y'.repeat(500)}` });
    const preview = previewed(text, { wishes: [''] });
    expect(previewText(preview).split('\n')).toHaveLength(1 + 3 + 1 + 1 + 1 + 1 + 1);
    expect(previewText(preview)).not.toMatch(/[^\P{C}\n]/u);
    expect(preview.lines[1]?.text).toBe('"x\\u{d}\\u{a}  /c = "ok"\\u{202e}"');
    expect(preview.lines[2]?.text).toBe(`"${'y'.repeat(200)}..."`);
  });

  it('cuts no character in two', () => {
    const [, line] = previewed(JSON.stringify({ a: `${'y'.repeat(199)}\u{1f600}` }), { wishes: [''] }).lines;
    expect(line?.text).toBe(`"${'y'.repeat(199)}..."`);
  });

  it('lists at most 20 places for each rule and warning, and counts the rest', () => {
    const items = Array.from({ length: 50 }, () => ({ id: 'abcd', on: '2020-01-01', x: {} }));
    const preview = previewed(JSON.stringify(items), { wishes: [''] });
    for (const part of [preview.withheld[0], preview.warnings.find(({ code }) => code === 'full_date')]) {
      expect(part?.count).toBe(50);
      expect(part?.pointers).toHaveLength(20);
    }
    expect(previewText(preview).match(/and 30 more/g)).toHaveLength(2);
  });
});
