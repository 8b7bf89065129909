/**
 * The laws of storage that outlives its object: what was committed is there when the store is opened again.
 *
 * Source: src/adapters/storage/storage.ts.
 */
import type { Batch, Storage } from '../storage/storage.ts';
import { chanceFrom } from './chance.ts';
import { demand, type Law } from './law.ts';
import { Churn } from './storage-churn.ts';
import { batchBy, contentsOf, NOTHING, StorageModel } from './storage-model.ts';
import { blockAt, bytes, codeOf, demandSame, hexOf, historyAt, rowAt } from './storage-samples.ts';

/** A store that outlives its object. */
export interface ReopenableStorage {
  readonly storage: Storage;
  /** Opens what `storage`, closed by now, has left behind. */
  reopen(): Promise<Storage>;
}

const SEED = 20_181_114;
const OPENINGS = 5;
const BATCHES = 10;

/** Closes the store that was opened last and opens it again; gives the new one. */
type Again = () => Promise<Storage>;

const durable = (name: string, keeps: (first: Storage, again: Again) => Promise<void>): Law<ReopenableStorage> => ({
  name,
  check: async (make) => {
    const { storage, reopen } = await make();
    let current = storage;
    try {
      await keeps(storage, async () => {
        await current.close();
        current = await reopen();
        return current;
      });
    } finally {
      await current.close();
    }
  },
});

/** The laws of a store that outlives its object. */
export const durabilityLaws: readonly Law<ReopenableStorage>[] = [
  durable('what was committed is there after closing and opening again, and can be changed', async (first, again) => {
    const [chance, model] = [chanceFrom(SEED), new StorageModel()];
    let current = first;
    for (let opening = 1; opening <= OPENINGS; opening += 1) {
      for (let count = 0; count < BATCHES; count += 1) {
        const batch = batchBy(chance);
        model.commit(batch);
        await current.commit(batch);
      }
      current = await again();
      demandSame(await contentsOf(current), model.contents(), `the store after opening ${opening + 1}`);
    }
  }),
  durable('a store that was closed without a batch is empty when it is opened again', async (_, again) => {
    demandSame(await contentsOf(await again()), NOTHING, 'the store');
  }),
  durable('opening again and again without a batch changes nothing', async (first, again) => {
    const [chance, model] = [chanceFrom(SEED + 1), new StorageModel()];
    for (let count = 0; count < BATCHES; count += 1) {
      const batch = batchBy(chance);
      model.commit(batch);
      await first.commit(batch);
    }
    for (let opening = 1; opening <= OPENINGS; opening += 1) {
      demandSame(await contentsOf(await again()), model.contents(), `the store after opening ${opening + 1}`);
    }
  }),
  durable(
    'ten thousand rows that are replaced and taken away again and again last as they are',
    async (first, again) => {
      const churn = new Churn(SEED, { leaves: 12_000, changes: 10_000 });
      let current = first;
      for (let opening = 1; opening <= OPENINGS; opening += 1) {
        for (let count = 0; count < 2; count += 1) await current.commit({ rows: churn.changes() });
        current = await again();
        await churn.demandSome(current);
        await churn.demandAll(current);
      }
      await current.commit({ rows: churn.clearance() });
      current = await again();
      demandSame(await current.scan(0, 1), [], 'the rows when all were taken away');
      await current.commit({ rows: churn.changes() });
      await churn.demandAll(await again());
    },
  ),
  durable(
    'a batch whose commit meets the closing of its store is in if it was acknowledged, and else not in part',
    async (first, again) => {
      const batch: Batch = {
        blocks: [blockAt(1, 1)],
        rows: [rowAt(1, 1)],
        history: [historyAt(1, 1)],
        facts: { note: bytes(1) },
      };
      const commit = codeOf(() => first.commit(batch));
      const closing = first.close();
      const code = await commit;
      await closing;
      demand(code === undefined || code === 'storage_closed', `a commit that met the closing was answered ${code}`);
      const current = await again();
      const { blocks, rows, history } = await contentsOf(current);
      const parts = [blocks.length, rows.length, history.length, hexOf(await current.fact('note')) === '01' ? 1 : 0];
      const whole = code === undefined ? [1, 1, 1, 1] : [0, 0, 0, 0];
      demandSame(parts, whole, `the blocks, rows, histories and facts of a batch that was ${code ?? 'acknowledged'}`);
    },
  ),
];
