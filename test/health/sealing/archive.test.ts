import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes.ts';
import { archiveOf, archivePart, openWhole, readArchive, sealObject } from '../../../src/health/sealing/index.ts';
import { aeads, bytesOfSeed, collect, randomOf } from './doors.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const parts = { document: ascii('{"a":1.00}'), 'document-seed': bytesOfSeed(1, 32), envelope: new Uint8Array(0) };
const whole = concatBytes(...archiveOf(parts));
const codeOf = (bytes: Uint8Array): string => {
  const read = readArchive(bytes);
  return read._tag === 'Left' ? read.left.code : 'read';
};

it('any parts come back, and the same parts have one encoding', () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.uint8Array({ maxLength: 100 }), { maxKeys: 12, noNullPrototype: true }),
      (some) => {
        const bytes = concatBytes(...archiveOf(some));
        const read = readArchive(bytes);
        expect(read).toMatchObject({ _tag: 'Right' });
        if (read._tag === 'Right') expect(Object.fromEntries(read.right)).toEqual(some);
        const turned = Object.fromEntries(Object.entries(some).reverse());
        expect(concatBytes(...archiveOf(turned))).toEqual(bytes);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});

it('an archive of a record seals, and opens to its parts', async () => {
  const [aead] = aeads as [(typeof aeads)[0]];
  const object = sealObject(archiveOf(parts), { aead, random: randomOf(1) });
  const opened = await openWhole([await collect(object.bytes)], { aead, dek: object.dek });
  const read = opened._tag === 'Right' ? readArchive(opened.right) : opened;
  expect(read._tag === 'Right' && new Map(read.right)).toEqual(new Map(Object.entries(parts)));
});

it('the names of the parts of a record are names', () => {
  expect(() => archiveOf(Object.fromEntries(Object.values(archivePart).map((name) => [name, whole])))).not.toThrow();
});

it('parts are not copied on their way in or out', () => {
  expect(archiveOf(parts)).toContain(parts.document);
  const read = readArchive(whole);
  expect(read._tag === 'Right' && read.right.get('document')?.buffer).toBe(whole.buffer);
});

describe('an archive is refused', () => {
  const row = (name: string, length: number): Uint8Array =>
    Uint8Array.from([name.length, ...ascii(name), 0, 0, 0, 0, length >> 8, length & 255]);
  const of = (count: number, ...rest: readonly Uint8Array[]): Uint8Array =>
    concatBytes(ascii('MBA1'), Uint8Array.of(count >> 8, count & 255), ...rest);
  const names = (count: number) => Array.from({ length: count }, (_, at) => row(`p${String(at).padStart(5, '0')}`, 0));

  it.each<readonly [string, Uint8Array, string]>([
    ['no bytes', new Uint8Array(0), 'archive_malformed'],
    ['another beginning', concatBytes(ascii('MBA2'), whole.slice(4)), 'archive_malformed'],
    ['a byte more', concatBytes(whole, Uint8Array.of(0)), 'archive_malformed'],
    ['names out of order', of(2, row('b', 0), row('a', 0)), 'archive_malformed'],
    ['a name twice', of(2, row('a', 0), row('a', 0)), 'archive_malformed'],
    ['an empty name', of(1, row('', 0)), 'archive_malformed'],
    ['an upper-case name', of(1, row('A', 0)), 'archive_malformed'],
    ['a name that climbs', of(1, row('../a', 0)), 'archive_malformed'],
    ['a name of 65', of(1, row('a'.repeat(65), 0)), 'archive_malformed'],
    ['a name that is no ASCII', of(1, Uint8Array.from([2, 0xc3, 0xa4, 0, 0, 0, 0, 0, 0])), 'archive_malformed'],
    ['a part beyond the end', of(1, row('a', 5), ascii('abcd')), 'archive_malformed'],
    ['a part of 2^48 - 1 bytes', of(1, Uint8Array.from([1, 97, ...new Uint8Array(6).fill(255)])), 'archive_too_large'],
    ['more parts than are allowed', of(65, ...names(65)), 'archive_too_large'],
    ['a count alone', of(65_535), 'archive_too_large'],
    ['a count of parts that are not there', of(64), 'archive_malformed'],
  ])('%s', (_what, bytes, code) => {
    expect(codeOf(bytes)).toBe(code);
  });

  it('cut short anywhere', () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(codeOf(whole.slice(0, length))).toBe('archive_malformed');
    }
  });

  it('but not with 64 parts, nor with none', () => {
    expect(codeOf(of(64, ...names(64)))).toBe('read');
    expect(codeOf(of(0))).toBe('read');
  });

  it('by our own hand: a bad name, or too many', () => {
    expect(() => archiveOf({ Document: whole })).toThrow(/name of a part/);
    expect(() => archiveOf(Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, whole])))).toThrow(
      /at most 64/,
    );
  });
});
