import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areSame, bytesOf, copyBytes, fromHex, hexOf, toHex, viewOf, writeHex } from '../../src/core/bytes.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const lengths = fc.oneof(fc.constantFrom(0, 1, 31, 32, 33, 34, 1023, 1024, 1025, 2048, 2049), fc.nat(200));
const anyBytes = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));

const naive = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `${'0123456789abcdef'[byte >> 4]}${'0123456789abcdef'[byte % 16]}`).join('');

describe('hex', () => {
  it('is two lower-case digits for each byte, and gives back the bytes', () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const hex = toHex(bytes);
        expect(hex).toBe(naive(bytes));
        expect(fromHex(hex)).toEqual(bytes);
        expect(bytesOf(hex)).toEqual(bytes);
      }),
      { numRuns: RUNS, examples: [[every]] },
    );
  });

  it('of a part is that of the part alone', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(), fc.nat(), (bytes, first, second) => {
        const from = first % (bytes.length + 1);
        const to = from + (second % (bytes.length - from + 1));
        expect(hexOf(bytes, from, to)).toBe(naive(bytes.subarray(from, to)));
      }),
      { numRuns: RUNS },
    );
  });

  it('is written where it is asked for, and nowhere else', () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(9), (bytes, start) => {
        const target = new Uint8Array(start + bytes.length + 5).fill(0xee);
        expect(writeHex(target, naive(bytes), start)).toBe(target);
        expect(naive(target)).toBe(`${'ee'.repeat(start)}${naive(bytes)}${'ee'.repeat(5)}`);
      }),
      { numRuns: RUNS },
    );
  });

  it('is a text of its own: what is made later leaves it alone', () => {
    const texts = [1, 2, 3].map((byte) => toHex(new Uint8Array(32).fill(byte)));
    expect(texts).toEqual(['01', '02', '03'].map((digits) => digits.repeat(32)));
  });

  it.each(['0', 'abc', 'AB', '0x', 'g0', '0g', '/0', ':0', '`0', ' 0', '\u0661\u0661', '\u0130a'])(
    'is not %j',
    (text) => {
      expect(fromHex(text)).toBeUndefined();
    },
  );
});

describe('copying and comparing by views', () => {
  const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 37 + 11) & 0xff);

  it('copies each length from each place to each other, and nothing beside it', () => {
    for (let length = 0; length <= 40; length += 1) {
      for (let from = 0; from < 4; from += 1) {
        for (let at = 0; at < 5; at += 1) {
          const source = pattern(3 + from + length + 3).subarray(3);
          const target = new Uint8Array(2 + at + length + 4).fill(0xee).subarray(2);
          const wanted = target.slice();
          for (let index = 0; index < length; index += 1) wanted[at + index] = source[from + index] as number;
          copyBytes(viewOf(source), from, from + length, viewOf(target), at);
          expect(target).toEqual(wanted);
        }
      }
    }
  });

  it('finds each byte that differs, and no other', () => {
    for (let length = 0; length <= 20; length += 1) {
      const a = pattern(1 + length + 2);
      const b = new Uint8Array(2 + length + 2).fill(0xee);
      b.set(a.subarray(1, 1 + length), 2);
      expect(areSame(viewOf(a), 1, viewOf(b), 2, length)).toBe(true);
      for (let index = 0; index < b.length; index += 1) {
        const changed = b.slice();
        changed[index] = (changed[index] as number) ^ 0x80;
        const isInside = index >= 2 && index < 2 + length;
        expect(areSame(viewOf(a), 1, viewOf(changed), 2, length)).toBe(!isInside);
      }
    }
  });
});
