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

const AHEAD = 64;

/** The transactions of a block that is followed, some of them checked ahead, so that their accounts are found together. */
function* checkedAhead(work: Work): Iterable<E.Either<Refused, CheckedTransaction>> {
  const { state } = work.ledger;
  let batch: E.Either<Refused, CheckedTransaction>[] = [];
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
    yield* batch;
    batch = [];
    addresses.length = 0;
  }
  state.warm(addresses);
  yield* batch;
}

export const applyTransactions: Step = (work) => {
  const { chain, ledger, height, time } = work;
  // PERF: one place for all, moved on from transaction to transaction.
  const place = { params: chain.params, ledger, height, blockTime: time, index: 0, unitsBefore: 0 };
  let offer = 0;
  // A producer's offers depend on what became of those before.
  const offers = work.claim === undefined ? work.offers(ledger.state) : checkedAhead(work);
  for (const checked of offers) {
    const refused = E.isLeft(checked) ? checked.left : tryApply(work, place, checked.right);
    if (refused === undefined && E.isRight(checked)) {
      place.unitsBefore += checked.right.units;
      place.index += 1;
    }
    if (refused !== undefined) {
      const { code } = refused.refusal;
      if (work.claim !== undefined) return reject('transaction_inadmissible', { index: String(offer), code });
      work.leftOut.push({ offer, refused });
    }
    offer += 1;
  }
  return undefined;
};
