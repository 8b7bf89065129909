/**
 * Vote: name the candidates whom the sender's whole stake backs; the list replaces the one before.
 *
 * An empty list clears. Votes name candidacies, not accounts: who quits and returns starts without votes.
 * Source: whitepaper v0.2.1, Delegated Proof of Stake; protocol section 8.
 */
import { candidacyKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { votePayload } from './payloads.ts';

export const vote = defineKind({
  name: 'vote',
  payload: votePayload,
  touches: ({ account, payload }) => [...account.votes, ...payload.candidates].map(candidacyKey),
  refuses: {
    too_many_votes: ({ payload, params }) => payload.candidates.length > params.maxVotes,
    vote_duplicate: ({ payload }) => new Set(payload.candidates).size < payload.candidates.length,
    candidate_unknown: ({ payload, ledger }) =>
      payload.candidates.some((id) => ledger.state.get(candidacyKey(id)) === undefined),
  },
  effect: ({ ledger, sender, account, payload }) => {
    for (const id of account.votes) ledger.changePower(id, -account.staked);
    for (const id of payload.candidates) ledger.changePower(id, account.staked);
    ledger.state.changeAccount(sender, (changed) => {
      changed.votes = payload.candidates;
    });
  },
});
