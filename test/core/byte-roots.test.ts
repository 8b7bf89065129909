import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { ByteRoots } from '../../src/core/tree/byte-roots.ts';
import { bytesRoot } from '../../src/core/tree/commitment.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 100);

/** Lengths around whole chunks of 32 bytes and around powers of two of them, and a few long ones that make the scratch grow. */
const length = fc.oneof(
  { weight: 20, arbitrary: fc.nat(140) },
  {
    weight: 20,
    arbitrary: fc
      .tuple(fc.nat(20), fc.integer({ min: -1, max: 1 }))
      .map(([chunks, more]) => Math.max(0, 32 * chunks + more)),
  },
  { weight: 1, arbitrary: fc.constant(70_000) },
);
/** Strings without a zero: what a scratch keeps of an earlier one shows. */
const texts = fc.array(
  length.chain((many) => fc.integer({ min: 1, max: 255 }).map((byte) => new Uint8Array(many).fill(byte))),
  { maxLength: 12 },
);

describe('the roots over many byte strings at once', () => {
  it('are those that each has alone, whatever was hashed before', () => {
    const roots = new ByteRoots(nobleCrypto);
    fc.assert(
      fc.property(texts, fc.nat(7), (strings, before) => {
        const ends: number[] = [];
        let end = before;
        for (const string of strings) {
          end += string.length;
          ends.push(end);
        }
        const bytes = new Uint8Array(end + 3).fill(0xff);
        const starts = ends.map((to, index) => to - (strings[index] as Uint8Array).length);
        for (const [index, string] of strings.entries()) bytes.set(string, starts[index]);
        const out = new Int32Array(8 * strings.length);
        roots.hash({ bytes, starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) }, out);
        const told = new Uint8Array(out.buffer);
        for (const [index, string] of strings.entries()) {
          expect(told.subarray(32 * index, 32 * index + 32)).toEqual(bytesRoot(nobleCrypto, string));
        }
      }),
      { numRuns: RUNS },
    );
  });
});
