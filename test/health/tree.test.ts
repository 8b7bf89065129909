import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { kindAt, PROFILE, readJson, textAt } from '../../src/health/index.ts';
import { climb, rootOver } from '../../src/health/tree/nodes.ts';
import { crypto, documentOf, SEED, treeOf } from './records.ts';

const FIXTURES = new URL('../../node_modules/cql-exec-fhir/test/fixtures/r4/', import.meta.url);

/** The construction again, from its text, on JSON whose numbers survive `JSON.parse`. */
const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const mac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest();
const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const nameStep = (name: string): Buffer => {
  const utf8 = Buffer.from(name);
  return Buffer.concat([Uint8Array.of(1, utf8.length >> 8, utf8.length & 255), utf8]);
};

const naiveLeaves = (value: unknown, path: Buffer, out: Buffer[]): void => {
  const add = (kind: number, body: Uint8Array): void => {
    const salt = mac(SEED, Uint8Array.of(1), path);
    out.push(sha(Uint8Array.of(0), salt, word(path.length), path, Uint8Array.of(kind), body));
  };
  if (value === null) add(0x50, Buffer.alloc(0));
  else if (typeof value === 'boolean') add(0x40, Uint8Array.of(value ? 1 : 0));
  else if (typeof value === 'number') add(0x30, Buffer.from(String(value)));
  else if (typeof value === 'string') add(0x20, Buffer.from(value));
  else if (Array.isArray(value)) {
    add(0x11, word(value.length));
    for (const [index, item] of value.entries()) {
      naiveLeaves(item, Buffer.concat([path, Uint8Array.of(2), word(index)]), out);
    }
  } else {
    const members = Object.entries(value as object);
    const names = members.map(([name]) => Buffer.from(name)).sort(Buffer.compare);
    add(0x10, Buffer.concat(names.map((name) => nameStep(name.toString()))));
    for (const [name, item] of members) naiveLeaves(item, Buffer.concat([path, nameStep(name)]), out);
  }
};

const naiveRoot = (text: string): string => {
  const leaves: Buffer[] = [];
  naiveLeaves(JSON.parse(text), Buffer.alloc(0), leaves);
  let depth = 4;
  while (2 ** depth < leaves.length) depth += 1;
  const padKey = mac(SEED, Uint8Array.of(2));
  for (let index = 0; leaves.length < 2 ** depth; index += 1) leaves.push(mac(padKey, word(index)));
  let level = leaves.sort(Buffer.compare);
  while (level.length > 1) {
    const parents: Buffer[] = [];
    for (let at = 0; at < level.length; at += 2) {
      parents.push(sha(Uint8Array.of(1), level[at] as Buffer, level[at + 1] as Buffer));
    }
    level = parents;
  }
  return sha(Buffer.from(`\x02${PROFILE}\0`), Uint8Array.of(1, depth), level[0] as Buffer).toString('hex');
};

describe('the tree of a record', () => {
  it.each([
    '{}',
    'null',
    '[1,-3,0.5]',
    '{"b":"\\u00e9","a":{"é":[true,false,null,{}]},"":""}',
    JSON.stringify({ list: Array.from({ length: 40 }, (_, at) => ({ [`name${at}`]: `${at}`, x: [at, 'ü😀'] })) }),
  ])('has the root that its text says: %s', (text) => {
    expect(treeOf(text).root).toBe(naiveRoot(text));
  });

  it('differs for numbers that are equal but not written alike', () => {
    expect(new Set(['1', '1.0', '1.00', '10e-1'].map((text) => treeOf(`[${text}]`).root)).size).toBe(4);
  });

  it('leads from leaves and their neighbours to its root, and to no root with one bit changed', () => {
    const tree = treeOf('{"a":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}');
    const position = tree.positionOf(3);
    const item = mac(SEED, Uint8Array.of(1), nameStep('a'), Uint8Array.of(2), word(1));
    const path = Buffer.concat([nameStep('a'), Uint8Array.of(2), word(1)]);
    const hash = sha(Uint8Array.of(0), item, word(path.length), path, Uint8Array.of(0x30), Buffer.from('2'));
    const rootFrom = (siblings: Uint8Array, own: Uint8Array): string => {
      const top = climb(crypto, tree.depth, Uint32Array.of(position), own.slice(), siblings);
      return typeof top === 'string' ? top : Buffer.from(rootOver(crypto, tree.depth, top)).toString('hex');
    };
    const siblings = tree.siblings([position]);
    expect(rootFrom(siblings, hash)).toBe(tree.root);
    expect(rootFrom(siblings.subarray(32), hash)).toBe('proof_incomplete');
    expect(rootFrom(Buffer.concat([siblings, hash]), hash)).toBe('proof_left_over');
    for (let bit = 0; bit < 8 * siblings.length; bit += 1) {
      const changed = siblings.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(rootFrom(changed, hash)).not.toBe(tree.root);
    }
  });
});

describe('the reader', () => {
  it.each([
    ['', 'json_syntax'],
    ['{"a":1,"\\u0061":2}', 'json_duplicate_member'],
    ['[01]', 'json_number'],
    ['[1.]', 'json_number'],
    ['["\\ud800"]', 'json_lone_surrogate'],
    ['["\\udc00"]', 'json_lone_surrogate'],
    ['["\\q"]', 'json_escape'],
    ['["\n"]', 'json_control_character'],
    ['[1] 2', 'json_trailing_bytes'],
    ['[1,]', 'json_syntax'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, 'json_too_deep'],
    ['\ufeff1', 'json_byte_order_mark'],
    [`{"${'n'.repeat(256)}":1}`, 'json_name_too_long'],
  ])('refuses %s by name', (text, code) => {
    const read = readJson(new TextEncoder().encode(text));
    expect(E.isLeft(read) && read.left.code).toBe(code);
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]], [[0xe2, 0x82]]])(
    'refuses bytes that are not UTF-8: %j',
    (bytes) => {
      const read = readJson(Uint8Array.from([0x22, ...bytes, 0x22]));
      expect(E.isLeft(read) && read.left.code).toBe('json_not_utf8');
    },
  );

  it('tells the place of a fault by line, column and byte', () => {
    const read = readJson(new TextEncoder().encode('{\n "é": [1, x]\n}'));
    expect(E.isLeft(read) && read.left.at).toEqual({ line: 2, column: 11, offset: 13 });
  });

  it('keeps the text of the numbers that a JavaScript round trip would change', () => {
    let changed = 0;
    for (const name of readdirSync(FIXTURES)) {
      const document = documentOf(readFileSync(new URL(name, FIXTURES)));
      for (let at = 0; at < document.size; at += 1) {
        if (kindAt(document, at) !== 'number') continue;
        const text = textAt(document, at);
        expect(text).toMatch(/^-?[0-9.eE+-]+$/);
        if (String(Number(text)) !== text) changed += 1;
      }
    }
    expect(changed).toBeGreaterThan(50);
  });
});
