import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { keys } from '../../src/core/index.ts';
import type { StateView } from '../../src/core/state/view.ts';
import type { Height } from '../../src/core/units.ts';
import type { HistoryPolicy } from '../../src/engine/index.ts';
import { changeOfOffice, codeOf, drive, keptOpen, person, rightOf, smallChain, transfer } from './small-chain.ts';

const RUNS = Math.ceil(Number(process.env['MEDSTATE_RUNS'] ?? 200) / 20);
const founding = smallChain({ windowSeconds: '12', unstakeSeconds: '15' });
const GENESIS_NONCE = 4;
const HEIGHTS = 40;

/** All that a state says of accounts and queue, and its root. */
const toldBy = (state: StateView) => ({
  root: state.root,
  accounts: state.keys(keys.rangeOf(keys.tags.account), 100).map((key) => state.get(key as keys.Key<unknown>)),
  queue: state.keys(keys.queueRange, 1000),
});

/** A chain of `HEIGHTS` blocks under a policy, and what each of its states said when it was the tip. */
const livedUnder = async (history: HistoryPolicy, maxStateBytes: number, reopenAt: number) => {
  const storage = keptOpen(memoryStorage());
  let driven = await drive(founding, storage, { history, maxStateBytes });
  const all = await drive(founding, memoryStorage());
  const told = [toldBy(all.engine.tip.state)];
  for (const bytes of changeOfOffice(founding)) rightOf(await all.engine.offer(bytes));
  for (let height = 1; height <= HEIGHTS; height += 1) {
    rightOf(await all.engine.offer(transfer('p0', GENESIS_NONCE + height)));
    const { bytes } = await all.make();
    driven.clock.set(all.clock.now());
    rightOf(await driven.engine.follow(bytes));
    told.push(toldBy(all.engine.tip.state));
    if (height === reopenAt) driven = await drive(founding, storage, { history, maxStateBytes });
  }
  const { finalHeight } = driven.engine.tip.votes;
  return { engine: driven.engine, told, finalHeight, storage };
};

const policies: Record<string, { policy: HistoryPolicy; isKept: (height: number, final: number) => boolean }> = {
  none: { policy: { keep: 'none' }, isKept: () => false },
  all: { policy: { keep: 'all' }, isKept: () => true },
  'the last two rounds': { policy: { keep: 'rounds', rounds: 2 }, isKept: (height, final) => height >= final - 8 },
  'every fifth height': {
    policy: { keep: 'marks', isMarked: (height) => height % 5 === 0 },
    isKept: (height, final) => height % 5 === 0 || height >= final - (final % 5),
  },
};

describe.each(Object.entries(policies))('a store that keeps %s of its old states', (_, { policy, isKept }) => {
  it('answers at each kept height what the chain said there, and refuses the others', async () => {
    const run = fc.asyncProperty(
      fc.nat(2000),
      fc.nat(HEIGHTS),
      fc.shuffledSubarray([...Array(HEIGHTS + 1).keys()]),
      async (maxStateBytes, reopenAt, heights) => {
        const { engine, told, finalHeight } = await livedUnder(policy, maxStateBytes, reopenAt);
        expect(finalHeight).toBeGreaterThan(20);
        for (const height of heights) {
          const answer = await engine.readAt(height as Height, toldBy);
          if (height >= finalHeight || isKept(height, finalHeight)) expect(rightOf(answer)).toEqual(told[height]);
          else expect(codeOf(answer)).toBe('state_not_kept');
        }
        expect(codeOf(await engine.readAt((HEIGHTS + 1) as Height, toldBy))).toBe('state_not_kept');
        // The tip is where it was, and goes on.
        expect(await engine.read(toldBy)).toEqual(told[HEIGHTS]);
        const balance = await engine.read((state) => state.get(keys.accountKey(person('bob').address))?.balance);
        expect(balance).toBeGreaterThan(0n);
      },
    );
    await fc.assert(run, { numRuns: RUNS });
  });
});

describe('a history', () => {
  it('that was damaged is found where it is read', async () => {
    const { engine, storage } = await livedUnder({ keep: 'all' }, 1e9, 0);
    const [record] = await storage.history(10, 1);
    if (record === undefined) throw new Error('nothing is kept');
    for (const at of [0, 5, 60, record.bytes.length - 1]) {
      const bytes = record.bytes.slice();
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await storage.commit({ history: [{ height: record.height, bytes }] });
      const fresh = await drive(founding, storage, { history: { keep: 'all' } });
      await expect(fresh.engine.readAt((record.height - 1) as Height, toldBy)).rejects.toMatchObject({
        code: 'storage_damaged',
      });
    }
    expect(engine.tip.height).toBe(HEIGHTS);
  });
});
