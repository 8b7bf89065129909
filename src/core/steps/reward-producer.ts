/**
 * Reward producer: the block mints what its slot is worth. Supply changes in no other way.
 *
 * Source: protocol section 10.
 */
import { openYear, rewardOf } from '../reward.ts';
import type { Step } from './work.ts';

export const rewardProducer: Step = (work) => {
  const { chain, ledger, slot, producer } = work;
  ledger.totals = openYear(chain.params, ledger.totals, slot);
  work.reward = rewardOf(chain.params, ledger.totals, slot);
  ledger.journal.mint(ledger.balance(producer), work.reward);
  ledger.totals = { ...ledger.totals, supply: ledger.totals.supply + work.reward };
  return undefined;
};
