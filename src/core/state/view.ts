/**
 * View: the whole state after one block, as an immutable value.
 *
 * Reads are by key, or over a range of keys in order; the commitment to all of it is the root of the tree. `with` gives
 * the view after the next block and costs its changes; the old view stays valid. Reads and commitment are apart: the
 * records live in a map, the tree holds their hashes. Source: protocol section 11, docs/design.md.
 */
import type { Hasher } from '../crypto.ts';
import { emptyTree, loadTree, type Tree } from '../tree/tree.ts';
import type { Hash } from '../units.ts';
import { encodeEntry } from './encoding.ts';
import type { Key, KeyRange } from './keys.ts';
import { Versions } from './versions.ts';

/** Changed entries by key; `undefined` removes the entry. */
export type Changes = ReadonlyMap<string, unknown>;

/** A changed entry: `record` undefined means that it is gone and its leaf free. `encodeChange` gives its bytes. */
export interface EntryChange {
  readonly key: string;
  readonly leaf: number;
  readonly record: unknown;
}

/** A changed entry as a store keeps it. */
export const encodeChange = ({ key, leaf, record }: EntryChange) => ({
  key,
  leaf,
  value: record === undefined ? undefined : encodeEntry(key, record),
});

/** What reads of the state need; the reducer asks for nothing else. */
export interface StateReader {
  /** The record under `key`, or `undefined`. */
  get<T>(key: Key<T>): T | undefined;
  /** At most `limit` keys of the range, ascending. */
  keys(range: KeyRange, limit: number): readonly string[];
}

export interface StateView extends StateReader {
  readonly root: Hash;
  /** The number of entries. */
  readonly count: number;
  /** The view after these changes, and each changed entry with its leaf; those that go first. */
  with(changes: Changes): { readonly view: StateView; readonly entries: readonly EntryChange[] };
}

/** A stored entry, decoded. */
export interface LoadedEntry {
  readonly key: string;
  readonly leaf: number;
  readonly value: unknown;
  readonly bytes: Uint8Array;
}

/** `values` are the records by the leaf of their entry, so that the tree's index of keys serves for both. */
const viewOf = (hasher: Hasher, values: Versions<unknown>, tree: Tree): StateView => ({
  root: tree.root,
  count: tree.count,
  get: <T>(key: Key<T>) => {
    const leaf = tree.leafOf(key);
    return leaf === undefined ? undefined : (values.get(leaf) as T);
  },
  keys: ({ from, to }, limit) => tree.keys(from, to, limit),
  with: (changes) => {
    const hashes = new Map<string, Uint8Array | undefined>();
    for (const [key, record] of changes) {
      hashes.set(key, record === undefined ? undefined : hasher.sha256(encodeEntry(key, record)));
    }
    const next = tree.with(hashes);
    // An entry that goes may leave its leaf to one that comes; the tree tells them in that order.
    const entries = next.leaves.map(({ key, leaf }) => ({ key, leaf, record: changes.get(key) }));
    return { view: viewOf(hasher, values.with(entries), next.tree), entries };
  },
});

/** A row is filled up to a leaf at most so far beyond twice the entries; a damaged store may name any number. */
const MAX_GAP = 1024;

/** The state without an entry. */
export const emptyState = (hasher: Hasher): StateView => viewOf(hasher, Versions.of([]), emptyTree(hasher));

/** The state of these stored entries, each with its leaf number. PERF: holds all entries in memory. */
export const loadState = (hasher: Hasher, entries: Iterable<LoadedEntry>): StateView => {
  const loaded = [...entries].sort((a, b) => a.leaf - b.leaf);
  // Filled in the order of leaves, so that the row stays a plain array; leaves that nobody holds are few.
  const values: unknown[] = [];
  for (const { leaf, value } of loaded) {
    while (values.length < leaf && leaf < 2 * loaded.length + MAX_GAP) values.push(undefined);
    values[leaf] = value;
  }
  const leavesOf = function* () {
    for (const { key, leaf, bytes } of loaded) yield { key, leaf, valueHash: hasher.sha256(bytes) };
  };
  return viewOf(hasher, Versions.of(values), loadTree(hasher, leavesOf()));
};
