/**
 * History: old states of the chain, kept by what their rows were, and let go by a policy.
 *
 * The store holds the rows of one final state. A record at height h tells, for a height `base` below it, what the rows were at
 * `base` that changed since, up to h. A record a block gives every state back; a record from mark to mark gives those of
 * the marks. Source: docs/design.md.
 */
import type { HistoryChange, Storage } from '../adapters/storage/storage.ts';
import type { Hasher } from '../core/crypto.ts';
import { invariant } from '../core/refusal.ts';
import { type Delta, type DeltaRow, rowsOf } from '../core/state/delta.ts';
import { deltaOf } from '../core/state/delta-bytes.ts';
import type { Height, Slot } from '../core/units.ts';
import { damaged } from './outcome.ts';
import { decodePast, encodePast, type Past } from './past-record.ts';

/** Which old states a store keeps: none, all, those of the last rounds, or those of marked heights. */
export type HistoryPolicy =
  | { readonly keep: 'none' }
  | { readonly keep: 'all' }
  | { readonly keep: 'rounds'; readonly rounds: number }
  | { readonly keep: 'marks'; readonly isMarked: (height: Height) => boolean };

/** Throws `InvariantViolation` for what is no policy: taken for another one it would drop what an owner wants kept. */
export const checkPolicy = (policy: HistoryPolicy): void => {
  const { keep } = policy;
  const isKnown = keep === 'none' || keep === 'all' || keep === 'rounds' || keep === 'marks';
  invariant(isKnown, `the history keeps 'none', 'all', 'rounds' or 'marks', not '${String(keep)}'`);
  if (keep === 'rounds') {
    const { rounds } = policy;
    invariant(
      Number.isSafeInteger(rounds) && rounds > 0,
      `the history keeps whole rounds, one at least, not ${rounds}`,
    );
  }
  if (keep === 'marks')
    invariant(typeof policy.isMarked === 'function', 'the history keeps marks, and nobody tells which');
};

/** A block that became final: what its rows were before it. */
export interface FinalBlock {
  readonly height: Height;
  readonly slot: Slot;
  readonly before: Delta;
}

/** Where records lie, and what seals them. */
export interface PastStore {
  readonly storage: Storage;
  readonly hasher: Hasher;
}

/** What rows were at the beginning of several records in the order of time: of each leaf the first that is told. */
class PastRows {
  readonly #rows = new Map<number, DeltaRow>();

  add(delta: Delta): void {
    for (const { leaf, bytes } of rowsOf(delta)) {
      // A copy: the rest of its record need not stay in memory.
      if (!this.#rows.has(leaf)) this.#rows.set(leaf, { leaf, bytes: bytes?.slice() });
    }
  }

  get delta(): Delta {
    return deltaOf([...this.#rows.values()].sort((a, b) => a.leaf - b.leaf));
  }
}

/** Records read at once: each may be as large as a block's changes. */
const PAGE = 64;

async function* pastFrom(
  { storage, hasher }: PastStore,
  height: number,
): AsyncGenerator<Past & { readonly height: number }> {
  for (let from = height; ; ) {
    const page = await storage.history(from, PAGE);
    for (const stored of page) {
      // A record below what was asked for would be read over and over.
      if (stored.height < from)
        throw damaged(`the history of height ${stored.height} stands above that of ${from - 1}`);
      const past = decodePast(hasher, stored.bytes);
      if (past === undefined) throw damaged(`the history of height ${stored.height} makes no sense`);
      yield { height: stored.height, ...past };
      from = stored.height + 1;
    }
    if (page.length < PAGE) return;
  }
}

const recordOf =
  ({ hasher }: PastStore) =>
  ({ height, slot, before }: FinalBlock): HistoryChange => ({
    height,
    bytes: encodePast(hasher, { base: (height - 1) as Height, slot, rows: before }),
  });

/** Records that are older than the last `slots` slots. */
async function outdated(store: PastStore, slots: number, finalSlot: Slot): Promise<readonly HistoryChange[]> {
  const gone: HistoryChange[] = [];
  for await (const { height, slot } of pastFrom(store, 0)) {
    if (slot > finalSlot - slots) break;
    gone.push({ height, bytes: undefined });
  }
  return gone;
}

/**
 * The records since the last mark as one, now that `height` is marked. Without a mark before, or if the records do not reach down to
 * it because less was kept then, there is nothing to keep.
 */
async function joined(
  store: PastStore,
  isMarked: (height: Height) => boolean,
  fresh: readonly FinalBlock[],
): Promise<readonly HistoryChange[]> {
  const [first, last] = [fresh[0] as FinalBlock, fresh.at(-1) as FinalBlock];
  let base = last.height - 1;
  while (base > 0 && !isMarked(base as Height)) base -= 1;
  const changes: HistoryChange[] = [];
  const past = new PastRows();
  let [reached, isUnbroken] = [base, isMarked(base as Height)];
  for await (const record of pastFrom(store, base + 1)) {
    changes.push({ height: record.height, bytes: undefined });
    past.add(record.rows);
    isUnbroken &&= record.base === reached;
    reached = record.height;
  }
  if (!isUnbroken || reached !== first.height - 1) return changes;
  for (const { before } of fresh) past.add(before);
  const bytes = encodePast(store.hasher, { base: base as Height, slot: last.slot, rows: past.delta });
  return [...changes, { height: last.height, bytes }];
}

/** By marks: a record a block until the next marked height is final. Several blocks may be, and marks among them. */
async function byMarks(
  store: PastStore,
  isMarked: (height: Height) => boolean,
  blocks: readonly FinalBlock[],
): Promise<readonly HistoryChange[]> {
  const changes: HistoryChange[] = [];
  let fresh: FinalBlock[] = [];
  for (const block of blocks) {
    fresh.push(block);
    if (!isMarked(block.height)) continue;
    changes.push(...(await joined(store, isMarked, fresh)));
    fresh = [];
  }
  return [...changes, ...fresh.map(recordOf(store))];
}

/** What becomes of the history when blocks become final, in their order. */
export async function historyChanges(
  store: PastStore,
  policy: HistoryPolicy,
  slotsPerRound: number,
  blocks: readonly FinalBlock[],
): Promise<readonly HistoryChange[]> {
  const last = blocks.at(-1);
  if (last === undefined || policy.keep === 'none') return [];
  if (policy.keep === 'all') return blocks.map(recordOf(store));
  if (policy.keep === 'marks') return byMarks(store, policy.isMarked, blocks);
  const slots = policy.rounds * slotsPerRound;
  const old = await outdated(store, slots, last.slot);
  return [...old, ...blocks.filter(({ slot }) => slot > last.slot - slots).map(recordOf(store))];
}

/**
 * What the rows of the state at a height were that have changed up to the stored state, or `undefined` if the state of that height is not
 * kept: where nothing was kept for a while, the records end below the stored state, or have a gap.
 */
export async function rowsAt(store: PastStore, height: Height, storedHeight: Height): Promise<Delta | undefined> {
  const past = new PastRows();
  let expected: number = height;
  for await (const record of pastFrom(store, height + 1)) {
    if (record.base !== expected) return undefined;
    past.add(record.rows);
    expected = record.height;
  }
  return expected === height || expected !== storedHeight ? undefined : past.delta;
}
