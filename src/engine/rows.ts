/**
 * Rows: fetching from the store what the core needs of a state that is not all in memory.
 *
 * The keys of a block are told before it runs, so their rows come in one or two batches; what nobody told is fetched when it is
 * met, and the pure function asked again. Each row is held against the tree when it comes in.
 * Source: docs/design.md (keys are known before execution).
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage } from '../adapters/storage/storage.ts';
import { accountKeys, dueKeys, keysBesideAccounts } from '../core/announce.ts';
import { type CheckedBlock, type Rejection, readBlock } from '../core/block.ts';
import type { Chain, Tip } from '../core/chain.ts';
import type { CheckedTransaction } from '../core/check.ts';
import { headerRejection, reduce, type Transition } from '../core/reduce.ts';
import { invariant } from '../core/refusal.ts';
import { Loader } from '../core/state/loader.ts';
import { MissingRows } from '../core/state/missing-rows.ts';
import { loadedState, type Residency, type StateView } from '../core/state/view.ts';
import type { Hash, Seconds } from '../core/units.ts';
import { damaged } from './outcome.ts';
import type { Ahead } from './verdicts/verdicts.ts';

/** Room for the rows of about a million and a half of accounts. */
export const DEFAULT_STATE_BYTES = 256 * 1024 * 1024;

const PAGE_ROWS = 10_000;

/** The state of all rows of a store, of which `maxBytes` stay in memory. PERF: reads every row once. */
export async function loadState({ crypto }: Chain, storage: Storage, maxBytes: number): Promise<StateView> {
  const loader = new Loader(crypto, maxBytes);
  for (let from = 0; ; ) {
    const page = await storage.scan(from, PAGE_ROWS);
    loader.add(page);
    const last = page.at(-1);
    if (page.length < PAGE_ROWS || last === undefined) break;
    from = last.leaf + 1;
  }
  await admitRows(storage, loader.body, loader.missing());
  return loadedState(loader);
}

/** Fetches rows of the store into memory, each held against the tree. */
async function admitRows(storage: Storage, state: Pick<Residency, 'admit'>, leaves: readonly number[]): Promise<void> {
  // In portions: a row may come with the memory of its neighbours.
  for (let start = 0; start < leaves.length; start += PAGE_ROWS) {
    const some = leaves.slice(start, start + PAGE_ROWS);
    const found = await storage.rows(some);
    const bad = state.admit(some.map((leaf, index) => ({ leaf, bytes: found[index] })));
    if (bad !== undefined) throw damaged(`the row of leaf ${bad} is not what the state root commits to`);
  }
}

/**
 * What `ask` answers, once the rows that it misses have been fetched. It is asked again from the beginning, and misses others each
 * time: so it comes to an end. Throws `InvariantViolation` if rows that were fetched are missed again.
 */
export async function withRows<T>(storage: Storage, state: StateView, ask: () => T): Promise<T> {
  const fetched = new Set<number>();
  for (;;) {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof MissingRows)) throw error;
      await admitRows(storage, state.residency, error.leaves);
      const before = fetched.size;
      for (const leaf of error.leaves) fetched.add(leaf);
      invariant(fetched.size > before, `rows that were fetched are missed again: ${[...error.leaves].join(', ')}`);
    }
  }
}

/** Fetches the rows of these keys that are not in memory. Among keys that share their first bytes a search may miss more, when it is made. */
async function fetchKeys(storage: Storage, state: StateView, keys: Iterable<string>): Promise<void> {
  const wanted = [...keys];
  const missing = await withRows(storage, state, () => state.residency.missingFor(wanted));
  await admitRows(storage, state.residency, missing);
}

/** Fetches what falls due up to `time`, and the accounts that it returns to. */
export async function fetchDue(storage: Storage, state: StateView, time: Seconds): Promise<void> {
  if (state.residency.isWhole) return;
  await fetchKeys(storage, state, await withRows(storage, state, () => dueKeys(state, time)));
}

/** Fetches the accounts that transactions name. */
export async function fetchAccounts(
  storage: Storage,
  state: StateView,
  transactions: Iterable<CheckedTransaction>,
): Promise<void> {
  if (state.residency.isWhole) return;
  await fetchKeys(storage, state, accountKeys(transactions));
}

/** `headerRejection`, with the rows that it needs. */
export const headerRejectionWithRows = (
  storage: Storage,
  chain: Chain,
  tip: Tip,
  block: CheckedBlock,
): Promise<Rejection | undefined> => withRows(storage, tip.state, () => headerRejection(chain, tip, block));

/**
 * `reduce`, with the rows that it needs. `ahead` has workers look at the transactions, once the header is right; without it they are looked
 * at as the reducer comes to them.
 */
export async function reduceWithRows(
  storage: Storage,
  chain: Chain,
  tip: Tip,
  block: CheckedBlock,
  ahead?: () => Ahead,
): Promise<E.Either<Rejection, Transition>> {
  const { state } = tip;
  const { isWhole } = state.residency;
  if (isWhole && ahead === undefined) return reduce(chain, tip, block);
  // A stranger's block must not cost the recovery of its transactions, nor the reading of their accounts.
  const rejection = await headerRejectionWithRows(storage, chain, tip, block);
  if (rejection !== undefined) return E.left(rejection);
  await ahead?.().done();
  if (isWhole) return reduce(chain, tip, block);
  const checked = { ...block, transactions: [...block.transactions] };
  const passed = checked.transactions.flatMap((each) => (each._tag === 'Right' ? [each.right] : []));
  await fetchAccounts(storage, state, passed);
  const { time } = block.header;
  await fetchDue(storage, state, time);
  const others = await withRows(storage, state, () => keysBesideAccounts(chain, tip, time, passed));
  await fetchKeys(storage, state, others);
  return withRows(storage, state, () => reduce(chain, tip, checked));
}

/** The state root that the stored block of a height states; `undefined` if there is no such block, as at genesis. */
export async function stateRootAt(storage: Storage, height: number): Promise<Hash | undefined> {
  const stored = await storage.block(height);
  if (stored === undefined) return undefined;
  const block = readBlock(stored.bytes);
  if (block._tag === 'Left') throw damaged(`block ${height} makes no sense`);
  return block.right.header.stateRoot;
}
