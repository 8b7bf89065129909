/**
 * Check findings: what a check of a store found, each with its place, as values; at most a hundred of a kind are kept.
 */

/** What a finding is about. */
export type FindingPlace = 'fact' | 'block' | 'row' | 'state' | 'history';

export interface Finding {
  readonly where: FindingPlace;
  /** The name of a fact, the leaf of a row, else a height. */
  readonly at: number | string;
  readonly what: string;
}

/** Of each kind: a store of which every row is wrong must not fill the memory, nor hide what is wrong with its blocks. */
export const MAX_FINDINGS_OF_A_KIND = 100;

export class Findings {
  readonly kept: Finding[] = [];
  readonly #counts = new Map<FindingPlace, number>();

  add(where: FindingPlace, at: number | string, what: string): void {
    const before = this.countOf(where);
    this.#counts.set(where, before + 1);
    if (before < MAX_FINDINGS_OF_A_KIND) this.kept.push({ where, at, what });
  }

  countOf(where: FindingPlace): number {
    return this.#counts.get(where) ?? 0;
  }

  /** All of them, those that were not kept too. */
  get count(): number {
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum;
  }
}

const places: Readonly<Record<FindingPlace, string>> = {
  fact: 'fact',
  block: 'block',
  row: 'row of leaf',
  state: 'state at height',
  history: 'history of height',
};

/** A finding as a line for people. */
export const findingText = ({ where, at, what }: Finding): string => `${places[where]} ${at}: ${what}`;
