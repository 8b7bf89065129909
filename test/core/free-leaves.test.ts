import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FreeLeaves } from '../../src/core/tree/free-leaves.ts';
import { orderOf, sortedBelow } from '../../src/core/tree/leaf-order.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
/** Small numbers mostly, so that they meet; some far out, so that the bitmap grows by levels. */
const leaf = fc.oneof({ weight: 6, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.nat(300_000) });

describe('free leaf numbers', () => {
  it('are told like by a set, the lowest first, whatever is held and given back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(leaf, fc.boolean()), { maxLength: 200 }), fc.nat(100), (turns, first) => {
        const free = new FreeLeaves();
        const held = new Set<number>();
        for (let number = 0; number < first; number += 1) {
          expect(free.lowest()).toBe(number);
          free.hold(number);
          held.add(number);
        }
        for (const [number, holds] of turns) {
          if (holds) free.hold(number);
          else if (held.has(number)) free.release(number);
          if (holds) held.add(number);
          else held.delete(number);
          let lowest = 0;
          while (held.has(lowest)) lowest += 1;
          expect(free.lowest()).toBe(lowest);
          expect(free.has(number)).toBe(!holds);
          for (const limit of [1, number, 300_001]) {
            expect(free.heldSize(limit)).toBe(
              Math.max(0, ...[...held].filter((other) => other < limit).map((other) => other + 1)),
            );
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('begin a new word, a new level and a new bitmap where the old one is full', () => {
    const free = new FreeLeaves();
    for (let number = 0; number < 40_000; number += 1) {
      if (free.lowest() !== number) expect(free.lowest()).toBe(number);
      free.hold(number);
    }
    free.release(31_999);
    expect([free.lowest(), free.heldSize(40_000), free.heldSize(32_000)]).toEqual([31_999, 40_000, 31_999]);
  });
});

describe('the order of leaf numbers', () => {
  it('is the order of numbers, and keeps the places of equal ones', () => {
    const number = fc.oneof(fc.nat(3), fc.nat(2 ** 24 - 1));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 400 }), fc.nat(2 ** 24), (numbers, size) => {
        const places = numbers
          .map((_, place) => place)
          .sort((a, b) => (numbers[a] as number) - (numbers[b] as number) || a - b);
        expect([...orderOf(Uint32Array.from(numbers))]).toEqual(places);
        const below = [...new Set(numbers)].filter((each) => each < size).sort((a, b) => a - b);
        const half = numbers.length >> 1;
        const lists = [numbers.slice(0, half), [], numbers.slice(half)].map((list) => Uint32Array.from(list));
        expect([...sortedBelow(lists, size)]).toEqual(below);
      }),
      { numRuns: RUNS },
    );
  });
});
