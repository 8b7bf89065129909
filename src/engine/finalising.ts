/**
 * Finalising: what becomes of the store, and of the rows in memory, when blocks become final.
 *
 * The store has the rows of one final state. Those of the final blocks after it are owed for a while, and those of later blocks
 * wait in memory as long as finality lags. Source: docs/design.md (only final state is stored).
 */
import type { HistoryChange, RowChange, Storage } from '../adapters/storage/storage.ts';
import type { Chain, Tip } from '../core/chain.ts';
import type { Founding } from '../core/founding.ts';
import type { StateView } from '../core/state/view.ts';
import type { Hash, Height } from '../core/units.ts';
import type { BranchBlock } from './fork/kept.ts';
import { type HistoryPolicy, historyChanges, type PastStore, rowsAt } from './history.ts';
import { damaged } from './outcome.ts';
import { blockBytesOwed, lastRows, type OwedBlock, owedOf, rowBytesOwed } from './owed.ts';
import { stateRootAt, withRows } from './rows.ts';

export interface FinalisingOptions {
  readonly history: HistoryPolicy;
  readonly maxStateBytes: number;
}

/** What the store is told of final blocks, beside the blocks themselves. */
export interface FinalChanges {
  /** The height of the state that the store has then. */
  readonly stateHeight: Height;
  readonly rows: readonly RowChange[];
  readonly history: readonly HistoryChange[];
}

/** Rows of blocks that are not final must stay; to look for others again each time would cost a walk over all leaves. */
const GROWTH = 1.125;

/** How many bytes of rows are owed at most, as they are and as they were, and their part of the memory for rows. */
const MAX_ROW_BYTES = 8 * 1024 * 1024;
const OWED_PART = 8;
/** An engine that was killed reduces again what is owed: some 20 000 transfers at most, or so many empty blocks. */
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_BLOCKS = 1_000;

export class Finalising {
  readonly #chain: Chain;
  readonly #genesisRoot: Hash;
  readonly #storage: Storage;
  readonly #options: FinalisingOptions;
  /** The state that the store has. */
  #stored: { readonly height: Height; readonly state: StateView };
  /** The final blocks above it, in their order. */
  readonly #owed: OwedBlock[] = [];
  /** How many bytes of rows had to stay when they were trimmed last. */
  #keptBytes = 0;

  constructor({ chain, tip }: Founding, storage: Storage, options: FinalisingOptions, storedTip: Tip) {
    this.#chain = chain;
    this.#genesisRoot = tip.state.root;
    this.#storage = storage;
    this.#options = options;
    this.#stored = storedTip;
  }

  get #pastStore(): PastStore {
    return { storage: this.#storage, hasher: this.#chain.crypto };
  }

  /** These blocks, which the store has, are final; it may be told so later. */
  owe(final: readonly BranchBlock[]): void {
    for (const block of final) this.#owed.push(owedOf(block));
  }

  /**
   * What to tell the store together with a block by which these become final, in their order; nothing, if that has time. Where blocks are
   * undone it has none: theirs may be the votes that made others final, and the store has them no more then.
   */
  async changesBy(fresh: readonly BranchBlock[], isUndoing: boolean): Promise<FinalChanges | undefined> {
    const final = [...this.#owed, ...fresh.map(owedOf)];
    return isUndoing || this.#isMuch(final) ? await this.#changesOf(final) : undefined;
  }

  /** Whether these blocks owe as much as may be owed, or keep more rows in memory than should be there. */
  #isMuch(final: readonly OwedBlock[]): boolean {
    const { maxStateBytes } = this.#options;
    return (
      final.length >= MAX_BLOCKS ||
      rowBytesOwed(final) >= Math.min(MAX_ROW_BYTES, maxStateBytes / OWED_PART) ||
      blockBytesOwed(final) >= MAX_BLOCK_BYTES ||
      this.#stored.state.residency.residentBytes > 2 * maxStateBytes
    );
  }

  /** What to tell the store of all that it is owed, if there is anything. */
  changesOwed(): Promise<FinalChanges | undefined> {
    return this.#changesOf(this.#owed);
  }

  async #changesOf(final: readonly OwedBlock[]): Promise<FinalChanges | undefined> {
    const last = final.at(-1);
    if (last === undefined) return undefined;
    const { history } = this.#options;
    return {
      stateHeight: last.height,
      rows: lastRows(final.map(({ rows }) => rows)),
      history: await historyChanges(this.#pastStore, history, this.#chain.params.producersPerRound, final),
    };
  }

  /** These blocks are final, the store has been told what `changesBy` said of them, and the state stands at a block on or above the last. */
  settle(fresh: readonly BranchBlock[], told: FinalChanges | undefined): void {
    this.owe(fresh);
    const last = this.#owed.at(-1);
    if (told === undefined || last === undefined) return;
    this.#stored = { height: last.height, state: last.state };
    this.#owed.length = 0;
    this.#keptBytes = 0;
    this.trim();
  }

  /**
   * Lets rows of the stored state go where there are too many: they may be read from the store again. PERF: a look at a number, unless
   * an eighth more came in than had to stay the last time.
   */
  trim(): void {
    const { residency } = this.#stored.state;
    const { maxStateBytes } = this.#options;
    if (residency.residentBytes <= Math.max(maxStateBytes, this.#keptBytes * GROWTH)) return;
    residency.trim(maxStateBytes);
    this.#keptBytes = residency.residentBytes;
  }

  /** The state at a final height, or `undefined` if it is not kept. Rejects if the history does not lead to the root of that block. */
  async stateAt(height: Height): Promise<StateView | undefined> {
    if (height === this.#stored.height) return this.#stored.state;
    const owed = this.#owed.find((block) => block.height === height);
    if (owed !== undefined) return owed.state;
    const rows = await rowsAt(this.#pastStore, height, this.#stored.height);
    if (rows === undefined) return undefined;
    const { state } = this.#stored;
    const past = await withRows(this.#storage, state, () => state.asOf(rows));
    // No block tells the root of the genesis: the founding does.
    const root = height === 0 ? this.#genesisRoot : await stateRootAt(this.#storage, height);
    if (past.root !== root) throw damaged(`the history of height ${height} leads to another root`);
    return past;
  }
}
