import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes.ts';
import { listRoot, rootOfLeaves } from '../../src/core/tree/merkle-list.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { twinListRoot } from '../twins/tree-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const leaf = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ofByte = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

describe('the root of a list of hashes', () => {
  it('is what the recursive definition says, for every length', () => {
    for (let length = 0; length <= 70; length += 1) {
      const leaves = Array.from({ length }, (_, index) => ofByte(index + 1));
      expect(listRoot(hasher, leaves)).toBe(twinListRoot(leaves));
    }
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 300 }), (leaves) => {
        expect(listRoot(hasher, leaves)).toBe(twinListRoot(leaves));
        expect(rootOfLeaves(hasher, concatBytes(...leaves))).toBe(twinListRoot(leaves));
      }),
      { numRuns: RUNS },
    );
  });

  it('is what was worked out by hand with another program', () => {
    const known: readonly [number, string][] = [
      [0, 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'],
      [1, '51eeb85a73ce1d911510cbcb3ae96dd04a740466649ffcfa504629428436365d'],
      [2, 'c2bf35adaee27f40fa184511779a984cfcea5b614747c6497776273496150512'],
      [3, '4543c42fb958f7c1895f1856f410acaddb47fbca90349a1472e16592a9a7c3bd'],
      [5, 'e405d19ed30972a62637c9e0ad50c51ca91b3d811b02c26368fdbac5fefbeb5b'],
    ];
    for (const [length, root] of known) {
      expect(
        listRoot(
          hasher,
          Array.from({ length }, (_, index) => ofByte(index + 1)),
        ),
      ).toBe(root);
    }
  });

  it('differs when a zero leaf is added, a leaf doubled, or two are swapped', () => {
    const roots = [
      [1],
      [1, 0],
      [1, 0, 0],
      [1, 1],
      [1, 2],
      [2, 1],
      [1, 2, 2],
      [1, 2, 2, 2],
      [1, 2, 0],
      [1, 2, 0, 0],
    ].map((bytes) => listRoot(hasher, bytes.map(ofByte)));
    expect(new Set(roots).size).toBe(roots.length);
  });

  it('leaves its leaves untouched, asks the hasher once a level, and refuses a leaf that is no hash', () => {
    const leaves = Array.from({ length: 9 }, (_, index) => ofByte(index));
    let calls = 0;
    const counting = {
      ...hasher,
      hashPairs: (pairs: Uint8Array, out: Uint8Array) => {
        calls += 1;
        hasher.hashPairs(pairs, out);
      },
    };
    listRoot(counting, leaves);
    expect(calls).toBe(4 + 1);
    expect(leaves).toEqual(Array.from({ length: 9 }, (_, index) => ofByte(index)));
    expect(() => listRoot(hasher, [new Uint8Array(31)])).toThrow('leaf 0 has 31 bytes');
    expect(() => listRoot(hasher, [...leaves, new Uint8Array(33)])).toThrow('leaf 9 has 33 bytes');
    expect(() => rootOfLeaves(hasher, new Uint8Array(63))).toThrow('63 bytes are no whole leaves');
  });
});
