/**
 * Check links: finds the rows that break the ring of keys, once it is known to be broken, and which one was changed if it was one.
 *
 * Keys are told apart by eight bytes of their roots, so nothing but five numbers a row is kept. Who names a next key that no row
 * has, and whose key nobody names, are the two ends of a gap; the row between them that was changed is the one with which,
 * put right, the state root is right. PERF: reads all rows once more; about 40 bytes a row. Source: docs/protocol.md section 15.3.
 */
import type { Storage } from '../adapters/storage/storage.ts';
import { toHex } from '../core/bytes.ts';
import type { Hasher } from '../core/crypto.ts';
import { MAX_LEAVES } from '../core/state/body.ts';
import type { LeafContent } from '../core/tree/commitment.ts';
import { HASH_WORDS } from '../core/tree/hash-pages.ts';
import { prefixOrder } from '../core/tree/prefix-order.ts';
import { compareBytes } from '../core/tree/probe.ts';
import type { Hash } from '../core/units.ts';
import { type Findings, MAX_FINDINGS_OF_A_KIND } from './check-findings.ts';
import { LeafHasher, type LeafRow } from './check-leaves.ts';
import { type CheckedRows, contentOf, rowPages } from './check-rows.ts';
import type { CheckTree } from './check-tree.ts';

/** Eight bytes of a root for each row. */
interface Marks {
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
}

const marksOf = (count: number): Marks => ({ highs: new Uint32Array(count), lows: new Uint32Array(count) });

/** The keys of all rows as marks, in the order of the leaves. */
interface Links {
  readonly leaves: Uint32Array;
  readonly keys: Marks;
  readonly nexts: Marks;
  /** Rows whose next key is not above their own, and whose next key is not the least of all. */
  readonly turns: readonly number[];
}

const isBelow = (a: Uint8Array, b: Uint8Array): boolean => compareBytes(a, 0, a.length, b, b.length) < 0;

/** Reads all rows again and keeps the marks of their keys. */
const readLinks = async (storage: Storage, hasher: LeafHasher, count: number): Promise<Links> => {
  const [leaves, keys, nexts] = [new Uint32Array(count), marksOf(count), marksOf(count)];
  const turns: { readonly leaf: number; readonly next: string }[] = [];
  let least: Uint8Array | undefined;
  let at = 0;
  for await (const page of rowPages(storage, () => undefined)) {
    const rows: (LeafRow & { readonly content: LeafContent })[] = [];
    for (const { leaf, bytes } of page) {
      const content = leaf < MAX_LEAVES ? contentOf(bytes) : undefined;
      if (content === undefined || at + rows.length === count) continue;
      rows.push({ leaf, content });
      const { key, next } = content;
      if (least === undefined || isBelow(key, least)) least = key.slice();
      if (!isBelow(key, next) && turns.length <= MAX_FINDINGS_OF_A_KIND) turns.push({ leaf, next: toHex(next) });
    }
    if (rows.length === 0) continue;
    const { keyRoots } = hasher.hash(rows);
    for (const [index, { leaf }] of rows.entries()) {
      const words = 2 * index * HASH_WORDS;
      leaves[at] = leaf;
      keys.highs[at] = keyRoots[words] as number;
      keys.lows[at] = keyRoots[words + 1] as number;
      nexts.highs[at] = keyRoots[words + HASH_WORDS] as number;
      nexts.lows[at] = keyRoots[words + HASH_WORDS + 1] as number;
      at += 1;
    }
  }
  const wrong = turns.filter(({ next }) => least === undefined || next !== toHex(least));
  return { leaves, keys, nexts, turns: wrong.map(({ leaf }) => leaf) };
};

/** What breaks the ring: rows by their leaves, each kind at most as many as are told. */
interface Breaks {
  /** Their next key is the key of no row. */
  readonly loose: number[];
  /** Their key is the next key of no row. */
  readonly unnamed: number[];
  /** Another row has their key too. */
  readonly twins: number[];
  /** Another row names their next key too. */
  readonly rivals: number[];
  readonly turns: readonly number[];
}

/** Goes through keys and next keys in the same order, mark by mark. */
const breaksOf = ({ leaves, keys, nexts, turns }: Links): Breaks => {
  const breaks = { loose: [], unnamed: [], twins: [], rivals: [], turns } as Breaks;
  const keyOrder = prefixOrder(keys.highs, keys.lows);
  const nextOrder = prefixOrder(nexts.highs, nexts.lows);
  const note = (list: number[], order: Uint32Array, from: number, to: number): void => {
    for (let at = from; at < to && list.length <= MAX_FINDINGS_OF_A_KIND; at += 1)
      list.push(leaves[order[at] as number] as number);
  };
  const count = leaves.length;
  const difference = (key: number, next: number): number => {
    if (key === count || next === count) return key === next ? 0 : next - key;
    const [a, b] = [keyOrder[key] as number, nextOrder[next] as number];
    return (
      (keys.highs[a] as number) - (nexts.highs[b] as number) || (keys.lows[a] as number) - (nexts.lows[b] as number)
    );
  };
  const runOf = ({ highs, lows }: Marks, order: Uint32Array, from: number): number => {
    const first = order[from] as number;
    let to = from + 1;
    while (to < count && highs[order[to] as number] === highs[first] && lows[order[to] as number] === lows[first]) to += 1;
    return to;
  };
  for (let key = 0, next = 0; key < count || next < count; ) {
    const side = difference(key, next);
    const keyEnd = side <= 0 ? runOf(keys, keyOrder, key) : key;
    const nextEnd = side >= 0 ? runOf(nexts, nextOrder, next) : next;
    if (side < 0) note(breaks.unnamed, keyOrder, key, keyEnd);
    if (side > 0) note(breaks.loose, nextOrder, next, nextEnd);
    if (keyEnd - key > 1) note(breaks.twins, keyOrder, key, keyEnd);
    if (nextEnd - next > 1) note(breaks.rivals, nextOrder, next, nextEnd);
    [key, next] = [keyEnd, nextEnd];
  }
  return breaks;
};

/** Tries what a row may have been: whether the state root is right with it. If so the tree keeps it. */
export const tryRow = (tree: CheckTree, hasher: LeafHasher, expected: Hash, row: LeafRow): boolean => {
  const before = new Int32Array(tree.leaf(row.leaf).buffer);
  const { leaves, hashes } = hasher.hash([row]);
  tree.set(leaves, hashes);
  if (tree.root === expected) return true;
  tree.set(leaves, before);
  return false;
};

const rowOf = async (storage: Storage, leaf: number): Promise<LeafContent | undefined> => {
  const [bytes] = await storage.rows([leaf]);
  return bytes === undefined ? undefined : contentOf(bytes);
};

/** The one row that was changed so that the ring broke, and what was done to it. */
const changedRow = async (
  storage: Storage,
  hasher: LeafHasher,
  tree: CheckTree,
  expected: Hash,
  { loose: [before, ...more], unnamed: [after, ...others] }: Breaks,
): Promise<{ readonly leaf: number; readonly what: string } | undefined> => {
  if (after === undefined || more.length + others.length > 0) return undefined;
  const second = await rowOf(storage, after);
  if (second === undefined) return undefined;
  if (before === undefined) {
    const isStale = tryRow(tree, hasher, expected, { leaf: after, content: undefined });
    return isStale ? { leaf: after, what: 'it should be gone: without it the state root is right' } : undefined;
  }
  const first = await rowOf(storage, before);
  if (first === undefined) return undefined;
  if (tryRow(tree, hasher, expected, { leaf: after, content: { ...second, key: first.next } })) {
    const what = `its key is ${toHex(second.key)}; with ${toHex(first.next)}, which the row of leaf ${before} names, the state root is right`;
    return { leaf: after, what };
  }
  if (!tryRow(tree, hasher, expected, { leaf: before, content: { ...first, next: second.key } })) return undefined;
  const what = `its next key is ${toHex(first.next)}; with ${toHex(second.key)}, the key of leaf ${after}, the state root is right`;
  return { leaf: before, what };
};

const faults: Readonly<Record<keyof Breaks, string>> = {
  twins: 'another row has its key too',
  rivals: 'another row names its next key too',
  turns: 'its next key is not above its own key',
  loose: 'its next key is the key of no row: that row is missing or its key was changed, or this next key was',
  unnamed: 'its key is the next key of no row: it was changed, or the row before it was changed or is missing',
};

const isExplained = ({ loose, unnamed, twins, rivals, turns }: Breaks, leftOut: number): boolean =>
  loose.length <= leftOut && unnamed.length <= leftOut && twins.length + rivals.length + turns.length === 0;

export interface LinkCheck {
  readonly storage: Storage;
  readonly hasher: Hasher;
  readonly rows: CheckedRows;
  /** The root that the state should have, if it is known. */
  readonly expected: Hash | undefined;
  readonly findings: Findings;
}

/** Names the rows that break the ring. If it was one, and the state root proves it, the tree of the rows is put right. */
export const checkLinks = async ({ storage, hasher, rows, expected, findings }: LinkCheck): Promise<void> => {
  const leafHasher = new LeafHasher(hasher);
  const breaks = breaksOf(await readLinks(storage, leafHasher, rows.count));
  // A row that was left out already leaves a gap, which has two ends.
  if (rows.leftOut > 0 && isExplained(breaks, rows.leftOut)) return;
  const isAlone = expected !== undefined && rows.leftOut === 0;
  const changed = isAlone ? await changedRow(storage, leafHasher, rows.tree, expected, breaks) : undefined;
  if (changed !== undefined) return findings.add('row', changed.leaf, changed.what);
  const told = new Set<number>();
  for (const kind of Object.keys(faults) as (keyof Breaks)[]) {
    for (const leaf of breaks[kind]) if (!told.has(leaf)) findings.add('row', leaf, faults[kind]);
    for (const leaf of breaks[kind]) told.add(leaf);
  }
};
