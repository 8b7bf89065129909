/**
 * Plan: what changes of records mean for rows, before any row changes: keys that enter or leave, and new values of rows.
 */
import { invariant } from '../refusal.ts';
import { MAX_LEAVES } from '../tree/free-leaves.ts';
import { checkKey } from '../tree/probe.ts';
import type { Change, Delta, DeltaWriter } from './delta.ts';
import type { Naming } from './renaming.ts';
import { type RowTable, WARM_KEYS } from './row-table.ts';
import type { Scraps } from './scraps.ts';

/** Appends the canonical bytes of the record that a change makes. */
export type Encode = (change: Change, out: DeltaWriter) => void;

export interface Plan {
  /** Ascending by key. */
  readonly namings: readonly Naming[];
  /** Values of entries that stay, each under its leaf, in any order; in the scratch. Some may be what they were. */
  readonly updates: Delta;
}

/** What a plan lies in, until the next one is made. */
export interface Scratch {
  readonly values: DeltaWriter;
  readonly scraps: Scraps;
}

const NOWHERE = -1;

const byKey = (a: Naming, b: Naming): number => (a.key < b.key ? -1 : 1);

/** PERF: the leaves of some of these changes come into the processor's cache, unless most of them are told. */
const warm = (table: RowTable, changes: readonly Change[], from: number): void => {
  const end = Math.min(from + WARM_KEYS, changes.length);
  let untold = 0;
  for (let index = from; index < end; index += 1) if (((changes[index] as Change).leaf ?? NOWHERE) < 0) untold += 1;
  if (2 * untold <= WARM_KEYS) return;
  const some = changes.slice(from, end).filter(({ leaf = NOWHERE }) => leaf < 0);
  table.warm(
    '',
    some.map(({ key }) => key),
  );
};

/**
 * The plan of these changes, each a value or, with `undefined`, none; `values` and `scraps` are what it lies in. Throws `MissingRows`, or
 * `InvariantViolation` for a malformed key; nothing is changed.
 */
export const planOf = (
  table: RowTable,
  { values, scraps }: Scratch,
  changes: readonly Change[],
  encode: Encode,
): Plan => {
  const namings: Naming[] = [];
  values.clear(); // those of the plan before, or of one that was broken off
  scraps.clear();
  let { count } = table;
  for (let index = 0; index < changes.length; index += 1) {
    if (index % WARM_KEYS === 0) warm(table, changes, index);
    const change = changes[index] as Change;
    const { record, leaf: told = NOWHERE } = change;
    const probe = told < 0 ? table.probeOf(change.key) : undefined;
    const leaf = probe === undefined ? told : table.find(probe);
    if (leaf < 0 && record === undefined) continue;
    const from = values.length;
    if (record !== undefined) encode(change, values);
    if (leaf >= 0 && record !== undefined) {
      values.end(leaf);
      continue;
    }
    const { key } = change;
    if (leaf < 0) checkKey(key);
    count += record === undefined ? -1 : 1;
    const value = record === undefined ? undefined : scraps.copy(values.view, from, values.length);
    values.length = from;
    const own = probe ?? table.probeOf(key);
    namings.push({ key, keyBytes: scraps.copy(own.view, 0, own.length), value });
    table.demand(leaf < 0 ? table.index.beforeSought() : table.index.before(own));
  }
  const updates = values.peek();
  table.demandAll(updates.leaves);
  table.demandRows();
  invariant(count <= MAX_LEAVES, `a state holds at most ${MAX_LEAVES} entries, not ${count}`);
  return { namings: namings.sort(byKey), updates };
};
