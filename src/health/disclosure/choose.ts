/**
 * Choose: which values to show so that a claim about a whole can be checked: that a list is complete, that something is not there.
 */
import { itemAt, type JsonDocument, memberAt, type Step } from '../json/document.ts';
import type { RecordTree } from '../tree/record-tree.ts';

/** The values to show so that value `at` is complete: itself and all that is in it. */
export const completenessOf = ({ document }: RecordTree, at: number): readonly number[] => {
  const values: number[] = [];
  for (let value = at; value < (document.nexts[at] as number); value += 1) values.push(value);
  return values;
};

const childAt = (document: JsonDocument, at: number, step: Step): number | undefined => {
  if (typeof step === 'string') return memberAt(document, at, step);
  return Number.isInteger(step) && step >= 0 ? itemAt(document, at, step) : undefined;
};

/** The one value to show so that nothing stands at the steps: the last that there is on the way; none if something does stand there. */
export const absenceOf = ({ document, at: from }: RecordTree, steps: readonly Step[]): readonly number[] => {
  let at = from;
  for (const step of steps) {
    const child = childAt(document, at, step);
    if (child === undefined) return [at];
    at = child;
  }
  return [];
};
