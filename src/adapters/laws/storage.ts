/**
 * The laws of storage: what every store must keep, so that the engine may stand on any of them.
 *
 * `storageLaws` hold for every store, `durabilityLaws` for one that can be opened again and is there still.
 * Source: protocol section 11; src/adapters/storage/storage.ts.
 */
import { sameBytes, toHex } from '../../core/bytes.ts';
import type { Storage } from '../storage/storage.ts';
import { chanceFrom } from './chance.ts';
import { demand, type Law } from './law.ts';
import { callLaws } from './storage-calls.ts';
import { batchBy, blockText, contentsOf, entryText, modelKeys, StorageModel } from './storage-model.ts';
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

/** A store that outlives its object. */
export interface ReopenableStorage {
  readonly storage: Storage;
  /** Opens what `storage`, closed by now, has left behind. */
  reopen(): Promise<Storage>;
}

const SEED = 20_181_114;
const MODEL_BATCHES = 300;
const MANY = 10_000;
const BIG_BYTES = 1024 * 1024;

const sizes: readonly Law<Storage>[] = [
  law('values of up to a megabyte come back byte for byte', async (storage) => {
    const chance = chanceFrom(SEED);
    const values = [0, 1, 4095, 4096, 65_537, BIG_BYTES].map((length) => chance.bytes(length));
    await storage.commit({
      blocks: values.map((value, height) => ({ ...blockAt(height), bytes: value })),
      entries: values.map((value, number) => ({ ...entryAt(number), value })),
      facts: { note: values.at(-1) },
    });
    const [blocks, entries] = [
      await storage.blocks(0, ALL),
      await storage.entriesOf(values.map((_, number) => keyOf(number))),
    ];
    values.forEach((value, index) => {
      const [block, entry] = [blocks[index]?.bytes, entries[index]?.value];
      demand(block !== undefined && sameBytes(block, value), `a block of ${value.length} bytes came back as another`);
      demand(entry !== undefined && sameBytes(entry, value), `an entry of ${value.length} bytes came back as another`);
    });
    const fact = await storage.fact('note');
    demand(
      fact !== undefined && sameBytes(fact, values.at(-1) ?? bytes()),
      'a fact of a megabyte came back as another',
    );
  }),
  law('ten thousand entries of one batch are read, page by page and at once', async (storage) => {
    const numbers = Array.from({ length: MANY }, (_, index) => (index * 7919) % MANY);
    await storage.commit({ entries: numbers.map((number) => entryAt(number, number & 0xff)) });
    let [from, count, pages] = ['', 0, 0];
    for (;;) {
      const page = await storage.range(from, undefined, 999);
      for (const entry of page) {
        demandSame(entryText(entry), entryText(entryAt(count, count & 0xff)), `entry ${count}`);
        count += 1;
      }
      pages += 1;
      const last = page.at(-1);
      if (last === undefined) break;
      from = `${last.key}00`; // the least key above it
    }
    demandSame([count, pages], [MANY, 12], 'the entries and pages of 999');
    const found = await storage.entriesOf(numbers.map(keyOf));
    demandSame(
      found.map((entry) => entry?.leaf),
      numbers,
      'the leaves asked for',
    );
    await storage.commit({ entries: numbers.map((number) => goneAt(number)) });
    demandSame(await keysFrom(storage, '', undefined, ALL), [], 'the keys when all are gone');
  }),
];

const copies: readonly Law<Storage>[] = [
  law('values are copies: changing what was given or got changes nothing', async (storage) => {
    const given = { block: bytes(1, 2), entry: bytes(3, 4), fact: bytes(5, 6) };
    await storage.commit({
      blocks: [{ ...blockAt(1), bytes: given.block }],
      entries: [{ ...entryAt(1), value: given.entry }],
      facts: { note: given.fact },
    });
    for (const value of Object.values(given)) value.fill(0xee);
    const readAll = async (): Promise<(Uint8Array | undefined)[]> => [
      (await storage.block(1))?.bytes,
      (await storage.blocks(1, 1))[0]?.bytes,
      (await storage.entriesOf([keyOf(1)]))[0]?.value,
      (await storage.range(keyOf(1), undefined, 1))[0]?.value,
      await storage.fact('note'),
    ];
    const got = await readAll();
    demandSame(got.map(hexOf), ['0102', '0102', '0304', '0304', '0506'], 'the values after those given were changed');
    for (const value of got) value?.fill(0xdd);
    demandSame(
      (await readAll()).map(hexOf),
      ['0102', '0102', '0304', '0304', '0506'],
      'the values after those got were changed',
    );
  }),
  law('values that come back are plain Uint8Arrays, whatever kind of view was given', async (storage) => {
    const around = Uint8Array.from({ length: 40 }, (_, index) => index);
    const shared = new Uint8Array(new SharedArrayBuffer(40));
    shared.set(around);
    class Special extends Uint8Array {}
    const views = [around.subarray(10, 13), shared.subarray(10, 13), new Special(around.subarray(10, 13))];
    await storage.commit({ entries: views.map((value, number) => ({ ...entryAt(number), value })) });
    for (const { value } of await storage.range('', undefined, ALL)) {
      demandSame(toHex(value), '0a0b0c', 'the bytes of a view');
      demand(Object.getPrototypeOf(value) === Uint8Array.prototype, 'a value is a subclass of Uint8Array');
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
          entries: [entryAt(1, round), entryAt(2, round)],
        }),
      );
      const reads = Array.from({ length: 50 }, () => storage.entriesOf([keyOf(1), keyOf(2)]));
      for (const [first, second] of await Promise.all(reads)) {
        demandSame(hexOf(first?.value), hexOf(second?.value), 'an entry read between two batches');
      }
      await Promise.all(commits);
      const last = (await storage.entriesOf([keyOf(1), keyOf(2)])).map((entry) => hexOf(entry?.value));
      demandSame(last, ['31', '31'], 'what the last batch put');
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
      const [from, to, limit] = [chance.oneOf(modelKeys), chance.oneOf(modelKeys), chance.below(6)];
      const range = (await storage.range(from, to, limit)).map(entryText);
      demandSame(range, model.range(from, to, limit), `${limit} entries from ${from} to ${to}`);
      const blocks = (await storage.blocks(limit, limit)).map(blockText);
      demandSame(blocks, model.blocks(limit, limit), `${limit} blocks from ${limit}`);
    }
  }),
  law('a closed store refuses everything but to be closed again', async (storage) => {
    await storage.commit({ facts: { note: bytes(1) } });
    await storage.close();
    await storage.close();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => storage.fact('note'),
      () => storage.block(0),
      () => storage.blocks(0, 1),
      () => storage.topHeight(),
      () => storage.entriesOf([]),
      () => storage.range('', undefined, 1),
      () => storage.commit({}),
    ];
    for (const call of calls)
      demandSame(await codeOf(call), 'storage_closed', `the answer of a closed store to ${call}`);
  }),
];

/** The laws of every store. Each makes one, and closes it. */
export const storageLaws: readonly Law<Storage>[] = [...callLaws, ...sizes, ...copies, ...together];

const durable = (
  name: string,
  keeps: (reopenable: ReopenableStorage, opened: Storage[]) => Promise<void>,
): Law<ReopenableStorage> => ({
  name,
  check: async (make) => {
    const reopenable = await make();
    const opened = [reopenable.storage];
    try {
      await keeps(reopenable, opened);
    } finally {
      for (const storage of opened) await storage.close();
    }
  },
});

/** The laws of a store that outlives its object. */
export const durabilityLaws: readonly Law<ReopenableStorage>[] = [
  durable(
    'what was committed is there after closing and opening again, and can be changed',
    async ({ storage, reopen }, opened) => {
      const [chance, model] = [chanceFrom(SEED), new StorageModel()];
      let current = storage;
      for (let round = 1; round <= 5; round += 1) {
        for (let count = 0; count < 10; count += 1) {
          const batch = batchBy(chance);
          model.commit(batch);
          await current.commit(batch);
        }
        await current.close();
        current = await reopen();
        opened.push(current);
        demandSame(await contentsOf(current), model.contents(), `the store after opening ${round + 1}`);
      }
    },
  ),
  durable(
    'a store that was closed without a batch is empty when it is opened again',
    async ({ storage, reopen }, opened) => {
      await storage.close();
      const again = await reopen();
      opened.push(again);
      demandSame(await contentsOf(again), { facts: [], blocks: [], entries: [] }, 'the store');
    },
  ),
];
