/**
 * Synchronous storage: a store whose calls are done when they return, behind the promises of the door.
 *
 * Memory and SQLite are such stores. What they share is here: arguments are checked first, a closed store answers
 * nothing, and after a commit whose fate is unknown nothing more is done until the store is opened again.
 */
import {
  type Batch,
  checkBatch,
  checkFactName,
  checkHeight,
  checkLeaf,
  checkLimit,
  type Storage,
  StorageError,
  type StoredBlock,
  type StoredHistory,
  type StoredRow,
} from './storage.ts';

/** The calls of `Storage`, each done when it returns. Arguments are checked already; values are copies or never shared. */
export interface SynchronousStore {
  fact(name: string): Uint8Array | undefined;
  block(height: number): StoredBlock | undefined;
  blocks(fromHeight: number, limit: number): readonly StoredBlock[];
  topHeight(): number | undefined;
  rows(leaves: readonly number[]): readonly (Uint8Array | undefined)[];
  scan(fromLeaf: number, limit: number): readonly StoredRow[];
  history(fromHeight: number, limit: number): readonly StoredHistory[];
  commit(batch: Batch): void;
  close(): void;
}

const closed = (): StorageError =>
  new StorageError('storage_closed', 'this storage was closed; open it again to use it');

const failedEarlier = (cause: unknown): StorageError =>
  new StorageError('storage_failed', 'an earlier commit failed; close this storage and open it again', { cause });

/** The store as a `Storage`. `explain` makes a `StorageError` of what the store throws, where it can. */
export const storageOver = (
  name: string,
  store: SynchronousStore,
  explain: (error: unknown) => unknown = (error) => error,
): Storage => {
  let isOpen = true;
  let failure: unknown;

  /** A promise of what `action` returns or throws, settled already. */
  const settled = <T>(action: () => T): Promise<T> =>
    new Promise((resolve) => {
      if (!isOpen) throw closed();
      if (failure !== undefined) throw failedEarlier(failure);
      try {
        resolve(action());
      } catch (error) {
        throw explain(error);
      }
    });

  return {
    name,
    fact: (factName) =>
      settled(() => {
        checkFactName(factName);
        return store.fact(factName);
      }),
    block: (height) =>
      settled(() => {
        checkHeight(height);
        return store.block(height);
      }),
    blocks: (fromHeight, limit) =>
      settled(() => {
        checkHeight(fromHeight);
        checkLimit(limit);
        return store.blocks(fromHeight, limit);
      }),
    topHeight: () => settled(() => store.topHeight()),
    rows: (leaves) =>
      settled(() => {
        for (const leaf of leaves) checkLeaf(leaf);
        return store.rows(leaves);
      }),
    scan: (fromLeaf, limit) =>
      settled(() => {
        checkLeaf(fromLeaf);
        checkLimit(limit);
        return store.scan(fromLeaf, limit);
      }),
    history: (fromHeight, limit) =>
      settled(() => {
        checkHeight(fromHeight);
        checkLimit(limit);
        return store.history(fromHeight, limit);
      }),
    commit: (batch) =>
      settled(() => {
        checkBatch(batch);
        try {
          store.commit(batch);
        } catch (error) {
          const explained = explain(error);
          // What the disk holds is unknown now; another batch on top could make half of this one last.
          if (explained instanceof StorageError && explained.code === 'storage_failed') failure = explained;
          throw explained;
        }
      }),
    close: () =>
      new Promise((resolve) => {
        if (isOpen) {
          isOpen = false;
          store.close();
        }
        resolve();
      }),
  };
};
