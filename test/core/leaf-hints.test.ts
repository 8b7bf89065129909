import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hintHash, LeafHints } from '../../src/core/tree/leaf-hints.ts';
import { emptyProbe, type Probe, wordOf } from '../../src/core/tree/probe.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const probeOf = (high: number, low: number): Probe => ({ ...emptyProbe(), high, low });
const word = fc.integer({ min: 0, max: 0xffff_ffff });
/** Few values, so that keys meet again and crowd into the same buckets. */
const narrow = fc.integer({ min: 0, max: 40 });

describe('hints of leaves', () => {
  it('never give a leaf that is not right, and know the last leaf of a key that was just added', () => {
    const steps = fc.array(
      fc.tuple(fc.oneof(word, narrow), fc.oneof(word, narrow), fc.integer({ min: 0, max: 2 ** 28 - 2 })),
    );
    fc.assert(
      fc.property(steps, (added) => {
        const hints = new LeafHints();
        const right = new Map<string, number>();
        for (const [high, low, leaf] of added) {
          hints.reserve(right.size);
          hints.add(high, low, leaf);
          right.set(`${high}.${low}`, leaf);
          expect(hints.find(probeOf(high, low), (asked) => asked === leaf)).toBe(leaf);
        }
        for (const [name, leaf] of right) {
          const [high = 0, low = 0] = name.split('.').map(Number);
          expect([leaf, -1]).toContain(hints.find(probeOf(high, low), (asked) => asked === leaf));
          expect(hints.find(probeOf(high, low), () => false)).toBe(-1);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('forget little: of a million keys at most one in a hundred is not found', () => {
    const hints = new LeafHints();
    const count = 1_000_000;
    hints.reserve(count);
    const lowOf = (index: number): number => Math.imul(index, 0x9e37_79b9) >>> 0;
    for (let leaf = 0; leaf < count; leaf += 1) hints.add(0x0102_0304, lowOf(leaf), leaf);
    let lost = 0;
    let looks = 0;
    for (let leaf = 0; leaf < count; leaf += 1) {
      const found = hints.find(probeOf(0x0102_0304, lowOf(leaf)), (asked) => {
        looks += 1;
        return asked === leaf;
      });
      if (found !== leaf) lost += 1;
    }
    expect(lost).toBeLessThan(count / 100);
    // Wrong rows that were looked at.
    expect(looks).toBeLessThan(1.2 * count);
  });

  it('guess for many keys at once what they find one by one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 200 }), (lows) => {
        const hints = new LeafHints();
        hints.reserve(lows.length);
        for (const [leaf, low] of lows.entries()) hints.add(7, low, leaf);
        const hashes = Int32Array.from(lows, (low) => hintHash(7, low));
        hints.guess(hashes, lows.length);
        for (const [leaf, low] of lows.entries()) {
          const found = hints.find(probeOf(7, low), (asked) => asked === hashes[leaf]);
          expect(found).toBe(hashes[leaf] === undefined ? -1 : hashes[leaf]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('read the first bytes of a key from its two parts, with zeros beyond its end', () => {
    expect(wordOf('01', '0203040506070809', 0)).toBe(0x0102_0304);
    expect(wordOf('01', '0203040506070809', 4)).toBe(0x0506_0708);
    expect(wordOf('', '09', 0)).toBe(0x0900_0000);
    expect(wordOf('', '09', 4)).toBe(0);
  });
});
