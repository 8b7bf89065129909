/**
 * Check history: the records of old states, each by itself, and put back one after the other from the newest on: each has to lead
 * to the state root that its block states.
 *
 * Only the tree goes back, so a record is all that is in memory beside it. Records that nothing leads to (another policy was in
 * force in between) are of states that nobody can read; they are only decoded. Source: docs/decisions 14.
 */
import type { Storage, StoredHistory } from '../adapters/storage/storage.ts';
import { type Chain, slotAt } from '../core/chain.ts';
import type { Crypto, Hasher } from '../core/crypto.ts';
import { rowsOf } from '../core/state/delta.ts';
import { MAX_LEAVES } from '../core/tree/free-leaves.ts';
import type { Hash } from '../core/units.ts';
import { decodePast, type Past } from '../engine/past-record.ts';
import { headerAt, statedRoot } from './check-blocks.ts';
import type { Findings } from './check-findings.ts';
import type { LeafHasher } from './check-leaves.ts';
import { pagesOf } from './check-reading.ts';
import { contentOf } from './check-rows.ts';
import type { CheckTree } from './check-tree.ts';

const decode = (crypto: Hasher, bytes: Uint8Array): Past | undefined => {
  const past = decodePast(crypto, bytes);
  const isSound =
    past !== undefined &&
    rowsOf(past.rows).every(
      ({ leaf, bytes: row }) => leaf < MAX_LEAVES && (row === undefined || contentOf(row) !== undefined),
    );
  return isSound ? past : undefined;
};

export interface HistoryCheckOptions {
  readonly storage: Storage;
  readonly crypto: Crypto;
  readonly hasher: LeafHasher;
  /** The chain, if it is known: it tells the slots of blocks. */
  readonly chain: Chain | undefined;
  /** The state root at the genesis, if it is known. */
  readonly genesisRoot: Hash | undefined;
  /** The height of the stored state, if it is known, and its tree; the tree is taken back. */
  readonly height: number | undefined;
  readonly tree: CheckTree;
  /** Whether the tree has the right root. If it has not, what it leads to need not be the fault of a record. */
  readonly isRight: boolean;
  readonly findings: Findings;
  readonly onRecord: (done: number, total: number) => void;
}

/** Where a state that was wrong is right again, and what that tells. */
export interface RightAgain {
  readonly height: number;
  /** Rows that the record leading there puts back: what was changed is among them. */
  readonly leaves: readonly number[];
}

export interface CheckedHistory {
  readonly records: number;
  /** Records that lead from the stored state to older ones, and the oldest height that they lead to. */
  readonly used: number;
  readonly oldest: number | undefined;
  readonly rightAgain: RightAgain | undefined;
}

/** The records in the order of time, without their rows. */
interface Chained {
  readonly heights: number[];
  readonly bases: number[];
  /** Whether nothing is wrong with it by itself. */
  readonly areSound: boolean[];
}

/** What a record alone says that cannot be. */
class RecordCheck {
  readonly chained: Chained = { heights: [], bases: [], areSound: [] };
  readonly #options: HistoryCheckOptions;
  #slot = -1;

  constructor(options: HistoryCheckOptions) {
    this.#options = options;
  }

  async take({ height, bytes }: StoredHistory): Promise<void> {
    const { heights, bases, areSound } = this.chained;
    const past = decode(this.#options.crypto, bytes);
    const fault = past === undefined ? 'its bytes make no sense' : await this.#faultOf(height, past);
    if (fault !== undefined) this.#options.findings.add('history', height, fault);
    else this.#slot = past?.slot ?? this.#slot;
    heights.push(height);
    bases.push(past?.base ?? height);
    areSound.push(fault === undefined);
  }

  async #faultOf(height: number, { base, slot }: Past): Promise<string | undefined> {
    const before = this.chained.heights.at(-1) ?? 0;
    const { storage, crypto, chain, height: stored } = this.#options;
    if (stored !== undefined && height > stored) return `the stored state is of height ${stored}`;
    if (base >= height) return `it leads to the height ${base}, which is not below its own`;
    if (base < before) return `it leads to the height ${base}, but there is a record of height ${before}`;
    const header = chain && (await headerAt(storage, crypto, height));
    const own = chain && header && slotAt(chain, header.time);
    if (own !== undefined && own !== slot) return `its slot is ${slot}, that of its block ${own}`;
    if (slot > this.#slot) return undefined;
    return `its slot ${slot} is not after ${this.#slot}, that of the record before; one of the two is wrong`;
  }
}

const SHOWN_LEAVES = 8;

/** Takes the tree back, record by record. */
class WayBack {
  used = 0;
  oldest: number | undefined;
  rightAgain: RightAgain | undefined;
  readonly #options: HistoryCheckOptions;
  #isRight: boolean;
  /** The newest record since the last state that could be compared. */
  #since: number | undefined;

  constructor(options: HistoryCheckOptions) {
    this.#options = options;
    this.#isRight = options.isRight;
  }

  async take(height: number, past: Past): Promise<void> {
    const rows = rowsOf(past.rows).map(({ leaf, bytes }) => ({ leaf, content: bytes && contentOf(bytes) }));
    if (rows.length > 0) {
      const { leaves, hashes } = this.#options.hasher.hash(rows);
      this.#options.tree.set(leaves, hashes);
    }
    this.used += 1;
    this.oldest = past.base;
    const { storage, crypto, genesisRoot } = this.#options;
    const expected = past.base === 0 ? genesisRoot : await statedRoot(storage, crypto, past.base);
    if (expected === undefined) this.#since ??= height;
    else this.#compare(height, past, expected);
  }

  #compare(height: number, { base, rows }: Past, expected: Hash): void {
    const { tree, findings } = this.#options;
    const since =
      this.#since === undefined || this.#since === height ? '' : `, or one up to height ${this.#since}, is wrong:`;
    const isRight = tree.root === expected;
    // Older states are wrong as well, until the wrong row is put back anyway; they are not told again.
    if (this.#isRight && !isRight) {
      findings.add(
        'history',
        height,
        `${since}it leads to the root ${tree.root} at height ${base}, whose block states ${expected}`,
      );
    } else if (!this.#isRight && isRight && findings.countOf('history') === 0) {
      this.rightAgain ??= { height: base, leaves: [...rows.leaves] };
    }
    this.#isRight = isRight;
    this.#since = undefined;
  }
}

const readRecord = async ({ storage, crypto }: HistoryCheckOptions, height: number): Promise<Past | undefined> => {
  const [stored] = await storage.history(height, 1);
  return stored?.height === height ? decode(crypto, stored.bytes) : undefined;
};

/** Checks every record. PERF: reads each twice; of each its rows are hashed, and the nodes over them. */
export const checkHistory = async (options: HistoryCheckOptions): Promise<CheckedHistory> => {
  const { storage, findings, height, onRecord } = options;
  const check = new RecordCheck(options);
  const pages = pagesOf({
    read: (from, limit) => storage.history(from, limit),
    numberOf: (record) => record.height,
    bytesOf: ({ bytes }) => bytes.length,
    onDamage: (from, why) => findings.add('history', from, `it cannot be read, nor those after it: ${why}`),
  });
  for await (const page of pages) for (const record of page) await check.take(record);
  const { heights, bases, areSound } = check.chained;
  const back = new WayBack(options);
  let expected = height;
  for (let at = heights.length - 1; at >= 0 && heights[at] === expected && areSound[at] === true; at -= 1) {
    const past = await readRecord(options, heights[at] as number);
    if (past === undefined) break;
    await back.take(heights[at] as number, past);
    onRecord(back.used, heights.length);
    expected = bases[at] as number;
  }
  const { used, oldest, rightAgain } = back;
  return { records: heights.length, used, oldest, rightAgain };
};

/** Where a wrong state is right again, for people. */
export const rightAgainText = ({ height, leaves }: RightAgain): string => {
  const shown = leaves.slice(0, SHOWN_LEAVES).join(', ');
  const more = leaves.length > SHOWN_LEAVES ? ` and ${leaves.length - SHOWN_LEAVES} more` : '';
  return `the kept state of height ${height} is right, so what was changed is among the rows that changed after it: ${shown}${more}`;
};
