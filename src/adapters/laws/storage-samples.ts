/**
 * Storage samples: small blocks, rows and histories, and the words in which the laws of storage speak of them.
 */
import { toHex } from '../../core/bytes.ts';
import type { RowChange, Storage, StoredBlock, StoredHistory, StoredRow } from '../storage/storage.ts';
import { demand, type Law } from './law.ts';

export const ALL = Number.MAX_SAFE_INTEGER;
/** The greatest leaf number. */
export const LAST_LEAF = 2 ** 32 - 1;

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
export const blockAt = (height: number, ...content: number[]): StoredBlock => ({
  height,
  id: height.toString(16).padStart(64, '0'),
  bytes: bytes(...content),
});
export const rowAt = (leaf: number, ...content: number[]): StoredRow => ({ leaf, bytes: bytes(...content) });
/** The change after which the row of that leaf is gone. */
export const goneAt = (leaf: number): RowChange => ({ leaf, bytes: undefined });
export const historyAt = (height: number, ...content: number[]): StoredHistory => ({
  height,
  bytes: bytes(...content),
});

/** What a store gives, as text, so that two can be compared and told. */
export const blockText = ({ height, id, bytes: content }: StoredBlock): string => `${height} ${id} ${toHex(content)}`;
export const rowText = ({ leaf, bytes: content }: StoredRow): string => `${leaf} ${toHex(content)}`;
export const historyText = ({ height, bytes: content }: StoredHistory): string => `${height} ${toHex(content)}`;
export const hexOf = (value: Uint8Array | undefined): string | undefined => value && toHex(value);

/** Demands that the two read the same, and tells the first difference. */
export const demandSame = (actual: unknown, expected: unknown, what: string): void => {
  const [is, should] = [JSON.stringify(actual) ?? 'undefined', JSON.stringify(expected) ?? 'undefined'];
  const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
  demand(is === should, `${what} should be ${cut(should)} but is ${cut(is)}`);
};

export const rowTexts = async (storage: Storage, fromLeaf = 0, limit = ALL): Promise<string[]> =>
  (await storage.scan(fromLeaf, limit)).map(rowText);
export const leavesFrom = async (storage: Storage, fromLeaf: number, limit: number): Promise<number[]> =>
  (await storage.scan(fromLeaf, limit)).map(({ leaf }) => leaf);
export const blockTexts = async (storage: Storage, fromHeight = 0, limit = ALL): Promise<string[]> =>
  (await storage.blocks(fromHeight, limit)).map(blockText);
export const heightsFrom = async (storage: Storage, fromHeight: number, limit: number): Promise<number[]> =>
  (await storage.blocks(fromHeight, limit)).map(({ height }) => height);
export const historyTexts = async (storage: Storage, fromHeight = 0, limit = ALL): Promise<string[]> =>
  (await storage.history(fromHeight, limit)).map(historyText);

/** The code a call rejects with; `undefined` if it resolves. A call that throws instead of rejecting breaks its contract. */
export const codeOf = async (call: () => Promise<unknown>): Promise<unknown> => {
  const promise = call();
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : String(error);
  }
};

/** A law that makes one store, and closes it whatever happens. */
export const law = (name: string, keeps: (storage: Storage) => Promise<void>): Law<Storage> => ({
  name,
  check: async (make) => {
    const storage = await make();
    try {
      await keeps(storage);
    } finally {
      await storage.close();
    }
  },
});
