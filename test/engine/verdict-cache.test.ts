import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/core/index.ts';
import type { Passed } from '../../src/core/verdict.ts';
import { DEFAULT_VERDICTS, VerdictCache } from '../../src/engine/verdicts/verdict-cache.ts';

const hashOf = (number: number): Uint8Array => createHash('sha256').update(String(number)).digest();
const addressOf = (number: number): Address =>
  `02${createHash('sha256').update(`a${number}`).digest('hex')}` as Address;
const verdictFor = (number: number): Passed => ({
  code: undefined,
  sender: addressOf(number),
  payer: number % 3 === 0 ? addressOf(number + 1) : undefined,
});

describe('the cache of verdicts', () => {
  it('answers what it was told of these very bytes, or nothing, as a map that forgets', () => {
    const question = fc.record({ number: fc.nat(400), isTold: fc.boolean() });
    fc.assert(
      fc.property(fc.array(question, { maxLength: 1500 }), fc.constantFrom(1, 16, 64, 4096), (questions, size) => {
        const cache = new VerdictCache(size);
        const told = new Set<number>();
        for (const { number, isTold } of questions) {
          const hash = hashOf(number);
          if (isTold) cache.set(hash, verdictFor(number));
          if (isTold) told.add(number);
          const found = cache.get(hash);
          expect(cache.has(hash)).toBe(found !== undefined);
          if (found !== undefined) expect(found).toEqual(verdictFor(number));
          // What was told last is there, and what was never told is not.
          if (isTold) expect(found).toBeDefined();
          if (!told.has(number)) expect(found).toBeUndefined();
        }
        expect(cache.count).toBeLessThanOrEqual(Math.max(16, size));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps all of as many verdicts as half of what it holds, but a few, and never grows beyond', () => {
    const cache = new VerdictCache(4096);
    for (let number = 0; number < 2048; number += 1) cache.set(hashOf(number), verdictFor(number));
    const kept = Array.from({ length: 2048 }, (_, number) => number).filter((number) => cache.has(hashOf(number)));
    expect(kept.length).toBeGreaterThan(2020);
    for (let number = 2048; number < 20_000; number += 1) cache.set(hashOf(number), verdictFor(number));
    expect(cache.count).toBeLessThanOrEqual(4096);
    expect(cache.bytes).toBe(4096 * 106);
    expect(cache.has(hashOf(19_999))).toBe(true);
    expect(cache.has(hashOf(0))).toBe(false);
  });

  it('lets go of the oldest of a bucket, whoever chose their hashes', () => {
    const cache = new VerdictCache(256);
    const alike = (number: number): Uint8Array => hashOf(number).fill(7, 0, 3);
    for (let number = 0; number < 16; number += 1) cache.set(alike(number), verdictFor(number));
    expect(cache.get(alike(0))).toEqual(verdictFor(0));
    // Told again it is no newer: it would be written twice.
    cache.set(alike(0), verdictFor(0));
    expect(cache.count).toBe(16);
    for (let number = 16; number < 20; number += 1) cache.set(alike(number), verdictFor(number));
    const left = Array.from({ length: 20 }, (_, number) => number).filter((number) => cache.has(alike(number)));
    expect(left).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it.each([1, 2 ** 31 - 10_000, 2 ** 32 - 10_000])(
    'keeps the latest of all, but a few, and none of those before, from number %d on',
    (first) => {
      const cache = new VerdictCache(4096, first);
      for (let number = 0; number < 20_000; number += 1) cache.set(hashOf(number), verdictFor(number));
      const has = Array.from({ length: 20_000 }, (_, number) => cache.has(hashOf(number)));
      expect(has.indexOf(true)).toBeGreaterThanOrEqual(20_000 - 4096);
      expect(has.filter((is) => is).length).toBeGreaterThan(0.85 * 4096);
      for (let number = 19_000; number < 20_000; number += 1)
        if (has[number] === true) expect(cache.get(hashOf(number))).toEqual(verdictFor(number));
    },
  );

  it('takes little memory until it is needed, and 15 MB at most if nobody says how much', () => {
    expect(new VerdictCache().bytes).toBeLessThan(30_000);
    expect(DEFAULT_VERDICTS * 106).toBeLessThan(15_000_000);
    expect(() => new VerdictCache(0)).toThrow('1 to 2^24');
  });
});
