/**
 * Finalising: what becomes of the store, and of the rows in memory, when blocks become final.
 *
 * The store has the rows of the final state alone; those of later blocks wait in memory as long as finality lags.
 * Source: docs/design.md (only final state is stored).
 */
import type { HistoryChange, RowChange, Storage } from '../adapters/storage/storage.ts';
import type { Chain, Tip } from '../core/chain.ts';
import type { Founding } from '../core/founding.ts';
import type { Transition } from '../core/reduce.ts';
import { type Delta, rowsOf } from '../core/state/delta.ts';
import type { StateView } from '../core/state/view.ts';
import type { Hash, Height } from '../core/units.ts';
import { type HistoryPolicy, historyChanges, type PastStore, rowsAt } from './history.ts';
import { damaged } from './outcome.ts';
import { stateRootAt, withRows } from './rows.ts';

export interface FinalisingOptions {
  readonly history: HistoryPolicy;
  readonly maxStateBytes: number;
}

/** What a block that was taken changes in the store, beside itself. */
export interface FinalChanges {
  /** The height of the state that the store has then, if it changes. */
  readonly stateHeight: Height | undefined;
  readonly rows: readonly RowChange[];
  readonly history: readonly HistoryChange[];
}

/** Of each leaf its last row: several blocks become final at once. */
const lastOfEach = (deltas: readonly Delta[]): readonly RowChange[] => {
  const [first] = deltas;
  if (deltas.length <= 1) return first === undefined ? [] : rowsOf(first);
  return [...new Map(deltas.flatMap(rowsOf).map((row) => [row.leaf, row])).values()];
};

/** Rows of blocks that are not final must stay; to look for others again each time would cost a walk over all leaves. */
const GROWTH = 1.125;

export class Finalising {
  readonly #chain: Chain;
  readonly #genesisRoot: Hash;
  readonly #storage: Storage;
  readonly #options: FinalisingOptions;
  /** The state that the store has. */
  #final: { readonly height: Height; readonly state: StateView };
  /** Blocks that are final by what follows them, though the store has not been told: of a torn batch only the block is in. */
  #owed: readonly Transition[] = [];
  /** How many bytes of rows had to stay when they were trimmed last. */
  #keptBytes = 0;

  constructor({ chain, tip }: Founding, storage: Storage, options: FinalisingOptions, finalTip: Tip) {
    this.#chain = chain;
    this.#genesisRoot = tip.state.root;
    this.#storage = storage;
    this.#options = options;
    this.#final = finalTip;
  }

  get #pastStore(): PastStore {
    return { storage: this.#storage, hasher: this.#chain.crypto };
  }

  /** Blocks of the store have become final by being taken up again; the store is told with the next block. */
  owe(final: readonly Transition[]): void {
    this.#owed = [...this.#owed, ...final];
  }

  /** What the store must be told when these blocks become final, in their order. */
  async changesBy(fresh: readonly Transition[]): Promise<FinalChanges> {
    const final = [...this.#owed, ...fresh];
    const blocks = final.map(({ tip, before }) => ({ height: tip.height, slot: tip.slot, before }));
    const { params } = this.#chain;
    return {
      stateHeight: final.at(-1)?.tip.height,
      rows: lastOfEach(final.map(({ rows }) => rows)),
      history: await historyChanges(this.#pastStore, this.#options.history, params.producersPerRound, blocks),
    };
  }

  /** The store has been told, and the state stands at a block on or above the last of them. */
  settle(fresh: readonly Transition[]): void {
    const last = fresh.at(-1) ?? this.#owed.at(-1);
    if (last === undefined) return;
    this.#owed = [];
    this.#final = { height: last.tip.height, state: last.tip.state };
    this.#keptBytes = 0;
    this.trim();
  }

  /**
   * Lets rows of the final state go where there are too many: they may be read from the store again. PERF: a look at a number, unless
   * an eighth more came in than had to stay the last time.
   */
  trim(): void {
    const { residency } = this.#final.state;
    const { maxStateBytes } = this.#options;
    if (residency.residentBytes <= Math.max(maxStateBytes, this.#keptBytes * GROWTH)) return;
    residency.trim(maxStateBytes);
    this.#keptBytes = residency.residentBytes;
  }

  /** The state at a final height, or `undefined` if it is not kept. Rejects if the history does not lead to the root of that block. */
  async stateAt(height: Height): Promise<StateView | undefined> {
    if (height === this.#final.height) return this.#final.state;
    const owed = this.#owed.find(({ tip }) => tip.height === height);
    if (owed !== undefined) return owed.tip.state;
    const rows = await rowsAt(this.#pastStore, height);
    if (rows === undefined) return undefined;
    const { state } = this.#final;
    const past = await withRows(this.#storage, state, () => state.asOf(rows));
    // No block tells the root of the genesis: the founding does.
    const root = height === 0 ? this.#genesisRoot : await stateRootAt(this.#storage, height);
    if (past.root !== root) throw damaged(`the history of height ${height} leads to another root`);
    return past;
  }
}
