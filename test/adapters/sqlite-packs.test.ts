import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedLeaves, unpackLeaves } from '../../src/adapters/storage/sqlite-leaves.ts';
import { inOrder, lastWords } from '../../src/adapters/storage/sqlite-order.ts';
import { Pack, Packer } from '../../src/adapters/storage/sqlite-pack.ts';
import { PendingPlaces } from '../../src/adapters/storage/sqlite-pending.ts';
import type { RowChange } from '../../src/adapters/storage/storage.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

describe('what the rows of a store are made of', () => {
  const someBytes = fc.uint8Array({ maxLength: 300 });

  it('a pack gives back its rows, and no pack can be cut or made longer', () => {
    const rows = fc.array(fc.option(someBytes, { nil: undefined }), { maxLength: 127 });
    const packer = new Packer();
    const pack = new Pack(); // one for all that are read
    fc.assert(
      fc.property(rows, fc.nat(), (given, at) => {
        for (const row of given) {
          if (row === undefined) packer.skip();
          else packer.add(row);
        }
        expect(packer.isEmpty).toBe(given.every((row) => row === undefined));
        const bytes = packer.packed();
        expect(pack.open(bytes)).toBe(true);
        expect(given.map((_, slot) => pack.row(slot))).toEqual(given);
        expect(pack.slots).toBe(given.length);
        expect(pack.has(given.length)).toBe(false);
        expect(pack.open(bytes.subarray(0, at % bytes.length))).toBe(false);
        expect(pack.open(Uint8Array.of(...bytes, 0))).toBe(false);
        expect(pack.has(0)).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  it('any bytes are a pack or not, and never a pack of more than they hold', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const pack = new Pack();
        if (!pack.open(bytes)) return;
        let held = 0;
        for (let slot = 0; slot < pack.slots; slot += 1) held += pack.row(slot)?.length ?? 0;
        expect(held).toBeLessThan(bytes.length);
      }),
      { numRuns: RUNS * 5 },
    );
  });

  const leaf = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constant(2 ** 32 - 1));

  it('ascending leaves come back from their bytes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(leaf, { maxLength: 50 }), (leaves) => {
        const ascending = leaves.sort((a, b) => a - b);
        const bytes = packedLeaves(ascending.map((each) => ({ leaf: each })));
        expect([...(unpackLeaves(bytes) ?? [])]).toEqual(ascending);
      }),
      { numRuns: RUNS },
    );
  });

  it('of the words on a leaf the last stands, and they ascend', () => {
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 60 }), (leaves) => {
        const rows = leaves.map((each, index): RowChange => ({ leaf: each, bytes: Uint8Array.of(index) }));
        const expected = [...new Map(rows.map((row) => [row.leaf, row])).values()].sort((a, b) => a.leaf - b.leaf);
        expect(lastWords(rows)).toEqual(expected);
        const sorted = [...leaves.keys()].sort((a, b) => (leaves[a] ?? 0) - (leaves[b] ?? 0) || a - b);
        expect(Array.from(inOrder(leaves))).toEqual(sorted);
      }),
      { numRuns: RUNS },
    );
  });

  it('pending places are those of a plain map', () => {
    const step = fc.tuple(leaf, fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const [places, twin] = [new PendingPlaces(), new Map<number, number>()];
        for (const [at, place] of steps) {
          if (place % 3 === 0) places.clear(at);
          else places.set(at, place);
          if (place % 3 === 0) twin.delete(at);
          else twin.set(at, place);
          const ascending = [...twin.keys()].sort((a, b) => a - b);
          expect(places.get(at)).toBe(twin.get(at) ?? 0);
          expect(places.last()).toBe(ascending.at(-1));
          expect(places.nextFrom(at + 1)).toBe(ascending.find((each) => each > at));
          expect(places.nextFrom(0)).toBe(ascending[0]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
