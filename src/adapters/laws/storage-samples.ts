/**
 * Storage samples: small blocks and entries, and the words in which the laws of storage speak of them.
 */
import { toHex } from '../../core/bytes.ts';
import type { EntryChange, Storage, StoredBlock, StoredEntry } from '../storage/storage.ts';
import { demand, type Law } from './law.ts';

export const ALL = Number.MAX_SAFE_INTEGER;

export const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
/** Keys in the order of their numbers, and what stands under them. */
export const keyOf = (number: number): string => `05${number.toString(16).padStart(8, '0')}`;
export const blockAt = (height: number, ...content: number[]): StoredBlock => ({
  height,
  id: height.toString(16).padStart(64, '0'),
  bytes: bytes(...content),
});
export const entryAt = (number: number, ...content: number[]): StoredEntry => ({
  key: keyOf(number),
  leaf: number,
  value: bytes(...content),
});

/** Demands that the two read the same, and tells the first difference. */
export const demandSame = (actual: unknown, expected: unknown, what: string): void => {
  const [is, should] = [JSON.stringify(actual) ?? 'undefined', JSON.stringify(expected) ?? 'undefined'];
  const cut = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
  demand(is === should, `${what} should be ${cut(should)} but is ${cut(is)}`);
};

export const hexOf = (value: Uint8Array | undefined): string | undefined => value && toHex(value);
export const keysFrom = async (
  storage: Storage,
  from: string,
  to: string | undefined,
  limit: number,
): Promise<string[]> => (await storage.range(from, to, limit)).map(({ key }) => key);
export const heightsFrom = async (storage: Storage, from: number, limit: number): Promise<number[]> =>
  (await storage.blocks(from, limit)).map(({ height }) => height);

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

/** The change after which the entry of that number is gone. */
export const goneAt = (number: number): EntryChange => ({ ...entryAt(number), value: undefined });
