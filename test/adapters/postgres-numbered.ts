/**
 * PostgreSQL numbered: the numbered batches for PostgreSQL, and what its child prints.
 */
import { readFileSync } from 'node:fs';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import * as numbered from './numbered.ts';

export { numberOf } from './numbered.ts';

export const numberedBatch = numbered.numberedBatches({ longBytes: 9000 });

/** Commits the batch after the last one and gives its number. */
export const commitNext = (storage: Storage): Promise<number> => numbered.commitNext(storage, numberedBatch);

export class Account extends numbered.Account {
  constructor() {
    super(numberedBatch);
  }
}

/** All numbers that a child has printed to that file, in order. */
export const printedNumbers = (file: string): number[] =>
  [...readFileSync(file, 'utf8').matchAll(/^\d+$/gm)].map(([line]) => Number(line));
/** The codes that it has printed. */
export const printedCodes = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:storage_\w+|invariant_\w+|Error.*)$/gm)].map(([line]) => line);
