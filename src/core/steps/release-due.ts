/**
 * Release due: what the dated queue holds up to the block's time returns: used bandwidth to its window, coins to balances.
 *
 * A block touches only what falls due in it, however long the window and however old the chain. Source: protocol
 * sections 6 and 7.
 */
import type { Ledger } from '../ledger.ts';
import { type AnyKey, dueOf, dueUntil, type Key } from '../state/keys.ts';
import { type Due, withNonceAndUsed } from '../state/records.ts';
import type { Address, Seconds } from '../units.ts';
import type { Step } from './work.ts';

const releaseWithdrawal = (ledger: Ledger, owner: Address, due: Seconds): void => {
  const withdrawal = ledger.state.account(owner).withdrawals.find((open) => open.due === due);
  if (withdrawal === undefined) return;
  ledger.journal.move(ledger.withdrawal(owner, due), ledger.balance(owner), withdrawal.amount);
};

/** Releases on a ledger what is due up to `time`. */
export const releaseAll = (ledger: Ledger, time: Seconds): void => {
  for (const key of ledger.state.parentKeys(dueUntil(time), Number.MAX_SAFE_INTEGER)) {
    const due = ledger.state.get(key as Key<Due>);
    if (due === undefined) continue;
    for (const { account, units } of due.usage) {
      const place = ledger.state.open(account);
      place.record = withNonceAndUsed(place.record, place.record.nonce, place.record.used - units);
    }
    for (const owner of due.withdrawals) releaseWithdrawal(ledger, owner, dueOf(key));
    ledger.state.remove(key as AnyKey);
  }
};

export const releaseDue: Step = ({ ledger, time }) => {
  releaseAll(ledger, time);
  return undefined;
};
