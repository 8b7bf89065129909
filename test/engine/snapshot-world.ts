/**
 * Snapshot world: states made up row by row, signed chains over them, and folders in memory, without an engine.
 */
import type { Batch, Storage, StoredBlock, StoredRow } from '../../src/adapters/storage/storage.ts';
import { bytesOf, toHex } from '../../src/core/bytes.ts';
import type { Chain } from '../../src/core/chain.ts';
import { type Hash, type Height, type Seconds, ZERO_HASH } from '../../src/core/index.ts';
import { encodeRow } from '../../src/core/state/row.ts';
import { leafHash, pairHash } from '../../src/core/tree/commitment.ts';
import { listRoot } from '../../src/core/tree/merkle-list.ts';
import { seal } from '../../src/core/tree/seal.ts';
import { blockId, encodeBlock, type Header } from '../../src/core/wire/header.ts';
import { encodeHeight, facts } from '../../src/engine/facts.ts';
import type { Folder } from '../../src/engine/snapshot/index.ts';
import { crypto, person } from './small-chain.ts';

/** An entry of a state under its leaf. */
export interface Entry {
  readonly leaf: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The rows of a state: the keys linked to a ring. */
const rowsOfEntries = (entries: readonly Entry[]): readonly StoredRow[] => {
  const inOrder = [...entries].sort((a, b) => (toHex(a.key) < toHex(b.key) ? -1 : 1));
  const rows = inOrder.map(({ leaf, key, value }, index) => {
    const next = (inOrder[index + 1] ?? inOrder[0])?.key ?? key;
    return { leaf, bytes: encodeRow({ key, next, value }) };
  });
  return rows.sort((a, b) => a.leaf - b.leaf);
};

/** The root of a state by the plain reading of the rules: every leaf by itself, and every level in full. */
export const plainRoot = (entries: readonly Entry[]): { readonly root: Hash; readonly size: number } => {
  const size = 1 + Math.max(...entries.map(({ leaf }) => leaf));
  const inOrder = [...entries].sort((a, b) => (toHex(a.key) < toHex(b.key) ? -1 : 1));
  let slots = 1;
  while (slots < size) slots *= 2;
  let level = Array.from({ length: slots }, () => bytesOf(ZERO_HASH));
  for (const [index, { leaf, key, value }] of inOrder.entries()) {
    const next = (inOrder[index + 1] ?? inOrder[0])?.key ?? key;
    level[leaf] = leafHash(crypto, { key, next, value });
  }
  while (level.length > 1) {
    level = level.flatMap((left, at) => (at % 2 === 0 ? [pairHash(crypto, left, level[at + 1] as Uint8Array)] : []));
  }
  return { root: seal(crypto, level[0] as Uint8Array, size), size };
};

/** A signed block of a height; what nobody looks at here is made up. */
export const blockOf = (
  chain: Chain,
  header: Partial<Header>,
  transactions: readonly Uint8Array[] = [],
): StoredBlock => {
  const { privateKey, address } = person('p0');
  const contents = transactions.map((bytes) => crypto.sha256(bytes));
  const claim = {
    version: 1,
    chainId: chain.params.chainId,
    height: 1 as Height,
    parentId: chain.genesisId,
    time: chain.genesisTime as Seconds,
    producer: address,
    transactionsRoot: listRoot(crypto, contents) as Hash,
    receiptsRoot: ZERO_HASH,
    stateRoot: ZERO_HASH,
    reward: 0n,
    supply: 1n,
    maxHeightGenerated: 0 as Height,
    maxHeightPrevoted: 0 as Height,
    ...header,
  };
  const id = blockId(crypto, claim);
  const sign = header.sign ?? crypto.sign(bytesOf(id), privateKey);
  return { height: claim.height, id, bytes: encodeBlock({ header: { ...claim, sign }, transactions }) };
};

export interface WorldPlan {
  readonly chain: Chain;
  readonly entries: readonly Entry[];
  readonly height: number;
  /** The transactions of each block, which are only bytes. */
  readonly transactions?: (height: number) => readonly Uint8Array[];
}

/** All that a store of such a chain holds. */
export const worldOf = ({ chain, entries, height, transactions }: WorldPlan) => {
  const { root, size } = plainRoot(entries);
  const blocks: StoredBlock[] = [];
  for (let at = 1; at <= height; at += 1) {
    const parentId = (blocks.at(-1)?.id ?? chain.genesisId) as Hash;
    const stateRoot = at === height ? root : ZERO_HASH;
    blocks.push(blockOf(chain, { height: at as Height, parentId, stateRoot }, transactions?.(at)));
  }
  const named = { [facts.genesisId]: bytesOf(chain.genesisId), [facts.stateHeight]: encodeHeight(height as Height) };
  const batch = { rows: rowsOfEntries(entries), blocks, facts: named } satisfies Batch;
  return { root, size, batch, blockId: blocks.at(-1)?.id as Hash };
};

/** Stands for bytes where they are compared: comparing them one by one takes minutes. */
const digest = (bytes: Uint8Array): string => toHex(crypto.sha256(bytes));

/** The files of a folder, each by its digest. */
export const digestsOf = (files: ReadonlyMap<string, Uint8Array>): readonly string[] =>
  [...files].map(([file, bytes]) => `${file} ${digest(bytes)}`).sort((a, b) => (a < b ? -1 : 1));

/** A storage in two maps, with no more than a test needs. It counts what it is asked for at a time. */
export const plainStorage = (...batches: readonly Batch[]) => {
  const blocks = new Map<number, StoredBlock>();
  const rows = new Map<number, Uint8Array>();
  const known = new Map<string, Uint8Array>();
  const seen = { commits: 0, mostRowBytes: 0 };
  const ordered = <T>(map: ReadonlyMap<number, T>, from: number, limit: number): readonly (readonly [number, T])[] =>
    [...map]
      .filter(([key]) => key >= from)
      .sort(([a], [b]) => a - b)
      .slice(0, limit);
  const put = (batch: Batch): void => {
    for (const block of batch.blocks ?? []) blocks.set(block.height, { ...block, bytes: new Uint8Array(block.bytes) });
    for (const { leaf, bytes } of batch.rows ?? []) {
      if (bytes === undefined) rows.delete(leaf);
      else rows.set(leaf, new Uint8Array(bytes));
    }
    for (const [name, value] of Object.entries(batch.facts ?? {})) {
      if (value === undefined) known.delete(name);
      else known.set(name, new Uint8Array(value));
    }
  };
  for (const batch of batches) put(batch);
  const storage: Storage = {
    name: 'plain',
    fact: (name) => Promise.resolve(known.get(name)),
    block: (height) => Promise.resolve(blocks.get(height)),
    blocks: (from, limit) => Promise.resolve(ordered(blocks, from, limit).map(([, block]) => block)),
    topHeight: () => Promise.resolve(blocks.size === 0 ? undefined : Math.max(...blocks.keys())),
    rows: (leaves) => Promise.resolve(leaves.map((leaf) => rows.get(leaf))),
    scan: (from, limit) => Promise.resolve(ordered(rows, from, limit).map(([leaf, bytes]) => ({ leaf, bytes }))),
    history: () => Promise.resolve([]),
    commit: (batch) => {
      put(batch);
      seen.commits += 1;
      const bytes = (batch.rows ?? []).reduce((sum, row) => sum + (row.bytes?.length ?? 0), 0);
      seen.mostRowBytes = Math.max(seen.mostRowBytes, bytes);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const contents = () => ({
    rows: ordered(rows, 0, 1e9).map(([leaf, bytes]) => `${leaf} ${digest(bytes)}`),
    blocks: ordered(blocks, 0, 1e9).map(([height, { id, bytes }]) => `${height} ${id} ${digest(bytes)}`),
    facts: [...known].sort(([a], [b]) => (a < b ? -1 : 1)),
  });
  const row = (leaf: number): Uint8Array => new Uint8Array(rows.get(leaf) ?? []);
  return { storage, seen, contents, row };
};

/** A folder in memory, and its files. */
export const memoryFolder = (files: Map<string, Uint8Array> = new Map()) => {
  const written: string[] = [];
  const folder: Folder = {
    name: 'memory',
    list: () => Promise.resolve([...files.keys()].sort((a, b) => (a < b ? -1 : 1))),
    read: (file, limit) => Promise.resolve(files.get(file)?.slice(0, limit)),
    write: (file, bytes) => {
      written.push(file);
      files.set(file, new Uint8Array(bytes));
      return Promise.resolve();
    },
    remove: (file) => {
      files.delete(file);
      return Promise.resolve();
    },
  };
  return { folder, files, written };
};
