/**
 * Outcome: what became of one case of a vector file, and how two values that should be the same are told apart.
 */

/** What the check of one case came to. A refusal that the rules demand is agreement. */
export type Outcome =
  | { readonly is: 'agrees'; readonly note?: string }
  | { readonly is: 'refused'; readonly code: string; readonly reason: string }
  | { readonly is: 'disagrees'; readonly faults: readonly string[] }
  | { readonly is: 'unjudged'; readonly why: string };

/** One case of a section by its id. */
export interface Judged {
  readonly id: string;
  readonly outcome: Outcome;
}

/** What a file may state and we may compute: text of hex digits, a number, a truth, or nothing. */
export type Comparable = string | number | boolean | null | undefined;

const LONGEST = 72;
const BEFORE = 8;
const AROUND = 24;

const tellShort = (value: Comparable): string => {
  if (value === undefined || value === null) return 'nothing';
  return typeof value === 'string' && /^[0-9a-f]+$/.test(value) ? value : JSON.stringify(value);
};

const firstDifference = (a: string, b: string): number => {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  return index;
};

/** Both values; of long texts the part where they begin to differ. */
const tellBoth = (stated: Comparable, computed: Comparable): string => {
  const isLong = [stated, computed].some((value) => typeof value === 'string' && value.length > LONGEST);
  if (!isLong || typeof stated !== 'string' || typeof computed !== 'string') {
    return `the file has ${tellShort(stated).slice(0, LONGEST)}, we get ${tellShort(computed).slice(0, LONGEST)}`;
  }
  const at = firstDifference(stated, computed);
  const from = Math.max(0, at - BEFORE);
  const part = (text: string): string =>
    `"${from > 0 ? '..' : ''}${text.slice(from, from + AROUND)}.." (${text.length} digits)`;
  return `they differ at digit ${at}: the file has ${part(stated)}, we get ${part(computed)}`;
};

/** The differences between what a file states and what we compute, in the order found. */
export class Comparison {
  readonly faults: string[] = [];

  /** Notes a difference, if there is one, under the name of what is compared. Nothing and `null` are the same. */
  same(name: string, stated: Comparable, computed: Comparable): void {
    if ((stated ?? null) !== (computed ?? null)) this.faults.push(`${name}: ${tellBoth(stated, computed)}`);
  }

  /** Notes what is wrong in words. */
  fault(text: string): void {
    this.faults.push(text);
  }

  /** The faults, or the outcome there is without any. */
  outcome(otherwise: Outcome): Outcome {
    return this.faults.length > 0 ? { is: 'disagrees', faults: this.faults } : otherwise;
  }
}
