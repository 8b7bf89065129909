/**
 * Count votes: the block's header votes for the heights before it; V and F follow.
 *
 * Source: finality rules 6 to 15.
 */
import { finalityKey } from '../state/keys.ts';
import type { OfficeSpan } from '../state/records.ts';
import { officeOf } from './begin-rounds.ts';
import type { Step } from './work.ts';

/** The spans that some height of the window still stands in. */
const recentSpans = (spans: readonly OfficeSpan[], oldestHeight: number): readonly OfficeSpan[] => {
  const first = spans.findLastIndex((span) => span.fromHeight <= oldestHeight);
  return first > 0 ? spans.slice(first) : spans;
};

export const countBlockVotes: Step = (work) => {
  const { chain, tip, height, slot, producer, maxHeightGenerated, office } = work;
  const { maxHeightPrevoted } = tip.votes;
  const header = { height, slot, producer, maxHeightGenerated, maxHeightPrevoted };
  const votes = chain.agreement.countVotes(tip.votes, header, officeOf(office));
  work.votes = votes;
  const spans = recentSpans(office.spans, height - chain.params.finalityWindow + 1);
  if (spans !== office.spans) work.office = { ...office, spans };
  work.ledger.state.set(finalityKey, { maxHeightPrevoted: votes.maxHeightPrevoted, finalHeight: votes.finalHeight });
  return undefined;
};
