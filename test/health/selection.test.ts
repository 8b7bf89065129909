import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../../src/core/index.ts';
import {
  buildTree,
  type JsonDocument,
  kindAt,
  MAX_POINTER_LENGTH,
  MAX_SHOWN_LEAVES,
  MAX_WISHES,
  pointerOf,
  pointersOf,
  present,
  type RuleName,
  type Selection,
  type SelectionRequest,
  select,
  stepsTo,
  textAt,
  verifyPresentation,
  withholdingRules,
} from '../../src/health/index.ts';
import { IS_LONG, documentOf as readDocument, rightOf } from './records.ts';

const FIXTURES = new URL('../../node_modules/cql-exec-fhir/test/fixtures/r4/', import.meta.url);
const ALL = withholdingRules.map(({ name }) => name);

const documentOf = (given: unknown): JsonDocument =>
  readDocument(given instanceof Uint8Array ? given : JSON.stringify(given));

const selected = (document: JsonDocument, request: SelectionRequest): Selection => rightOf(select(document, request));

/** What is shown and what is withheld, as pointers. */
const chosen = (given: unknown, wishes: SelectionRequest['wishes'], allow: readonly RuleName[] = []) => {
  const document = documentOf(given);
  const { values, withheld } = selected(document, { wishes, allow });
  const places = pointersOf(
    document,
    withheld.map(({ value }) => value),
  );
  return {
    shown: pointersOf(document, values),
    withheld: Object.fromEntries(withheld.map(({ rule }, index) => [places[index], rule])),
  };
};

const fault = (given: unknown, request: SelectionRequest) => {
  const selection = select(documentOf(given), request);
  return E.isLeft(selection) ? selection.left : undefined;
};

describe('a pointer', () => {
  const odd = {
    'a/b': 1,
    'm~n': 2,
    '': { '': 3 },
    '0': { '1': 4 },
    list: [{ '0': 5 }],
    '~1': 6,
    '*': 7,
    __proto__x: 8,
  };

  it.each([
    ['/a~1b', '1'],
    ['/m~0n', '2'],
    ['//', '3'],
    ['/0/1', '4'],
    ['/list/0/0', '5'],
    ['/~01', '6'],
    ['/*', '7'],
  ])('%s leads to the member or item that RFC 6901 says', (pointer, text) => {
    const document = documentOf(odd);
    const { values } = selected(document, { wishes: [pointer] });
    expect(values.map((at) => textAt(document, at))).toEqual([text]);
    expect(pointersOf(document, values)).toEqual([pointer]);
  });

  it('leads to the same in objects and lists that are long', () => {
    const members = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`m${index}`, index]));
    const document = documentOf({ members, items: Array.from({ length: 100 }, (_, index) => index), '': '' });
    for (const [pointer, text] of [
      ['/members/m77', '77'],
      ['/items/77', '77'],
    ] as const) {
      expect(selected(document, { wishes: [pointer] }).values.map((at) => textAt(document, at))).toEqual([text]);
    }
    for (const pointer of ['/members/m100', '/items/100', '/items/077', '/items/-', '/members/77']) {
      expect(fault({ members, items: [...Array(100).keys()] }, { wishes: [pointer] })?.code).toBe(
        'pointer_leads_nowhere',
      );
    }
  });

  it.each([
    ['a', 'pointer_malformed', 'is no JSON Pointer'],
    ['/a~2', 'pointer_malformed', 'is no JSON Pointer'],
    ['/a~', 'pointer_malformed', 'is no JSON Pointer'],
    ['/'.repeat(MAX_POINTER_LENGTH + 1), 'pointer_too_long', 'has more than'],
    ['/x', 'pointer_leads_nowhere', 'the document is an object of a, b, '],
    ['/a/2', 'pointer_leads_nowhere', '/a is a list of 2: 0 to 1'],
    ['/a/01', 'pointer_leads_nowhere', '/a is a list of 2: 0 to 1'],
    ['/a/0/x', 'pointer_leads_nowhere', '/a/0 is a number, which has no members'],
    ['/b/c/d', 'pointer_leads_nowhere', '/b is an object without members'],
    ['/\u202e', 'pointer_leads_nowhere', '\\u{202e}: leads nowhere'],
  ])('%s is refused: %s', (pointer, code, message) => {
    const found = fault({ a: [1, 2], b: {}, '': 1 }, { wishes: ['/a', pointer] });
    expect(found).toMatchObject({ code, wish: 1 });
    expect(found?.message).toContain(message);
  });

  it('that leads nowhere is told with a bounded message, whatever names the document has', () => {
    const members = Array.from({ length: 1000 }, (_, index) => [`${index}${'\u202ex'.repeat(60)}`, 1]);
    const message = fault(Object.fromEntries(members), { wishes: [`/${'y'.repeat(2000)}`] })?.message ?? '';
    expect(message).toContain('and 988 more');
    expect(message.length).toBeLessThan(8000);
    expect(message).not.toMatch(/\p{Cf}/u);
  });
});

describe('a request', () => {
  it('of every value alone selects every value, and of any part all that is in it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.nat(), (text, pick) => {
        const document = documentOf(new TextEncoder().encode(text));
        const every = Array.from({ length: document.size }, (_, at) => at);
        const pointers = every.map((at) => pointerOf(stepsTo(document, at)));
        expect(pointersOf(document, every)).toEqual(pointers);
        const wishes = pointers.map((pointer) => ({ pointer, isDeep: false }));
        expect(selected(document, { wishes }).values).toEqual(every);
        const at = pick % document.size;
        const part = selected(document, { wishes: [pointers[at] as string], allow: ALL });
        expect(part.values).toEqual(every.slice(at, document.nexts[at]));
        expect(part.withheld).toEqual([]);
      }),
    );
  });

  it('that is made twice, in any order, selects the same, each value once', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), (text, picks) => {
        const document = documentOf(new TextEncoder().encode(text));
        const wishes = picks.map((pick) => pointerOf(stepsTo(document, pick % document.size)));
        const once = selected(document, { wishes });
        const again = selected(document, { wishes: [...wishes, ...wishes].reverse() });
        expect(again.values).toEqual(once.values);
        expect(again.withheld.map(({ value }) => value)).toEqual(once.withheld.map(({ value }) => value));
        expect(new Set(once.values).size).toBe(once.values.length);
      }),
    );
  });

  it('tells by which wish a value is shown', () => {
    expect(selected(documentOf({ a: { b: 1 }, c: 2 }), { wishes: ['/c', '/a/b', '/a'] })).toEqual({
      values: [1, 2, 3],
      wishes: [2, 1, 0],
      withheld: [],
    });
  });

  it('shows nothing above what is chosen', () => {
    expect(chosen({ a: { b: [1, 2] }, c: 3 }, ['/a/b/1']).shown).toEqual(['/a/b/1']);
  });

  it('of too many wishes, of too many values, and with a rule that is none is refused', () => {
    const wishes = Array.from({ length: MAX_WISHES + 1 }, () => '');
    expect(fault({}, { wishes })?.code).toBe('too_many_wishes');
    const list = Array.from({ length: MAX_SHOWN_LEAVES }, () => 0);
    expect(fault(list, { wishes: [''] })?.code).toBe('too_many_values');
    expect(selected(documentOf(list.slice(1)), { wishes: [''] }).values).toHaveLength(MAX_SHOWN_LEAVES);
    const allow = ['nonsense' as RuleName];
    expect(fault({}, { wishes: [''], allow })).toMatchObject({ code: 'rule_unknown' });
  });

  it('of many fields of a long list or object is answered', () => {
    const count = IS_LONG ? 20_000 : 6_000;
    const every = Array.from({ length: count }, (_, index) => index);
    const members = Object.fromEntries(every.map((index) => [`m${index}`, index]));
    const document = documentOf({ list: every, members: { ...members, value: 1, system: 's', family: 1, city: 1 } });
    for (const isNamed of [true, false]) {
      const items = every.map((index) => ({ pointer: `/list/${index}`, isNamed }));
      expect(selected(document, { wishes: items }).values).toHaveLength(count);
    }
    const named = every.map((index) => `/members/m${index}`);
    expect(selected(document, { wishes: named }).values).toHaveLength(count);
    const found = named.map((pointer) => ({ pointer, isNamed: false }));
    expect(selected(document, { wishes: found }).withheld).toHaveLength(1);
  });
});

interface Example {
  /** A record, and where in it the rule withholds something if all is chosen. */
  readonly withholds: readonly (readonly [unknown, string])[];
  /** A record of which it withholds nothing. */
  readonly passes: readonly unknown[];
}

const coded = {
  resourceType: 'Observation',
  code: { coding: [{ display: 'Weight' }], text: 'Weight' },
  valueString: 'x',
};
const inParameters = (name: string, value: unknown) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'x', resource: { resourceType: 'Patient', [name]: value } }],
});

const examples: Readonly<Record<RuleName, Example>> = {
  narrative: {
    withholds: [
      [{ resourceType: 'Patient', text: { status: 'generated', div: '<div>Ann</div>' } }, '/text'],
      [inParameters('text', { div: '' }), '/parameter/0/resource/text'],
      [{ a: { div: '<div>Ann</div>' } }, '/a/div'],
    ],
    passes: [coded, { item: [{ text: 'Do you smoke?' }] }],
  },
  id: {
    withholds: [
      [{ id: 'a' }, '/id'],
      [inParameters('id', 'a'), '/parameter/0/resource/id'],
    ],
    passes: [{ linkId: '1' }],
  },
  meta: {
    withholds: [
      [{ meta: { source: '#x' } }, '/meta'],
      [{ valueMeta: { source: '#x' } }, '/valueMeta'],
    ],
    passes: [{ metaphor: 1 }],
  },
  'full-url': {
    withholds: [
      [{ entry: [{ fullUrl: 'urn:uuid:1' }] }, '/entry/0/fullUrl'],
      [{ entity: [{ query: 'P2lkPTE=' }] }, '/entity/0/query'],
      [{ entry: [{ request: { method: 'PUT', url: 'Patient/1' } }] }, '/entry/0/request'],
      [{ entry: [{ response: { status: '201', location: 'Patient/1/_history/1' } }] }, '/entry/0/response'],
    ],
    passes: [
      { resourceType: 'Encounter', status: 'finished', location: [{ status: 'completed' }] },
      { response: { status: 'x', code: 'accepted' } },
    ],
  },
  contained: { withholds: [[{ contained: [{ resourceType: 'Patient' }] }, '/contained']], passes: [{ contains: 1 }] },
  extension: {
    withholds: [
      [{ extension: [{ url: 'birthPlace', valueString: 'Ghent' }] }, '/extension'],
      [{ _status: { extension: [{ valueCode: 'x' }] } }, '/_status/extension'],
    ],
    passes: [{ modifierExtension: [{ url: 'refuted', valueBoolean: true }] }],
  },
  contact: { withholds: [[{ contact: [{ gender: 'male' }] }, '/contact']], passes: [{ contactType: 1 }] },
  telecom: {
    withholds: [
      [{ telecom: [{ system: 'phone', value: '1' }] }, '/telecom'],
      [{ valueContactPoint: { value: '1' } }, '/valueContactPoint'],
      [{ anyUri: 'mailto:ann@example.org' }, '/anyUri'],
      [{ anyUri: 'tel:+321' }, '/anyUri'],
    ],
    passes: [{ telephone: 1 }],
  },
  identifier: {
    withholds: [
      [{ identifier: [{ value: '1' }] }, '/identifier'],
      [{ masterIdentifier: { value: '1' } }, '/masterIdentifier'],
      [{ anything: { system: 'urn:oid:1', value: '1' } }, '/anything'],
      [{ resourceType: 'Coverage', subscriberId: 'AB9' }, '/subscriberId'],
      [{ related: [{ relationship: coded.code, reference: { value: 'Q1' } }] }, '/related/0/reference'],
      [{ anything: { use: 'official', value: '1', period: { start: '2020' } } }, '/anything'],
      [{ resourceType: 'Coverage', class: [{ type: coded.code, value: 'CB135' }] }, '/class/0'],
    ],
    passes: [{ valueQuantity: { system: 'http://unitsofmeasure.org', value: 1, code: 'kg' } }, coded],
  },
  reference: {
    withholds: [
      [{ subject: { reference: 'Patient/1' } }, '/subject'],
      [{ performer: [{ display: 'Dr. Ann' }] }, '/performer/0'],
      [{ valueReference: { reference: '#p' } }, '/valueReference'],
      [{ medication: { concept: coded.code, reference: { reference: 'X/1' } } }, '/medication/reference'],
      [{ who: { _display: { extension: [] } } }, '/who'],
      [{ performer: [{ display: 'Dr. Ann', fhir_comments: ['x'] }] }, '/performer/0'],
      [{ valueUri: 'urn:uuid:00000000-0000-0000-0000-000000000000' }, '/valueUri'],
    ],
    passes: [coded, { valueUri: 'urn:oid:2.16.840' }, { referenceRange: [{ text: '1-2' }] }],
  },
  name: {
    withholds: [
      [{ name: [{ family: 'A' }] }, '/name'],
      [{ resourceType: 'Organization', name: 'A' }, '/name'],
      [{ valueHumanName: { text: 'A' } }, '/valueHumanName'],
      [{ anybody: [{ given: ['A'] }] }, '/anybody/0'],
      [inParameters('name', [{ text: 'A' }]), '/parameter/0/resource/name'],
      [{ note: 1, authorString: 'A' }, '/authorString'],
      [{ resourceType: 'AuditEvent', source: { site: 'Ward 3', type: [] } }, '/source/site'],
    ],
    passes: [
      { site: { text: 'left arm' } },
      { resourceType: 'Parameters', parameter: [{ name: 'weight', part: [{ name: 'unit' }] }] },
    ],
  },
  address: {
    withholds: [
      [{ address: [{ country: 'KR' }] }, '/address'],
      [{ locationAddress: { state: 'x' } }, '/locationAddress'],
      [{ anywhere: { city: 'Ghent' } }, '/anywhere'],
      [{ agent: [{ networkString: '10.0.0.1' }] }, '/agent/0/networkString'],
    ],
    passes: [{ resourceType: 'Unknown', state: 'active' }],
  },
  'address-line': { withholds: [[{ resourceType: 'Odd', line: ['Street 1'] }, '/line']], passes: [{ lines: 1 }] },
  'postal-code': {
    withholds: [[{ resourceType: 'Odd', postalCode: '9000' }, '/postalCode']],
    passes: [{ country: 'BE' }],
  },
  position: {
    withholds: [[{ position: { longitude: 1, latitude: 2 } }, '/position']],
    passes: [{ bodySite: coded.code }],
  },
  'birth-date': {
    withholds: [
      [{ birthDate: '1980-01-01' }, '/birthDate'],
      [{ _birthDate: { fhir_comments: ['born on 1 January'] } }, '/_birthDate'],
    ],
    passes: [{ gender: 'female', onsetDateTime: '2020-01-01' }],
  },
  'death-date': {
    withholds: [[{ deceasedDateTime: '2020' }, '/deceasedDateTime']],
    passes: [{ deceasedBoolean: true }],
  },
  attachment: {
    withholds: [
      [{ photo: [{ url: 'x' }] }, '/photo'],
      [{ resourceType: 'Binary', contentType: 'image/png', data: 'AAAA' }, '/data'],
      [{ content: { contentType: 'image/png', url: 'x' } }, '/content'],
      [{ content: { url: 'x', title: 'ann.png' } }, '/content'],
      [{ presentedForm: [{ url: 'x', title: 'Ann' }] }, '/presentedForm/0'],
      [{ resourceType: 'Binary', contentType: 'application/pdf', content: 'AAAA' }, '/content'],
      [{ valueAttachment: { title: 'x' } }, '/valueAttachment'],
      [{ valueBase64Binary: 'AAAA' }, '/valueBase64Binary'],
    ],
    passes: [{ valueSampledData: { origin: { value: 0 }, dimensions: 1, data: '1 2 3' } }],
  },
  signature: {
    withholds: [
      [{ signature: { when: '2020' } }, '/signature'],
      [{ attestationSignature: { when: '2020' } }, '/attestationSignature'],
    ],
    passes: [{ signed: true }],
  },
  note: {
    withholds: [
      [{ note: [{ text: 'Ann called' }] }, '/note'],
      [{ activity: [{ progress: [{ text: 'Ann called' }] }] }, '/activity/0/progress'],
      [{ anything: { text: 'Ann called', time: '2020' } }, '/anything'],
      [{ valueAnnotation: { text: 'Ann called' } }, '/valueAnnotation'],
      [{ payload: [{ contentString: 'Dear Ann' }] }, '/payload/0/contentString'],
      [{ _status: { fhir_comments: ['Ann called'] } }, '/_status/fhir_comments'],
    ],
    passes: [coded],
  },
  description: {
    withholds: [
      [{ resourceType: 'Appointment', description: "Ann's results" }, '/description'],
      [{ resourceType: 'Composition', title: 'Discharge of Ann' }, '/title'],
    ],
    passes: [{ resourceType: 'Goal', description: { text: 'Stop smoking' } }],
  },
  answer: {
    withholds: [
      [{ item: [{ linkId: '1', answer: [{ valueString: 'Ann' }] }] }, '/item/0/answer/0/valueString'],
      [{ item: [{ linkId: '1', answer: [{ valueDate: '1980-01-01' }] }] }, '/item/0/answer/0/valueDate'],
      [{ parameter: [{ name: 'family', valueString: 'Lee' }] }, '/parameter/0/valueString'],
      [{ input: [{ type: coded.code, valueString: 'Ann' }] }, '/input/0/valueString'],
      [{ modifierExtension: [{ url: 'a', valueString: 'Ann' }] }, '/modifierExtension/0/valueString'],
    ],
    passes: [coded, { item: [{ linkId: '1', answer: [{ valueBoolean: true }, { valueCoding: { display: 'Yes' } }] }] }],
  },
};

describe('a whole record without its telling parts', () => {
  it.each(withholdingRules)('has an example for $name, withheld and passed, and a reason', ({ name, reason }) => {
    const { withholds, passes } = examples[name];
    expect(withholds).not.toEqual([]);
    expect(passes).not.toEqual([]);
    expect(reason).toMatch(/^[a-z].{10,}[^.]$/);
    for (const [record, pointer] of withholds) {
      const { shown, withheld } = chosen(record, ['']);
      expect(withheld).toMatchObject({ [pointer]: name });
      expect(shown.filter((other) => other === pointer || other.startsWith(`${pointer}/`))).toEqual([]);
      expect(chosen(record, [''], ALL).shown).toContain(pointer);
    }
    for (const record of passes) expect(Object.values(chosen(record, ['']).withheld)).not.toContain(name);
  });

  it('is shown with a rule that is allowed, and with that alone', () => {
    const record = { id: 'a', birthDate: '1980-01-01', gender: 'female' };
    expect(chosen(record, [''], ['birth-date'])).toEqual({
      shown: ['/birthDate', '/gender'],
      withheld: { '/id': 'id' },
    });
  });

  it.each([
    ['telecom', { telecom: [{ system: 'phone', value: '1', use: 'home' }] }],
    ['telecom', { valueContactPoint: { system: 'email', value: 'a@b' } }],
    ['identifier', { identifier: [{ system: 'urn:oid:1', value: '1', type: coded.code }] }],
    ['reference', { subject: { reference: 'urn:uuid:1', type: 'Patient', display: 'Ann' } }],
    ['name', { name: [{ family: 'A', given: ['B'], prefix: ['Dr.'] }] }],
    ['address', { address: [{ city: 'Ghent', country: 'BE' }] }],
    ['narrative', { resourceType: 'Patient', text: { status: 'generated', div: '<div/>' } }],
    ['attachment', { photo: [{ contentType: 'image/png', data: 'AAAA' }] }],
    ['extension', { extension: [{ url: 'a', extension: [{ url: 'b', valueCode: 'c' }] }] }],
  ] as const)('shows all of what the rule %s withholds if that alone is allowed', (rule, record) => {
    expect(chosen(record, [''], [rule]).withheld).toEqual({});
    expect(Object.values(chosen(record, ['']).withheld)).toEqual([rule]);
  });

  it('has no container of which something is withheld: its leaf would name what is', () => {
    const record = { a: { b: [1], id: 'x' }, c: { d: 1 }, e: {} };
    expect(chosen(record, ['']).shown).toEqual(['/a/b', '/a/b/0', '/c', '/c/d', '/e']);
  });

  it('has a field that is named, whatever the rules say of it, with all its repetitions', () => {
    const record = {
      resourceType: 'Patient',
      name: [{ family: 'A', given: ['B'], id: 'x' }],
      telecom: [{ system: 'phone', value: '1' }],
      performer: [{ reference: 'X/1' }],
      address: [{ line: ['s'], city: 'c', postalCode: 'p' }],
      extension: [{ url: 'u', extension: [{ url: 'v', valueString: 'w' }] }],
    };
    expect(chosen(record, ['/name', '/telecom/0/value'])).toEqual({
      shown: ['/name/0/family', '/name/0/given', '/name/0/given/0', '/telecom/0/value'],
      withheld: { '/name/0/id': 'id' },
    });
    expect(chosen(record, ['/telecom']).shown).toContain('/telecom/0/value');
    expect(chosen(record, ['/performer']).shown).toContain('/performer/0/reference');
    expect(chosen(record, ['/extension']).shown).toContain('/extension/0/extension/0/valueString');
    expect(chosen(record, ['/address/0'])).toEqual({
      shown: ['/address/0/city'],
      withheld: { '/address/0/line': 'address-line', '/address/0/postalCode': 'postal-code' },
    });
    expect(chosen(record, ['/address/0/postalCode']).shown).toEqual(['/address/0/postalCode']);
  });

  it('has no field that was found rather than named, nor what stands in one', () => {
    const record = { birthDate: '1980', name: [{ family: 'A' }], gender: 'male' };
    const wishes = ['/birthDate', '/name/0/family', '/gender'].map((pointer) => ({ pointer, isNamed: false }));
    expect(chosen(record, wishes)).toEqual({
      shown: ['/gender'],
      withheld: { '/birthDate': 'birth-date', '/name': 'name' },
    });
  });

  it('does not tell a value as withheld that another wish shows', () => {
    expect(chosen({ id: 'a', b: 1 }, ['', '/id'])).toEqual({ shown: ['/id', '/b'], withheld: {} });
  });
});

interface PersonJson {
  readonly resourceType: string;
  readonly id?: string;
  readonly birthDate?: string;
  readonly name?: readonly { readonly family?: string; readonly given?: readonly string[] }[];
  readonly address?: readonly { readonly line?: readonly string[]; readonly postalCode?: string }[];
  readonly telecom?: readonly { readonly value?: string }[];
  readonly identifier?: readonly { readonly value?: string }[];
}

/** What finds the person in a record, read off by other means. */
const secretsOf = (record: PersonJson): readonly string[] => [
  ...(record.id === undefined ? [] : [record.id]),
  ...(record.birthDate === undefined ? [] : [record.birthDate]),
  ...(record.resourceType === 'Patient' ? (record.name ?? []) : []).flatMap(({ family = '', given = [] }) => [
    family,
    ...given,
  ]),
  ...(record.resourceType === 'Patient' ? (record.address ?? []) : []).flatMap(({ line = [] }) => line),
  ...(record.telecom ?? []).map(({ value = '' }) => value),
  ...(record.identifier ?? []).map(({ value = '' }) => value),
];

describe('the records of the fixtures', () => {
  const files = readdirSync(FIXTURES);

  it.each(files)('%s show nothing of what finds the patient, whole or resource by resource', (name) => {
    const bytes = new Uint8Array(readFileSync(new URL(name, FIXTURES)));
    const document = documentOf(bytes);
    const root = JSON.parse(new TextDecoder().decode(bytes)) as PersonJson & { entry?: { resource: PersonJson }[] };
    const resources = root.entry?.map(({ resource }) => resource) ?? [root];
    const secrets = [...new Set(resources.flatMap(secretsOf))].filter((secret) => secret.length > 2);
    expect(secrets.length).toBeGreaterThan(resources.length - 1);
    const every = Array.from({ length: document.size }, (_, at) => at);
    const held = new RegExp(secrets.map((secret) => secret.replace(/[^\w -]/g, '\\$&')).join('|'));
    const telling = every.filter((at) => kindAt(document, at) === 'string' && held.test(textAt(document, at)));
    expect(telling.length).toBeGreaterThan(1);
    const wishes = root.entry?.map((_, index) => `/entry/${index}/resource`) ?? [''];
    for (const request of [{ wishes: [''] }, { wishes }]) {
      const { values } = selected(document, request);
      const shown = new Set(values);
      expect(telling.filter((at) => shown.has(at)).map((at) => textAt(document, at))).toEqual([]);
      expect(values.length).toBeGreaterThan(document.size / 2);
    }
  });

  it('are shown by a proof of exactly what was selected', () => {
    const document = documentOf(new Uint8Array(readFileSync(new URL('Condition_f201.json', FIXTURES))));
    const { values } = selected(document, { wishes: ['/code', '/severity'] });
    const tree = buildTree(document, { hasher: nobleCrypto, seed: new Uint8Array(32).fill(7) });
    if (E.isLeft(tree)) throw new Error(tree.left.message);
    const { root } = tree.right;
    const presentation = present(tree.right, values);
    if (E.isLeft(presentation)) throw new Error(presentation.left.message);
    const verified = verifyPresentation(nobleCrypto, presentation.right, { root, holder: 'not asked' });
    const { leaves } = presentation.right.proof;
    expect(E.isRight(verified)).toBe(true);
    expect(leaves.map(({ steps }) => pointerOf(steps)).sort()).toEqual([...pointersOf(document, values)].sort());
  });
});
