/**
 * Check producer: who has the turn made the block, states the finality fields truly, and signed it.
 *
 * Source: protocol section 9, finality rules 10 to 12.
 */
import { invariant } from '../refusal.ts';
import { reject, type Step } from './work.ts';

export const checkProducer: Step = (work) => {
  const { chain, claim, round, slot, tip, height } = work;
  const turn = round.order[slot - round.firstSlot];
  invariant(turn !== undefined, `slot ${slot} lies in no round`);
  work.producer = turn;
  const stated = claim?.header.producer ?? turn;
  if (stated !== turn) return reject('producer_wrong', { producer: stated, expected: turn });
  const maxHeightGenerated = work.lockOf(turn);
  work.maxHeightGenerated = maxHeightGenerated;
  const maxHeightPrevoted = claim?.header.maxHeightPrevoted ?? tip.votes.maxHeightPrevoted;
  const stating = { height, slot, producer: turn, maxHeightGenerated, maxHeightPrevoted };
  const fault = chain.agreement.headerFault(tip.votes, stating);
  if (fault !== undefined) return reject(fault);
  if (claim === undefined) return undefined;
  if (claim.signer !== turn) return reject('block_signature_invalid');
  if (claim.transactionsRoot !== claim.header.transactionsRoot) return reject('transactions_root_wrong');
  return undefined;
};
