import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredRow } from '../../src/adapters/storage/storage.ts';
import { rowsOfStore } from '../../src/audit/check-against.ts';
import { findingText, MAX_FINDINGS_OF_A_KIND } from '../../src/audit/check-findings.ts';
import { LeafHasher } from '../../src/audit/check-leaves.ts';
import { CheckTree } from '../../src/audit/check-tree.ts';
import { bytesOf } from '../../src/core/bytes.ts';
import { ZERO_HASH } from '../../src/core/index.ts';
import { encodeRow } from '../../src/core/state/row.ts';
import { leafHash, pairHash } from '../../src/core/tree/commitment.ts';
import { depthOf, seal } from '../../src/core/tree/seal.ts';
import { crypto } from '../engine/small-chain.ts';
import {
  allOf,
  type Contents,
  checked,
  flipped,
  lived,
  partsOf,
  placesIn,
  replaced,
  rowAt,
  storeOf,
} from './check-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const all = await allOf(await lived({ keep: 'all' }));
const plain: Contents = { ...all, history: [] };
const height = (await checked(plain)).stateHeight ?? 0;

/** The content with the value of a row made another one of the same length: the last bit of it is turned. */
const withOtherValue = (contents: Contents, at: number): Contents => ({
  ...contents,
  rows: replaced(contents.rows, at, (row) => ({ ...row, bytes: flipped(row.bytes, 8 * row.bytes.length - 8) })),
});

/** Rows whose last bit is the lowest one of a number, so that the record makes sense with another one. */
const soundWithOther = await (async () => {
  const places: number[] = [];
  for (const at of all.rows.keys()) {
    const found = placesIn(await checked(withOtherValue(plain, at)));
    if (found.length === 1 && found[0] === `state ${height}`) places.push(at);
  }
  return places;
})();

describe('the tree of a check', () => {
  /** The root by the rules alone: every level in full. */
  const naive = (leaves: ReadonlyMap<number, Uint8Array>): string => {
    const size = Math.max(0, ...[...leaves.keys()].map((leaf) => leaf + 1));
    if (size === 0) return seal(crypto, bytesOf(ZERO_HASH), 0);
    let level = Array.from({ length: 2 ** depthOf(size) }, (_, leaf) => leaves.get(leaf) ?? bytesOf(ZERO_HASH));
    while (level.length > 1)
      level = level.flatMap((left, at) => (at % 2 === 0 ? [pairHash(crypto, left, level[at + 1] as Uint8Array)] : []));
    return seal(crypto, level[0] as Uint8Array, size);
  };

  it('has the root of its leaves after whatever was set and taken out of use', () => {
    const step = fc.uniqueArray(fc.tuple(fc.nat(700), fc.option(fc.uint8Array({ minLength: 1, maxLength: 70 }))), {
      selector: ([leaf]) => leaf,
      minLength: 1,
      maxLength: 12,
    });
    const property = fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
      const tree = new CheckTree(crypto);
      const hasher = new LeafHasher(crypto);
      const leaves = new Map<number, Uint8Array>();
      for (const changes of steps) {
        const rows = changes
          .sort(([a], [b]) => a - b)
          .map(([leaf, key]) => ({ leaf, content: key === null ? undefined : { key, next: key, value: key } }));
        for (const { leaf, content } of rows) {
          if (content === undefined) leaves.delete(leaf);
          else leaves.set(leaf, leafHash(crypto, content));
        }
        const hashed = hasher.hash(rows);
        tree.set(hashed.leaves, hashed.hashes);
        expect(tree.root).toBe(naive(leaves));
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('takes no memory for leaves that are not there, however great their numbers are', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const tree = new CheckTree(crypto);
    tree.set(Uint32Array.of(0, 2 ** 28 - 1), new Int32Array(16).fill(1));
    expect(tree.size).toBe(2 ** 28);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
    tree.set(Uint32Array.of(2 ** 28 - 1), new Int32Array(8));
    expect(tree.size).toBe(1);
    const [row] = plain.rows;
    const far = { ...plain, rows: [...plain.rows, { leaf: 2 ** 28, bytes: row?.bytes ?? new Uint8Array(0) }] };
    expect(placesIn(await checked(far))).toEqual([`row ${2 ** 28}`]);
  });
});

describe('rows', () => {
  it('of which one is missing are told by both ends of the gap', async () => {
    for (const at of plain.rows.keys()) {
      const { key, next } = partsOf(rowAt(plain, at));
      const leafOf = (wanted: Uint8Array, part: 'key' | 'next') =>
        plain.rows.find((row) => Buffer.compare(partsOf(row)[part], wanted) === 0)?.leaf;
      const found = placesIn(await checked({ ...plain, rows: plain.rows.filter((_, index) => index !== at) }));
      expect(found).toEqual(
        expect.arrayContaining([`row ${leafOf(key, 'next')}`, `row ${leafOf(next, 'key')}`, `state ${height}`]),
      );
      expect(found).toHaveLength(3);
    }
  });

  it('of which one should be gone are told by that one', async () => {
    const { key } = partsOf(rowAt(plain, 3));
    const leaf = Math.max(...plain.rows.map((row) => row.leaf)) + 1;
    const stale = encodeRow({
      key: key.map((byte, index) => (index === key.length - 1 ? byte ^ 1 : byte)),
      next: partsOf(rowAt(plain, 3)).next,
      value: partsOf(rowAt(plain, 3)).value,
    });
    const report = await checked({ ...plain, rows: [...plain.rows, { leaf, bytes: stale }] });
    expect(report.findings).toEqual([
      { where: 'row', at: leaf, what: 'it should be gone: without it the state root is right' },
    ]);
  });

  it('that changed places are a wrong state', async () => {
    const [first, second] = [rowAt(plain, 0), rowAt(plain, 1)];
    const rows = replaced(
      replaced(plain.rows, 0, (row) => ({ ...row, bytes: second.bytes })),
      1,
      (row) => ({ ...row, bytes: first.bytes }),
    );
    expect(placesIn(await checked({ ...plain, rows }))).toEqual([`state ${height}`]);
  });

  it('whose key or next key is that of another are named, with what they should be', async () => {
    const [own, other] = [partsOf(rowAt(plain, 4)), partsOf(rowAt(plain, 9))];
    for (const part of ['key', 'next'] as const) {
      const rows = replaced(plain.rows, 4, (row) => ({ ...row, bytes: encodeRow({ ...own, [part]: other[part] }) }));
      const { findings } = await checked({ ...plain, rows });
      const named = findings.filter(({ what }) => what.includes(Buffer.from(own[part]).toString('hex')));
      expect(named).toHaveLength(1);
      expect(new Set(findings.map(({ at }) => at))).toEqual(new Set([rowAt(plain, 4).leaf]));
    }
  });

  it('of which two were changed are all told by their gaps, and the state with them', async () => {
    const spoilt = (row: StoredRow): StoredRow => ({
      ...row,
      bytes: encodeRow({
        ...partsOf(row),
        key: partsOf(row).key.map((byte, index) => (index === 3 ? byte ^ 64 : byte)),
      }),
    });
    const wide = plain.rows.flatMap((row, at) => (partsOf(row).key.length > 8 ? [at] : []));
    const [a = 0, b = 0] = [wide[1], wide[6]];
    const report = await checked({ ...plain, rows: replaced(replaced(plain.rows, a, spoilt), b, spoilt) });
    const found = placesIn(report);
    expect(found).toEqual(
      expect.arrayContaining([`row ${rowAt(plain, a).leaf}`, `row ${rowAt(plain, b).leaf}`, `state ${height}`]),
    );
  });

  it('that are no rows are named, as many as a hundred, and all are counted', async () => {
    const rows = Array.from({ length: 250 }, (_, leaf) => ({ leaf, bytes: Uint8Array.of(7) }));
    const report = await checked({ ...plain, rows });
    expect(report.count).toBe(250);
    expect(report.findings).toHaveLength(MAX_FINDINGS_OF_A_KIND);
    expect(report.rows).toBe(250);
    expect(report.isCompared).toBe(false);
    expect(report.notes).toContain('the state root could not be compared: rows are left out');
  });
});

describe('a state whose rows are sound and wrong', () => {
  it('is told at its height, the one of the genesis too', async () => {
    expect(soundWithOther.length).toBeGreaterThan(5);
    const young = await allOf(await lived({ keep: 'none' }, 0));
    const sound: string[] = [];
    for (const at of young.rows.keys()) sound.push(...placesIn(await checked(withOtherValue(young, at))));
    expect(sound).toContain('state 0');
    expect(new Set(sound.filter((place) => place.startsWith('state')))).toEqual(new Set(['state 0']));
    const unknown = await checked(withOtherValue(young, 0), { isGenesisKnown: false });
    expect(unknown.isCompared).toBe(false);
    expect(unknown.notes).toContain(
      'the state root could not be compared: it is that of the genesis, which was not given',
    );
  });

  it('is narrowed down to the rows of one block if old states are kept', async () => {
    let narrowed = 0;
    for (const at of soundWithOther) {
      const report = await checked(withOtherValue(all, at));
      expect(placesIn(report)).toEqual([`state ${height}`]);
      const { leaf } = rowAt(all, at);
      const leaves = /changed after it: ([0-9, ]+)/.exec(report.findings[0]?.what ?? '')?.[1];
      if (leaves === undefined) continue; // nothing changed that row since the oldest kept state
      narrowed += 1;
      if (leaves.split(', ').length < 8) expect(leaves.split(', ')).toContain(String(leaf));
    }
    expect(narrowed).toBeGreaterThan(2);
  });

  it('is narrowed down to the rows themselves against another store of the same height', async () => {
    const against = rowsOfStore(await storeOf(plain), 'the copy', height);
    const property = fc.asyncProperty(fc.subarray(soundWithOther, { minLength: 1 }), async (places) => {
      const spoilt = places.reduce(withOtherValue, plain);
      const report = await checked(spoilt, { against });
      expect(report.findings).toEqual(
        places.map((at) => ({
          where: 'row',
          at: rowAt(plain, at).leaf,
          what: 'its value differs from that of the copy',
        })),
      );
      expect(report.notes).toEqual(['with the rows of the copy the state root is right']);
    });
    await fc.assert(property, { numRuns: Math.ceil(RUNS / 10) });
  });

  it('tells rows that only one of the two stores has, and that the other is no better if it is not', async () => {
    const [at = 0, other = 0] = soundWithOther;
    const spoilt = withOtherValue(plain, at);
    const without = { ...spoilt, rows: spoilt.rows.slice(1) };
    const against = rowsOfStore(
      await storeOf({ ...withOtherValue(plain, other), rows: withOtherValue(plain, other).rows.slice(0, -1) }),
      'B',
      height,
    );
    const report = await checked(without, { against });
    const told = report.findings.map(findingText);
    expect(told).toContain(`row of leaf ${rowAt(plain, 0).leaf}: it is missing; B has it`);
    expect(told).toContain(`row of leaf ${rowAt(plain, plain.rows.length - 1).leaf}: B has no such row`);
    expect(report.notes).toContain('with the rows of B the state root is not right either');
    expect(placesIn(report)).toContain(`state ${height}`);
  });

  it('is not compared with a store of another height, and a right one with none', async () => {
    const [at = 0] = soundWithOther;
    const against = rowsOfStore(await storeOf(plain), 'B', height - 1);
    const report = await checked(withOtherValue(plain, at), { against });
    expect(placesIn(report)).toEqual([`state ${height}`]);
    expect(report.notes).toEqual([`B holds the state of height ${height - 1}, so its rows were not compared`]);
    const never = {
      name: 'C',
      height,
      rows: () => {
        throw new Error('was read');
      },
    };
    expect((await checked(plain, { against: never })).count).toBe(0);
  });
});
