/**
 * Level numbered: the numbered batches for Level.
 */
import * as numbered from './numbered.ts';

export { lastPrinted, numberOf } from './numbered.ts';

/** The long block fills more than one block of a log. */
export const numberedBatch = numbered.numberedBatches({ longBytes: 70_000, longEvery: 5 });

export class Account extends numbered.Account {
  constructor() {
    super(numberedBatch);
  }
}
