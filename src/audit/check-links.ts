/**
 * Check links: finds the rows that break the ring of keys, once it is known to be broken, and which one was changed if it was one.
 *
 * Keys are told apart by eight bytes of their roots, so nothing but five numbers a row is kept. Who names a next key that no row
 * has, and whose key nobody names, are the two ends of a gap; the row between them that was changed is the one with which,
 * put right, the state root is right. PERF: reads all rows once more; about 40 bytes a row. Source: docs/protocol.md section 15.3.
 */
import type { Storage } from '../adapters/storage/storage.ts';
import { toHex } from '../core/bytes.ts';
import type { LeafContent } from '../core/tree/commitment.ts';
import { MAX_LEAVES } from '../core/tree/free-leaves.ts';
import { HASH_WORDS } from '../core/tree/hash-pages.ts';
import { prefixOrder } from '../core/tree/prefix-order.ts';
import { compareBytes } from '../core/tree/probe.ts';
import type { Hash } from '../core/units.ts';
import { type Findings, MAX_FINDINGS_OF_A_KIND } from './check-findings.ts';
import type { LeafHasher, LeafRow } from './check-leaves.ts';
import { ifReadable } from './check-reading.ts';
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
    if (key === count || next === count) return key === count ? 1 : -1;
    const [a, b] = [keyOrder[key] as number, nextOrder[next] as number];
    return (
      (keys.highs[a] as number) - (nexts.highs[b] as number) || (keys.lows[a] as number) - (nexts.lows[b] as number)
    );
  };
  const runOf = ({ highs, lows }: Marks, order: Uint32Array, from: number): number => {
    const first = order[from] as number;
    let to = from + 1;
    while (to < count && highs[order[to] as number] === highs[first] && lows[order[to] as number] === lows[first])
      to += 1;
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
const tryRow = (tree: CheckTree, hasher: LeafHasher, expected: Hash, row: LeafRow): boolean => {
  const before = new Int32Array(tree.leaf(row.leaf).buffer);
  const { leaves, hashes } = hasher.hash([row]);
  tree.set(leaves, hashes);
  if (tree.root === expected) return true;
  tree.set(leaves, before);
  return false;
};

const rowOf = async (storage: Storage, leaf: number): Promise<LeafContent | undefined> => {
  const [bytes] = (await ifReadable(storage.rows([leaf]))) ?? [];
  return bytes && contentOf(bytes);
};

/** What a row may have been, and how that is told. */
interface Cure {
  readonly row: LeafRow;
  readonly what: string;
}

/** More ends than this are not the work of one change. */
const MOST_ENDS = 4;

const read = async (storage: Storage, leaves: readonly number[]) => {
  const rows: (LeafRow & { readonly content: LeafContent })[] = [];
  for (const leaf of new Set(leaves)) {
    const content = await rowOf(storage, leaf);
    if (content !== undefined) rows.push({ leaf, content });
  }
  return rows;
};

/** All that one row may have been so that there is one ring again. */
const curesOf = async (storage: Storage, { loose, unnamed, twins, rivals }: Breaks): Promise<readonly Cure[]> => {
  if (Math.max(loose.length, unnamed.length, twins.length, rivals.length) > MOST_ENDS) return [];
  const cures: Cure[] = [];
  const right = 'the state root is right';
  if (loose.length === 0)
    for (const leaf of unnamed)
      cures.push({ row: { leaf, content: undefined }, what: `it should be gone: without it ${right}` });
  for (const { leaf, content } of await read(storage, [...unnamed, ...twins])) {
    for (const before of await read(storage, loose)) {
      const { next } = before.content;
      const what = `its key is ${toHex(content.key)}; with ${toHex(next)}, which leaf ${before.leaf} names, ${right}`;
      cures.push({ row: { leaf, content: { ...content, key: next } }, what });
    }
  }
  for (const { leaf, content } of await read(storage, [...loose, ...rivals])) {
    for (const after of await read(storage, unnamed)) {
      const { key } = after.content;
      const what = `its next key is ${toHex(content.next)}; with ${toHex(key)}, the key of leaf ${after.leaf}, ${right}`;
      cures.push({ row: { leaf, content: { ...content, next: key } }, what });
    }
  }
  return cures;
};

/** In the order in which they are told. */
const faults: Readonly<Record<keyof Breaks, string>> = {
  loose: 'its next key is the key of no row: that row is missing or its key was changed, or this next key was',
  unnamed: 'its key is the next key of no row: it was changed, or the row before it was changed or is missing',
  twins: 'another row has its key too',
  rivals: 'another row names its next key too',
  turns: 'its next key is not above its own key',
};

/** Whether the rows that were left out can have left these gaps, each with two ends; the last row may be before one. */
const isExplained = ({ loose, unnamed, twins, rivals, turns }: Breaks, leftOut: number): boolean =>
  Math.max(loose.length, unnamed.length) <= leftOut &&
  twins.length + rivals.length === 0 &&
  turns.every((leaf) => loose.includes(leaf));

export interface LinkCheck {
  readonly storage: Storage;
  readonly hasher: LeafHasher;
  readonly rows: CheckedRows;
  /** The root that the state should have, if it is known. */
  readonly expected: Hash | undefined;
  readonly findings: Findings;
}

/** Names the rows that break the ring. If it was one, and the state root proves it, the tree of the rows is put right. */
export const checkLinks = async ({ storage, hasher, rows, expected, findings }: LinkCheck): Promise<void> => {
  const breaks = breaksOf(await readLinks(storage, hasher, rows.count));
  // A row that was left out already leaves a gap, which has two ends.
  if (rows.leftOut > 0 && isExplained(breaks, rows.leftOut)) return;
  if (expected !== undefined && rows.leftOut === 0) {
    const cures = await curesOf(storage, breaks);
    const cure = cures.find(({ row }) => tryRow(rows.tree, hasher, expected, row));
    if (cure !== undefined) return findings.add('row', cure.row.leaf, cure.what);
  }
  const told = new Set<number>();
  for (const kind of Object.keys(faults) as (keyof Breaks)[]) {
    for (const leaf of breaks[kind]) if (!told.has(leaf)) findings.add('row', leaf, faults[kind]);
    for (const leaf of breaks[kind]) told.add(leaf);
  }
};
