import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Hash, Height } from '../../src/core/index.ts';
import { type Delta, type DeltaRow, emptyDelta } from '../../src/core/state/delta.ts';
import { deltaOf } from '../../src/core/state/delta-bytes.ts';
import { readHeight } from '../../src/engine/facts.ts';
import { Finalising } from '../../src/engine/finalising.ts';
import type { Accepted } from '../../src/engine/fork/kept.ts';
import { lastRows } from '../../src/engine/owed.ts';
import { drive, keptOpen, smallChain } from './small-chain.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const row = fc.record({
  leaf: fc.nat(40),
  bytes: fc.option(fc.uint8Array({ minLength: 1, maxLength: 9 }), { nil: undefined }),
});
const delta: fc.Arbitrary<Delta> = fc
  .uniqueArray(row, { selector: ({ leaf }) => leaf, maxLength: 30 })
  .map((rows) => deltaOf([...rows].sort((a, b) => a.leaf - b.leaf)));

/** The same by a map, as it may be read from any delta. */
const naive = (deltas: readonly (readonly DeltaRow[])[]) => {
  const last = new Map<number, readonly number[] | undefined>();
  for (const rows of deltas) for (const { leaf, bytes } of rows) last.set(leaf, bytes && [...bytes]);
  return [...last].sort(([a], [b]) => a - b);
};

describe('what a store is owed', () => {
  it('is of each leaf its last row, ascending', () => {
    fc.assert(
      fc.property(fc.array(delta, { maxLength: 6 }), (deltas) => {
        const told = lastRows(deltas).map(({ leaf, bytes }) => [leaf, bytes && [...bytes]]);
        expect(told).toEqual(naive(deltas.map((each) => lastRows([each]))));
      }),
      { numRuns: RUNS },
    );
  });

  it('is right of as many blocks as become final together when a long stall ends', () => {
    const count = 70_000;
    const shared = (number: number) => ({ leaf: count, bytes: Uint8Array.of(1, number & 0xff, (number >> 8) & 0xff) });
    const deltas = Array.from({ length: count }, (_, number) =>
      deltaOf([{ leaf: number, bytes: Uint8Array.of(1 + (number & 7)) }, shared(number)]),
    );
    const last = lastRows(deltas);
    expect(last).toHaveLength(count + 1);
    expect(last.findIndex(({ leaf, bytes }, number) => leaf !== number || bytes === undefined)).toBe(-1);
    expect(last.at(-1)?.bytes).toEqual(shared(count - 1).bytes);
  });

  it('is bounded by the length of the blocks, which are reduced again when their process died', async () => {
    const founding = smallChain();
    const options = { history: { keep: 'none' } as const, maxStateBytes: 1e9 };
    const finalising = new Finalising(founding, memoryStorage(), options, founding.tip);
    const { tip } = founding;
    const blockOf = (number: number): Accepted => {
      const transition = { tip: { ...tip, height: number as Height }, rows: emptyDelta, before: emptyDelta };
      return {
        id: 'ab'.repeat(32) as Hash,
        bytes: new Uint8Array(600_000),
        transition: transition as Accepted['transition'],
      };
    };
    const told: number[] = [];
    for (let number = 1; number <= 20; number += 1) {
      const changes = await finalising.changesBy([blockOf(number)], false);
      if (changes !== undefined) told.push(changes.stateHeight);
      finalising.settle([blockOf(number)], changes);
    }
    expect(told).toEqual([7, 14]);
  });

  it('is no more than a thousand blocks, however little they owe', async () => {
    const storage = keptOpen(memoryStorage());
    const { engine, make } = await drive(smallChain(), storage);
    let longest = 0;
    while (engine.tip.height < 1_100) {
      await make();
      longest = Math.max(longest, engine.finalHeight - ((await readHeight(storage)) ?? 0));
    }
    expect(longest).toBeGreaterThan(900);
    expect(longest).toBeLessThan(1_000);
  });
});
