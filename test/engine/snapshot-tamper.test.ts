import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import type { StoredRow } from '../../src/adapters/storage/storage.ts';
import { readBlock } from '../../src/core/block.ts';
import { bytesOf, sameBytes } from '../../src/core/bytes.ts';
import { type Address, encodeTransaction, type Hash, type Height } from '../../src/core/index.ts';
import { decodeRow, encodeRow } from '../../src/core/state/row.ts';
import { encodeBlock } from '../../src/core/wire/header.ts';
import { MIN_SIGNED_BYTES } from '../../src/core/wire/transaction.ts';
import { encodeBlocks } from '../../src/engine/snapshot/block-files.ts';
import { ChunkHasher, encodeRows, readRows, storedRows } from '../../src/engine/snapshot/chunk-rows.ts';
import {
  exportSnapshot,
  importSnapshot,
  type Manifest,
  type SnapshotFault,
  verifySnapshot,
} from '../../src/engine/snapshot/index.ts';
import { digestOf, rootOf } from '../../src/engine/snapshot/layout.ts';
import {
  decodeManifest,
  encodeHead,
  encodeManifest,
  MANIFEST_FILE,
  rowsFile,
} from '../../src/engine/snapshot/manifest.ts';
import { Ring } from '../../src/engine/snapshot/ring.ts';
import { crypto, person, smallChain } from './small-chain.ts';
import { blockOf, type Entry, memoryFolder, plainStorage, worldOf } from './snapshot-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const { chain } = smallChain();

const entriesAt = (leaves: readonly number[], valueBytes: number): readonly Entry[] =>
  leaves.map((leaf) => ({
    leaf,
    key: crypto.sha256(Uint8Array.of(leaf & 255, leaf >> 8)),
    value: new Uint8Array(valueBytes).fill(leaf & 255),
  }));

const upTo = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, index) => from + index);

const filesOf = async (batch: ReturnType<typeof worldOf>['batch']): Promise<ReadonlyMap<string, Uint8Array>> => {
  const { folder, files } = memoryFolder();
  await exportSnapshot({ storage: plainStorage(batch).storage, folder, chain });
  return files;
};

/** Three files of rows, one of blocks. */
const small = worldOf({
  chain,
  entries: entriesAt([...upTo(60), ...upTo(9, 8190), ...upTo(20, 16_400)], 70),
  height: 4,
});
const smallFiles = await filesOf(small.batch);

/** Two files of rows of the same subtree, two of blocks. */
const long = worldOf({
  chain,
  entries: entriesAt(upTo(6), 900_000),
  height: 3,
  transactions: () => [new Uint8Array(2_000_000), new Uint8Array(MIN_SIGNED_BYTES).fill(7)],
});
const longFiles = await filesOf(long.batch);

const faultsOf = async (files: ReadonlyMap<string, Uint8Array>, options = {}): Promise<readonly SnapshotFault[]> => {
  const found = await verifySnapshot({ folder: memoryFolder(new Map(files)).folder, crypto, ...options });
  return E.isLeft(found) ? found.left : [];
};

const fileNames = (files: ReadonlyMap<string, Uint8Array>): readonly string[] => [...files.keys()];
const bytesIn = (files: ReadonlyMap<string, Uint8Array>, file: string): Uint8Array =>
  files.get(file) ?? new Uint8Array(0);
const withFile = (files: ReadonlyMap<string, Uint8Array>, file: string, bytes: Uint8Array) =>
  new Map(files).set(file, bytes);

const flipped = (bytes: Uint8Array, at: number, change: number): Uint8Array => {
  const spoiled = new Uint8Array(bytes);
  spoiled[at] = (spoiled[at] ?? 0) ^ change;
  return spoiled;
};

describe('a snapshot that was tampered with', () => {
  it('is no such thing while nothing in it was changed', async () => {
    expect(fileNames(smallFiles)).toHaveLength(5);
    expect(fileNames(longFiles)).toHaveLength(5);
    expect(await faultsOf(smallFiles, { chain, trusted: small })).toEqual([]);
    expect(await faultsOf(longFiles, { chain, trusted: long })).toEqual([]);
  });

  it('is found out by any byte of any file, and the file is named', async () => {
    for (const file of fileNames(smallFiles)) {
      const bytes = bytesIn(smallFiles, file);
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const faults = await faultsOf(withFile(smallFiles, file, flipped(bytes, at, change)));
          expect(faults).toMatchObject([{ file, code: 'digest_wrong' }]);
        }),
        { numRuns: RUNS },
      );
    }
  });

  it('is found out by any byte that is lost, cut off or put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fileNames(smallFiles)), fc.nat(), fc.nat(2), async (file, place, how) => {
        const bytes = bytesIn(smallFiles, file);
        const at = place % bytes.length;
        const spoiled = [
          bytes.slice(0, at),
          Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]),
          Uint8Array.from([...bytes.subarray(0, at), 0, ...bytes.subarray(at)]),
        ][how] as Uint8Array;
        const code = file === MANIFEST_FILE ? 'digest_wrong' : 'length_wrong';
        expect(await faultsOf(withFile(smallFiles, file, spoiled))).toMatchObject([{ file, code }]);
      }),
      { numRuns: RUNS },
    );
  });

  it.each([...fileNames(smallFiles), ...fileNames(longFiles)])('names %s if it is missing', async (file) => {
    for (const files of [smallFiles, longFiles]) {
      if (!files.has(file)) continue;
      const left = new Map(files);
      left.delete(file);
      expect(await faultsOf(left)).toMatchObject([{ file, code: 'file_missing' }]);
    }
  });

  it.each(['rows-000003.bin', 'blocks-000001.bin', 'rows-000000.bin.part', 'notes/'])(
    'names %s if it is there and should not be',
    async (file) => {
      const faults = await faultsOf(withFile(smallFiles, file, Uint8Array.of(1)));
      expect(faults).toMatchObject([{ file, code: 'file_unexpected' }]);
    },
  );

  it('says so if the mark of an unfinished export is still there', async () => {
    const faults = await faultsOf(withFile(smallFiles, 'unfinished.bin', Uint8Array.of(1)));
    expect(faults).toMatchObject([{ file: 'unfinished.bin', code: 'export_unfinished' }]);
  });

  it('names each of two files that stand in the place of the other, and of several faults each', async () => {
    const kinds = fileNames(longFiles).filter((file) => file !== MANIFEST_FILE);
    for (const [a = '', b = ''] of [
      kinds.filter((file) => file.startsWith('rows')),
      kinds.filter((file) => file.startsWith('blocks')),
    ]) {
      expect(a).not.toBe(b);
      const swapped = withFile(withFile(longFiles, a, bytesIn(longFiles, b)), b, bytesIn(longFiles, a));
      const faults = await faultsOf(swapped);
      expect(faults.map(({ file }) => file)).toEqual([a, b]);
    }
    const spoiled = new Map(smallFiles);
    for (const file of ['rows-000000.bin', 'rows-000002.bin', 'blocks-000000.bin'])
      spoiled.set(file, flipped(bytesIn(smallFiles, file), 9, 1));
    expect((await faultsOf(spoiled)).map(({ file, leaf }) => [file, leaf])).toEqual([
      ['blocks-000000.bin', undefined],
      ['rows-000000.bin', 0],
      ['rows-000002.bin', 16_384],
    ]);
  });

  it('is not imported: nothing of a spoiled file gets into the store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fileNames(smallFiles)), fc.nat(), async (file, place) => {
        const bytes = bytesIn(smallFiles, file);
        const { folder } = memoryFolder(withFile(smallFiles, file, flipped(bytes, place % bytes.length, 1)));
        const { storage, contents } = plainStorage();
        const answer = await importSnapshot({ folder, storage, chain });
        expect(answer).toMatchObject({ left: [{ file }] });
        const rows = contents().rows.length;
        expect(rows).toBe({ 'rows-000001.bin': 62, 'rows-000002.bin': 69 }[file] ?? 0);
        expect(contents().facts.map(([name]) => name)).toEqual(rows === 0 ? [] : ['snapshot-import']);
        const mended = await importSnapshot({ folder: memoryFolder(new Map(smallFiles)).folder, storage, chain });
        expect(E.isRight(mended)).toBe(true);
        expect(contents()).toEqual(plainStorage(small.batch).contents());
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });
});

const manifestIn = (files: ReadonlyMap<string, Uint8Array>): Manifest => {
  const decoded = decodeManifest(crypto, bytesIn(files, MANIFEST_FILE));
  if (E.isLeft(decoded)) throw new Error(decoded.left.what);
  return decoded.right;
};

const withManifest = (files: ReadonlyMap<string, Uint8Array>, changes: Partial<Manifest>) =>
  withFile(files, MANIFEST_FILE, encodeManifest(crypto, { ...manifestIn(files), ...changes }));

const other = 'ab'.repeat(32) as Hash;

/** The files with other rows in the first file, and a manifest that lies for them as far as `depth` says. */
const withRows = (rows: readonly StoredRow[], depth: 'digest' | 'node' | 'root') => {
  const manifest = manifestIn(smallFiles);
  const [first, ...rest] = manifest.chunks;
  if (first === undefined) throw new Error('no chunk');
  const bytes = encodeRows(rows);
  const read = readRows(bytes, first);
  if (E.isLeft(read)) throw new Error(read.left.what);
  const forged = new ChunkHasher(crypto).node(read.right, first, new Ring());
  const chunks = [
    { ...first, bytes: bytes.length, digest: digestOf(crypto, bytes), node: depth === 'digest' ? first.node : forged },
    ...rest,
  ];
  const stateRoot = depth === 'root' ? rootOf(crypto, chunks, manifest.size) : manifest.stateRoot;
  return withManifest(withFile(smallFiles, rowsFile(0), bytes), { chunks, stateRoot });
};

const firstRows = (): readonly StoredRow[] => {
  const read = readRows(bytesIn(smallFiles, rowsFile(0)), { first: 0, exponent: 13 });
  return E.isRight(read) ? storedRows(read.right) : [];
};

/** The rows of the first file with one of them put otherwise. */
const changedRows = (at: number, change: Partial<Record<'key' | 'next' | 'value', Uint8Array>>): readonly StoredRow[] =>
  firstRows().map((row, index) => {
    const decoded = decodeRow(row.bytes);
    if (index !== at || E.isLeft(decoded)) return row;
    return { leaf: row.leaf, bytes: encodeRow({ ...decoded.right, ...change }) };
  });

/** The files with other blocks, and a manifest that says so. */
const withBlocks = (blocks: readonly Uint8Array[], changes: Partial<Manifest> = {}, files = smallFiles) => {
  const bytes = encodeBlocks(blocks);
  const first = (changes.height ?? 4) - blocks.length + 1;
  return withManifest(withFile(files, 'blocks-000000.bin', bytes), {
    blocks: [{ first: first as Height, bytes: bytes.length, digest: digestOf(crypto, bytes) }],
    ...changes,
  });
};

describe('a manifest that lies', () => {
  const told = manifestIn(smallFiles);
  const chunksWith = (index: number, change: Partial<Manifest['chunks'][0]>) =>
    told.chunks.map((chunk, at) => (at === index ? { ...chunk, ...change } : chunk));

  it.each<[string, Partial<Manifest>, string, string]>([
    ['the genesis', { genesisId: other }, MANIFEST_FILE, 'chain_wrong'],
    ['the height', { height: 5 as Height }, 'blocks-000000.bin', 'layout_wrong'],
    ['a lower height', { height: 3 as Height }, 'blocks-000000.bin', 'block_wrong'],
    ['height 0', { height: 0 as Height }, MANIFEST_FILE, 'layout_wrong'],
    ['the block', { blockId: other }, MANIFEST_FILE, 'not_trusted'],
    ['the state root', { stateRoot: other }, MANIFEST_FILE, 'not_trusted'],
    ['the size', { size: told.size + 1 }, MANIFEST_FILE, 'root_wrong'],
    ['the number of rows', { count: told.count - 1 }, MANIFEST_FILE, 'layout_wrong'],
    ['the exponent', { chunkExponent: 14 }, MANIFEST_FILE, 'layout_wrong'],
    ['a node', { chunks: chunksWith(1, { node: other }) }, MANIFEST_FILE, 'root_wrong'],
    ['a digest', { chunks: chunksWith(1, { digest: other }) }, 'rows-000001.bin', 'digest_wrong'],
    ['a length', { chunks: chunksWith(1, { bytes: 5 }) }, 'rows-000001.bin', 'length_wrong'],
    ['a place', { chunks: chunksWith(2, { first: 24_576 }) }, MANIFEST_FILE, 'layout_wrong'],
    ['a smaller subtree', { chunks: chunksWith(2, { exponent: 12 }) }, MANIFEST_FILE, 'layout_wrong'],
    ['a file less', { chunks: told.chunks.slice(0, 2) }, MANIFEST_FILE, 'layout_wrong'],
    ['no blocks', { blocks: [] }, MANIFEST_FILE, 'chain_wrong'],
    [
      'the first block',
      { blocks: told.blocks.map((file) => ({ ...file, first: 2 as Height })) },
      MANIFEST_FILE,
      'chain_wrong',
    ],
  ])('about %s is found out', async (_, changes, file, code) => {
    const faults = await faultsOf(withManifest(smallFiles, changes), { chain, trusted: small });
    expect(faults[0]).toMatchObject({ file, code });
  });

  it.each<[string, Partial<Manifest>, string, string]>([
    ['the block', { blockId: other }, 'blocks-000000.bin', 'block_wrong'],
    ['the genesis, as long as block 1 is there', { genesisId: other }, 'blocks-000000.bin', 'block_wrong'],
    ['the state root', { stateRoot: other }, MANIFEST_FILE, 'root_wrong'],
    [
      'the first block',
      { blocks: told.blocks.map((file) => ({ ...file, first: 2 as Height })) },
      'blocks-000000.bin',
      'block_wrong',
    ],
    ['no blocks', { blocks: [] }, MANIFEST_FILE, 'layout_wrong'],
  ])('about %s is found out by who trusts nothing and knows no genesis', async (_, changes, file, code) => {
    expect((await faultsOf(withManifest(smallFiles, changes)))[0]).toMatchObject({ file, code });
  });

  it('for rows that were changed is found out as deep as it lies', async () => {
    const rows = changedRows(7, { value: Uint8Array.of(1, 2, 3) });
    const faults = await Promise.all(
      (['digest', 'node', 'root'] as const).map((depth) => faultsOf(withRows(rows, depth))),
    );
    expect(faults.map(([fault]) => [fault?.file, fault?.code])).toEqual([
      [rowsFile(0), 'node_wrong'],
      [MANIFEST_FILE, 'root_wrong'],
      ['blocks-000000.bin', 'block_wrong'],
    ]);
  });

  it('and is longer than any may be is not read', async () => {
    const huge = new Uint8Array(16 * 1024 * 1024 + 1);
    const faults = await faultsOf(withFile(smallFiles, MANIFEST_FILE, huge));
    expect(faults).toMatchObject([{ file: MANIFEST_FILE, code: 'length_wrong' }]);
  });

  it('for a file that is none is found out with the place', async () => {
    const bytes = flipped(bytesIn(smallFiles, rowsFile(0)), 3, 200);
    const [first, ...rest] = told.chunks;
    if (first === undefined) throw new Error('no chunk');
    const chunks = [{ ...first, digest: digestOf(crypto, bytes) }, ...rest];
    const faults = await faultsOf(withManifest(withFile(smallFiles, rowsFile(0), bytes), { chunks }));
    expect(faults).toMatchObject([{ file: rowsFile(0), code: 'malformed' }]);
    expect(typeof faults[0]?.offset).toBe('number');
  });

  it('together with a block and its signature is found out by who trusts the block or the root, and by nobody else', async () => {
    const forgedRows = withRows(changedRows(7, { value: Uint8Array.of(1, 2, 3) }), 'root');
    const { stateRoot } = manifestIn(forgedRows);
    const blocks = small.batch.blocks.slice(0, 3);
    const thief = person('bob');
    const header = { height: 4 as Height, parentId: blocks[2]?.id as Hash, stateRoot, producer: thief.address };
    const unsigned = blockOf(chain, header);
    const forged = blockOf(chain, { ...header, sign: crypto.sign(bytesOf(unsigned.id), thief.privateKey) });
    const all = [...blocks, forged].map(({ bytes }) => bytes);
    const files = withBlocks(all, { blockId: forged.id as Hash, stateRoot }, forgedRows);
    expect(await faultsOf(files, { chain })).toEqual([]);
    for (const trusted of [{ root: small.root }, { blockId: small.blockId }]) {
      expect(await faultsOf(files, { chain, trusted })).toMatchObject([{ file: MANIFEST_FILE, code: 'not_trusted' }]);
    }
  });

  it('for a state whose keys are no ring is found out even if a block states it', async () => {
    const ringless = withRows(changedRows(7, { next: Uint8Array.of(1) }), 'root');
    const { stateRoot } = manifestIn(ringless);
    const blocks = small.batch.blocks.slice(0, 3);
    const block = blockOf(chain, { height: 4 as Height, parentId: blocks[2]?.id as Hash, stateRoot });
    const files = withBlocks(
      [...blocks, block].map(({ bytes }) => bytes),
      { blockId: block.id as Hash, stateRoot },
      ringless,
    );
    expect(await faultsOf(files, { chain })).toMatchObject([{ file: MANIFEST_FILE, code: 'keys_wrong' }]);
    const { storage, contents } = plainStorage();
    const answer = await importSnapshot({ folder: memoryFolder(files).folder, storage, chain });
    expect(answer).toMatchObject({ left: [{ code: 'keys_wrong' }] });
    expect(contents().facts.map(([name]) => name)).toEqual(['snapshot-import']);
  });

  it('of whatever form never makes the reader throw', async () => {
    const anyChunk = fc.record({
      first: fc.oneof(fc.constantFrom(0, 8192, 16_384), fc.maxSafeNat()),
      exponent: fc.oneof(fc.nat(14), fc.maxSafeNat()),
      bytes: fc.maxSafeNat(),
      node: fc.constantFrom(other, ...told.chunks.map(({ node }) => node)),
      digest: fc.constant(other),
    });
    const anyBlocks = fc.record({
      first: fc.oneof(fc.nat(5), fc.maxSafeNat()),
      bytes: fc.maxSafeNat(),
      digest: fc.constant(other),
    });
    const changes = fc.record(
      {
        height: fc.oneof(fc.nat(6), fc.maxSafeNat()),
        size: fc.oneof(fc.nat(20_000), fc.maxSafeNat()),
        count: fc.maxSafeNat(),
        chunkExponent: fc.nat(20),
        chunks: fc.array(anyChunk, { maxLength: 4 }),
        blocks: fc.array(anyBlocks, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        const lie = { ...told, ...change } as Manifest;
        const faults = await faultsOf(withManifest(smallFiles, lie), { chain, trusted: small });
        const isSame = sameBytes(encodeManifest(crypto, lie), bytesIn(smallFiles, MANIFEST_FILE));
        expect(faults.length > 0).toBe(!isSame);
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe('the blocks of a snapshot', () => {
  const blocks = small.batch.blocks.map(({ bytes }) => bytes);
  const [one, two, three, four] = small.batch.blocks;
  const last = (header: Parameters<typeof blockOf>[1]) =>
    blockOf(chain, { height: 4 as Height, parentId: three?.id as Hash, stateRoot: small.root, ...header });

  it.each<[string, readonly Uint8Array[]]>([
    ['one is no block', [...blocks.slice(0, 3), Uint8Array.of(1)]],
    ['one is of no bytes', [...blocks.slice(0, 3), new Uint8Array(0)]],
    ['two are in the wrong order', [0, 2, 1, 3].map((at) => blocks[at] as Uint8Array)],
    ['one does not follow', [...blocks.slice(0, 2), blockOf(chain, { height: 3 as Height }).bytes, ...blocks.slice(3)]],
    ['the last is another', [...blocks.slice(0, 3), last({ reward: 5n }).bytes]],
    ['the last is signed by nobody', [...blocks.slice(0, 3), last({ sign: new Uint8Array(65).fill(1) }).bytes]],
    ['one has other transactions than it states', [...blocks.slice(0, 3), last({ transactionsRoot: other }).bytes]],
    ['one is of another chain', [...blocks.slice(0, 3), last({ chainId: 8 }).bytes]],
  ])('are refused if %s, and the place is told', async (_, changed) => {
    const fault = (await faultsOf(withBlocks(changed)))[0];
    expect(fault).toMatchObject({ file: 'blocks-000000.bin', code: 'block_wrong' });
    expect(fault?.offset).toBeTypeOf('number');
  });

  it('are refused if the transactions of any are others than its header states, though its id is the same', async () => {
    const file = bytesIn(longFiles, 'blocks-000001.bin');
    const block = readBlock(file.subarray(4));
    if (E.isLeft(block)) throw new Error('the second file holds no single block');
    const { header, transactions } = block.right;
    for (const others of [
      transactions.slice(0, 1),
      [...transactions].reverse(),
      [...transactions, new Uint8Array(MIN_SIGNED_BYTES).fill(7)],
    ]) {
      const bytes = encodeBlocks([encodeBlock({ header, transactions: others })]);
      const told = manifestIn(longFiles).blocks;
      const lie = [...told.slice(0, 1), { first: 3 as Height, bytes: bytes.length, digest: digestOf(crypto, bytes) }];
      const files = withManifest(withFile(longFiles, 'blocks-000001.bin', bytes), { blocks: lie });
      const faults = await faultsOf(files);
      expect(faults).toMatchObject([{ file: 'blocks-000001.bin', code: 'block_wrong' }]);
      expect(faults[0]?.what).toContain('its transactions are not those it states');
    }
  });

  it('are refused if one is of a chain with another id, even if the next follows it', async () => {
    const stranger = blockOf(chain, { height: 3 as Height, parentId: two?.id as Hash, chainId: 8 });
    const next = last({ parentId: stranger.id as Hash, chainId: 8 });
    const files = withBlocks([...blocks.slice(0, 2), stranger.bytes, next.bytes], { blockId: next.id as Hash });
    const faults = await faultsOf(files);
    expect(faults).toMatchObject([{ code: 'block_wrong' }]);
    expect(faults[0]?.what).toContain('block 3: it is of the chain with id 8');
  });

  it('are refused if the signature of any is not that of its producer, though its id is the same', async () => {
    for (const [index, block] of [one, two, three, four].entries()) {
      if (block === undefined) throw new Error('a block is missing');
      // The signature is the last field of the header, and these blocks have no transactions.
      const spoiled = flipped(block.bytes, block.bytes.length - 2, 1);
      const changed = blocks.map((bytes, at) => (at === index ? spoiled : bytes));
      expect(await faultsOf(withBlocks(changed))).toMatchObject([{ code: 'block_wrong' }]);
    }
  });

  it('are refused if the file ends within one, or holds more or fewer than the manifest says', async () => {
    const cut = bytesIn(smallFiles, 'blocks-000000.bin').slice(0, -1);
    const file = { first: 1 as Height, bytes: cut.length, digest: digestOf(crypto, cut) };
    const ends = withManifest(withFile(smallFiles, 'blocks-000000.bin', cut), { blocks: [file] });
    expect(await faultsOf(ends)).toMatchObject([{ code: 'malformed', offset: expect.any(Number) }]);
    const next = blockOf(chain, { height: 5 as Height, parentId: four?.id as Hash }).bytes;
    for (const held of [blocks.slice(0, 3), [...blocks, next]]) {
      const bytes = encodeBlocks(held);
      const told = { first: 1 as Height, bytes: bytes.length, digest: digestOf(crypto, bytes) };
      const lie = withManifest(withFile(smallFiles, 'blocks-000000.bin', bytes), { blocks: [told] });
      expect(await faultsOf(lie)).toMatchObject([{ file: 'blocks-000000.bin', code: 'layout_wrong' }]);
    }
  });

  it('are refused if they are cut into files in another way', async () => {
    const bytes = [blocks.slice(0, 2), blocks.slice(2)].map(encodeBlocks);
    const files = new Map(smallFiles);
    for (const [index, each] of bytes.entries()) files.set(`blocks-00000${index}.bin`, each);
    const entries = bytes.map((each, index) => ({
      first: (1 + 2 * index) as Height,
      bytes: each.length,
      digest: digestOf(crypto, each),
    }));
    expect(await faultsOf(withManifest(files, { blocks: entries }))).toMatchObject([
      { file: 'blocks-000001.bin', code: 'layout_wrong' },
    ]);
  });
});

describe('what stands beside a snapshot', () => {
  it('is left to its owner: an unfinished export with it is not gone on with', async () => {
    for (const other of ['notes.txt', 'inner/', 'rows-1.bin', 'unfinished.bin.bak']) {
      const { folder, files } = memoryFolder();
      await exportSnapshot({ storage: plainStorage(small.batch).storage, folder, chain });
      const unfinished = new Map(files).set('unfinished.bin', encodeHead(manifestIn(files)));
      unfinished.delete(MANIFEST_FILE);
      unfinished.set(other, Uint8Array.of(1));
      const again = memoryFolder(unfinished);
      const run = exportSnapshot({ storage: plainStorage(small.batch).storage, folder: again.folder, chain });
      await expect(run).rejects.toMatchObject({
        code: 'snapshot_folder_taken',
        message: expect.stringContaining(other),
      });
      expect(again.files.get(other)).toEqual(Uint8Array.of(1));
    }
  });

  it('is not taken for an empty store: evidence, a broken bound, history', async () => {
    const { folder } = memoryFolder(new Map(smallFiles));
    for (const batch of [
      { facts: { evidence: Uint8Array.of(1) } },
      { facts: { 'bound-broken': Uint8Array.of(1) } },
      { history: [{ height: 3, bytes: Uint8Array.of(1) }] },
    ]) {
      const storage = memoryStorage();
      await storage.commit(batch);
      await expect(importSnapshot({ folder, storage, chain })).rejects.toMatchObject({ code: 'snapshot_store_taken' });
    }
  });

  it('is held against the length of the shortest transaction that can be signed', () => {
    const shortest = {
      hash: '00'.repeat(32) as Hash,
      kind: '',
      to: '00'.repeat(33) as Address,
      value: 0n,
      nonce: 0n,
      chainId: 0,
      payload: new Uint8Array(0),
      sign: new Uint8Array(65),
      payerSign: new Uint8Array(0),
    };
    expect(encodeTransaction(shortest)).toHaveLength(MIN_SIGNED_BYTES);
  });

  it('makes nothing of a block of countless transactions that are none', async () => {
    const real = bytesIn(smallFiles, 'blocks-000000.bin');
    const length = new DataView(real.buffer, real.byteOffset).getUint32(0);
    const count = 4_000_000;
    const block = new Uint8Array(length + 2 * count);
    block.set(real.subarray(4, 4 + length));
    for (let at = length; at < block.length; at += 2) block[at] = 0x12;
    const file = encodeBlocks([block]);
    const manifest = manifestIn(smallFiles);
    const blocks = [{ first: manifest.blocks[0]?.first as Height, bytes: file.length, digest: digestOf(crypto, file) }];
    const files = withFile(smallFiles, 'blocks-000000.bin', file);
    const forged = withFile(files, MANIFEST_FILE, encodeManifest(crypto, { ...manifest, blocks }));
    const before = process.memoryUsage().heapUsed;
    const faults = await faultsOf(forged, { chain });
    expect(faults[0]).toMatchObject({ code: 'block_wrong', what: expect.stringContaining('too short') });
    // As objects they would be some 600 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  });
});
