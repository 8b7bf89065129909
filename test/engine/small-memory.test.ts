import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerKey } from '../../src/adapters/keys/keys.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import { InvariantViolation, keys, MissingRows, readBlock } from '../../src/core/index.ts';
import type { Slot } from '../../src/core/units.ts';
import { encodeBlock } from '../../src/core/wire/header.ts';
import {
  changeOfOffice,
  codeOf,
  contentsOf,
  countingRows,
  drive,
  keptOpen,
  keyOf,
  person,
  producers,
  rightOf,
  smallChain,
  toldOf,
  transfer,
} from './small-chain.ts';

const RUNS = Math.ceil(Number(process.env['MEDSTATE_RUNS'] ?? 200) / 10);
/** The genesis holds four transactions of each producer. */
const GENESIS_NONCE = 4;
const founding = smallChain({ windowSeconds: '12', unstakeSeconds: '15' });

describe('an engine that keeps almost nothing of the state in memory', () => {
  it('offers, produces, follows and reopens to the very tips of one that keeps all', async () => {
    const run = fc.asyncProperty(
      fc.array(fc.nat(5), { minLength: 20, maxLength: 40 }),
      fc.nat(1500),
      async (plan, maxStateBytes) => {
        const { storage, asked } = countingRows(keptOpen(memoryStorage()));
        const maker = await drive(founding, keptOpen(memoryStorage()));
        let follower = await drive(founding, storage, { maxStateBytes });
        const nonces = new Map<string, number>();
        for (const [index, choice] of plan.entries()) {
          if (index === 1) for (const bytes of changeOfOffice(founding)) rightOf(await maker.engine.offer(bytes));
          const from = `p${choice % 3}`;
          const nonce = (nonces.get(from) ?? GENESIS_NONCE) + 1;
          const bytes = transfer(from, nonce);
          const answers = [await maker.engine.offer(bytes), await follower.engine.offer(bytes)];
          expect(answers[1]?._tag).toBe(answers[0]?._tag);
          if (answers[0]?._tag === 'Right') nonces.set(from, nonce);
          const made = await maker.make();
          follower.clock.set(maker.clock.now());
          rightOf(await follower.engine.follow(made.bytes));
          expect(toldOf(follower.engine.tip)).toEqual(toldOf(maker.engine.tip));
          if (choice === 5) follower = await drive(founding, storage, { maxStateBytes });
        }
        const balance = await follower.engine.read(
          (state) => state.get(keys.accountKey(person('bob').address))?.balance,
        );
        expect(balance).toBe(
          await maker.engine.read((state) => state.get(keys.accountKey(person('bob').address))?.balance),
        );
        expect(await contentsOf(storage)).toMatchObject({ rows: expect.anything() });
        expect(asked.length).toBeGreaterThan(0);
        expect(nonces.size).toBeGreaterThan(0);
      },
    );
    await fc.assert(run, { numRuns: RUNS });
  });

  it('makes the same blocks, whatever it had to fetch for them', async () => {
    const poorKeys = producers.map((owner) => keyOf(owner));
    const [rich, poor] = [
      await drive(founding, memoryStorage()),
      await drive(founding, memoryStorage(), { maxStateBytes: 0, ownKeys: poorKeys }),
    ];
    for (let round = 1; round <= 30; round += 1) {
      for (const from of ['p0', 'p1', 'p2']) {
        for (const { engine } of [rich, poor]) rightOf(await engine.offer(transfer(from, GENESIS_NONCE + round)));
      }
      const slot = (rich.engine.tip.slot + 1) as Slot;
      const turn = await poor.engine.turnAt(slot);
      const key = poorKeys.find(({ address }) => address === turn) as ProducerKey;
      const made = await rich.make();
      poor.clock.set(rich.clock.now());
      expect(rightOf(await poor.engine.produce(key, { slot })).id).toBe(made.id);
    }
    expect(poor.engine.tip.state.residency.isWhole).toBe(false);
    expect(() => poor.engine.tip.state.keys(keys.rangeOf(keys.tags.account), 100)).toThrow(MissingRows);
    const all = await poor.engine.read((state) => state.keys(keys.rangeOf(keys.tags.account), 100));
    expect(all).toEqual(rich.engine.tip.state.keys(keys.rangeOf(keys.tags.account), 100));
  });

  it('does not grow between blocks, whoever asks for what, and a leaf that nobody holds is a fault, not a wait', async () => {
    const others = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`guest${index}`, 1n]));
    const crowd = smallChain({}, others);
    const maxStateBytes = 4000;
    const { engine } = await drive(crowd, memoryStorage(), { maxStateBytes });
    for (const name of Object.keys(others)) {
      const { address } = person(name);
      expect(await engine.read((state) => state.get(keys.accountKey(address))?.balance)).toBe(1_000_000_000_000n);
      codeOf(await engine.offer(transfer(name, 9)));
      expect(engine.tip.state.residency.residentBytes).toBeLessThan(2 * maxStateBytes);
    }
    const free = engine.tip.state.proofs.size + 7;
    await expect(engine.read((state) => state.proofs.row(free))).rejects.toThrow('no entry holds leaf');
  });

  it('looks at no transaction of a block whose header is not right', async () => {
    const { storage, asked } = countingRows(memoryStorage());
    const maker = await drive(founding, memoryStorage());
    const follower = await drive(founding, storage, { maxStateBytes: 0 });
    for (const from of ['p0', 'p1', 'p2']) rightOf(await maker.engine.offer(transfer(from, GENESIS_NONCE + 1)));
    const block = rightOf(readBlock((await maker.make()).bytes));
    follower.clock.set(maker.clock.now());
    const wrong = { ...block, header: { ...block.header, supply: block.header.supply + 1n } };
    const rowsFor = async (tried: typeof block): Promise<readonly [string, number]> => {
      const before = asked.length;
      const code = codeOf(await follower.engine.follow(encodeBlock(tried)));
      return [code, asked.slice(before).reduce((sum, count) => sum + count, 0)];
    };
    // Once before: what a first look leaves in memory is let go after it.
    await rowsFor({ ...wrong, transactions: [] });
    const full = await rowsFor(wrong);
    expect(full[0]).toBe('block_signature_invalid');
    expect(full).toEqual(await rowsFor({ ...wrong, transactions: [] }));
    const [code, rows] = await rowsFor(block);
    expect(code).toBe('taken');
    expect(rows).toBeGreaterThan(full[1]);
  });
});

describe('a question to a state of which the store has the rows', () => {
  it('that misses the rows it was given again and again is broken off, not asked for ever', async () => {
    const { engine } = await drive(founding, memoryStorage(), { maxStateBytes: 0 });
    let asked = 0;
    const question = () => {
      asked += 1;
      throw asked > 100 ? new Error('it is asked for ever') : new MissingRows([asked % 3]);
    };
    await expect(engine.read(question)).rejects.toThrow(InvariantViolation);
    expect(asked).toBe(4);
  });
});
