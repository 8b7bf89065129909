import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Delta, DeltaRow } from '../../src/core/state/delta.ts';
import { deltaOf } from '../../src/core/state/delta-bytes.ts';
import { readHeight } from '../../src/engine/facts.ts';
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
