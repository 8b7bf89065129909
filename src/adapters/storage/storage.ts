/**
 * Storage: the door to what outlives the process: the blocks, the rows of the final state, a few named facts.
 *
 * A row is an entry of the state under its leaf number: a small number that it keeps for life, so a store needs no order of
 * keys and no index but that of a number. What is in a row is for the core to know (src/core/state/row.ts). The engine
 * reads in batches and writes one batch a block, so a store may stand on a disk or across a network.
 * What every store must keep is written as laws in `medstate/adapters/laws`.
 * Source: protocol section 11 (blocks, state entries); docs/design.md (only final state is stored).
 */
import { invariant } from '../../core/refusal.ts';

/** A block of the stored chain. The store does not look into it and does not ask for its parent. */
export interface StoredBlock {
  readonly height: number;
  /** 64 lower-case hex digits. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** A row of the state. The store does not look into it. */
export interface StoredRow {
  /** 0 to 2^32 - 1; the numbers of a chain are dense. */
  readonly leaf: number;
  readonly bytes: Uint8Array;
}

/** What becomes of a row: new bytes, or, with `undefined`, gone. */
export interface RowChange {
  readonly leaf: number;
  readonly bytes: Uint8Array | undefined;
}

/** What the rows were before a block, for reading old states. The store does not look into it. */
export interface StoredHistory {
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** What becomes of the history of a height: new bytes, or, with `undefined`, gone. */
export interface HistoryChange {
  readonly height: number;
  readonly bytes: Uint8Array | undefined;
}

/**
 * What changes together. Blocks above `dropBlocksAbove` go first, then everything given is put; a block replaces the one
 * of its height. Of two words on the same block, row, history or fact the later one stands. A fact that is `undefined` is gone.
 */
export interface Batch {
  readonly dropBlocksAbove?: number;
  readonly blocks?: readonly StoredBlock[];
  readonly rows?: readonly RowChange[];
  readonly history?: readonly HistoryChange[];
  readonly facts?: Readonly<Record<string, Uint8Array | undefined>>;
}

/**
 * Every method rejects with a `StorageError` when the store cannot do it, and with an `InvariantViolation`, having
 * changed nothing, when the call makes no sense (a leaf that is no number, a negative height). A read sees the state between
 * two batches, never part of one. What goes in and comes out is copied: changing it later changes nothing, once the
 * promise of the call has settled.
 */
export interface Storage {
  /** What stands behind this object, for people: "memory", "sqlite", ... */
  readonly name: string;
  /** A small named value: the chain's identity, the height of the stored state. Names are 1-64 of a-z A-Z 0-9 _ . - */
  fact(name: string): Promise<Uint8Array | undefined>;
  /** The block of that height. */
  block(height: number): Promise<StoredBlock | undefined>;
  /** At most `limit` blocks of `fromHeight` and above, ascending; heights may have gaps. PERF: all their bytes in memory. */
  blocks(fromHeight: number, limit: number): Promise<readonly StoredBlock[]>;
  /** The greatest height that has a block. */
  topHeight(): Promise<number | undefined>;
  /** The rows of these leaves, each in the place of its leaf. PERF: one lookup a leaf; one round trip to a remote store. */
  rows(leaves: readonly number[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** At most `limit` rows of `fromLeaf` and above, ascending by leaf. PERF: all their bytes in memory. */
  scan(fromLeaf: number, limit: number): Promise<readonly StoredRow[]>;
  /** At most `limit` histories of `fromHeight` and above, ascending; heights may have gaps. */
  history(fromHeight: number, limit: number): Promise<readonly StoredHistory[]>;
  /**
   * All of the batch or nothing; durable when the promise resolves. Batches take effect in the order of the calls.
   * After `storage_failed` only reopening the store tells whether the batch is in.
   */
  commit(batch: Batch): Promise<void>;
  /** Lets go of the store; once more is fine. Every other call rejects with `storage_closed` from now on. */
  close(): Promise<void>;
}

/** Why a store will not or cannot. The words never change their meaning. */
export type StorageCode =
  | 'storage_closed' // this object was closed
  | 'storage_missing' // there is no store where an existing one was asked for
  | 'storage_not_medstate' // something else stands there
  | 'storage_version_newer' // a later version of this library wrote it
  | 'storage_damaged' // parts of it are missing or make no sense
  | 'storage_busy' // another process, or another part of this one, holds it
  | 'storage_fenced' // another writer took it over; this object does nothing more
  | 'storage_read_only' // it was opened for reading
  | 'storage_full' // no room is left; the batch is not in, earlier ones are
  | 'storage_failed'; // the disk, the connection or the driver failed

/** A store that will not or cannot. The message says what to do; `cause` is the driver's own error, if there is one. */
export class StorageError extends Error {
  readonly code: StorageCode;
  constructor(code: StorageCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
  }
}

const BLOCK_ID = /^[0-9a-f]{64}$/;
const FACT_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isBytes = (value: unknown): boolean => value instanceof Uint8Array;

/** The arguments of reads, checked. For implementations: all throw `InvariantViolation`. */
export const checkHeight = (height: number): void =>
  invariant(isCount(height), `a height is a whole number from 0 to 2^53-1, not ${height}`);
export const checkLimit = (limit: number): void =>
  invariant(isCount(limit), `a limit is a whole number from 0 to 2^53-1, not ${limit}`);
/** Leaf numbers are those that 32 bits hold. */
const MAX_LEAF = 2 ** 32 - 1;
export const checkLeaf = (leaf: number): void =>
  invariant(isCount(leaf) && leaf <= MAX_LEAF, `a leaf is a whole number from 0 to 2^32-1, not ${leaf}`);
export const checkFactName = (name: string): void =>
  invariant(FACT_NAME.test(name), `the name of a fact is 1-64 of a-z A-Z 0-9 _ . - and not '${name}'`);

/** Throws `InvariantViolation` if any part of the batch makes no sense. For implementations, before they write. */
export const checkBatch = ({ dropBlocksAbove, blocks = [], rows = [], history = [], facts = {} }: Batch): void => {
  if (dropBlocksAbove !== undefined) checkHeight(dropBlocksAbove);
  for (const { height, id, bytes } of blocks) {
    checkHeight(height);
    invariant(BLOCK_ID.test(id), `the id of a block is 64 lower-case hex digits, not '${id}'`);
    invariant(isBytes(bytes), `the bytes of block ${height} are no Uint8Array`);
  }
  for (const { leaf, bytes } of rows) {
    checkLeaf(leaf);
    invariant(bytes === undefined || isBytes(bytes), `the bytes of row ${leaf} are no Uint8Array`);
  }
  for (const { height, bytes } of history) {
    checkHeight(height);
    invariant(bytes === undefined || isBytes(bytes), `the history of height ${height} is no Uint8Array`);
  }
  for (const [name, value] of Object.entries(facts)) {
    checkFactName(name);
    invariant(value === undefined || isBytes(value), `the value of fact ${name} is no Uint8Array`);
  }
};
