import { readFileSync } from 'node:fs';
import type { Model } from 'fhirpath';
import r5 from 'fhirpath/fhir-context/r5';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { MAX_EXPRESSION_LENGTH, MAX_STEPS, selectByFhirPath } from '../../src/health/fhirpath/index.ts';
import { type JsonDocument, pointersOf, select, textAt } from '../../src/health/index.ts';
import { documentOf, rightOf } from './records.ts';

const FIXTURES = new URL('../../node_modules/cql-exec-fhir/test/fixtures/r4/', import.meta.url);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FIXTURES)));

const found = (document: JsonDocument, expression: string, model?: Model) =>
  rightOf(selectByFhirPath(document, expression, model));

const pointersBy = (document: JsonDocument, expression: string, model?: Model): readonly string[] =>
  pointersOf(document, found(document, expression, model).values);

const faultOf = (document: JsonDocument, expression: string) => {
  const selection = selectByFhirPath(document, expression);
  return E.isLeft(selection) ? selection.left : undefined;
};

interface Coded {
  readonly code?: string;
}
interface Resource {
  readonly resourceType: string;
  readonly status?: string;
  readonly code?: { readonly coding: readonly Coded[] };
  readonly valueQuantity?: { readonly value: number };
  readonly valueCodeableConcept?: unknown;
  readonly component?: readonly { readonly valueQuantity?: { readonly value: number } }[];
  readonly contained?: readonly Resource[];
  readonly item?: readonly unknown[];
}

const BUNDLE = bytesOf('Johnnie679_Hermiston71_2cd30bd6-3a87-4191-af90-6daa70f58f55.json');
const bundle = documentOf(BUNDLE);
const entries = (
  JSON.parse(new TextDecoder().decode(BUNDLE)) as { entry: readonly { readonly resource: Resource }[] }
).entry.map(({ resource }) => resource);

/** Pointers made by hand: what each resource gives, below its own pointer. */
const inEntries = (make: (resource: Resource) => readonly string[]): readonly string[] =>
  entries.flatMap((resource, index) => make(resource).map((rest) => `/entry/${index}/resource${rest}`));
const ifType = (type: string, rest: (resource: Resource) => readonly string[]) =>
  inEntries((resource) => (resource.resourceType === type ? rest(resource) : []));
const hasCode = ({ code }: Resource, wanted: string): boolean =>
  code?.coding.some(({ code: other }) => other === wanted) ?? false;

const bundleExamples: readonly (readonly [string, readonly string[]])[] = [
  ['Bundle', ['']],
  ['Bundle.entry[3].resource', ['/entry/3/resource']],
  ['Bundle.entry.resource', inEntries(() => [''])],
  [
    "Bundle.entry.resource.ofType(Observation).where(code.coding.code='8302-2')",
    ifType('Observation', (resource) => (hasCode(resource, '8302-2') ? [''] : [])),
  ],
  [
    'Bundle.entry.resource.ofType(Observation).value',
    ifType('Observation', ({ valueQuantity, valueCodeableConcept }) =>
      valueQuantity ? ['/valueQuantity'] : valueCodeableConcept ? ['/valueCodeableConcept'] : [],
    ),
  ],
  [
    'Bundle.entry.resource.ofType(Observation).value.ofType(Quantity).value',
    ifType('Observation', ({ valueQuantity }) => (valueQuantity ? ['/valueQuantity/value'] : [])),
  ],
  [
    'Bundle.entry.resource.ofType(Observation).value.where(value > 70.5).value',
    ifType('Observation', ({ valueQuantity }) => ((valueQuantity?.value ?? 0) > 70.5 ? ['/valueQuantity/value'] : [])),
  ],
  [
    'Bundle.entry.resource.component.value.value',
    inEntries(({ component = [] }) =>
      component.flatMap(({ valueQuantity }, index) =>
        valueQuantity ? [`/component/${index}/valueQuantity/value`] : [],
      ),
    ),
  ],
  ['Bundle.entry.resource.ofType(Patient).name.given.first()', ['/entry/0/resource/name/0/given/0']],
  [
    'Bundle.entry.resource.where($this is Condition and clinicalStatus.coding.exists()).code.coding.code',
    ifType('Condition', ({ code }) => (code?.coding ?? []).map((_, index) => `/code/coding/${index}/code`)),
  ],
  [
    'Bundle.entry.resource.contained.status',
    inEntries(({ contained = [] }) =>
      contained.flatMap(({ status }, index) => (status ? [`/contained/${index}/status`] : [])),
    ),
  ],
  [
    'Bundle.entry.resource.ofType(Claim).item.tail()',
    ifType('Claim', ({ item = [] }) => item.map((_, index) => `/item/${index}`)).slice(1),
  ],
  [
    'Bundle.entry.resource.ofType(Observation).code.coding.combine(Bundle.entry.resource.ofType(Observation).status)',
    ifType('Observation', ({ code }) => [
      '/status',
      ...(code?.coding ?? []).map((_, index) => `/code/coding/${index}`),
    ]),
  ],
];

describe('a FHIRPath', () => {
  it.each(bundleExamples)('%s leads to the pointers made by hand', (expression, pointers) => {
    expect(pointers).not.toEqual([]);
    expect([...pointersBy(bundle, expression)].sort()).toEqual([...pointers].sort());
  });

  it('has as its descendants all values but lists, resource types and what is told of as one with another', () => {
    const document = documentOf(
      '{"resourceType":"Patient","active":true,"name":[{"family":"A","given":["B","C"]}],"maritalStatus":{"coding":[{"code":"M"}]}}',
    );
    expect(pointersBy(document, 'Patient.descendants()')).toEqual([
      '/active',
      '/name/0',
      '/name/0/family',
      '/name/0/given/0',
      '/name/0/given/1',
      '/maritalStatus',
      '/maritalStatus/coding/0',
      '/maritalStatus/coding/0/code',
    ]);
  });

  const patient = documentOf(`{"resourceType":"Patient","birthDate":"1980-01-01",
    "_birthDate":{"id":"b","extension":[{"url":"t","valueDateTime":"1980-01-01T10:00:00Z"}]},
    "_gender":{"extension":[{"url":"absent","valueCode":"unknown"}]},
    "name":[{"given":["Ann",null,"Ann"],"_given":[null,{"extension":[{"url":"e","valueString":"x"}]},null]}],
    "multipleBirthInteger":2,"deceasedBoolean":false,
    "contained":[{"resourceType":"Observation","valueQuantity":{"value":1.00,"unit":"kg"}},
      {"resourceType":"Observation","_valueString":{"extension":[{"url":"n","valueCode":"masked"}]}}]}`);

  it.each([
    ['Patient.birthDate', ['/birthDate']],
    ['Patient.birthDate.extension', ['/_birthDate/extension/0']],
    ["Patient.birthDate.extension('t').value", ['/_birthDate/extension/0/valueDateTime']],
    ['Patient.birthDate.id', ['/_birthDate/id']],
    ['Patient.gender', ['/_gender']],
    ['Patient.gender.extension.value', ['/_gender/extension/0/valueCode']],
    ['Patient.name.given[0]', ['/name/0/given/0']],
    ['Patient.name.given', ['/name/0/given/0', '/name/0/given/2', '/name/0/_given/1']],
    ['Patient.name.given.extension.value', ['/name/0/_given/1/extension/0/valueString']],
    ['Patient.multipleBirth', ['/multipleBirthInteger']],
    ['Patient.deceased', ['/deceasedBoolean']],
    ['Patient.contained.value', ['/contained/0/valueQuantity', '/contained/1/_valueString']],
    ['Patient.contained.value.value', ['/contained/0/valueQuantity/value']],
    ['Patient.photo', []],
  ])('%s leads to primitives, their extensions, and members of a choice', (expression, pointers) => {
    expect(pointersBy(patient, expression)).toEqual(pointers);
  });

  it('leads to numbers as they are written, though it compares them rounded', () => {
    const { values } = found(patient, 'Patient.contained.value.where(value = 1).value');
    expect(values.map((at) => textAt(patient, at))).toEqual(['1.00']);
  });

  it('speaks R4, or another version if it is given one', () => {
    const document = documentOf('{"resourceType":"Condition","participant":[{"actor":{"reference":"Patient/1"}}]}');
    expect(pointersBy(document, 'Condition.participant.actor.reference', r5)).toEqual([
      '/participant/0/actor/reference',
    ]);
    expect(pointersBy(patient, 'Patient.multipleBirth', r5)).toEqual(['/multipleBirthInteger']);
  });

  it('shows what it names, and not what it only finds', () => {
    const shownBy = (expression: string): readonly string[] => {
      const selection = select(patient, found(patient, expression));
      return E.isRight(selection) ? pointersOf(patient, selection.right.values) : [];
    };
    expect(shownBy('Patient.birthDate')).toEqual(['/birthDate']);
    expect(shownBy("Patient.descendants().where($this = 'Ann')")).toEqual([]);
    expect(shownBy('Patient.children()')).toEqual(['/multipleBirthInteger', '/deceasedBoolean']);
    expect(shownBy('Patient').filter((pointer) => /birthDate|given|contained/.test(pointer))).toEqual([]);
  });

  it('is right again when more expressions have been used than are kept', () => {
    const items = Array.from({ length: 75 }, (_, index) => `{"fullUrl":"${index}"}`);
    const document = documentOf(`{"resourceType":"Bundle","entry":[${items.join()}]}`);
    for (let index = 0; index < 150; index += 1) {
      expect(pointersBy(document, `Bundle.entry[${index % 75}].fullUrl`)).toEqual([`/entry/${index % 75}/fullUrl`]);
    }
  });

  it.each([
    'Bundle.entry.count()',
    'Bundle.entry.resource.exists()',
    "Bundle.entry.resource.id + 'x'",
    "'text'",
    'Bundle.entry.first().fullUrl.length()',
    'Bundle.entry.first().fullUrl.upper()',
    'Bundle.type.length',
    'Bundle.__proto__',
    'Bundle.constructor',
    'Bundle.entry.combine(1)',
  ])('%s is computed or no value of the document, so it is refused', (expression) => {
    const single = documentOf(
      '{"resourceType":"Bundle","id":"b","type":"x","entry":[{"fullUrl":"u","resource":{"id":"i"}}]}',
    );
    expect(faultOf(single, expression)?.code).toBe('path_is_computed');
  });

  it.each([
    ['Bundle.entry.resource.subject.resolve()', 'resolve would fetch'],
    ['Bundle.entry.resource.subject.`resolve`()', '`resolve` is not allowed here'],
    ["Bundle.entry.resource.code.memberOf('http://x')", 'memberOf would ask'],
    ['Bundle.entry.where(fullUrl.matches("x"))', ''],
    ["Bundle.entry.where(fullUrl.matches('(a+)+$'))", 'matches may run for ever'],
    ["Bundle.entry.where(fullUrl.replaceMatches('a','b')='c')", 'replaceMatches is not allowed here'],
    ['Bundle.timestamp > now()', 'now depends on the clock'],
    ['Bundle.timestamp > today()', 'today depends on the clock'],
    ['Bundle.entry.distinct()', 'distinct compares everything'],
    ['Bundle.repeat(entry)', 'repeat compares everything'],
    ['Bundle.id | Bundle.entry', '| compares everything'],
    ['Bundle.id.union(Bundle.entry)', 'union compares everything'],
    ["Bundle.trace('x')", 'trace is not allowed here'],
    ["Bundle.conformsTo('http://x')", 'conformsTo is not allowed here'],
    ['%terminologies', 'terminologies is not allowed here'],
    ['%factory', 'factory is not allowed here'],
    ['%`terminologies`', 'terminologies is not allowed here'],
    ["Coding { code: 'x' }", 'is not allowed here'],
    ['Bundle.constructor()', 'constructor is not allowed here'],
    ['Bundle.hasOwnProperty()', 'hasOwnProperty is not allowed here'],
  ])('%s is refused, with a word of why', (expression, message) => {
    const fault = faultOf(bundle, expression);
    expect(fault?.code).toBe(message === '' ? 'expression_malformed' : 'function_refused');
    expect(fault?.message).toContain(message);
  });

  it.each([
    ['a.b.', 'expression_malformed'],
    ['', 'expression_malformed'],
    ['('.repeat(MAX_EXPRESSION_LENGTH), 'expression_malformed'],
    ['-'.repeat(MAX_EXPRESSION_LENGTH - 1), 'expression_malformed'],
    ['a'.repeat(MAX_EXPRESSION_LENGTH + 1), 'expression_too_long'],
    ['Bundle.entry.single()', 'path_failed'],
    ["Bundle.entry.where(fullUrl = 'x' + 1)", 'path_failed'],
    [
      'Bundle.entry.where(%context.descendants().where(%context.descendants().empty()).exists())',
      'path_takes_too_long',
    ],
  ])('%s is a fault, not a throw', (expression, code) => {
    const fault = faultOf(bundle, expression);
    expect(fault?.code).toBe(code);
    expect(fault?.message.length).toBeLessThan(900);
  });

  it('stops long before it has gone through everything for everything', () => {
    expect(faultOf(bundle, 'Bundle.descendants().where(%context.descendants().empty())')?.message).toContain(
      `${MAX_STEPS}`,
    );
  });

  it.each([
    ['[]', 'document_is_no_resource'],
    ['{"a":1}', 'document_is_no_resource'],
    ['"x"', 'document_is_no_resource'],
    ['{"resourceType":"Patient","__path__":{"ctx":{},"path":"Patient"}}', 'document_is_no_resource'],
  ])('is not asked of %s', (text, code) => {
    expect(faultOf(documentOf(text), 'id')?.code).toBe(code);
  });

  it.each([
    ['{"resourceType":{"a":1},"id":"x"}', 'id'],
    ['{"resourceType":"Patient","__proto__":{"id":"x"},"id":"y"}', 'Patient.id'],
    [
      '{"resourceType":"Patient","name":{"__path__":{"path":"x","parentResNode":{}},"family":"x"}}',
      'Patient.name.family',
    ],
    ['{"resourceType":"Patient","name":[[{"family":"x"}]],"_name":7}', 'Patient.name.family'],
    ['{"resourceType":"Patient","extension":{"length":3}}', "Patient.extension('x')"],
    ['{"resourceType":"toString","valueOf":1}', 'descendants()'],
  ])('of a hostile record, %s, gives values of it or a fault', (text, expression) => {
    const document = documentOf(text);
    const selection = selectByFhirPath(document, expression);
    if (E.isLeft(selection)) expect(['path_failed', 'path_is_computed']).toContain(selection.left.code);
    else for (const at of selection.right.values) expect(at).toBeLessThan(document.size);
  });
});
