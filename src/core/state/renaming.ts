/**
 * Renaming: keys that enter and leave the state, and the rows that are made anew for it.
 *
 * Deleted keys go first and free their leaves; then new ones, in ascending order, take the lowest free. Each row names the
 * next greater key, so the row before changes too. Source: docs/protocol.md section 15.3.
 */
import { areSame } from '../bytes.ts';
import type { DeltaWriter } from './delta.ts';
import { KEY_TAG, keyEndOf, keyStartOf, NEXT_TAG, nextEndOf, nextStartOf, VALUE_TAG, valueStartOf } from './row.ts';
import type { RowArena } from './row-arena.ts';
import type { RowTable } from './row-table.ts';
import type { Scraps } from './scraps.ts';

/** A key that enters, or leaves (its value is `undefined`). */
export interface Naming {
  readonly key: string;
  readonly keyBytes: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A row that is made anew, its keys with it. */
export interface Draft {
  readonly key: Uint8Array;
  next: Uint8Array;
  value: Uint8Array;
}

const draftOf = (table: RowTable, drafts: Map<number, Draft>, scraps: Scraps, leaf: number): Draft => {
  const known = drafts.get(leaf);
  if (known !== undefined) return known;
  table.seek(leaf);
  const { bytes, view, start, end, keyPart } = table.arena;
  const draft = {
    key: scraps.copy(view, keyStartOf(bytes, start), keyEndOf(bytes, start)),
    next: scraps.copy(view, nextStartOf(bytes, start), nextEndOf(bytes, start)),
    value: scraps.copy(view, valueStartOf(bytes, start + keyPart, end), end),
  };
  drafts.set(leaf, draft);
  return draft;
};

/**
 * Takes the keys, ascending, out of the table or into it. Adds a draft for each row that is to be written, and returns the leaves
 * of all rows that change, those that are gone among them. The parts of drafts lie in `scraps`. The rows before all keys must be in memory.
 */
export const rename = (
  table: RowTable,
  namings: readonly Naming[],
  drafts: Map<number, Draft>,
  scraps: Scraps,
): readonly number[] => {
  const gone = new Set<number>();
  for (const { keyBytes, value } of namings) {
    if (value !== undefined) continue;
    const probe = table.probeOfBytes(keyBytes);
    const leaf = table.index.find(probe);
    table.demandRows();
    const { next } = draftOf(table, drafts, scraps, leaf);
    drafts.delete(leaf);
    table.leave(probe, leaf);
    const before = table.neighbourOf(probe);
    if (before >= 0) draftOf(table, drafts, scraps, before).next = next;
    gone.add(leaf);
  }
  table.shrink();
  for (const { keyBytes: own, value } of namings) {
    if (value === undefined) continue;
    const probe = table.probeOfBytes(own);
    const before = table.neighbourOf(probe);
    const previous = before < 0 ? undefined : draftOf(table, drafts, scraps, before);
    const leaf = table.enter(probe, own);
    drafts.set(leaf, { key: own, next: previous?.next ?? own, value });
    if (previous !== undefined) previous.next = own;
  }
  return [...gone, ...[...drafts.keys()].filter((leaf) => !gone.has(leaf))];
};

/** Appends a row that is made anew; the length of its key part. */
export const writeDraft = (rows: DeltaWriter, { key, next, value }: Draft): number => {
  const start = rows.length;
  rows.head(KEY_TAG, key.length);
  rows.add(key);
  rows.head(NEXT_TAG, next.length);
  rows.add(next);
  const keyPart = rows.length - start;
  if (value.length > 0) {
    rows.head(VALUE_TAG, value.length);
    rows.add(value);
  }
  return keyPart;
};

/** In place of the length of a key part: the row stays as it is. */
export const SAME = -(2 ** 30);

/**
 * Appends the row that the arena stands at with values[from..to) as its value, unless it has that value; minus the length of its key part,
 * which stays as it is, or `SAME`.
 */
export const writeUpdate = (rows: DeltaWriter, arena: RowArena, values: DataView, from: number, to: number): number => {
  const { words, bytes, view, start, end, keyPart } = arena;
  const valueStart = valueStartOf(bytes, start + keyPart, end);
  if (to - from === end - valueStart && areSame(values, from, view, valueStart, to - from)) return SAME;
  rows.copyWords(words, start, keyPart);
  if (to > from) {
    rows.head(VALUE_TAG, to - from);
    rows.copy(values, from, to);
  }
  return -keyPart;
};
