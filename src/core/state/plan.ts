/**
 * Plan: what changes of records mean for rows, before any row changes: keys that enter or leave, and new values of rows.
 */
import { invariant } from '../refusal.ts';
import { MAX_LEAVES } from '../tree/free-leaves.ts';
import { checkKey } from '../tree/probe.ts';
import type { Change, Delta, DeltaWriter } from './delta.ts';
import type { Naming } from './renaming.ts';
import { isValueOf, valueStartOf } from './row.ts';
import { type RowTable, WARM_KEYS } from './row-table.ts';

/** The canonical bytes of a record, `undefined` of none. They may lie in a scratch, until the next call. */
export type Encode = (key: string, record: unknown) => Uint8Array | undefined;

export interface Plan {
  /** Ascending by key. */
  readonly namings: readonly Naming[];
  /** The values of entries that get another one, each under its leaf, in any order; in the scratch. */
  readonly updates: Delta;
}

const byKey = (a: Naming, b: Naming): number => (a.key < b.key ? -1 : 1);

/**
 * The plan of these changes, each a value or, with `undefined`, none; `values` is a scratch. Throws `MissingRows`, or
 * `InvariantViolation` for a malformed key; nothing is changed.
 */
export const planOf = (table: RowTable, values: DeltaWriter, changes: readonly Change[], encode: Encode): Plan => {
  const { arena } = table;
  const namings: Naming[] = [];
  values.clear(); // those of the plan before, or of one that was broken off
  let { count } = table;
  const keys = changes.map(({ key }) => key);
  for (const [index, { key, record }] of changes.entries()) {
    if (index % WARM_KEYS === 0) table.warm('', keys, index);
    const probe = table.probeOf(key);
    const leaf = table.find(probe);
    if (leaf < 0 && record === undefined) continue;
    const value = encode(key, record);
    if (leaf >= 0 && value !== undefined) {
      if (!arena.seek(leaf)) continue; // missing, and told below
      const start = valueStartOf(arena.bytes, arena.start + arena.keyPart, arena.end);
      if (isValueOf(value, arena.bytes, start, arena.end)) continue;
      values.copy(value, 0, value.length);
      values.end(leaf);
      continue;
    }
    if (leaf < 0) checkKey(key);
    count += value === undefined ? -1 : 1;
    namings.push({ key, value: value?.slice() });
    table.demand(leaf < 0 ? table.index.beforeSought() : table.index.before(probe));
  }
  table.demandRows();
  invariant(count <= MAX_LEAVES, `a state holds at most ${MAX_LEAVES} entries, not ${count}`);
  return { namings: namings.sort(byKey), updates: values.peek() };
};
