/**
 * Tree twin: the state tree and the list root by their definitions, everything built anew each time.
 *
 * Entries are a plain map; the bottom level is padded with zero leaves to a power of two and every node is hashed.
 */
import { createHash } from 'node:crypto';

export interface TwinEntry {
  readonly leaf: number;
  readonly value: Uint8Array;
}
export type Twin = ReadonlyMap<string, TwinEntry>;
export type TwinChanges = ReadonlyMap<string, Uint8Array | undefined>;

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

const ZEROS = new Uint8Array(32);

const numberChunk = (value: number): Buffer => {
  const chunk = Buffer.alloc(32);
  chunk.writeBigUInt64BE(BigInt(value), 24);
  return chunk;
};

/** H(top | number) over slots, filled up with zeros to a power of two. */
const sealed = (slots: readonly Uint8Array[], count: number): Uint8Array => {
  let width = 1;
  while (width < slots.length) width *= 2;
  const top = (start: number, size: number): Uint8Array =>
    size === 1 ? (slots[start] ?? ZEROS) : sha256(top(start, size / 2), top(start + size / 2, size / 2));
  return sha256(top(0, width), numberChunk(count));
};

export const twinListRoot = (slots: readonly Uint8Array[]): string =>
  Buffer.from(sealed(slots, slots.length)).toString('hex');

/** The root over the 32-byte chunks of bytes. */
export const twinBytesRoot = (bytes: Uint8Array): Uint8Array => {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += 32) {
    const chunk = Buffer.alloc(32);
    Buffer.from(bytes).copy(chunk, 0, start, start + 32);
    chunks.push(chunk);
  }
  return sealed(chunks, bytes.length);
};

export const twinKeys = (twin: Twin): string[] => [...twin.keys()].sort();

export const twinSize = (twin: Twin): number => Math.max(0, ...[...twin.values()].map(({ leaf }) => leaf + 1));

/** What each entry's leaf commits to, by leaf. */
export const twinRows = (twin: Twin) => {
  const keys = twinKeys(twin);
  return keys
    .map((key, index) => {
      const next = keys[(index + 1) % keys.length] as string;
      const { leaf, value } = twin.get(key) as TwinEntry;
      return { leaf, key: Buffer.from(key, 'hex'), next: Buffer.from(next, 'hex'), value };
    })
    .sort((a, b) => a.leaf - b.leaf);
};

/** The content of each leaf slot. */
export const twinSlots = (twin: Twin): Uint8Array[] => {
  const slots = new Array<Uint8Array>(twinSize(twin)).fill(ZEROS);
  for (const { leaf, key, next, value } of twinRows(twin)) {
    slots[leaf] = sha256(sha256(twinBytesRoot(key), twinBytesRoot(next)), twinBytesRoot(value));
  }
  return slots;
};

export const twinRoot = (twin: Twin): string => twinListRoot(twinSlots(twin));

/** Deletes first; then new keys, ascending, take the lowest free numbers. */
export const twinWith = (twin: Twin, changes: TwinChanges): Twin => {
  const next = new Map(twin);
  for (const [key, value] of changes) if (value === undefined) next.delete(key);
  const used = new Set([...next.values()].map(({ leaf }) => leaf));
  let lowest = 0;
  for (const key of [...changes.keys()].sort()) {
    const value = changes.get(key);
    if (value === undefined) continue;
    const held = next.get(key);
    if (held === undefined) while (used.has(lowest)) lowest += 1;
    const leaf = held === undefined ? lowest : held.leaf;
    used.add(leaf);
    next.set(key, { leaf, value });
  }
  return next;
};
