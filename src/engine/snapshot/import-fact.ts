/**
 * Import fact: what a store says of itself while a snapshot is being imported into it.
 *
 * As long as it is there the store is no chain: rows are missing. The last step of an import takes it away in the batch that
 * names the chain.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage } from '../../adapters/storage/storage.ts';
import { HASH_BYTES, type Hash } from '../../core/units.ts';
import { bytesField, hexField, safeField } from '../../core/wire/fields.ts';
import { message } from '../../core/wire/proto.ts';

/** The name of the fact. */
export const importFact = 'snapshot-import';

/** How far an import is. */
export interface ImportProgress {
  /** The last bytes of the manifest, which stand for all of it. */
  readonly manifest: Hash;
  /** Files of rows that are in. */
  readonly chunks: number;
  /** Rows that are in. */
  readonly rows: number;
  /** The keys that passed by. */
  readonly ring: Uint8Array;
}

const progressMessage = message<ImportProgress>({
  manifest: hexField<Hash>(1, HASH_BYTES),
  chunks: safeField<number>(2),
  rows: safeField<number>(3),
  ring: bytesField(4),
});

export const encodeProgress = (progress: ImportProgress): Uint8Array => progressMessage.encode(progress);

/** How far the import into this store is: 'malformed' if it says so and nobody can tell, `undefined` if there is none. */
export const readProgress = async (storage: Storage): Promise<ImportProgress | 'malformed' | undefined> => {
  const stored = await storage.fact(importFact);
  if (stored === undefined) return undefined;
  const decoded = progressMessage.decode(stored);
  return E.isLeft(decoded) ? decoded.left : decoded.right;
};

/** Whether a snapshot was begun to be imported into this store, and is not all in. */
export const isHalfImported = async (storage: Storage): Promise<boolean> =>
  (await storage.fact(importFact)) !== undefined;
