/**
 * The laws of storage, call by call: what each read answers and what each part of a batch does.
 */
import type { Batch, Storage } from '../storage/storage.ts';
import { demand, type Law } from './law.ts';
import { blockText, contentsOf, entryText } from './storage-model.ts';
import {
  ALL,
  blockAt,
  bytes,
  codeOf,
  demandSame,
  entryAt,
  goneAt,
  heightsFrom,
  hexOf,
  keyOf,
  keysFrom,
  law,
} from './storage-samples.ts';

const reading: readonly Law<Storage>[] = [
  law('a new store is empty', async (storage) => {
    demandSame(await contentsOf(storage), { facts: [], blocks: [], entries: [] }, 'a new store');
    demandSame(await storage.topHeight(), undefined, 'the top height of a new store');
    demandSame(await storage.block(0), undefined, 'block 0 of a new store');
    demandSame(
      (await storage.entriesOf([keyOf(1), keyOf(2)])).map((entry) => entry?.key ?? '-'),
      ['-', '-'],
      'its entries',
    );
    demand(storage.name.length > 0, 'the store has no name');
  }),
  law('what was committed is read', async (storage) => {
    const [block, entry] = [blockAt(7, 1, 2, 3), entryAt(1, 4, 5)];
    await storage.commit({ blocks: [block], entries: [entry], facts: { chain: bytes(9, 8) } });
    demandSame((await storage.blocks(0, ALL)).map(blockText), [blockText(block)], 'the blocks');
    demandSame(blockText((await storage.block(7)) ?? blockAt(0)), blockText(block), 'block 7');
    demandSame(await storage.topHeight(), 7, 'the top height');
    demandSame((await storage.range('', undefined, ALL)).map(entryText), [entryText(entry)], 'the entries');
    demandSame(hexOf(await storage.fact('chain')), '0908', 'the fact');
    demandSame(hexOf(await storage.fact('other')), undefined, 'a fact that was not stored');
  }),
  law(
    'entriesOf answers in the order asked, again for a key asked twice, and nothing for one that is not there',
    async (storage) => {
      await storage.commit({ entries: [1, 2, 3].map((number) => entryAt(number, number)) });
      const asked = [3, 9, 1, 3, 2].map(keyOf);
      const found = (await storage.entriesOf(asked)).map((entry) => (entry === undefined ? '-' : entryText(entry)));
      const expected = [3, 9, 1, 3, 2].map((number) => (number === 9 ? '-' : entryText(entryAt(number, number))));
      demandSame(found, expected, 'the entries');
      demandSame(await storage.entriesOf([]), [], 'the entries of no keys');
    },
  ),
  law('range gives from <= key < to in the order of bytes, at most the limit', async (storage) => {
    const keys = ['00', '0000', '01', '01ff', '7f', '80', '8000', 'ff', 'ffff'];
    const shuffled = ['8000', '01', 'ff', '00', '7f', 'ffff', '0000', '80', '01ff'];
    await storage.commit({ entries: shuffled.map((key, leaf) => ({ key, leaf, value: bytes() })) });
    demandSame(await keysFrom(storage, '', undefined, ALL), keys, 'all keys');
    demandSame(await keysFrom(storage, '', undefined, 4), keys.slice(0, 4), 'the first four keys');
    demandSame(await keysFrom(storage, '01', '80', ALL), ['01', '01ff', '7f'], 'the keys from 01 to below 80');
    demandSame(await keysFrom(storage, '0001', '01ff', ALL), ['01'], 'the keys from 0001 to below 01ff');
    demandSame(await keysFrom(storage, '80', undefined, 2), ['80', '8000'], 'two keys from 80');
    for (const [from, to] of [
      ['80', '80'],
      ['80', '01'],
      ['ffffff', undefined],
      ['', ''],
    ] as const) {
      demandSame(await keysFrom(storage, from, to, ALL), [], `the keys from ${from} to ${to}`);
    }
    demandSame(await keysFrom(storage, '', undefined, 0), [], 'no keys');
  }),
  law('blocks come in the order of their heights, gaps included, at most the limit', async (storage) => {
    const heights = [12, 3, 100, 4, Number.MAX_SAFE_INTEGER, 0, 70_000, 2 ** 32];
    await storage.commit({ blocks: heights.map((height) => blockAt(height, 1)) });
    const ascending = [0, 3, 4, 12, 100, 70_000, 2 ** 32, Number.MAX_SAFE_INTEGER];
    demandSame(await heightsFrom(storage, 0, ALL), ascending, 'all heights');
    demandSame(await heightsFrom(storage, 4, 3), [4, 12, 100], 'three heights from 4');
    demandSame(await heightsFrom(storage, 13, ALL), ascending.slice(4), 'the heights from 13');
    demandSame(await heightsFrom(storage, 0, 0), [], 'no heights');
    demandSame(await storage.topHeight(), Number.MAX_SAFE_INTEGER, 'the top height');
  }),
];

const writing: readonly Law<Storage>[] = [
  law('blocks above a height are dropped before new ones are put', async (storage) => {
    await storage.commit({ blocks: [1, 2, 3, 4, 5].map((height) => blockAt(height, 1)) });
    await storage.commit({ blocks: [blockAt(4, 2)], dropBlocksAbove: 2 });
    const found = (await storage.blocks(0, ALL)).map(blockText);
    demandSame(found, [blockAt(1, 1), blockAt(2, 1), blockAt(4, 2)].map(blockText), 'the blocks after a drop above 2');
    await storage.commit({ dropBlocksAbove: 0 });
    demandSame(await storage.topHeight(), undefined, 'the top height after a drop above 0');
  }),
  law('what is put again replaces, and of two words in one batch the later stands', async (storage) => {
    await storage.commit({ blocks: [blockAt(1, 1)], entries: [entryAt(1, 1)], facts: { note: bytes(1) } });
    const blocks = [blockAt(1, 2), blockAt(1, 3)];
    const entries = [entryAt(1, 2), { ...entryAt(1, 3), leaf: 77 }, entryAt(2, 1), goneAt(2)];
    await storage.commit({ blocks, entries, facts: { note: bytes(2) } });
    demandSame((await storage.blocks(0, ALL)).map(blockText), [blockText(blockAt(1, 3))], 'the blocks');
    demandSame((await storage.range('', undefined, ALL)).map(entryText), [`${keyOf(1)} 77 03`], 'the entries');
    demandSame(hexOf(await storage.fact('note')), '02', 'the fact');
  }),
  law('entries and facts that are set to undefined are gone, and may come back', async (storage) => {
    const gone: Batch = { entries: [goneAt(1)], facts: { note: undefined } };
    await storage.commit(gone); // of what was never there, too
    await storage.commit({ entries: [entryAt(1, 1), entryAt(2, 1)], facts: { note: bytes(1), chain: bytes() } });
    await storage.commit(gone);
    demandSame(await keysFrom(storage, '', undefined, ALL), [keyOf(2)], 'the keys');
    demandSame(await storage.entriesOf([keyOf(1)]).then(([entry]) => entry ?? null), null, 'the entry that is gone');
    demandSame(hexOf(await storage.fact('note')), undefined, 'the fact that is gone');
    demandSame(hexOf(await storage.fact('chain')), '', 'a fact of no bytes');
    await storage.commit({ entries: [entryAt(1, 5)] });
    demandSame(
      (await storage.range('', undefined, ALL)).map(entryText)[0],
      `${keyOf(1)} 1 05`,
      'the entry that came back',
    );
  }),
  law('a batch that makes no sense is refused and nothing of it is stored', async (storage) => {
    const before = { blocks: [blockAt(1, 1)], entries: [entryAt(1, 1)], facts: { note: bytes(1) } };
    await storage.commit(before);
    const after: Batch = {
      dropBlocksAbove: 0,
      blocks: [blockAt(2, 2)],
      entries: [entryAt(1, 2)],
      facts: { note: bytes(2) },
    };
    const wrong: readonly Batch[] = [
      ...['', 'ABCD', 'abc', 'xy', '0x01'].map((key) => ({ entries: [entryAt(1, 2), { ...entryAt(2), key }] })),
      ...[-1, 0.5, Number.NaN, 2 ** 53].map((leaf) => ({ entries: [entryAt(1, 2), { ...entryAt(2), leaf }] })),
      ...[-1, 0.5, Number.NaN, 2 ** 53].map((height) => ({ blocks: [blockAt(2, 2), { ...blockAt(3), height }] })),
      ...['', 'ab', 'AB'.repeat(32)].map((id) => ({ blocks: [blockAt(2, 2), { ...blockAt(3), id }] })),
      ...[-1, 0.5].map((dropBlocksAbove) => ({ dropBlocksAbove })),
      ...['', 'two words', 'x'.repeat(65)].map((name) => ({ facts: { note: bytes(2), [name]: bytes(3) } })),
    ];
    for (const part of wrong) {
      const code = await codeOf(() => storage.commit({ ...after, ...part }));
      demandSame(code, 'invariant_violated', `the answer to a commit with ${JSON.stringify(part)}`);
    }
    demandSame(
      (await storage.blocks(0, ALL)).map(blockText),
      before.blocks.map(blockText),
      'the blocks after bad batches',
    );
    demandSame((await storage.range('', undefined, ALL)).map(entryText), before.entries.map(entryText), 'the entries');
    demandSame(hexOf(await storage.fact('note')), '01', 'the fact after bad batches');
  }),
  law('a read that makes no sense is refused', async (storage) => {
    const calls: readonly (() => Promise<unknown>)[] = [
      () => storage.block(-1),
      () => storage.block(0.5),
      () => storage.blocks(-1, 1),
      () => storage.blocks(0, -1),
      () => storage.blocks(0, Number.POSITIVE_INFINITY),
      () => storage.entriesOf([keyOf(1), 'AB']),
      () => storage.entriesOf(['']),
      () => storage.range('0', undefined, 1),
      () => storage.range('', 'g0', 1),
      () => storage.range('', undefined, Number.NaN),
      () => storage.fact('two words'),
    ];
    for (const call of calls) demandSame(await codeOf(call), 'invariant_violated', `the answer to ${call}`);
  }),
];

export const callLaws: readonly Law<Storage>[] = [...reading, ...writing];
