/**
 * Stake: lock coins for bandwidth and voting power, at once.
 *
 * The new stake may pay for this very transaction: an account that never staked has no other way in.
 * Source: whitepaper v0.2.1, Token Staking and Withdrawal; protocol sections 4, 6 and 7.
 */
import { candidacyKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { noPayload } from './payloads.ts';

export const stake = defineKind({
  name: 'stake',
  payload: noPayload,
  uses: { value: true },
  touches: ({ account }) => account.votes.map(candidacyKey),
  refuses: {
    amount_is_zero: ({ value }) => value === 0n,
    balance_too_small: ({ value, account }) => account.balance < value,
  },
  effect: ({ ledger, sender, value }) => {
    ledger.journal.move(ledger.balance(sender), ledger.staked(sender), value);
  },
  paysByNewStake: true,
});
