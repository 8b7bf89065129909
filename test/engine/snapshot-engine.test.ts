import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { type Hash, slotStart } from '../../src/core/index.ts';
import { exportSnapshot, importSnapshot, snapshotFaultText, verifySnapshot } from '../../src/engine/snapshot/index.ts';
import { changeOfOffice, crypto, drive, keptOpen, rightOf, smallChain, toldOf, transfer } from './small-chain.ts';
import { memoryFolder } from './snapshot-world.ts';

// Each run lives a chain, so a tenth of them.
const RUNS = Math.ceil(Number(process.env['MEDSTATE_RUNS'] ?? 200) / 10);
const founding = smallChain();
const { chain } = founding;

/** A chain that lived: its store, and its engine's tip after each block. */
const liveOn = async (blocks: number, missed: readonly number[]) => {
  const storage = keptOpen(memoryStorage());
  const { engine, make } = await drive(founding, storage);
  for (const bytes of changeOfOffice(founding)) rightOf(await engine.offer(bytes));
  const tips = new Map([[0, toldOf(engine.tip)]]);
  for (let made = 0, nonce = 1; made < blocks; made += 1) {
    if (made % 3 === 2) rightOf(await engine.offer(transfer('p0', 4 + nonce++, `block ${made}`)));
    const gap = missed[made % missed.length] ?? 0;
    await make(engine.tip.slot + 1 + gap);
    tips.set(engine.tip.height, toldOf(engine.tip));
  }
  await engine.flush();
  return { storage, tips, tip: engine.tip };
};

const exported = async (storage: Storage) => {
  const { folder, files } = memoryFolder();
  return { folder, files, manifest: await exportSnapshot({ storage, folder, chain }) };
};

const imported = async (folder: ReturnType<typeof memoryFolder>['folder'], blockId: Hash): Promise<Storage> => {
  const storage = keptOpen(memoryStorage());
  const answer = await importSnapshot({ folder, storage, chain, trusted: { blockId } });
  if (E.isLeft(answer)) throw new Error(answer.left.map(snapshotFaultText).join('; '));
  return storage;
};

describe('a snapshot of a chain that lived', () => {
  it('starts an engine at the final block, which follows all later ones to the same tips, and exports the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 12, max: 60 }),
        fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }),
        async (blocks, missed) => {
          const lived = await liveOn(blocks, missed);
          const { finalHeight } = lived.tip.votes;
          fc.pre(finalHeight > 0);
          const { folder, files, manifest } = await exported(lived.storage);
          const final = await lived.storage.block(finalHeight);
          expect(manifest).toMatchObject({ height: finalHeight, blockId: final?.id });
          const verified = await verifySnapshot({ folder, crypto, chain });
          expect(E.isRight(verified)).toBe(true);

          const storage = await imported(folder, final?.id as Hash);
          expect((await exported(storage)).files).toEqual(files);
          const { engine, clock } = await drive(founding, storage);
          expect(toldOf(engine.tip)).toEqual(lived.tips.get(finalHeight));
          clock.set(slotStart(chain, lived.tip.slot));
          for (const block of await lived.storage.blocks(finalHeight + 1, 1_000)) {
            rightOf(await engine.follow(block.bytes));
            expect(toldOf(engine.tip)).toEqual(lived.tips.get(block.height));
          }
          expect(toldOf(engine.tip)).toEqual(toldOf(lived.tip));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('goes on: the engine that starts from it makes the blocks that the old one makes', async () => {
    const { storage, tip } = await liveOn(30, [0]);
    const { folder } = await exported(storage);
    const final = await storage.block(tip.votes.finalHeight);
    const other = await imported(folder, final?.id as Hash);
    const above = await storage.blocks(tip.votes.finalHeight + 1, 1_000);
    const old = await drive(founding, storage);
    const young = await drive(founding, other);
    young.clock.set(slotStart(chain, tip.slot));
    for (const { bytes } of above) rightOf(await young.engine.follow(bytes));
    for (let made = 0; made < 40; made += 1) {
      const block = await old.make();
      young.clock.set(old.clock.now());
      rightOf(await young.engine.follow(block.bytes));
      expect(toldOf(young.engine.tip)).toEqual(toldOf(old.engine.tip));
    }
    const [first, second] = await Promise.all([exported(storage), exported(other)]);
    expect(second.files).toEqual(first.files);
  });
});

describe('a store into which a snapshot is half imported', () => {
  it('is refused by the engine, which leaves it as it is, and can still be finished', async () => {
    const { storage } = await liveOn(30, [0]);
    const { folder, manifest } = await exported(storage);
    const half = keptOpen(memoryStorage());
    let commits = 0;
    const stopping: Storage = {
      ...half,
      commit: async (batch) => {
        if (commits > 1) throw new Error('killed');
        commits += 1;
        await half.commit(batch);
      },
    };
    await expect(importSnapshot({ folder, storage: stopping, chain })).rejects.toThrow('killed');
    await expect(drive(founding, half)).rejects.toMatchObject({ name: 'EngineError' });
    expect(E.isRight(await importSnapshot({ folder, storage: half, chain }))).toBe(true);
    const { engine } = await drive(founding, half);
    expect(engine.tip.height).toBe(manifest.height);
  });
});
