/**
 * The laws of storage, call by call: what each read answers and what each part of a batch does.
 */
import type { Batch, Storage } from '../storage/storage.ts';
import { demand, type Law } from './law.ts';
import { contentsOf, NOTHING } from './storage-model.ts';
import {
  ALL,
  blockAt,
  blockText,
  blockTexts,
  bytes,
  codeOf,
  demandSame,
  goneAt,
  heightsFrom,
  hexOf,
  historyAt,
  historyText,
  historyTexts,
  LAST_LEAF,
  law,
  leavesFrom,
  rowAt,
  rowText,
  rowTexts,
} from './storage-samples.ts';

/** More than any page that is fetched at once. */
const MANY_HEIGHTS = 3_000;
/** As long as the longest name of a fact that an engine gives. */
const LONG_NAME = 64;

const reading: readonly Law<Storage>[] = [
  law('a new store is empty', async (storage) => {
    demandSame(await contentsOf(storage), NOTHING, 'a new store');
    demandSame(await storage.topHeight(), undefined, 'the top height of a new store');
    demandSame(await storage.block(0), undefined, 'block 0 of a new store');
    demandSame((await storage.rows([1, 2])).map(hexOf), [undefined, undefined], 'its rows');
    demand(storage.name.length > 0, 'the store has no name');
  }),
  law('what was committed is read', async (storage) => {
    const [block, row, history] = [blockAt(7, 1, 2, 3), rowAt(1, 4, 5), historyAt(6, 7)];
    await storage.commit({ blocks: [block], rows: [row], history: [history], facts: { chain: bytes(9, 8) } });
    demandSame(await blockTexts(storage), [blockText(block)], 'the blocks');
    demandSame(blockText((await storage.block(7)) ?? blockAt(0)), blockText(block), 'block 7');
    demandSame(await storage.topHeight(), 7, 'the top height');
    demandSame(await rowTexts(storage), [rowText(row)], 'the rows');
    demandSame((await storage.rows([1])).map(hexOf), ['0405'], 'the row of leaf 1');
    demandSame(await historyTexts(storage), [historyText(history)], 'the history');
    demandSame(hexOf(await storage.fact('chain')), '0908', 'the fact');
    demandSame(hexOf(await storage.fact('other')), undefined, 'a fact that was not stored');
  }),
  law(
    'rows answers in the order asked, again for a leaf asked twice, and nothing for one that is not there',
    async (storage) => {
      await storage.commit({ rows: [1, 2, 3, LAST_LEAF].map((leaf) => rowAt(leaf, leaf & 0xff)) });
      const asked = [3, 9, LAST_LEAF, 1, 3, 0, 2];
      const expected = ['03', undefined, 'ff', '01', '03', undefined, '02'];
      demandSame((await storage.rows(asked)).map(hexOf), expected, 'the rows');
      demandSame(await storage.rows([]), [], 'the rows of no leaves');
    },
  ),
  law('scan gives the rows from a leaf on in the order of numbers, at most the limit', async (storage) => {
    const leaves = [0, 1, 9, 10, 255, 256, 65_536, 2 ** 31 - 1, 2 ** 31, LAST_LEAF - 1, LAST_LEAF];
    const shuffled = leaves.map((_, index) => leaves[(index * 7) % leaves.length] as number);
    await storage.commit({ rows: shuffled.map((leaf) => rowAt(leaf)) });
    demandSame(await leavesFrom(storage, 0, ALL), leaves, 'all leaves');
    demandSame(await leavesFrom(storage, 0, 4), leaves.slice(0, 4), 'the first four leaves');
    demandSame(await leavesFrom(storage, 9, 3), [9, 10, 255], 'three leaves from 9');
    demandSame(await leavesFrom(storage, 11, 2), [255, 256], 'two leaves from 11');
    demandSame(await leavesFrom(storage, 2 ** 31, ALL), leaves.slice(8), 'the leaves from 2^31');
    demandSame(await leavesFrom(storage, LAST_LEAF, ALL), [LAST_LEAF], 'the last leaf');
    demandSame(await leavesFrom(storage, 0, 0), [], 'no leaves');
    await storage.commit({ rows: [goneAt(LAST_LEAF)] });
    demandSame(await leavesFrom(storage, LAST_LEAF, ALL), [], 'the leaves from the last one when it is gone');
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
  law('histories come in the order of their heights, gaps included, at most the limit', async (storage) => {
    const heights = [12, 3, Number.MAX_SAFE_INTEGER, 0, 2 ** 32];
    await storage.commit({ history: heights.map((height) => historyAt(height, height & 0xff)) });
    const ascending = [0, 3, 12, 2 ** 32, Number.MAX_SAFE_INTEGER];
    const texts = ascending.map((height) => historyText(historyAt(height, height & 0xff)));
    demandSame(await historyTexts(storage), texts, 'all histories');
    demandSame(await historyTexts(storage, 1, 2), texts.slice(1, 3), 'two histories from 1');
    demandSame(await historyTexts(storage, 13), texts.slice(3), 'the histories from 13');
    demandSame(await historyTexts(storage, 0, 0), [], 'no histories');
    demandSame(await storage.topHeight(), undefined, 'the top height, which is that of blocks');
  }),
  law('as many blocks and histories come as were asked for and are there, however many', async (storage) => {
    const heights = Array.from({ length: MANY_HEIGHTS }, (_, height) => height);
    const [blocks, history] = [
      heights.map((height) => blockAt(height, 1)),
      heights.map((height) => historyAt(height, 1)),
    ];
    await storage.commit({ blocks, history });
    for (const limit of [ALL, MANY_HEIGHTS - 1]) {
      const expected = heights.slice(0, limit);
      demandSame(await heightsFrom(storage, 0, limit), expected, `the heights of up to ${limit} blocks`);
      const told = (await storage.history(0, limit)).map(({ height }) => height);
      demandSame(told, expected, `the heights of up to ${limit} histories`);
    }
  }),
  law('names of facts are told apart to their last letter, large from small', async (storage) => {
    const long = 'n'.repeat(LONG_NAME - 1);
    const names = ['note', 'Note', 'notes', 'no-te', `${long}a`, `${long}b`, `${long}`];
    await storage.commit({ facts: Object.fromEntries(names.map((name, index) => [name, bytes(index)])) });
    for (const [index, name] of names.entries())
      demandSame(hexOf(await storage.fact(name)), hexOf(bytes(index)), `the fact ${name}`);
    demandSame(await storage.fact('NOTE'), undefined, 'a fact that was not stored');
  }),
];

const writing: readonly Law<Storage>[] = [
  law('blocks above a height are dropped before new ones are put; rows and histories stay', async (storage) => {
    const [rows, history] = [[rowAt(4, 1)], [historyAt(4, 1)]];
    await storage.commit({ blocks: [1, 2, 3, 4, 5].map((height) => blockAt(height, 1)), rows, history });
    await storage.commit({ blocks: [blockAt(4, 2)], dropBlocksAbove: 2 });
    const expected = [blockAt(1, 1), blockAt(2, 1), blockAt(4, 2)].map(blockText);
    demandSame(await blockTexts(storage), expected, 'the blocks after a drop above 2');
    await storage.commit({ dropBlocksAbove: 0 });
    demandSame(await storage.topHeight(), undefined, 'the top height after a drop above 0');
    demandSame(await rowTexts(storage), rows.map(rowText), 'the rows after a drop');
    demandSame(await historyTexts(storage), history.map(historyText), 'the histories after a drop');
  }),
  law('a block by its height is as it was put last, and none once it was dropped', async (storage) => {
    const by = async (height: number) => {
      const block = await storage.block(height);
      return block && blockText(block);
    };
    const top = 2 ** 32 + 2;
    await storage.commit({ blocks: [blockAt(1, 1), blockAt(2, 1), blockAt(3, 1)] });
    demandSame(
      [await by(2), await by(3), await by(top)],
      [blockText(blockAt(2, 1)), blockText(blockAt(3, 1)), undefined],
      'blocks 2, 3 and 2^32 + 2',
    );
    await storage.commit({ blocks: [blockAt(2, 2), blockAt(top, 3)] });
    demandSame(
      [await by(2), await by(top)],
      [blockText(blockAt(2, 2)), blockText(blockAt(top, 3))],
      'blocks 2 and 2^32 + 2, put again',
    );
    await storage.commit({ dropBlocksAbove: 1 });
    demandSame(
      [await by(1), await by(2), await by(3), await by(top)],
      [blockText(blockAt(1, 1)), undefined, undefined, undefined],
      'blocks 1 to 3 and 2^32 + 2 after a drop above 1',
    );
  }),
  law('what is put again replaces, and of two words in one batch the later stands', async (storage) => {
    const first = { blocks: [blockAt(1, 1)], rows: [rowAt(1, 1), rowAt(3, 1)], history: [historyAt(1, 1)] };
    await storage.commit({ ...first, facts: { note: bytes(1) } });
    const rows = [rowAt(1, 2), rowAt(1, 3, 3), rowAt(2, 1), goneAt(2), goneAt(3), rowAt(3, 4)];
    const history = [historyAt(1, 2), historyAt(1, 3), historyAt(2, 1), { height: 2, bytes: undefined }];
    await storage.commit({ blocks: [blockAt(1, 2), blockAt(1, 3)], rows, history, facts: { note: bytes(2) } });
    demandSame(await blockTexts(storage), [blockText(blockAt(1, 3))], 'the blocks');
    demandSame(await rowTexts(storage), ['1 0303', '3 04'], 'the rows');
    demandSame((await storage.rows([1, 2, 3])).map(hexOf), ['0303', undefined, '04'], 'the rows by leaf');
    demandSame(await historyTexts(storage), ['1 03'], 'the histories');
    demandSame(hexOf(await storage.fact('note')), '02', 'the fact');
  }),
  law('rows, histories and facts that are set to undefined are gone, and may come back', async (storage) => {
    const gone: Batch = {
      rows: [goneAt(1)],
      history: [{ height: 1, bytes: undefined }],
      facts: { note: undefined },
    };
    await storage.commit(gone); // of what was never there, too
    await storage.commit({
      rows: [rowAt(1, 1), rowAt(2)],
      history: [historyAt(1, 1), historyAt(2)],
      facts: { note: bytes(1), chain: bytes() },
    });
    await storage.commit(gone);
    demandSame(await rowTexts(storage), ['2 '], 'the rows: one of no bytes is left');
    demandSame(
      (await storage.rows([1, 2])).map(hexOf),
      [undefined, ''],
      'the row that is gone and the one of no bytes',
    );
    demandSame(await historyTexts(storage), ['2 '], 'the histories: one of no bytes is left');
    demandSame(hexOf(await storage.fact('note')), undefined, 'the fact that is gone');
    demandSame(hexOf(await storage.fact('chain')), '', 'a fact of no bytes');
    await storage.commit({ rows: [rowAt(1, 5)], history: [historyAt(1, 6)] });
    demandSame(await rowTexts(storage), ['1 05', '2 '], 'the rows when one came back');
    demandSame(await historyTexts(storage), ['1 06', '2 '], 'the histories when one came back');
  }),
  law('a batch that makes no sense is refused and nothing of it is stored', async (storage) => {
    await storage.commit({
      blocks: [blockAt(1, 1)],
      rows: [rowAt(1, 1)],
      history: [historyAt(1, 1)],
      facts: { note: bytes(1) },
    });
    const before = await contentsOf(storage);
    const after: Batch = {
      dropBlocksAbove: 0,
      blocks: [blockAt(2, 2)],
      rows: [rowAt(1, 2)],
      history: [historyAt(1, 2)],
      facts: { note: bytes(2) },
    };
    const noBytes = [1, 2] as unknown as Uint8Array;
    const wrong: readonly Batch[] = [
      ...[-1, 0.5, Number.NaN, 2 ** 32].map((leaf) => ({ rows: [rowAt(1, 2), rowAt(leaf)] })),
      { rows: [rowAt(1, 2), { leaf: 2, bytes: noBytes }] },
      ...[-1, 0.5, Number.NaN, 2 ** 53].map((height) => ({ blocks: [blockAt(2, 2), { ...blockAt(3), height }] })),
      ...[-1, 0.5, Number.NaN, 2 ** 53].map((height) => ({ history: [historyAt(1, 2), historyAt(height)] })),
      ...['', 'ab', 'AB'.repeat(32)].map((id) => ({ blocks: [blockAt(2, 2), { ...blockAt(3), id }] })),
      ...[-1, 0.5].map((dropBlocksAbove) => ({ dropBlocksAbove })),
      ...['', 'two words', 'x'.repeat(65)].map((name) => ({ facts: { note: bytes(2), [name]: bytes(3) } })),
    ];
    for (const part of wrong) {
      const code = await codeOf(() => storage.commit({ ...after, ...part }));
      demandSame(code, 'invariant_violated', `the answer to a commit with ${JSON.stringify(part)}`);
      demandSame(await contentsOf(storage), before, `the store after a commit with ${JSON.stringify(part)}`);
    }
  }),
  law('a read that makes no sense is refused', async (storage) => {
    const calls: readonly (() => Promise<unknown>)[] = [
      () => storage.block(-1),
      () => storage.block(0.5),
      () => storage.blocks(-1, 1),
      () => storage.blocks(0, -1),
      () => storage.blocks(0, Number.POSITIVE_INFINITY),
      () => storage.rows([1, -1]),
      () => storage.rows([0.5]),
      () => storage.rows([2 ** 32]),
      () => storage.scan(-1, 1),
      () => storage.scan(2 ** 32, 1),
      () => storage.scan(0, Number.NaN),
      () => storage.history(-1, 1),
      () => storage.history(0, -1),
      () => storage.fact('two words'),
    ];
    for (const call of calls) demandSame(await codeOf(call), 'invariant_violated', `the answer to ${call}`);
  }),
];

export const callLaws: readonly Law<Storage>[] = [...reading, ...writing];
