import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { partOf } from '../../src/adapters/folder/folder.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { exportSnapshot, importSnapshot, snapshotFaultText, verifySnapshot } from '../../src/engine/snapshot/index.ts';
import { crypto, smallChain } from './small-chain.ts';
import { digestsOf, type Entry, memoryFolder, plainStorage, type WorldPlan, worldOf } from './snapshot-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const { chain } = smallChain();
const WINDOW = chain.params.finalityWindow;

/** Entries of distinct keys at distinct leaves; most leaves are near the first, as in a real state. */
const entriesUpTo = (most: number, greatestLeaf: number): fc.Arbitrary<readonly Entry[]> =>
  fc
    .uniqueArray(
      fc.record({
        leaf: fc.oneof({ weight: 9, arbitrary: fc.nat(2 * most) }, { weight: 1, arbitrary: fc.nat(greatestLeaf) }),
        key: fc.uint8Array({ minLength: 1, maxLength: 40 }),
        value: fc.uint8Array({ maxLength: 150 }),
      }),
      { minLength: 1, maxLength: most, selector: ({ leaf }) => leaf },
    )
    .map((entries) => [...new Map(entries.map((entry) => [String(entry.key), entry])).values()]);

const entriesOf = (count: number, valueBytes: number): readonly Entry[] =>
  Array.from({ length: count }, (_, leaf) => ({
    leaf,
    key: crypto.sha256(Uint8Array.of(leaf & 255, leaf >> 8)),
    value: new Uint8Array(valueBytes).fill(leaf & 255),
  }));

const exported = async (storage: Storage, files?: Map<string, Uint8Array>) => {
  const target = memoryFolder(files);
  const manifest = await exportSnapshot({ storage, folder: target.folder, chain });
  return { ...target, manifest };
};

const rightOf = <T>(found: E.Either<readonly Parameters<typeof snapshotFaultText>[0][], T>): T => {
  if (E.isLeft(found)) throw new Error(found.left.map(snapshotFaultText).join('; '));
  return found.right;
};

/** What the store of a world holds once it is exported and imported. */
const importedContents = async (plan: WorldPlan) => {
  const { folder } = await exported(plainStorage(worldOf(plan).batch).storage);
  const target = plainStorage();
  rightOf(await importSnapshot({ folder, storage: target.storage, chain }));
  return target.contents();
};

/** What an import should leave: all rows, the facts of a chain, and the blocks that finality is counted from. */
const expectedContents = (plan: WorldPlan) => {
  const { batch } = worldOf(plan);
  return plainStorage({ ...batch, blocks: batch.blocks.slice(-WINDOW) }).contents();
};

describe('a snapshot', () => {
  it('of any state is right, tells its size and count, and imports to the very rows, facts and last blocks', async () => {
    await fc.assert(
      fc.asyncProperty(entriesUpTo(60, 300), fc.integer({ min: 1, max: 3 }), async (entries, height) => {
        const plan = { chain, entries, height };
        const world = worldOf(plan);
        const { folder, manifest } = await exported(plainStorage(world.batch).storage);
        expect(manifest).toMatchObject({ stateRoot: world.root, size: world.size, count: entries.length, height });
        const verified = await verifySnapshot({ folder, crypto, chain, trusted: world });
        expect(rightOf(verified)).toEqual(manifest);
        expect(await importedContents(plan)).toEqual(expectedContents(plan));
      }),
      { numRuns: RUNS },
    );
  });

  it('of leaves that are far apart has files for those alone that hold rows', async () => {
    const near = entriesOf(40, 90);
    const far = entriesOf(45, 60)
      .slice(40)
      .map((entry, index) => ({ ...entry, leaf: 5 * 8192 + 8190 + index }));
    const plan = { chain, entries: [...near, ...far], height: 2 };
    const { manifest, files } = await exported(plainStorage(worldOf(plan).batch).storage);
    expect(manifest.chunks.map(({ first, exponent }) => [first, exponent])).toEqual([
      [0, 13],
      [40_960, 13],
      [49_152, 13],
    ]);
    expect([...files.keys()].sort()).toEqual([
      'blocks-000000.bin',
      'manifest.bin',
      'rows-000000.bin',
      'rows-000001.bin',
      'rows-000002.bin',
    ]);
    expect(await importedContents(plan)).toEqual(expectedContents(plan));
  });

  it('of long rows is cut so that no file is longer than 4 MiB, unless a row by itself is', async () => {
    const lengths = [300_000, 10, 5_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 0, 2_000_000, 2_000_000];
    const entries = entriesOf(lengths.length, 0).map((entry, leaf) => ({
      ...entry,
      value: new Uint8Array(lengths[leaf] ?? 0).fill(7),
    }));
    const plan = { chain, entries, height: 2 };
    const source = plainStorage(worldOf(plan).batch);
    const { folder, manifest } = await exported(source.storage);
    expect(manifest.chunks.map(({ first, exponent }) => [first, exponent])).toEqual([
      [0, 1],
      [2, 0],
      [3, 0],
      [4, 2],
      [8, 3],
    ]);
    for (const { bytes, exponent } of manifest.chunks) if (exponent > 0) expect(bytes).toBeLessThanOrEqual(2 ** 22);
    const target = plainStorage();
    rightOf(await importSnapshot({ folder, storage: target.storage, chain }));
    expect(target.contents()).toEqual(source.contents());
  });

  it('has the same bytes whatever the store has been through, and whatever else it holds', async () => {
    await fc.assert(
      fc.asyncProperty(entriesUpTo(60, 300), fc.nat(), async (entries, seed) => {
        const { batch } = worldOf({ chain, entries, height: 2 });
        const { files } = await exported(plainStorage(batch).storage);
        const shuffled = [...batch.rows].sort(
          (a, b) => ((a.leaf * 7919 + seed) % 101) - ((b.leaf * 7919 + seed) % 101),
        );
        const stale = { rows: [{ leaf: 4000, bytes: Uint8Array.of(1) }], facts: { locks: Uint8Array.of(3) } };
        const later = { height: 3, id: 'ab'.repeat(32), bytes: Uint8Array.of(9) };
        const other = plainStorage(stale, { ...batch, rows: shuffled }, { rows: [{ leaf: 4000, bytes: undefined }] });
        await other.storage.commit({ blocks: [later] });
        expect(digestsOf((await exported(other.storage)).files)).toEqual(digestsOf(files));
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  it.each([
    [1, 1],
    [WINDOW, 1],
    [WINDOW + 1, 2],
    [WINDOW + 5, 6],
  ])('of height %i holds the blocks from %i on', async (height, first) => {
    const { manifest } = await exported(
      plainStorage(worldOf({ chain, entries: entriesOf(3, 9), height }).batch).storage,
    );
    expect(manifest.blocks.map((file) => file.first)).toEqual([first]);
  });

  it('of long blocks has as many files of them as it needs, each of 4 MiB at most unless a block by itself is longer', async () => {
    const lengths = [1_000_000, 1_000_000, 3_000_000, 5_000_000, 155, 2_000_000, 2_000_000, 300_000];
    const transactions = (height: number) => [new Uint8Array(lengths[height - 1] ?? 0)];
    const plan = { chain, entries: entriesOf(3, 9), height: lengths.length, transactions };
    const { manifest } = await exported(plainStorage(worldOf(plan).batch).storage);
    expect(manifest.blocks.map(({ first }) => first)).toEqual([1, 3, 4, 5, 8]);
    expect(await importedContents(plan)).toEqual(expectedContents(plan));
  });

  it('tells how far it is, and ends with all', async () => {
    const entries = entriesOf(9000, 5);
    const told: (readonly [string, number, number])[] = [];
    const tell = (what: string) => (done: number, of: number) => told.push([what, done, of]);
    const { storage } = plainStorage(worldOf({ chain, entries, height: 1 }).batch);
    const { folder } = memoryFolder();
    await exportSnapshot({ storage, folder, chain, onProgress: tell('out') });
    await verifySnapshot({ folder, crypto, onProgress: tell('check') });
    await importSnapshot({ folder, storage: plainStorage().storage, chain, onProgress: tell('in') });
    const both = [8192, 9000];
    expect(told).toEqual(['out', 'check', 'in'].flatMap((what) => both.map((done) => [what, done, 9000])));
  });
});

const STOPS = ['nothing', 'a part', 'all'] as const;

/** A folder whose n-th write, counted from 0, does not happen, leaves a part of its bytes beside, or happens and is not told. */
const stoppingFolder = (files: Map<string, Uint8Array>, at: number, left: (typeof STOPS)[number]) => {
  const { folder } = memoryFolder(files);
  let writes = 0;
  const write = async (file: string, bytes: Uint8Array): Promise<void> => {
    writes += 1;
    if (writes - 1 < at || left === 'all') await folder.write(file, bytes);
    else if (left === 'a part') await folder.write(partOf(file), bytes.subarray(0, bytes.length >> 1));
    if (writes - 1 >= at) throw new Error('the power went');
  };
  return { ...folder, write };
};

describe('an export that was stopped', () => {
  const entries = entriesOf(8300, 20).concat(
    entriesOf(8310, 20)
      .slice(8300)
      .map((entry) => ({ ...entry, leaf: entry.leaf + 9000 })),
  );
  const { batch } = worldOf({ chain, entries, height: 3 });

  it('at any write is gone on with to the same bytes, and writes again nothing that is there', async () => {
    const { files: whole, written: all } = await exported(plainStorage(batch).storage);
    expect(all).toHaveLength(6);
    for (const [at, left] of all.flatMap((_, index) => STOPS.map((stop) => [index, stop] as const))) {
      const files = new Map<string, Uint8Array>();
      const stopping = stoppingFolder(files, at, left);
      const { storage } = plainStorage(batch);
      await expect(exportSnapshot({ storage, folder: stopping, chain })).rejects.toThrow('the power went');
      const there = new Set(files.keys());
      if (there.has('unfinished.bin') && !there.has('manifest.bin')) {
        const found = await verifySnapshot({ folder: memoryFolder(files).folder, crypto });
        expect(found).toMatchObject({ left: [{ file: 'unfinished.bin', code: 'export_unfinished' }] });
      }
      const { written } = await exported(storage, files);
      expect(digestsOf(files)).toEqual(digestsOf(whole));
      expect(written.filter((file) => there.has(file) && file !== 'manifest.bin')).toEqual([]);
    }
  });

  it('writes again what was spoiled meanwhile, and lets go what nobody named', async () => {
    const { files: whole } = await exported(plainStorage(batch).storage);
    const files = new Map<string, Uint8Array>();
    const { storage } = plainStorage(batch);
    await expect(exportSnapshot({ storage, folder: stoppingFolder(files, 4, 'nothing'), chain })).rejects.toThrow();
    files.set('rows-000000.bin', (files.get('rows-000000.bin') ?? new Uint8Array(0)).slice(1));
    files.set('rows-000009.bin.part', Uint8Array.of(1));
    const { written } = await exported(storage, files);
    expect(written).toContain('rows-000000.bin');
    expect(digestsOf(files)).toEqual(digestsOf(whole));
  });

  it('is not gone on with by one of another height, and nothing of it is changed', async () => {
    const files = new Map<string, Uint8Array>();
    const { storage } = plainStorage(batch);
    await expect(exportSnapshot({ storage, folder: stoppingFolder(files, 4, 'nothing'), chain })).rejects.toThrow();
    const before = new Map(files);
    const other = plainStorage(worldOf({ chain, entries, height: 4 }).batch).storage;
    await expect(exported(other, files)).rejects.toMatchObject({ code: 'snapshot_folder_taken' });
    expect(digestsOf(files)).toEqual(digestsOf(before));
  });
});

describe('an export', () => {
  const { batch } = worldOf({ chain, entries: entriesOf(20, 20), height: 3 });

  it.each([
    ['a snapshot', 'manifest.bin'],
    ['something else', 'notes.txt'],
  ])('leaves a folder that holds %s as it is', async (_, name) => {
    const files = new Map([[name, Uint8Array.of(1)]]);
    await expect(exported(plainStorage(batch).storage, files)).rejects.toMatchObject({ code: 'snapshot_folder_taken' });
    expect([...files.keys()]).toEqual([name]);
  });

  it('of a store without a chain, or without a final block, is refused', async () => {
    const young = worldOf({ chain, entries: entriesOf(20, 20), height: 0 });
    for (const content of [{}, young.batch]) {
      const { folder, files } = memoryFolder();
      const { storage } = plainStorage(content);
      await expect(exportSnapshot({ storage, folder, chain })).rejects.toMatchObject({ code: 'snapshot_store_empty' });
      expect(files.size).toBe(0);
    }
  });

  it('of the store of another chain is refused', async () => {
    const other = smallChain({ chainId: '8' }).chain;
    const { storage } = plainStorage(batch);
    const call = exportSnapshot({ storage, folder: memoryFolder().folder, chain: other });
    await expect(call).rejects.toMatchObject({ code: 'snapshot_store_other_chain' });
  });

  it('of a store in which any bit of a row is flipped, or a row is gone or moved, gives no snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(19), fc.nat(), fc.constantFrom('flip', 'gone', 'move'), async (leaf, bit, how) => {
        const { storage, row } = plainStorage(batch);
        const bytes = row(leaf);
        const at = (bit >> 3) % bytes.length;
        if (how === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
        if (how === 'flip') await storage.commit({ rows: [{ leaf, bytes }] });
        else await storage.commit({ rows: [{ leaf, bytes: undefined }] });
        if (how === 'move') await storage.commit({ rows: [{ leaf: 20 + leaf, bytes }] });
        const { folder, files } = memoryFolder();
        const call = exportSnapshot({ storage, folder, chain });
        await expect(call).rejects.toMatchObject({ code: 'snapshot_store_damaged' });
        expect(files.has('manifest.bin')).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  it('of a store in which a block is missing, or is not the one that the next names, gives no snapshot', async () => {
    const [first, second, third] = batch.blocks;
    for (const blocks of [
      [second, third],
      [first, third],
      [first, second],
    ]) {
      const { storage } = plainStorage({ ...batch, blocks: blocks.flatMap((block) => block ?? []) });
      const call = exportSnapshot({ storage, folder: memoryFolder().folder, chain });
      await expect(call).rejects.toMatchObject({ code: 'snapshot_store_damaged' });
    }
  });

  it('of a store that goes on meanwhile says so', async () => {
    const { storage } = plainStorage(batch);
    const next = worldOf({ chain, entries: entriesOf(20, 21), height: 4 }).batch;
    const moving: Storage = {
      ...storage,
      scan: async (from, limit) => {
        await storage.commit(next);
        return storage.scan(from, limit);
      },
    };
    const call = exportSnapshot({ storage: moving, folder: memoryFolder().folder, chain });
    await expect(call).rejects.toMatchObject({ code: 'snapshot_store_moved' });
  });
});

describe('an import', () => {
  const entries = entriesOf(8200, 20).concat(
    entriesOf(8210, 20)
      .slice(8200)
      .map((entry) => ({ ...entry, leaf: entry.leaf + 9000 })),
  );
  const world = worldOf({ chain, entries, height: 3 });
  const whole = plainStorage(world.batch);

  it('that was stopped at any commit is gone on with to the same store, and puts no file in twice', async () => {
    const { folder } = await exported(whole.storage);
    for (const [at, isDone] of [0, 1, 2, 3, 4].flatMap((n) => [[n, false] as const, [n, true] as const])) {
      const target = plainStorage();
      const rowsPut: number[] = [];
      let commits = 0;
      const stopping: Storage = {
        ...target.storage,
        commit: async (batch) => {
          commits += 1;
          if (commits - 1 < at || isDone) {
            await target.storage.commit(batch);
            rowsPut.push(...(batch.rows ?? []).map(({ leaf }) => leaf));
          }
          if (commits - 1 >= at) throw new Error('killed');
        },
      };
      await expect(importSnapshot({ folder, storage: stopping, chain })).rejects.toThrow('killed');
      if (at < 4) {
        expect(target.contents().facts.map(([name]) => name)).not.toContain('genesis-id');
        const found = exportSnapshot({ storage: target.storage, folder: memoryFolder().folder, chain });
        await expect(found).rejects.toMatchObject({ code: 'snapshot_store_empty' });
      }
      if (at === 4 && isDone) continue;
      const going: Storage = {
        ...target.storage,
        commit: async (batch) => {
          rowsPut.push(...(batch.rows ?? []).map(({ leaf }) => leaf));
          await target.storage.commit(batch);
        },
      };
      rightOf(await importSnapshot({ folder, storage: going, chain }));
      expect(target.contents()).toEqual(whole.contents());
      expect(rowsPut).toHaveLength(entries.length);
    }
  });

  it('into a store that holds anything else is refused, and changes nothing', async () => {
    const { folder } = await exported(whole.storage);
    const block = { height: 1, id: 'ab'.repeat(32), bytes: Uint8Array.of(1) };
    const others = [
      world.batch,
      { rows: [{ leaf: 3, bytes: Uint8Array.of(1) }] },
      { blocks: [block] },
      { facts: { 'snapshot-import': Uint8Array.of(1, 2) } },
    ];
    for (const content of others) {
      const target = plainStorage(content);
      const before = target.contents();
      const call = importSnapshot({ folder, storage: target.storage, chain });
      await expect(call).rejects.toMatchObject({ code: 'snapshot_store_taken' });
      expect(target.contents()).toEqual(before);
    }
  });

  it('of another snapshot does not go on with one that was stopped', async () => {
    const { folder } = await exported(whole.storage);
    const target = plainStorage();
    const stopping: Storage = {
      ...target.storage,
      commit: async (batch) => {
        if (target.seen.commits > 0) throw new Error('killed');
        await target.storage.commit(batch);
      },
    };
    await expect(importSnapshot({ folder, storage: stopping, chain })).rejects.toThrow('killed');
    const other = await exported(plainStorage(worldOf({ chain, entries, height: 4 }).batch).storage);
    const before = target.contents();
    const call = importSnapshot({ folder: other.folder, storage: target.storage, chain });
    await expect(call).rejects.toMatchObject({ code: 'snapshot_store_taken' });
    expect(target.contents()).toEqual(before);
  });

  it('stores nothing of a snapshot that is not of the block or root that the caller trusts, or of another chain', async () => {
    const { folder } = await exported(whole.storage);
    const wrong = { blockId: world.root, root: world.blockId as unknown as typeof world.root };
    const other = smallChain({ finalityWindow: '99' }).chain;
    for (const options of [
      { trusted: { blockId: wrong.blockId } },
      { trusted: { root: wrong.root } },
      { chain: other },
    ]) {
      const target = plainStorage();
      const answer = await importSnapshot({ folder, storage: target.storage, chain, ...options });
      expect(answer).toMatchObject({ left: [{ file: 'manifest.bin' }] });
      expect(target.seen.commits).toBe(0);
    }
  });

  it('commits at most a file of rows at a time', async () => {
    const long = entriesOf(64, 400_000);
    const source = plainStorage(worldOf({ chain, entries: long, height: 1 }).batch);
    const { folder } = await exported(source.storage);
    const target = plainStorage();
    rightOf(await importSnapshot({ folder, storage: target.storage, chain }));
    expect(target.contents()).toEqual(source.contents());
    expect(target.seen.mostRowBytes).toBeLessThanOrEqual(2 ** 22);
  });
});
