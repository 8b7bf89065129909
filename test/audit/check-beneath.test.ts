import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredRow } from '../../src/adapters/storage/storage.ts';
import { toHex } from '../../src/core/bytes.ts';
import { type Height, keys } from '../../src/core/index.ts';
import { drive, person, rightOf, transfer } from '../engine/small-chain.ts';
import { allOf, checked, flipped, founding, HEIGHTS, lived, partsOf, rowAt, storeOf, toldBy } from './check-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const all = await allOf(await lived({ keep: 'all' }));
const height = (await checked(all)).stateHeight ?? 0;

describe('an engine over a store that is damaged beneath it', () => {
  it('answers what is right or stops, whichever row is flipped and whatever is read, at the tip and at kept heights', async () => {
    const seen = new Set<string>();
    const storage = await storeOf(all);
    const right = await drive(founding, await storeOf(all), { history: { keep: 'all' } });
    const heights = [2, 11, height - 1, height, HEIGHTS];
    const told = new Map<number, ReturnType<typeof toldBy>>();
    for (const at of heights) told.set(at, rightOf(await right.engine.readAt(at as Height, toldBy)));
    const property = fc.asyncProperty(
      fc.nat(all.rows.length - 1),
      fc.nat(2 ** 20),
      fc.nat(1500),
      fc.constantFrom(...heights),
      async (at, bit, maxStateBytes, asked) => {
        const row = rowAt(all, at);
        const { engine } = await drive(founding, storage, { history: { keep: 'all' }, maxStateBytes });
        await storage.commit({ rows: [{ leaf: row.leaf, bytes: flipped(row.bytes, bit) }] });
        const answer = await engine
          .readAt(asked as Height, toldBy)
          .then(rightOf)
          .catch((error: unknown) => error);
        await storage.commit({ rows: [row] });
        if (answer instanceof Error) {
          expect(answer).toMatchObject({ name: 'EngineError', code: 'storage_damaged' });
          expect(answer.message).toContain(`leaf ${row.leaf} `);
          await expect(engine.read(toldBy)).rejects.toMatchObject({ code: 'engine_stopped' });
        } else expect(answer).toEqual(told.get(asked));
        seen.add(answer instanceof Error ? 'stopped' : 'right');
      },
    );
    await fc.assert(property, { numRuns: Math.ceil(RUNS / 4) });
    expect(seen).toEqual(new Set(['right', 'stopped']));
  });

  it('stops at the very row that was changed when it is asked for, unless that row is in memory', async () => {
    let stopped = 0;
    const storage = await storeOf(all);
    const property = fc.asyncProperty(fc.nat(all.rows.length - 1), fc.nat(2 ** 20), async (at, bit) => {
      const row = rowAt(all, at);
      const { engine } = await drive(founding, storage, { maxStateBytes: 0 });
      await storage.commit({ rows: [{ leaf: row.leaf, bytes: flipped(row.bytes, bit) }] });
      const { state } = engine.tip;
      const isHere = state.residency.missingFor([toHex(partsOf(row).key)]).length === 0;
      const answer = await engine.read(({ proofs }) => proofs.row(row.leaf)).catch((error: unknown) => error);
      await storage.commit({ rows: [row] });
      if (!isHere) {
        stopped += 1;
        expect(answer).toMatchObject({ name: 'EngineError', code: 'storage_damaged' });
      } else expect(answer).toBeInstanceOf(Uint8Array);
    });
    await fc.assert(property, { numRuns: Math.ceil(RUNS / 4) });
    expect(stopped).toBeGreaterThan(0);
  });

  it('takes no offer that a changed row is needed for, and goes on with nothing', async () => {
    const key = keys.accountKey(person('alice').address);
    const row = all.rows.find((each) => toHex(partsOf(each).key) === key) as StoredRow;
    const property = fc.asyncProperty(fc.nat(2 ** 20), async (bit) => {
      const storage = await storeOf(all);
      const { engine, clock, make } = await drive(founding, storage, { maxStateBytes: 0 });
      clock.set(engine.tip.time);
      await storage.commit({ rows: [{ leaf: row.leaf, bytes: flipped(row.bytes, bit) }] });
      await expect(engine.offer(transfer('alice', 3))).rejects.toMatchObject({ code: 'storage_damaged' });
      await expect(make()).rejects.toMatchObject({ code: 'engine_stopped' });
      expect(await storage.topHeight()).toBe(HEIGHTS);
      await storage.commit({ rows: [row] });
      const again = await drive(founding, storage, { maxStateBytes: 0 });
      again.clock.set(again.engine.tip.time);
      rightOf(await again.engine.offer(transfer('alice', 3)));
      expect((await again.make()).transition.included).toHaveLength(1);
    });
    await fc.assert(property, { numRuns: Math.ceil(RUNS / 8) });
  });
});
