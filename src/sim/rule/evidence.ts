/**
 * Evidence: two headers of one producer that no honest producer ever makes.
 *
 * Source: protocol section 12, finality rule 22.
 */
import type { VoteHeader } from '../../core/finality.ts';

/** Whether two distinct headers of one producer are evidence against it, in either order. */
export const isEvidence = (one: VoteHeader, other: VoteHeader): boolean => {
  const [x, y] = one.slot <= other.slot ? [one, other] : [other, one];
  return (
    x.slot === y.slot ||
    y.maxHeightGenerated < x.height ||
    y.maxHeightGenerated < x.maxHeightGenerated ||
    y.maxHeightPrevoted < x.maxHeightPrevoted ||
    (y.maxHeightPrevoted === x.maxHeightPrevoted && y.height <= x.height)
  );
};

/** Whether any two of these headers of one producer are evidence. If all neighbours by slot are clean, all pairs are. */
export const convicts = (headers: readonly VoteHeader[]): boolean => {
  const bySlot = [...headers].sort((a, b) => a.slot - b.slot);
  return bySlot.some((header, index) => {
    const before = bySlot[index - 1];
    return before !== undefined && isEvidence(before, header);
  });
};
