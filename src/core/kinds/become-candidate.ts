/**
 * Become candidate: lock collateral and stand for election as a block producer.
 *
 * The whole value is locked. The candidacy's id is the transaction's; its counts start at 0.
 * Source: whitepaper v0.2.1, Delegated Proof of Stake; protocol section 8.
 */
import { candidacyKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { urlPayload } from './payloads.ts';

export const becomeCandidate = defineKind({
  name: 'become_candidate',
  payload: urlPayload,
  uses: { value: true },
  touches: ({ id }) => [candidacyKey(id)],
  refuses: {
    already_candidate: ({ account }) => account.candidacy !== undefined,
    collateral_too_small: ({ value, params }) => value < params.candidateCollateral,
    balance_too_small: ({ value, account }) => account.balance < value,
    alias_required: ({ account, params }) => params.candidateNeedsAlias && account.alias === undefined,
  },
  effect: ({ ledger, sender, value, id, height, index, payload }) => {
    const { url } = payload;
    ledger.openCandidacy(id, { owner: sender, collateral: 0n, power: 0n, height, index, url, produced: 0, missed: 0 });
    ledger.journal.move(ledger.balance(sender), ledger.candidateCollateral(id), value);
    ledger.state.changeAccount(sender, (account) => {
      account.candidacy = id;
    });
  },
});
