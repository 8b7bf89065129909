import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { decodeRow, encodeRow, isRow } from '../../src/core/state/row.ts';
import { MAX_KEY_BYTES } from '../../src/core/tree/probe.ts';
import { twinBytes } from '../twins/proto-twin.ts';
import { changed } from './wire-samples.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 2000);

/** Lengths about where one byte of length becomes two, and two three, and where a key is too long. */
const lengthOfKey = fc.oneof(fc.constantFrom(0, 1, 34, 127, 128, MAX_KEY_BYTES, MAX_KEY_BYTES + 1), fc.nat(60));
const lengthOfValue = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16_383, 16_384), fc.nat(60));
const filled = (length: fc.Arbitrary<number>) =>
  fc.tuple(length, fc.nat(255)).map(([many, byte]) => new Uint8Array(many).fill(byte));
const contents = fc.record({ key: filled(lengthOfKey), next: filled(lengthOfKey), value: filled(lengthOfValue) });

/** Rows, rows after a few changes, and fields with the numbers of a row in any order. */
const anyBytes = fc.oneof(
  contents.map(encodeRow),
  fc
    .tuple(contents, fc.array(changed, { minLength: 1, maxLength: 3 }))
    .map(([content, changes]) => changes.reduce((bytes, apply) => apply(bytes), encodeRow(content))),
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), filled(lengthOfKey)), { maxLength: 4 })
    .map((fields) => Uint8Array.from(fields.flatMap(([number, content]) => twinBytes(number, content)))),
  fc.uint8Array({ maxLength: 12 }),
);

describe('a quick look at a row', () => {
  it('finds one where the whole codec does, and nowhere else', () => {
    let rows = 0;
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const expected = E.isRight(decodeRow(bytes));
        rows += expected ? 1 : 0;
        expect(isRow({ bytes })).toBe(expected);
      }),
      { numRuns: RUNS },
    );
    // Often one and often the other, or the comparison would say little.
    expect(rows).toBeGreaterThan(RUNS / 10);
    expect(RUNS - rows).toBeGreaterThan(RUNS / 4);
  });

  it('takes no length that goes beyond the bytes, or that takes more of them than it needs', () => {
    const [key, next] = [
      [0x0a, 1, 7],
      [0x12, 1, 8],
    ];
    const looks = (...parts: (readonly number[] | undefined)[]) =>
      isRow({ bytes: Uint8Array.from(parts.flat() as number[]) });
    expect(looks(key, next)).toBe(true);
    expect(looks(key, next, [0x1a, 1, 9])).toBe(true);
    for (const bad of [
      [0x1a, 0],
      [0x1a, 2, 9],
      [0x1a, 0x81, 0, 9],
      [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f, 9],
      [0x1a, 0x80, 0x80, 0x80, 0x80, 0],
      [0x1a],
      [0x1a, 0x80],
      [0x22, 1, 9],
      [0x1a, 1, 9, 0],
    ])
      expect(looks(key, next, bad)).toBe(false);
    expect(isRow({ bytes: undefined })).toBe(false);
  });
});
