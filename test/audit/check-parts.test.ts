import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Storage, StorageError } from '../../src/adapters/storage/storage.ts';
import { checkStore } from '../../src/audit/check.ts';
import { findingText } from '../../src/audit/check-findings.ts';
import { pagesOf } from '../../src/audit/check-reading.ts';
import type { Height } from '../../src/core/index.ts';
import { encodeHeight } from '../../src/engine/facts.ts';
import { crypto, drive } from '../engine/small-chain.ts';
import {
  allOf,
  type Contents,
  checked,
  founding,
  HEIGHTS,
  lived,
  liveOn,
  placesIn,
  policies,
  replaced,
  storeOf,
} from './check-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const all = await allOf(await lived({ keep: 'all' }));
const plain: Contents = { ...all, history: [] };
const height = (await checked(plain)).stateHeight ?? 0;

describe('blocks', () => {
  const without = (gone: (at: number) => boolean): Contents => ({
    ...plain,
    blocks: plain.blocks.filter(({ height: at }) => !gone(at)),
  });

  it('that are missing are told by the first of them', async () => {
    const report = await checked(without((at) => at === 7 || (at > 9 && at < 13)));
    expect(report.findings.map(findingText)).toEqual([
      'block 7: it is missing',
      'block 10: this block and those up to 12 are missing',
    ]);
  });

  it('that are missing at the beginning are needed where finality is counted from them, and else are a note', async () => {
    expect(placesIn(await checked(without((at) => at < 5)))).toEqual(['block 1']);
    const report = await checked(
      without((at) => at < 5),
      { isGenesisKnown: false },
    );
    expect(report.count).toBe(0);
    expect(report.notes).toEqual([
      'the blocks below height 5 are not here: it began with a snapshot, or they were lost',
      'no block here confirms the genesis id; give the genesis',
    ]);
  });

  it('that are missing at the end are missed by the height of the state', async () => {
    const report = await checked({ ...without((at) => at > 30) });
    expect(report.findings.map(findingText)).toEqual([
      `fact state-height: it is ${height}; the blocks are those of 1 to 30`,
    ]);
    const none = await checked({ ...without(() => true) });
    expect(none.findings.map(findingText)).toEqual([`fact state-height: it is ${height}; there are no blocks`]);
  });

  it('of another chain are told by the first, if the genesis is known', async () => {
    const stranger = plain.blocks[4];
    const blocks = plain.blocks.map((block) =>
      block.height === 10 && stranger !== undefined ? { ...stranger, height: 10 } : block,
    );
    const found = (await checked({ ...plain, blocks })).findings.map(findingText);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^block 10: by its header it is the block of height 5; it names/);
    expect(found[1]).toMatch(/^block 11: it names/);
  });
});

describe('facts', () => {
  it('that are missing are told', async () => {
    for (const name of ['genesis-id', 'state-height']) {
      const report = await checked(
        { ...plain, facts: { ...plain.facts, [name]: undefined } },
        { isGenesisKnown: false },
      );
      expect(placesIn(report)).toEqual([`fact ${name}`]);
      expect(report.stateHeight).toBe(height);
    }
  });

  it('that say another height than the rows are of are told, and the rows are checked as what they are', async () => {
    for (const other of [0, 1, height - 1, height + 1, HEIGHTS, HEIGHTS + 5]) {
      const report = await checked({ ...all, facts: { ...all.facts, 'state-height': encodeHeight(other as Height) } });
      expect(report.findings.map(findingText)).toEqual([
        `fact state-height: it is ${other}; the rows are the state of height ${height}`,
      ]);
      expect(report).toMatchObject({ stateHeight: height, history: { used: height } });
    }
  });

  it('of a store into which a snapshot is being imported say so', async () => {
    const report = await checked({ facts: { 'snapshot-import': Uint8Array.of(1) } }, { isGenesisKnown: false });
    expect(report.findings.map(findingText)).toEqual([
      'fact snapshot-import: a snapshot was begun to be imported; import it again to its end',
    ]);
  });
});

describe('a history', () => {
  it('of another policy before is not missed, but noted', async () => {
    const storage = await lived({ keep: 'all' }, 15);
    for (const [policy, until] of [
      ['none', 20],
      ['all', HEIGHTS],
    ] as const) {
      const driven = await drive(founding, storage, { history: policies[policy] ?? { keep: 'none' } });
      driven.clock.set(driven.engine.tip.time);
      while (driven.engine.tip.height < until) await liveOn(driven, driven.engine.tip.height + 1);
    }
    const report = await checkStore({ storage, crypto, founding });
    expect(report.count).toBe(0);
    const lost = report.history.records - report.history.used;
    expect(lost).toBeGreaterThan(3);
    expect(report.history.oldest).toBeGreaterThan(10);
    expect(report.notes).toEqual([
      `${lost} records of the history lead to no state that can be read; they were only decoded`,
    ]);
  });

  it('in which two records were changed tells both, unless the one hides the other', async () => {
    const spoil =
      (at: number) =>
      (contents: Contents): Contents => ({
        ...contents,
        history: replaced(contents.history, at, (record) => ({ ...record, bytes: record.bytes.slice(0, -1) })),
      });
    expect(placesIn(await checked(spoil(5)(spoil(20)(all))))).toEqual(['history 6', 'history 21']);
  });

  it('above the stored state is told', async () => {
    const [record] = all.history.slice(-1);
    const history = [...all.history, { height: height + 3, bytes: record?.bytes ?? new Uint8Array(0) }];
    expect((await checked({ ...all, history })).findings.map(findingText)).toEqual([
      `history of height ${height + 3}: the stored state is of height ${height}`,
    ]);
  });
});

describe('a store that cannot read all it holds', () => {
  const broken = (why: 'storage_damaged' | 'storage_failed') => () =>
    Promise.reject(new StorageError(why, 'the disk lost it'));
  const failing = async (
    part: 'scan' | 'blocks' | 'history',
    from: number,
    why: 'storage_damaged' | 'storage_failed' = 'storage_damaged',
  ): Promise<Storage> => {
    const storage = await storeOf(all);
    const read = async (start: number, limit: number) => {
      const found: readonly { readonly leaf?: number; readonly height?: number }[] = await storage[part](start, limit);
      return found.some(({ leaf, height: at }) => (leaf ?? at ?? 0) >= from) ? broken(why)() : found;
    };
    return { ...storage, [part]: read };
  };

  it.each([
    ['scan', 20, 'row 20'],
    ['blocks', 33, 'block 33'],
    ['history', 7, 'history 7'],
  ] as const)('tells from where on %s fails', async (part, from, place) => {
    const report = await checkStore({ storage: await failing(part, from), crypto, founding });
    expect(placesIn(report)).toEqual([place]);
    expect(report.findings[0]?.what).toBe('it cannot be read, nor those after it: the disk lost it');
  });

  it('tells facts that it cannot read', async () => {
    const storage = await storeOf(plain);
    const fact = (name: string) => (name === 'state-height' ? broken('storage_damaged')() : storage.fact(name));
    const report = await checkStore({ storage: { ...storage, fact }, crypto, founding });
    expect(report.findings.map(findingText)).toEqual(['fact state-height: it cannot be read: the disk lost it']);
  });

  it('is not checked at all if it fails otherwise', async () => {
    for (const part of ['scan', 'blocks', 'history'] as const) {
      await expect(
        checkStore({ storage: await failing(part, 5, 'storage_failed'), crypto, founding }),
      ).rejects.toMatchObject({ code: 'storage_failed' });
    }
  });
});

describe('reading in pages', () => {
  it('gives everything once and in order, in pages of about a megabyte', async () => {
    const items = fc.array(fc.record({ gap: fc.nat(5), size: fc.oneof(fc.nat(200), fc.nat(400_000)) }), {
      maxLength: 300,
    });
    const property = fc.asyncProperty(items, async (plan) => {
      let number = -1;
      const stored = plan.map(({ gap, size }) => {
        number += 1 + gap;
        return { number, size };
      });
      const pages = pagesOf({
        read: (from, limit) => Promise.resolve(stored.filter((item) => item.number >= from).slice(0, limit)),
        numberOf: (item) => item.number,
        bytesOf: ({ size }) => size,
        onDamage: () => {
          throw new Error('nothing is damaged');
        },
      });
      const read: typeof stored = [];
      for await (const page of pages) {
        read.push(...page);
        expect(page.length).toBeLessThanOrEqual(1024);
      }
      expect(read).toEqual(stored);
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('of a store that answers with the same again and again ends where it goes back', async () => {
    const faults: number[] = [];
    const pages = pagesOf({
      read: (_, limit) => Promise.resolve(Array.from({ length: limit }, (__, number) => number)),
      numberOf: (number) => number,
      bytesOf: () => 1,
      onDamage: (from) => faults.push(from),
    });
    let read = 0;
    for await (const page of pages) {
      read += page.length;
      if (read > 10_000) throw new Error('it is read for ever');
    }
    expect(faults).toEqual([1024]);
  });
});
