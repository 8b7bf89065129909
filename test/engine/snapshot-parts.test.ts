import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { StoredRow } from '../../src/adapters/storage/storage.ts';
import { toHex } from '../../src/core/bytes.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import type { Hash } from '../../src/core/index.ts';
import { decodeRow, encodeRow } from '../../src/core/state/row.ts';
import { leafHash, pairHash } from '../../src/core/tree/commitment.ts';
import { beginsFile } from '../../src/engine/snapshot/block-files.ts';
import { ChunkHasher, encodeRows, readRows, storedRows } from '../../src/engine/snapshot/chunk-rows.ts';
import { layoutFault, MAX_CHUNK_BYTES, rootOf } from '../../src/engine/snapshot/layout.ts';
import { type Chunk, decodeManifest, encodeManifest, type Manifest } from '../../src/engine/snapshot/manifest.ts';
import { Ring } from '../../src/engine/snapshot/ring.ts';
import { RowStream, sizeOfStore } from '../../src/engine/snapshot/row-stream.ts';
import { crypto } from './small-chain.ts';
import { plainRoot, plainStorage } from './snapshot-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const key = fc.uint8Array({ minLength: 1, maxLength: 70 });
const value = fc.uint8Array({ maxLength: 300 });

interface Subtree {
  readonly first: number;
  readonly exponent: number;
}

/** Rows of any keys under leaves of an aligned subtree. */
const subtreeRows = fc
  .record({ exponent: fc.integer({ min: 0, max: 9 }), place: fc.nat(5) })
  .chain(({ exponent, place }) => {
    const first = place * 2 ** exponent;
    const leaf = fc.nat(2 ** exponent - 1).map((offset) => first + offset);
    const rows = fc.uniqueArray(fc.record({ leaf, key, next: key, value }), {
      minLength: 1,
      maxLength: 40,
      selector: (row) => row.leaf,
    });
    return rows.map((list) => ({ first, exponent, rows: list.sort((a, b) => a.leaf - b.leaf) }));
  });

const stored = (row: { leaf: number; key: Uint8Array; next: Uint8Array; value: Uint8Array }): StoredRow => ({
  leaf: row.leaf,
  bytes: encodeRow(row),
});

const nodeOf = (
  rows: readonly StoredRow[],
  subtree: Subtree,
  ring = new Ring(),
  hasher = new ChunkHasher(crypto),
): Hash => {
  const read = readRows(encodeRows(rows), subtree);
  if (E.isLeft(read)) throw new Error(read.left.what);
  return hasher.node(read.right, subtree, ring);
};

/** The node by the plain reading of the rules. */
const plainNode = (rows: readonly StoredRow[], { first, exponent }: Subtree): Hash => {
  let level: Uint8Array[] = Array.from({ length: 2 ** exponent }, () => new Uint8Array(32));
  for (const { leaf, bytes } of rows) {
    const row = decodeRow(bytes);
    if (E.isRight(row)) level[leaf - first] = leafHash(nobleCrypto, row.right);
  }
  while (level.length > 1) {
    level = level.flatMap((left, at) =>
      at % 2 === 0 ? [pairHash(nobleCrypto, left, level[at + 1] as Uint8Array)] : [],
    );
  }
  return toHex(level[0] as Uint8Array) as Hash;
};

describe('the node over a file of rows', () => {
  it('is that of its leaves hashed one by one, whatever was hashed before', () => {
    const hasher = new ChunkHasher(crypto);
    fc.assert(
      fc.property(subtreeRows, ({ rows, ...subtree }) => {
        const bytes = rows.map(stored);
        expect(nodeOf(bytes, subtree, new Ring(), hasher)).toBe(plainNode(bytes, subtree));
      }),
      { numRuns: RUNS },
    );
  });

  it('is right for more rows than are hashed at a time', () => {
    const rows = Array.from({ length: 2500 }, (_, leaf) =>
      stored({
        leaf: leaf * 3,
        key: Uint8Array.of(leaf >> 8, leaf),
        next: Uint8Array.of(1),
        value: new Uint8Array(leaf % 90),
      }),
    );
    const subtree = { first: 0, exponent: 13 };
    expect(nodeOf(rows, subtree)).toBe(plainNode(rows, subtree));
  });
});

describe('a file of rows', () => {
  it('gives back the rows it was made of', () => {
    fc.assert(
      fc.property(subtreeRows, ({ rows, ...subtree }) => {
        const bytes = rows.map(stored);
        const read = readRows(encodeRows(bytes), subtree);
        expect(E.isRight(read) && storedRows(read.right).map(({ leaf, bytes: row }) => [leaf, toHex(row)])).toEqual(
          bytes.map(({ leaf, bytes: row }) => [leaf, toHex(row)]),
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('has one form: any other bytes are refused with the place, or are other rows', () => {
    fc.assert(
      fc.property(subtreeRows, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ rows, ...subtree }, at, change) => {
        const bytes = encodeRows(rows.map(stored));
        const spoiled = bytes.map((byte, index) => (index === at % bytes.length ? byte ^ change : byte));
        const read = readRows(spoiled, subtree);
        if (E.isLeft(read)) {
          expect(read.left.offset).toBeGreaterThanOrEqual(0);
          expect(read.left.offset).toBeLessThan(bytes.length);
          return;
        }
        expect(encodeRows(storedRows(read.right))).toEqual(spoiled);
        expect(plainNode(storedRows(read.right), subtree)).not.toBe(plainNode(rows.map(stored), subtree));
      }),
      { numRuns: RUNS },
    );
  });

  it('of any bytes is refused, or stands for itself', () => {
    const head = fc.tuple(fc.constant(0), fc.constant(0), fc.constant(0), fc.nat(3), fc.nat(1), fc.nat(255));
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .array(fc.tuple(fc.nat(3), key, key, value), { maxLength: 3 })
        .map((rows) =>
          encodeRows(rows.map(([leaf, own, next, content]) => stored({ leaf, key: own, next, value: content }))),
        ),
      fc.tuple(head, fc.uint8Array({ maxLength: 40 })).map(([start, rest]) => Uint8Array.from([...start, ...rest])),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const read = readRows(bytes, { first: 0, exponent: 2 });
        if (E.isRight(read)) expect(encodeRows(storedRows(read.right))).toEqual(bytes);
      }),
      { numRuns: 10 * RUNS },
    );
  });

  it.each([
    ['without a key', encodeRow({ key: new Uint8Array(0), next: Uint8Array.of(1), value: Uint8Array.of(1) })],
    ['without a next key', encodeRow({ key: Uint8Array.of(1), next: new Uint8Array(0), value: Uint8Array.of(1) })],
    ['of no bytes', new Uint8Array(0)],
    [
      'with a byte too many',
      Uint8Array.from([...encodeRow({ key: Uint8Array.of(1), next: Uint8Array.of(1), value: new Uint8Array(0) }), 0]),
    ],
  ])('with a row %s is refused', (_, row) => {
    const read = readRows(encodeRows([{ leaf: 3, bytes: row }]), { first: 0, exponent: 2 });
    expect(read).toMatchObject({ left: { leaf: 3, offset: 8 } });
  });
});

describe('the leaves in a file of rows', () => {
  const row = encodeRow({ key: Uint8Array.of(1), next: Uint8Array.of(1), value: Uint8Array.of(1) });
  it.each([
    ['twice the same', [9, 9], 9],
    ['not ascending', [10, 9], 9],
    ['before the subtree', [7], 7],
    ['after the subtree', [8, 12], 12],
  ])('are refused if they are %s', (_, leaves, wrong) => {
    const bytes = encodeRows(leaves.map((leaf) => ({ leaf, bytes: row })));
    const read = readRows(bytes, { first: 8, exponent: 2 });
    expect(read).toMatchObject({ left: { offset: (leaves.length - 1) * (8 + row.length) } });
    expect(E.isLeft(read) && read.left.what).toContain(`leaf ${wrong} has no place there`);
  });

  it('may be all of the subtree', () => {
    const bytes = encodeRows([8, 9, 10, 11].map((leaf) => ({ leaf, bytes: row })));
    expect(E.isRight(readRows(bytes, { first: 8, exponent: 2 }))).toBe(true);
    expect(readRows(new Uint8Array(0), { first: 8, exponent: 2 })).toMatchObject({ left: { offset: 0 } });
  });
});

describe('a file of blocks', () => {
  it('is filled up to 4 MiB to the byte, and has one block at least', () => {
    const block = new Uint8Array(96);
    expect(beginsFile(MAX_CHUNK_BYTES - 100, block)).toBe(false);
    expect(beginsFile(MAX_CHUNK_BYTES - 99, block)).toBe(true);
    expect(beginsFile(0, new Uint8Array(MAX_CHUNK_BYTES + 1))).toBe(false);
  });
});

describe('the ring of keys', () => {
  const distinctKeys = fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 12,
    selector: String,
  });
  const inOrder = (keys: readonly Uint8Array[]) => [...keys].sort((a, b) => (toHex(a) < toHex(b) ? -1 : 1));
  const ringRows = (keys: readonly Uint8Array[]) =>
    inOrder(keys).map((own, index, all) => ({ key: own, next: all[index + 1] ?? (all[0] as Uint8Array) }));
  const isClosed = (links: readonly { key: Uint8Array; next: Uint8Array }[]): boolean => {
    const ring = new Ring();
    const rows = links.map(({ key: own, next }, leaf) => stored({ leaf, key: own, next, value: new Uint8Array(0) }));
    nodeOf(rows, { first: 0, exponent: 5 }, ring);
    return Ring.from(ring.bytes)?.isClosed === ring.isClosed && ring.isClosed;
  };

  it('is closed by the rows of a state in any order', () => {
    fc.assert(
      fc.property(distinctKeys, fc.nat(), (keys, seed) => {
        const rows = ringRows(keys).sort((a, b) => ((seed * (a.key[0] ?? 0)) % 7) - ((seed * (b.key[0] ?? 0)) % 7));
        expect(isClosed(rows)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('is closed by no others: a link changed, a row lost, doubled or put in, two rings, or the way round turned', () => {
    fc.assert(
      fc.property(distinctKeys, distinctKeys, fc.nat(), fc.nat(), (keys, others, a, b) => {
        const rows = ringRows(keys);
        const at = a % rows.length;
        const row = rows[at] as (typeof rows)[0];
        const other = (rows[b % rows.length] as (typeof rows)[0]).next;
        const tries = [
          rows.map((each, index) => (index === at ? { ...each, next: other } : each)),
          rows.filter((_, index) => index !== at),
          [...rows, row],
          [...rows, { key: row.key, next: row.key }],
          [...rows, ...ringRows(others)],
          rows.map(({ key: own, next }) => ({ key: next, next: own })),
          rows.map((each, index) => (index === at ? { key: other, next: each.next } : each)),
        ];
        for (const tried of tries) {
          const naive = ringRows([...new Map(tried.map((each) => [String(each.key), each.key])).values()]);
          const told = (list: readonly { key: Uint8Array; next: Uint8Array }[]) =>
            list.map((each) => `${toHex(each.key)}>${toHex(each.next)}`).sort((x, y) => (x < y ? -1 : 1));
          const isRing = tried.length > 0 && String(told(naive)) === String(told(tried));
          if (tried.length > 0) expect(isClosed(tried)).toBe(isRing);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('of no row is open, and bytes that are none make none', () => {
    expect(new Ring().isClosed).toBe(false);
    expect(Ring.from(new Uint8Array(67))).toBeUndefined();
  });
});

const hash = (byte: number): Hash => byte.toString(16).padStart(2, '0').repeat(32) as Hash;

/** A chunk of a length, of a single zero node. */
const chunk = (first: number, exponent: number, bytes: number): Chunk => ({
  first,
  exponent,
  bytes,
  node: hash(first & 255),
  digest: hash(9),
});

const manifestOf = (size: number, chunks: readonly Chunk[], stateRoot = hash(4)): Manifest => ({
  version: 1,
  genesisId: hash(1),
  height: 5 as Manifest['height'],
  blockId: hash(2),
  stateRoot,
  size,
  count: 1,
  chunkExponent: 13,
  chunks,
  blocks: [{ first: 1 as Manifest['height'], bytes: 100, digest: hash(3) }],
});

const HALF = MAX_CHUNK_BYTES / 2;

describe('the layout of a snapshot', () => {
  it.each<[string, number, readonly Chunk[]]>([
    ['a single leaf', 1, [chunk(0, 0, 50)]],
    ['few leaves', 5, [chunk(0, 3, 50)]],
    ['two full files and a bit', 16_385, [chunk(0, 13, 50), chunk(8192, 13, 50), chunk(16_384, 13, 10)]],
    ['a gap', 50_000, [chunk(0, 13, 50), chunk(49_152, 13, 50)]],
    ['halves that do not fit into one file', 8192, [chunk(0, 12, HALF), chunk(4096, 12, HALF + 1)]],
    ['one row that is too long for a file of several', 4, [chunk(0, 0, MAX_CHUNK_BYTES + 1), chunk(2, 1, 10)]],
    ['the last leaf of all', 2 ** 31, [chunk(0, 13, 1), chunk(2 ** 31 - 8192, 13, 1)]],
  ])('is right for %s', (_, size, chunks) => {
    const root = rootOf(crypto, chunks, size);
    expect(layoutFault(crypto, manifestOf(size, chunks, root))).toBeUndefined();
    expect(layoutFault(crypto, manifestOf(size, chunks))).toMatchObject({ code: 'root_wrong' });
  });

  it.each<[string, number, readonly Chunk[]]>([
    ['halves that fit into one file', 8192, [chunk(0, 12, HALF), chunk(4096, 12, HALF)]],
    ['a half beside nothing', 8192, [chunk(4096, 12, 10)]],
    ['a file of several rows above 4 MiB', 4, [chunk(0, 2, MAX_CHUNK_BYTES + 1)]],
    ['a subtree greater than 2^13', 20_000, [chunk(0, 14, 10), chunk(16_384, 13, 10)]],
    ['a subtree greater than the state', 3, [chunk(0, 3, 10)]],
    ['a subtree that is not aligned', 8193, [chunk(1, 13, 10)]],
    ['leaves in two files', 8192, [chunk(0, 13, 10), chunk(0, 12, 10)]],
    ['leaves in two files of the same subtree', 16_384, [chunk(0, 13, 10), chunk(0, 13, 10), chunk(8192, 13, 10)]],
    ['files out of order', 16_384, [chunk(8192, 13, 10), chunk(0, 13, 10)]],
    ['rows beyond the size', 8192, [chunk(0, 13, 10), chunk(8192, 13, 10)]],
    ['a size beyond the rows', 20_000, [chunk(0, 13, 10)]],
    ['a file without bytes', 5, [chunk(0, 3, 0)]],
    ['a row longer than any file', 1, [chunk(0, 0, 2 ** 27 + 1)]],
    ['no rows', 5, []],
    ['no size', 0, [chunk(0, 0, 5)]],
    ['a size above 2^31', 2 ** 31 + 1, [chunk(0, 13, 5)]],
  ])('is refused with %s', (_, size, chunks) => {
    expect(layoutFault(crypto, manifestOf(size, chunks))).toMatchObject({ code: 'layout_wrong' });
  });

  it('is refused with more rows than leaves, or with another exponent', () => {
    const right = manifestOf(5, [chunk(0, 3, 50)]);
    for (const change of [{ count: 6 }, { count: 0 }, { chunkExponent: 12 }]) {
      expect(layoutFault(crypto, { ...right, ...change })).toMatchObject({ code: 'layout_wrong' });
    }
  });

  it.each<[string, readonly number[], number]>([
    ['none', [], 100],
    ['two of the same height', [2, 2], 100],
    ['one before the other', [3, 1], 100],
    ['one of genesis', [0], 100],
    ['one above the height of the snapshot', [1, 6], 100],
    ['one without bytes', [1], 0],
    ['one longer than any file', [1], 2 ** 27 + 1],
  ])('is refused with files of blocks of which there is %s', (_, firsts, bytes) => {
    const chunks = [chunk(0, 3, 50)];
    const blocks = firsts.map((first) => ({ first: first as Manifest['height'], bytes, digest: hash(3) }));
    const manifest = { ...manifestOf(5, chunks, rootOf(crypto, chunks, 5)), blocks };
    expect(layoutFault(crypto, manifest)).toMatchObject({ code: 'layout_wrong' });
  });

  it('makes the root from nodes as the whole tree does', () => {
    const entries = Array.from({ length: 300 }, (_, index) => ({
      leaf: index * 97,
      key: Uint8Array.of(index >> 8, index),
      value: Uint8Array.of(index),
    }));
    const { root, size } = plainRoot(entries);
    const rows = entries.map(({ leaf, key: own, value: content }, index) =>
      stored({ leaf, key: own, next: (entries[index + 1] ?? entries[0])?.key ?? own, value: content }),
    );
    const chunks = [0, 1, 2, 3].map((place) => {
      const subtree = { first: place * 8192, exponent: 13 };
      const own = rows.filter(({ leaf }) => leaf >> 13 === place);
      return { ...subtree, bytes: 1, node: nodeOf(own, subtree), digest: hash(0) };
    });
    expect(rootOf(crypto, chunks, size)).toBe(root);
  });
});

describe('a manifest', () => {
  it('of any bytes is refused, or is the one that encodes to them', () => {
    const sealed = (bytes: Uint8Array) => Uint8Array.from([...bytes, ...crypto.sha256(bytes)]);
    const whole = encodeManifest(crypto, manifestOf(5, [chunk(0, 3, 50)])).slice(0, -32);
    const spoiled = fc
      .tuple(fc.nat(whole.length - 1), fc.nat(255))
      .map(([at, byte]) => sealed(whole.map((own, index) => (index === at ? byte : own))));
    const anyBytes = fc.uint8Array({ maxLength: 200 });
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(anyBytes, anyBytes.map(sealed), spoiled), (bytes) => {
        const decoded = decodeManifest(crypto, bytes);
        if (E.isLeft(decoded)) return;
        read += 1;
        expect(encodeManifest(crypto, decoded.right)).toEqual(bytes);
      }),
      { numRuns: 5 * RUNS },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('of a later version says so', () => {
    const later = encodeManifest(crypto, { ...manifestOf(5, [chunk(0, 3, 50)]), version: 2 });
    expect(decodeManifest(crypto, later)).toMatchObject({ left: { code: 'version_unknown' } });
  });
});

describe('the rows of a store as a stream', () => {
  const storeOf = (leaves: readonly number[], lengthOf: (leaf: number) => number) => {
    const rows = leaves.map((leaf) => ({ leaf, bytes: new Uint8Array(lengthOf(leaf)).fill(leaf & 255) }));
    const asked: number[] = [];
    const { storage } = plainStorage({ rows });
    const scan: typeof storage.scan = (from, limit) => {
      asked.push(limit);
      return storage.scan(from, limit);
    };
    return { rows, asked, storage: { ...storage, scan } };
  };

  it('are those below each end, each once, and fit exactly if their files would', async () => {
    const anyLeaves = fc.uniqueArray(fc.nat(400), { minLength: 1, maxLength: 80 });
    const anyEnds = fc.uniqueArray(fc.nat(450), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(anyLeaves, anyEnds, fc.nat(1500), async (leaves, ends, limit) => {
        const { rows, storage } = storeOf(leaves, (leaf) => (leaf * 7) % 90);
        const stream = new RowStream(storage);
        let from = 0;
        for (const end of [...ends].sort((a, b) => a - b)) {
          const expected = rows.filter(({ leaf }) => leaf >= from && leaf < end).sort((a, b) => a.leaf - b.leaf);
          const bytes = expected.reduce((sum, row) => sum + 8 + row.bytes.length, 0);
          expect(await stream.fits(end, limit)).toBe(bytes <= limit);
          await stream.fits(end, Number.POSITIVE_INFINITY);
          expect(stream.take(end)).toEqual(expected);
          from = end;
        }
        expect(await sizeOfStore(storage)).toBe(1 + Math.max(...leaves));
      }),
      { numRuns: RUNS },
    );
  });

  it('are read in pages of few rows where they are long, and never of more than 512', async () => {
    const leaves = Array.from({ length: 3000 }, (_, leaf) => leaf);
    const { asked, storage } = storeOf(leaves, (leaf) => (leaf < 2000 ? 10 : 40_000));
    const stream = new RowStream(storage);
    for (let end = 0; end <= 3000; end += 10) {
      expect(await stream.fits(end, Number.POSITIVE_INFINITY)).toBe(true);
      expect(stream.take(end)).toHaveLength(end === 0 ? 0 : 10);
    }
    expect(Math.max(...asked)).toBe(512);
    expect(asked.at(-1)).toBeLessThan(30);
  });

  it('of a store that answers with the same rows again and again are refused, and not read for ever', async () => {
    const { asked, storage } = storeOf([0, 1, 2], () => 10);
    const scan: typeof storage.scan = async (from, limit) => {
      if (asked.length > 100) throw new Error('it is read for ever');
      await storage.scan(from, limit);
      return Array.from({ length: limit }, (_, leaf) => ({ leaf, bytes: new Uint8Array(10) }));
    };
    const reading = new RowStream({ ...storage, scan }).fits(100_000, Number.POSITIVE_INFINITY);
    await expect(reading).rejects.toMatchObject({ code: 'storage_damaged' });
  });

  it('of an empty store has no size', async () => {
    expect(await sizeOfStore(plainStorage().storage)).toBe(0);
  });
});
