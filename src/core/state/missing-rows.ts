/**
 * Missing rows: a read of the state met rows that only the store holds. Nothing was changed; fetch them, admit them, try again.
 *
 * Thrown, not returned: whoever announced all keys never sees it, and the reducer need not know of stores.
 * Source: docs/design.md (keys are known before execution).
 */
export class MissingRows extends Error {
  /** The leaves whose rows to fetch. */
  readonly leaves: readonly number[];

  constructor(leaves: readonly number[]) {
    super(`${leaves.length} rows of the state are not in memory; fetch them and try again`);
    this.name = 'MissingRows';
    this.leaves = leaves;
  }
}
