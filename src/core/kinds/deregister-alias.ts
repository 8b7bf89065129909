/**
 * Deregister alias: free the name; its collateral comes back like unstaked coins.
 *
 * Source: protocol sections 4 and 7.
 */
import { aliasKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { noPayload } from './payloads.ts';
import { dueTime, hasTooManyWithdrawals } from './withdrawal.ts';

export const deregisterAlias = defineKind({
  name: 'deregister_alias',
  payload: noPayload,
  touches: ({ account }) => (account.alias === undefined ? [] : [aliasKey(account.alias)]),
  refuses: {
    no_alias: ({ account }) => account.alias === undefined,
    alias_needed_by_candidate: ({ account, params }) => params.candidateNeedsAlias && account.candidacy !== undefined,
    too_many_withdrawals: hasTooManyWithdrawals,
  },
  effect: ({ ledger, sender, account, ...execution }) => {
    const { alias } = account;
    if (alias === undefined) return;
    const collateral = ledger.state.get(aliasKey(alias))?.collateral ?? 0n;
    ledger.scheduleWithdrawal(ledger.aliasCollateral(alias), sender, dueTime(execution), collateral);
    ledger.state.remove(aliasKey(alias));
    ledger.state.changeAccount(sender, (changed) => {
      changed.alias = undefined;
    });
    ledger.events.push({ type: 'alias', alias, owner: undefined, collateral: 0n });
  },
});
