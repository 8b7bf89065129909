/**
 * Transfer: move coins from the sender's balance to another account's.
 *
 * Source: whitepaper v0.2.1, Transaction; protocol section 4.
 */
import { defineKind } from './kind.ts';
import { messagePayload } from './payloads.ts';

export const transfer = defineKind({
  name: 'transfer',
  payload: messagePayload,
  uses: { to: true, value: true },
  refuses: {
    amount_is_zero: ({ value }) => value === 0n,
    balance_too_small: ({ value, account }) => account.balance < value,
  },
  effect: ({ ledger, sender, to, value }) => {
    ledger.journal.move(ledger.balance(sender), ledger.balance(to), value);
  },
});
