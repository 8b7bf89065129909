/**
 * SQLite numbered: the numbered batches for SQLite.
 */
import type { Storage } from '../../src/adapters/storage/storage.ts';
import { Account, numberedBatches } from './numbered.ts';

export { lastPrinted, numberOf } from './numbered.ts';

/** The long block takes pages of its own. Leaves are dense, as those of a chain: how long words wait in the log depends on the greatest. */
export const numberedBatch = numberedBatches({
  longBytes: 9000,
  place: ({ leaf, bytes }) => ({ leaf: leaf % 1000, bytes }),
});

/** The number of batches in the store, and whether it holds exactly what that many leave. */
export const accountOf = (storage: Storage) => new Account(numberedBatch).of(storage);
