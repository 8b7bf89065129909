/**
 * The laws of storage: what every store must keep, so that the engine may stand on any of them.
 *
 * `storageLaws` hold for every store, `durabilityLaws` (storage-durable.ts) for one that can be opened again and is there
 * still. Source: protocol section 11; src/adapters/storage/storage.ts.
 */
import { sameBytes, toHex } from '../../core/bytes.ts';
import type { Storage } from '../storage/storage.ts';
import { chanceFrom } from './chance.ts';
import { demand, type Law } from './law.ts';
import { callLaws } from './storage-calls.ts';
import { Churn } from './storage-churn.ts';
import { batchBy, contentsOf, modelLeaves, StorageModel } from './storage-model.ts';
import {
  ALL,
  blockAt,
  blockTexts,
  bytes,
  codeOf,
  demandSame,
  goneAt,
  heightsFrom,
  hexOf,
  historyAt,
  historyTexts,
  law,
  leavesFrom,
  rowAt,
  rowText,
  rowTexts,
} from './storage-samples.ts';

const SEED = 20_181_114;
const MODEL_BATCHES = 300;
const MANY = 10_000;
const ROWS_AT_ONCE = 20_000;
const BIG_BYTES = 1024 * 1024;
const CHURN_ROUNDS = 12;

const sizes: readonly Law<Storage>[] = [
  law('values of up to a megabyte come back byte for byte', async (storage) => {
    const chance = chanceFrom(SEED);
    const values = [0, 1, 4095, 4096, 65_537, BIG_BYTES].map((length) => chance.bytes(length));
    await storage.commit({
      blocks: values.map((value, height) => ({ ...blockAt(height), bytes: value })),
      rows: values.map((value, leaf) => ({ leaf, bytes: value })),
      history: values.map((value, height) => ({ height, bytes: value })),
      facts: { note: values.at(-1) },
    });
    const blocks = (await storage.blocks(0, ALL)).map((block) => block.bytes);
    const rows = await storage.rows(values.map((_, leaf) => leaf));
    const scanned = (await storage.scan(0, ALL)).map((row) => row.bytes);
    const history = (await storage.history(0, ALL)).map((each) => each.bytes);
    const fact = await storage.fact('note');
    values.forEach((value, index) => {
      for (const [what, found] of Object.entries({ block: blocks, row: rows, 'scanned row': scanned, history })) {
        const back = found[index];
        demand(back !== undefined && sameBytes(back, value), `a ${what} of ${value.length} bytes came back as another`);
      }
    });
    const isSame = fact !== undefined && sameBytes(fact, values.at(-1) ?? bytes());
    demand(isSame, 'a fact of a megabyte came back as another');
  }),
  law('twenty thousand rows of one batch are read, page by page and at once', async (storage) => {
    const leaves = Array.from({ length: ROWS_AT_ONCE }, (_, index) => (index * 7919) % ROWS_AT_ONCE);
    await storage.commit({ rows: leaves.map((leaf) => rowAt(leaf, leaf & 0xff)) });
    let [count, pages] = [0, 0];
    for (;;) {
      const page = await storage.scan(count, 999);
      for (const row of page) {
        demandSame(rowText(row), rowText(rowAt(count, count & 0xff)), `row ${count}`);
        count += 1;
      }
      pages += 1;
      if (page.length === 0) break;
    }
    demandSame([count, pages], [ROWS_AT_ONCE, 22], 'the rows and pages of 999');
    const found = await storage.rows(leaves);
    const expected = leaves.map((leaf) => hexOf(bytes(leaf & 0xff)));
    demandSame(found.map(hexOf), expected, 'the rows asked for');
    await storage.commit({ rows: leaves.map((leaf) => goneAt(leaf)) });
    demandSame(await leavesFrom(storage, 0, ALL), [], 'the leaves when all are gone');
  }),
  law('ten thousand rows that are replaced and taken away again and again are as they were left', async (storage) => {
    const churn = new Churn(SEED, { leaves: 12_000, changes: MANY });
    for (let round = 1; round <= CHURN_ROUNDS; round += 1) {
      await storage.commit({ rows: churn.changes() });
      await churn.demandSome(storage);
      if (round % 4 === 0) await churn.demandAll(storage);
    }
    await storage.commit({ rows: churn.clearance() });
    demandSame(await leavesFrom(storage, 0, ALL), [], 'the leaves when all are gone');
    await storage.commit({ rows: churn.changes() });
    await churn.demandAll(storage);
  }),
  law('small batches between large ones are as they were left', async (storage) => {
    const [large, small] = [new Churn(SEED, { leaves: 6000, changes: 5000 }), chanceFrom(SEED)];
    const rows = new Map<number, number>();
    await storage.commit({ rows: large.changes() });
    for (let round = 0; round < 100; round += 1) {
      const leaf = 6000 + small.below(20);
      rows.set(leaf, round);
      await storage.commit({ rows: [rowAt(leaf, round)] });
      if (round % 10 === 0) await storage.commit({ rows: large.changes() });
    }
    await large.demandSome(storage);
    const expected = [...rows].sort(([a], [b]) => a - b).map(([leaf, round]) => rowText(rowAt(leaf, round)));
    demandSame(await rowTexts(storage, 6000), expected, 'the rows of the small batches');
  }),
];

const copies: readonly Law<Storage>[] = [
  law('values are copies: changing what was given or got changes nothing', async (storage) => {
    const given = [bytes(1, 2), bytes(3, 4), bytes(5, 6), bytes(7, 8)] as const;
    const [block, row, history, fact] = given;
    await storage.commit({
      blocks: [{ ...blockAt(1), bytes: block }],
      rows: [{ leaf: 1, bytes: row }, rowAt(2, 9)],
      history: [{ height: 1, bytes: history }],
      facts: { note: fact },
    });
    for (const value of given) value.fill(0xee);
    const readAll = async (): Promise<(Uint8Array | undefined)[]> => [
      (await storage.block(1))?.bytes,
      (await storage.blocks(1, 1))[0]?.bytes,
      ...(await storage.rows([1, 1])),
      ...(await storage.scan(1, 2)).map((each) => each.bytes),
      (await storage.history(1, 1))[0]?.bytes,
      await storage.fact('note'),
    ];
    const expected = ['0102', '0102', '0304', '0304', '0304', '09', '0506', '0708'];
    const got = await readAll();
    demandSame(got.map(hexOf), expected, 'the values after those given were changed');
    for (const [index, value] of got.entries()) {
      value?.fill(0xdd);
      const next = got[index + 1];
      if (next !== undefined)
        demandSame(hexOf(next), expected[index + 1], 'a value after the one beside it was changed');
    }
    demandSame((await readAll()).map(hexOf), expected, 'the values after those got were changed');
  }),
  law('values that come back are plain Uint8Arrays, whatever kind of view was given', async (storage) => {
    const around = Uint8Array.from({ length: 40 }, (_, index) => index);
    const shared = new Uint8Array(new SharedArrayBuffer(40));
    shared.set(around);
    class Special extends Uint8Array {}
    const views = [around.subarray(10, 13), shared.subarray(10, 13), new Special(around.subarray(10, 13))];
    await storage.commit({
      rows: views.map((value, leaf) => ({ leaf, bytes: value })),
      history: views.map((value, height) => ({ height, bytes: value })),
      blocks: views.map((value, height) => ({ ...blockAt(height), bytes: value })),
    });
    const found = [
      ...(await storage.rows(views.map((_, leaf) => leaf))),
      ...(await storage.scan(0, ALL)).map((each) => each.bytes),
      ...(await storage.history(0, ALL)).map((each) => each.bytes),
      ...(await storage.blocks(0, ALL)).map((each) => each.bytes),
    ];
    demandSame(found.length, 4 * views.length, 'the number of values');
    for (const value of found) {
      demandSame(value && toHex(value), '0a0b0c', 'the bytes of a view');
      demand(
        value !== undefined && Object.getPrototypeOf(value) === Uint8Array.prototype,
        'a value is no plain Uint8Array',
      );
    }
  }),
];

const together: readonly Law<Storage>[] = [
  law(
    'batches that are committed at once take effect one after the other, in the order of the calls',
    async (storage) => {
      // Each drops what the ones after it have put: one that comes late takes their blocks away.
      const commits = Array.from({ length: 50 }, (_, round) =>
        storage.commit({
          dropBlocksAbove: round,
          blocks: [blockAt(round + 1, round)],
          rows: [rowAt(1, round), rowAt(2, round)],
        }),
      );
      const reads = Array.from({ length: 50 }, () => storage.rows([1, 2]));
      const scans = Array.from({ length: 50 }, () => storage.scan(1, 2));
      for (const [first, second] of await Promise.all(reads)) {
        demandSame(hexOf(first), hexOf(second), 'a row read between two batches');
      }
      for (const [first, second] of await Promise.all(scans)) {
        demandSame(hexOf(first?.bytes), hexOf(second?.bytes), 'a row scanned between two batches');
      }
      await Promise.all(commits);
      demandSame((await storage.rows([1, 2])).map(hexOf), ['31', '31'], 'what the last batch put');
      demandSame((await heightsFrom(storage, 0, ALL)).length, 50, 'the number of blocks after 50 batches');
    },
  ),
  law('after random batches the store holds what plain maps hold', async (storage) => {
    const [chance, model] = [chanceFrom(SEED), new StorageModel()];
    for (let round = 1; round <= MODEL_BATCHES; round += 1) {
      const batch = batchBy(chance);
      model.commit(batch);
      await storage.commit(batch);
      demandSame(await contentsOf(storage), model.contents(), `the store after batch ${round}`);
      const [from, limit] = [chance.oneOf(modelLeaves), chance.below(6)];
      demandSame(await rowTexts(storage, from, limit), model.scan(from, limit), `${limit} rows from ${from}`);
      const asked = [chance.oneOf(modelLeaves), from, chance.oneOf(modelLeaves)];
      const found = (await storage.rows(asked)).map(hexOf);
      demandSame(
        found,
        asked.map((leaf) => model.row(leaf)),
        `the rows ${asked.join()}`,
      );
      demandSame(await blockTexts(storage, limit, limit), model.blocks(limit, limit), `${limit} blocks from ${limit}`);
      const history = model.history(limit, limit);
      demandSame(await historyTexts(storage, limit, limit), history, `${limit} histories from ${limit}`);
    }
  }),
  law('a closed store refuses everything but to be closed again', async (storage) => {
    await storage.commit({ facts: { note: bytes(1) }, rows: [rowAt(1)], history: [historyAt(1)] });
    await storage.close();
    await storage.close();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => storage.fact('note'),
      () => storage.block(0),
      () => storage.blocks(0, 1),
      () => storage.topHeight(),
      () => storage.rows([]),
      () => storage.scan(0, 1),
      () => storage.history(0, 1),
      () => storage.commit({}),
    ];
    for (const call of calls)
      demandSame(await codeOf(call), 'storage_closed', `the answer of a closed store to ${call}`);
  }),
];

/** The laws of every store. Each makes one, and closes it. */
export const storageLaws: readonly Law<Storage>[] = [...callLaws, ...sizes, ...copies, ...together];
