/**
 * Quit candidacy: stand for election no more; the collateral comes back like unstaked coins.
 *
 * Source: protocol sections 4 and 7.
 */
import { candidacyKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { noPayload } from './payloads.ts';
import { dueTime, hasTooManyWithdrawals } from './withdrawal.ts';

export const quitCandidacy = defineKind({
  name: 'quit_candidacy',
  payload: noPayload,
  touches: ({ account }) => (account.candidacy === undefined ? [] : [candidacyKey(account.candidacy)]),
  refuses: {
    not_candidate: ({ account }) => account.candidacy === undefined,
    too_many_withdrawals: hasTooManyWithdrawals,
  },
  effect: ({ ledger, sender, account, ...execution }) => {
    const id = account.candidacy;
    if (id === undefined) return;
    const { collateral } = ledger.candidacy(id);
    ledger.scheduleWithdrawal(ledger.candidateCollateral(id), sender, dueTime(execution), collateral);
    ledger.closeCandidacy(id);
    ledger.state.changeAccount(sender, (changed) => {
      changed.candidacy = undefined;
    });
  },
});
