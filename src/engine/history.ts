/**
 * History: old states of the chain, kept by what their rows were, and let go by a policy.
 *
 * The store holds the rows of the final state. A record at height h tells, for a height `base` below it, what the rows were at
 * `base` that changed since, up to h. A record a block gives every state back; a record from mark to mark gives those of
 * the marks. Source: docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { HistoryChange, Storage } from '../adapters/storage/storage.ts';
import { type Delta, type DeltaRow, rowsOf } from '../core/state/delta.ts';
import { decodeDelta, deltaOf, encodeDelta } from '../core/state/delta-bytes.ts';
import type { Height, Slot } from '../core/units.ts';
import { bytesField, safeField } from '../core/wire/fields.ts';
import { message } from '../core/wire/proto.ts';
import { damaged } from './outcome.ts';

/** Which old states a store keeps: none, all, those of the last rounds, or those of marked heights. */
export type HistoryPolicy =
  | { readonly keep: 'none' }
  | { readonly keep: 'all' }
  | { readonly keep: 'rounds'; readonly rounds: number }
  | { readonly keep: 'marks'; readonly isMarked: (height: Height) => boolean };

/** A block that became final: what its rows were before it. */
export interface FinalBlock {
  readonly height: Height;
  readonly slot: Slot;
  readonly before: Delta;
}

interface PastRecord {
  readonly base: Height;
  /** The slot of the block at the record's height. */
  readonly slot: Slot;
  readonly rows: Uint8Array;
}

const recordMessage = message<PastRecord>({
  base: safeField<Height>(1),
  slot: safeField<Slot>(2),
  rows: bytesField(3),
});

/** What a record says. */
export interface Past {
  readonly base: Height;
  readonly slot: Slot;
  readonly rows: Delta;
}

/** What the bytes of a record say, or `undefined`. */
export const decodePast = (bytes: Uint8Array): Past | undefined => {
  const record = recordMessage.decode(bytes);
  const rows = E.isRight(record) ? decodeDelta(record.right.rows) : record;
  if (E.isLeft(record) || E.isLeft(rows)) return undefined;
  return { base: record.right.base, slot: record.right.slot, rows: rows.right };
};

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

async function* pastFrom(storage: Storage, height: number): AsyncGenerator<Past & { readonly height: number }> {
  for (let from = height; ; ) {
    const page = await storage.history(from, PAGE);
    for (const stored of page) {
      const past = decodePast(stored.bytes);
      if (past === undefined) throw damaged(`the history of height ${stored.height} makes no sense`);
      yield { height: stored.height, ...past };
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return;
    from = last.height + 1;
  }
}

const recordOf = ({ height, slot, before }: FinalBlock): HistoryChange => ({
  height,
  bytes: recordMessage.encode({ base: (height - 1) as Height, slot, rows: encodeDelta(before) }),
});

/** Records that are older than the last `slots` slots. */
async function outdated(storage: Storage, slots: number, finalSlot: Slot): Promise<readonly HistoryChange[]> {
  const gone: HistoryChange[] = [];
  for await (const { height, slot } of pastFrom(storage, 0)) {
    if (slot > finalSlot - slots) break;
    gone.push({ height, bytes: undefined });
  }
  return gone;
}

/** The records since the last mark as one, now that `height` is marked; without a mark before, there is nothing to keep. */
async function joined(
  storage: Storage,
  isMarked: (height: Height) => boolean,
  fresh: readonly FinalBlock[],
): Promise<readonly HistoryChange[]> {
  const { height, slot } = fresh.at(-1) as FinalBlock;
  let base = height - 1;
  while (base > 0 && !isMarked(base as Height)) base -= 1;
  const isKept = isMarked(base as Height);
  const changes: HistoryChange[] = [];
  const past = new PastRows();
  for await (const record of pastFrom(storage, base + 1)) {
    changes.push({ height: record.height, bytes: undefined });
    past.add(record.rows);
  }
  for (const { before } of fresh) past.add(before);
  if (isKept) {
    const rows = encodeDelta(past.delta);
    changes.push({ height, bytes: recordMessage.encode({ base: base as Height, slot, rows }) });
  }
  return changes;
}

/** By marks: a record a block until the next marked height is final. Several blocks may be, and marks among them. */
async function byMarks(
  storage: Storage,
  isMarked: (height: Height) => boolean,
  blocks: readonly FinalBlock[],
): Promise<readonly HistoryChange[]> {
  const changes: HistoryChange[] = [];
  let fresh: FinalBlock[] = [];
  for (const block of blocks) {
    fresh.push(block);
    if (!isMarked(block.height)) continue;
    changes.push(...(await joined(storage, isMarked, fresh)));
    fresh = [];
  }
  return [...changes, ...fresh.map(recordOf)];
}

/** What becomes of the history when blocks become final, in their order. */
export async function historyChanges(
  storage: Storage,
  policy: HistoryPolicy,
  slotsPerRound: number,
  blocks: readonly FinalBlock[],
): Promise<readonly HistoryChange[]> {
  const last = blocks.at(-1);
  if (last === undefined || policy.keep === 'none') return [];
  if (policy.keep === 'all') return blocks.map(recordOf);
  if (policy.keep === 'marks') return byMarks(storage, policy.isMarked, blocks);
  const old = await outdated(storage, policy.rounds * slotsPerRound, last.slot);
  return [...old, ...blocks.map(recordOf)];
}

/** What the rows of the state at a height were that changed since, or `undefined` if the state of that height is not kept. */
export async function rowsAt(storage: Storage, height: Height): Promise<Delta | undefined> {
  const past = new PastRows();
  let expected: number = height;
  for await (const record of pastFrom(storage, height + 1)) {
    if (record.base !== expected) return undefined;
    past.add(record.rows);
    expected = record.height;
  }
  return expected === height ? undefined : past.delta;
}
