/**
 * Tree twin: the state tree and the list root by their definitions, everything built anew each time.
 *
 * Entries are a plain map; the bottom level is padded with zero leaves to a power of two and every node is hashed.
 */
import { createHash } from 'node:crypto';

export interface TwinEntry {
  readonly leaf: number;
  readonly valueHash: Uint8Array;
}
export type Twin = ReadonlyMap<string, TwinEntry>;
export type TwinChanges = ReadonlyMap<string, Uint8Array | undefined>;

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

const ZEROS = new Uint8Array(32);

/** The root over leaf slots: H(top | 24 zero bytes | number of slots). */
const sealed = (slots: readonly Uint8Array[]): string => {
  let width = 1;
  while (width < slots.length) width *= 2;
  const top = (start: number, size: number): Uint8Array =>
    size === 1 ? (slots[start] ?? ZEROS) : sha256(top(start, size / 2), top(start + size / 2, size / 2));
  const count = Buffer.alloc(32);
  count.writeBigUInt64BE(BigInt(slots.length), 24);
  return Buffer.from(sha256(top(0, width), count)).toString('hex');
};

export const twinListRoot = sealed;

const sortedKeys = (twin: Twin): string[] => [...twin.keys()].sort();

export const twinSize = (twin: Twin): number => Math.max(0, ...[...twin.values()].map(({ leaf }) => leaf + 1));

/** The content of each leaf slot. */
export const twinSlots = (twin: Twin): Uint8Array[] => {
  const slots = new Array<Uint8Array>(twinSize(twin)).fill(ZEROS);
  const keys = sortedKeys(twin);
  for (const [index, key] of keys.entries()) {
    const next = keys[(index + 1) % keys.length] as string;
    const { leaf, valueHash } = twin.get(key) as TwinEntry;
    const link = sha256(sha256(Buffer.from(key, 'hex')), sha256(Buffer.from(next, 'hex')));
    slots[leaf] = sha256(link, valueHash);
  }
  return slots;
};

export const twinRoot = (twin: Twin): string => sealed(twinSlots(twin));

/** Deletes first; then new keys, ascending, take the lowest free numbers. */
export const twinWith = (twin: Twin, changes: TwinChanges): Twin => {
  const next = new Map(twin);
  for (const [key, valueHash] of changes) if (valueHash === undefined) next.delete(key);
  const used = new Set([...next.values()].map(({ leaf }) => leaf));
  let lowest = 0;
  for (const key of [...changes.keys()].sort()) {
    const valueHash = changes.get(key);
    if (valueHash === undefined) continue;
    const held = next.get(key);
    if (held === undefined) while (used.has(lowest)) lowest += 1;
    const leaf = held === undefined ? lowest : held.leaf;
    used.add(leaf);
    next.set(key, { leaf, valueHash });
  }
  return next;
};

/** What `with` has to tell: deleted and new entries by key, then the updated ones by leaf number. */
export const twinLeaves = (before: Twin, after: Twin) => {
  const gone = sortedKeys(before).filter((key) => !after.has(key));
  const entered = sortedKeys(after).filter((key) => !before.has(key));
  const updated = [...after].flatMap(([key, { leaf, valueHash }]) => {
    const old = before.get(key);
    return old === undefined || Buffer.compare(old.valueHash, valueHash) === 0 ? [] : [{ key, leaf, valueHash }];
  });
  return [
    ...gone.map((key) => ({ key, leaf: before.get(key)?.leaf, valueHash: undefined })),
    ...entered.map((key) => ({ key, leaf: after.get(key)?.leaf, valueHash: after.get(key)?.valueHash })),
    ...updated.sort((a, b) => a.leaf - b.leaf),
  ];
};

/** The entries in stored form. */
export const twinEntries = (twin: Twin) => [...twin].map(([key, { leaf, valueHash }]) => ({ key, leaf, valueHash }));
