/**
 * Apply transactions: each in its order, if it may stand here. A block that holds another is invalid; a producer leaves it out.
 *
 * Source: protocol section 5.
 */
import * as E from 'fp-ts/lib/Either.js';
import { admit, apply, type Place, withEarliest } from '../admission.ts';
import { type CheckedTransaction, knownOf, type Refused } from '../check.ts';
import type { Address } from '../units.ts';
import { reject, type Step, type Work } from './work.ts';

/** The transaction applied, or why it may not stand here. */
const tryApply = (work: Work, place: Place, tx: CheckedTransaction): Refused | undefined => {
  const admitted = admit(place, tx);
  if (E.isLeft(admitted)) {
    const refusal = work.explain ? withEarliest(place, tx, admitted.left) : admitted.left;
    return { refusal, known: knownOf(tx) };
  }
  apply(admitted.right);
  const { fault } = admitted.right;
  work.included.push(tx);
  work.receipts.push({ id: tx.id, executed: fault === undefined, code: fault ?? '', units: tx.units });
  return undefined;
};

type Offer = E.Either<Refused, CheckedTransaction>;

/** What is offered to a producer, one by one: it depends on what became of those before. */
function* oneByOne(work: Work): Iterable<readonly Offer[]> {
  for (const offer of work.offers(work.ledger.state)) yield [offer];
}

const AHEAD = 64;

/** The transactions of a block that is followed, some together, so that their accounts are found together. */
function* someTogether(work: Work): Iterable<readonly Offer[]> {
  const { state } = work.ledger;
  let batch: Offer[] = [];
  const addresses: Address[] = [];
  for (const checked of work.offers(state)) {
    batch.push(checked);
    if (E.isRight(checked)) {
      const { sender, kind, transaction } = checked.right;
      addresses.push(sender);
      if (kind.usesTo) addresses.push(transaction.to);
    }
    if (batch.length < AHEAD) continue;
    state.warm(addresses);
    yield batch;
    batch = [];
    addresses.length = 0;
  }
  state.warm(addresses);
  yield batch;
}

export const applyTransactions: Step = (work) => {
  const { chain, ledger, height, time, claim } = work;
  // PERF: one place for all, moved on from transaction to transaction.
  const place = { params: chain.params, ledger, height, blockTime: time, index: 0, unitsBefore: 0 };
  let offer = 0;
  for (const batch of claim === undefined ? oneByOne(work) : someTogether(work)) {
    for (const checked of batch) {
      const refused = E.isLeft(checked) ? checked.left : tryApply(work, place, checked.right);
      if (refused === undefined && E.isRight(checked)) {
        place.unitsBefore += checked.right.units;
        place.index += 1;
      }
      if (refused !== undefined) {
        const { code } = refused.refusal;
        if (claim !== undefined) return reject('transaction_inadmissible', { index: String(offer), code });
        work.leftOut.push({ offer, refused });
      }
      offer += 1;
    }
  }
  return undefined;
};
