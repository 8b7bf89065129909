/**
 * Check rows: reads every row of a store once, each for itself, and makes the state tree over all of them.
 *
 * No row stays in memory. Whether the keys form one ring is known at the end by sums over all keys and next keys; who breaks
 * it is looked for only then (check-links.ts). Source: docs/protocol.md section 15.3.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage, StoredRow } from '../adapters/storage/storage.ts';
import { toHex } from '../core/bytes.ts';
import { decodeEntry } from '../core/state/encoding.ts';
import { FIRST_EXTENSION_TAG, type Key, tags } from '../core/state/keys.ts';
import { decodeRow } from '../core/state/row.ts';
import type { LeafContent } from '../core/tree/commitment.ts';
import { MAX_LEAVES } from '../core/tree/free-leaves.ts';
import { Ring } from '../engine/snapshot/ring.ts';
import type { Findings } from './check-findings.ts';
import type { LeafHasher, LeafRow } from './check-leaves.ts';
import { pagesOf } from './check-reading.ts';
import { CheckTree } from './check-tree.ts';

/** What the rows of a store come to. */
export interface CheckedRows {
  readonly tree: CheckTree;
  /** Rows in the tree. */
  readonly count: number;
  /** Rows that are not in it, because nobody can tell what they are. */
  readonly leftOut: number;
  /** Whether all of them could be read. */
  readonly isWhole: boolean;
  /** Whether the keys of those in the tree form one ring. */
  readonly isRing: boolean;
}

const knownTags = new Set<string>(Object.values(tags));

/** What a row is, if it is one. */
export const contentOf = (bytes: Uint8Array): LeafContent | undefined => {
  const row = decodeRow(bytes);
  return E.isRight(row) && row.right.key.length > 0 && row.right.next.length > 0 ? row.right : undefined;
};

/** What is wrong with the record of a row whose keys and value can be told apart. */
const recordFault = ({ key, value }: LeafContent): string | undefined => {
  const text = toHex(key);
  const tag = text.slice(0, 2);
  if ((key[0] as number) >= FIRST_EXTENSION_TAG) return undefined;
  if (!knownTags.has(tag)) return `no record stands under the tag ${tag} of its key`;
  return E.isLeft(decodeEntry(text as Key<unknown>, value))
    ? `the record of its key ${text} makes no sense`
    : undefined;
};

/** Every row of a store, in pages. */
export const rowPages = (
  storage: Storage,
  onDamage: (from: number, why: string) => void,
): AsyncGenerator<readonly StoredRow[]> =>
  pagesOf({
    read: (from, limit) => storage.scan(from, limit),
    numberOf: ({ leaf }) => leaf,
    bytesOf: ({ bytes }) => bytes.length,
    onDamage,
  });

class RowCheck {
  readonly tree: CheckTree;
  readonly ring = new Ring();
  count = 0;
  leftOut = 0;
  readonly #findings: Findings;
  readonly #hasher: LeafHasher;

  constructor(hasher: LeafHasher, findings: Findings) {
    this.tree = new CheckTree(hasher.hasher);
    this.#hasher = hasher;
    this.#findings = findings;
  }

  take(page: readonly StoredRow[]): void {
    const rows: LeafRow[] = [];
    for (const { leaf, bytes } of page) {
      const content = this.#contentOf(leaf, bytes);
      if (content === undefined) continue;
      rows.push({ leaf, content });
      // Offsets within what `addOrder` is given: the two keys lie in the memory of their row.
      this.ring.addOrder(bytes, spanIn(bytes, content.key), spanIn(bytes, content.next));
    }
    this.count += rows.length;
    this.leftOut += page.length - rows.length;
    if (rows.length === 0) return;
    const { leaves, hashes, keyRoots } = this.#hasher.hash(rows);
    this.ring.addRoots(keyRoots, rows.length);
    this.tree.set(leaves, hashes);
  }

  #contentOf(leaf: number, bytes: Uint8Array): LeafContent | undefined {
    if (leaf >= MAX_LEAVES) {
      this.#findings.add('row', leaf, `leaf numbers are below ${MAX_LEAVES}`);
      return undefined;
    }
    const content = contentOf(bytes);
    const fault = content === undefined ? 'its bytes are no row' : recordFault(content);
    if (fault !== undefined) this.#findings.add('row', leaf, fault);
    return content;
  }
}

const spanIn = (bytes: Uint8Array, part: Uint8Array): readonly [number, number] => {
  const start = part.byteOffset - bytes.byteOffset;
  return [start, start + part.length];
};

/** Reads and checks every row; `onRead` is told up to which leaf. PERF: about twelve hashes and one decoding a row; 64 bytes of memory a leaf. */
export const checkRows = async (
  storage: Storage,
  hasher: LeafHasher,
  findings: Findings,
  onRead: (leaves: number) => void,
): Promise<CheckedRows> => {
  const check = new RowCheck(hasher, findings);
  let isWhole = true;
  const pages = rowPages(storage, (from, why) => {
    isWhole = false;
    findings.add('row', from, `it cannot be read, nor those after it: ${why}`);
  });
  for await (const page of pages) {
    check.take(page);
    onRead((page.at(-1)?.leaf ?? 0) + 1);
  }
  const { tree, count, leftOut, ring } = check;
  return { tree, count, leftOut, isWhole, isRing: count === 0 || ring.isClosed };
};
