/**
 * Fuzz of JSON: the strict reader with the tree over what it read, and pointers.
 */
import * as E from 'fp-ts/lib/Either.js';
import { buildTree, type JsonFaultCode, pointerOf, readJson, stepsTo, valueAtPointer } from '../../src/health/index.ts';
import { corpusResources } from './corpus.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { documentOf, crypto as hasher, SEED } from './records.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const JSON_TOKENS: readonly string[] = [
  ...['{', '}', '[', ']', ':', ',', '"', '\\', '{"', '":', '""', '[]', '{}', ' ', '\n', '\t', '\r', '\0', '\x0b', '//'],
  ...[
    'true',
    'false',
    'null',
    'NaN',
    'Infinity',
    'undefined',
    "'",
    '-',
    '-0',
    '0',
    '00',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
  ],
  ...['1.00', '1E400', '0x10', '\\u', '\\u0000', '\\ud800', '\\udc00', '\\ud83d\\ude00', '\\x', '\\/', '\\"', '"a":1,'],
  ...['"__proto__":', '"resourceType":"Bundle",', '"entry":[', '"resource":{', '"contained":[', '['.repeat(70)],
  ...[
    '{"a":'.repeat(70),
    `"${'n'.repeat(300)}":1,`,
    '\xef\xbb\xbf',
    '\xff',
    '\xc0\x80',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
  ],
  ...['\xf0\x9f\x98\x80', '\xc3\xa9', '\xe2\x80\xa8'],
];

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether the host's reader, which is laxer, takes these bytes. */
const hostReads = (bytes: Uint8Array): boolean => {
  try {
    JSON.parse(strict.decode(bytes));
    return true;
  } catch {
    return false;
  }
};

/** Faults of texts that are JSON all the same, for a reader that is less strict. */
const STRICTER: ReadonlySet<JsonFaultCode> = new Set([
  'json_lone_surrogate',
  'json_duplicate_member',
  'json_name_too_long',
  'json_too_deep',
]);

/** Reads and builds. What is refused as no JSON is no JSON for the host either, and what is read is. */
const readRun = (bytes: Uint8Array): string => {
  const read = readJson(bytes);
  if (E.isLeft(read)) {
    const { code, at } = read.left;
    if (at.offset > bytes.length || at.line < 1 || at.column < 1) throw new Error('a place outside of the text');
    if (!STRICTER.has(code) && hostReads(bytes)) throw new Error(`${code}, and the host reads it`);
    return code;
  }
  if (!hostReads(bytes)) throw new Error('the host does not read it');
  const tree = buildTree(read.right, { hasher, seed: SEED, mode: bytes.length % 2 === 0 ? 'A' : 'B' });
  return E.isLeft(tree) ? tree.left.code : 'read';
};

/** A resource of each type, the smallest. */
const smallResources = (): readonly Uint8Array[] => {
  const byType = new Map<string, Uint8Array>();
  for (const { type, bytes } of corpusResources()) {
    const known = byType.get(type);
    if (known === undefined || known.length > bytes.length) byType.set(type, bytes);
  }
  return [...byType.values()].filter((bytes) => bytes.length < 3000);
};

const reader: FuzzTarget = {
  name: 'reader and tree',
  seeds: [
    ...smallResources(),
    ...['{}', '[1.00,-0,1E+2,true,false,null]', '{"a":{"b":["\\ud83d\\ude00\\n","é😀"]},"":""}'].map(bytesOf),
    bytesOf(`${'['.repeat(64)}${']'.repeat(64)}`), // as deep as may be
    bytesOf(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","contained":[{"a":1}]}}]}`),
  ],
  dictionary: JSON_TOKENS,
  answers: [
    'read',
    ...['json_byte_order_mark', 'json_not_utf8', 'json_syntax', 'json_number', 'json_control_character', 'json_escape'],
    ...['json_lone_surrogate', 'json_duplicate_member', 'json_name_too_long', 'json_too_deep', 'json_trailing_bytes'],
  ],
  rare: ['tree_path_too_long'],
  run: readRun,
};

const tree = documentOf(bytesOf('{"a":[1,{"b":null,"":[]},"x"],"0":{"~":1,"/":2,"é":3,"a/b":{}}}'));

/** A pointer as text. What it leads to has a pointer that leads there, too. */
const pointerRun = (bytes: Uint8Array): string => {
  const at = valueAtPointer(tree, Buffer.from(bytes).toString());
  if (at === undefined) return 'nothing';
  if (valueAtPointer(tree, pointerOf(stepsTo(tree, at))) !== at)
    throw new Error(`value ${at} is not at its own pointer`);
  return 'found';
};

const pointer: FuzzTarget = {
  name: 'pointer',
  seeds: ['', '/a/1/b', '/a/1/', '/a/2', '/0/~0', '/0/~1', '/0/é', '/0/a~1b'].map(bytesOf),
  dictionary: [
    '/',
    '~',
    '~0',
    '~1',
    '~2',
    '0',
    '1',
    '00',
    '-',
    '-1',
    '1e0',
    '4294967296',
    'a',
    'b',
    'length',
    '__proto__',
  ],
  answers: ['found', 'nothing'],
  run: pointerRun,
};

/** What takes JSON, and what leads into it. */
export const jsonTargets: readonly FuzzTarget[] = [reader, pointer];
