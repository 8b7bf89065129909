/**
 * Unstake: give up stake now, get the coins back seven days later.
 *
 * Votes and bandwidth fall at once; the balance grows when the withdrawal falls due. Giving up the whole stake needs no
 * bandwidth, so the way out is never locked. Source: whitepaper v0.2.1, Token Staking and Withdrawal; protocol section 7.
 */
import { candidacyKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { noPayload } from './payloads.ts';
import { dueTime, hasTooManyWithdrawals } from './withdrawal.ts';

export const unstake = defineKind({
  name: 'unstake',
  payload: noPayload,
  uses: { value: true },
  touches: ({ account }) => account.votes.map(candidacyKey),
  refuses: {
    amount_is_zero: ({ value }) => value === 0n,
    stake_too_small: ({ value, account }) => account.staked < value,
    too_many_withdrawals: hasTooManyWithdrawals,
  },
  effect: ({ ledger, sender, value, ...execution }) => {
    ledger.scheduleWithdrawal(ledger.staked(sender), sender, dueTime(execution), value);
  },
  isWayOut: ({ value, account }) => value === account.staked,
});
