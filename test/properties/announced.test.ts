import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcedKeys, announcedOnly } from '../../src/core/announce.ts';
import { reduce } from '../../src/core/reduce.ts';
import { InvariantViolation } from '../../src/core/refusal.ts';
import { accountKey, type KeyRange, queueRange, rankingRange } from '../../src/core/state/keys.ts';
import type { StateView } from '../../src/core/state/view.ts';
import { assertSame, ChainDriver, type ChainSetting, followed } from '../twins/chain-driver.ts';
import { anyPlan, evenly, makerOf, slotOf } from '../twins/chain-plans.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** Everything, and much of it within one block. */
const weights = {
  ...evenly,
  vote: 4,
  stake: 3,
  unstake: 3,
  become_candidate: 3,
  quit_candidacy: 3,
  register_alias: 2,
  deregister_alias: 2,
};
const roomy = { unitsPerSecond: '1000', unitBytes: '1024', maxBlockUnits: '0' };
const plans = anyPlan({ people: 4, blocks: 8, intents: 8 }, weights, roomy);

/** A view that remembers what was read of it. */
const watched = (view: StateView) => {
  const keys = new Set<string>();
  const ranges: KeyRange[] = [];
  const watching: StateView = {
    root: view.root,
    count: view.count,
    proofs: view.proofs,
    residency: view.residency,
    with: (changes) => view.with(changes),
    asOf: (rows) => view.asOf(rows),
    get: (key) => {
      keys.add(key);
      return view.get(key);
    },
    keys: (range, limit) => {
      ranges.push(range);
      return view.keys(range, limit);
    },
  };
  return { watching, keys, ranges };
};

describe('following a block', () => {
  it('reads nothing of the parent state that was not announced, whatever the block does', () => {
    const run = fc.property(plans, ({ setting, blocks }) => {
      const driver = new ChainDriver(setting);
      for (const { jump, intents } of blocks) {
        const { parent, block, transition } = driver.step(slotOf(driver, jump), intents.map(makerOf));
        const { keys, ranges } = announcedKeys(driver.chain, parent, block);
        const guarded = { ...parent, state: announcedOnly(parent.state, keys, ranges) };
        assertSame(followed(driver.chain, guarded, block), transition);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });

  it('fails as a fault of ours when a single key or range that it reads is not announced', () => {
    const run = fc.property(plans, fc.nat(), ({ setting, blocks }, pick) => {
      const driver = new ChainDriver(setting);
      for (const { jump, intents } of blocks) {
        const { parent, block } = driver.step(slotOf(driver, jump), intents.map(makerOf));
        const { watching, keys, ranges } = watched(parent.state);
        followed(driver.chain, { ...parent, state: watching }, block);
        const reads = [...keys, ...ranges];
        const missing = reads[pick % reads.length];
        const rest = new Set([...keys].filter((key) => key !== missing));
        const others = ranges.filter(
          ({ from, to }) => typeof missing === 'string' || from !== missing?.from || to !== missing.to,
        );
        const guarded = { ...parent, state: announcedOnly(parent.state, rest, others) };
        expect(() => reduce(driver.chain, guarded, block)).toThrow(InvariantViolation);
      }
    });
    fc.assert(run, { numRuns: RUNS });
  });
});

const setting: ChainSetting = {
  params: { producersPerRound: '1', windowSeconds: '30', unstakeSeconds: '60' },
  genesisTime: 0,
  seed: 1,
  holdings: [0, 1, 2].map((index) => ({
    balance: 10n,
    staked: 10n,
    collateral: index === 0 ? 1n : undefined,
    votes: [0],
  })),
};

describe('what is announced', () => {
  it('leaves out whoever has nothing to do with the block, and the rest of the queue', () => {
    const driver = new ChainDriver(setting);
    const transfer = makerOf({
      kind: 'transfer',
      from: 1,
      to: 0,
      payer: undefined,
      amount: { of: 'number', by: 1 },
      pick: 0,
      nonceBy: 0,
      length: 0,
    });
    const { parent, block } = driver.step(1, [transfer]);
    const { keys, ranges } = announcedKeys(driver.chain, parent, block);
    expect([0, 1, 2].map((index) => keys.has(accountKey(driver.person(index).address)))).toEqual([true, true, false]);
    expect(ranges.some(({ from, to }) => from <= queueRange.from && queueRange.to <= to)).toBe(false);
  });

  it('holds a view to single keys and to parts of ranges', () => {
    const { tip } = new ChainDriver(setting);
    const view = announcedOnly(tip.state, new Set(), [rankingRange]);
    expect(view.keys(rankingRange, 9)).toEqual(tip.state.keys(rankingRange, 9));
    expect(view.keys({ ...rankingRange, to: `${rankingRange.from}80` }, 9)).toEqual([]);
    expect([view.root, view.count]).toEqual([tip.state.root, tip.state.count]);
    for (const range of [
      { from: '02', to: rankingRange.to },
      { from: rankingRange.from, to: '05' },
    ]) {
      expect(() => view.keys(range, 9)).toThrow(InvariantViolation);
    }
    const [rank] = tip.state.keys(rankingRange, 1);
    expect(() => view.get(rank as never)).toThrow(InvariantViolation);
  });
});
