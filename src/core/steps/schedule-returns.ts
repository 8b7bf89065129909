/**
 * Schedule returns: what this block charged and what left its accounts enters the dated queue, one entry a due time.
 *
 * Source: protocol sections 6 and 7.
 */
import { compareText } from '../bytes.ts';
import { dueKey } from '../state/keys.ts';
import { noDue } from '../state/records.ts';
import type { Seconds } from '../units.ts';
import type { Step } from './work.ts';

export const scheduleReturns: Step = ({ chain, ledger, time }) => {
  const { state, scheduled } = ledger;
  const usage = state.charges;
  if (usage.length > 0) {
    const key = dueKey((time + chain.params.windowSeconds) as Seconds);
    // Times of blocks differ, so no other block charges into this entry; withdrawals may stand in it already.
    state.set(key, { ...(state.get(key) ?? noDue), usage });
  }
  for (const [due, owners] of scheduled) {
    const key = dueKey(due);
    const entry = state.get(key) ?? noDue;
    const withdrawals = [...new Set([...entry.withdrawals, ...owners])].sort(compareText);
    state.set(key, { ...entry, withdrawals });
  }
  return undefined;
};
