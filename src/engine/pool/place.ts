/**
 * Place: the first place of a block that is yet to be made, with all released that is due by then.
 */
import type { Place } from '../../core/admission.ts';
import type { Chain, Tip } from '../../core/chain.ts';
import { Ledger } from '../../core/ledger.ts';
import { totalsKey } from '../../core/state/keys.ts';
import type { Totals } from '../../core/state/records.ts';
import { releaseAll } from '../../core/steps/release-due.ts';
import type { Height, Seconds } from '../../core/units.ts';

/** The first place of the block at `blockTime` on a tip. May throw `MissingRows`. PERF: what falls due by then. */
export const firstPlace = ({ params }: Chain, tip: Tip, blockTime: Seconds): Place => {
  const ledger = new Ledger(tip.state, tip.state.get(totalsKey) as Totals);
  releaseAll(ledger, blockTime);
  return { params, ledger, height: (tip.height + 1) as Height, blockTime, index: 0, unitsBefore: 0 };
};
