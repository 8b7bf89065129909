/**
 * Estimate: what a transaction costs, who pays, and when it could stand in a block at the soonest.
 *
 * Source: protocol section 6.
 */
import * as E from 'fp-ts/lib/Either.js';
import { admit, neverFits, type Place, withEarliest } from '../../core/admission.ts';
import { quotaOf, type ReadingBudget } from '../../core/bandwidth.ts';
import type { CheckedTransaction } from '../../core/check.ts';
import { type Refusal, refusal } from '../../core/refusal.ts';
import type { Account } from '../../core/state/records.ts';
import type { Address, Seconds, Units } from '../../core/units.ts';

export interface Estimate {
  readonly units: Units;
  readonly payer: Address;
  /** The units that who pays has left now; below what a lowered stake still owes it is 0. */
  readonly available: bigint;
  /**
   * The time of the first block that could hold it, if nothing but the window moves: the nonces that are still missing are taken to
   * come in time. 'unknown' if the budget ran out before that was known.
   */
  readonly earliest: Seconds | 'never' | 'unknown';
}

const bandwidthRefusal = (units: Units, quota: bigint, { used }: Account): Refusal =>
  refusal('bandwidth_exceeded', { units: String(units), quota: quota.toString(), used: String(used) });

/** The time that a refusal for want of bandwidth tells. */
const timeIn = ({ details }: Refusal): Estimate['earliest'] => {
  const { earliest } = details;
  if (earliest === undefined) return 'unknown';
  return earliest === null ? 'never' : (Number(earliest) as Seconds);
};

/**
 * The estimate for a transaction at the first place of the next block (see `firstPlace`). Changes nothing but the budget, which bounds
 * what is read of the dated queue. May throw `MissingRows`.
 */
export const estimate = (place: Place, tx: CheckedTransaction, budget: ReadingBudget): Estimate => {
  const { params, ledger, blockTime } = place;
  const payer = tx.payer ?? tx.sender;
  const account = ledger.state.account(payer);
  const quota = quotaOf(params, ledger.totals, account.staked);
  const left = quota - BigInt(account.used);
  const told = { units: tx.units, payer, available: left > 0n ? left : 0n };
  if (neverFits(params, tx)) return { ...told, earliest: 'never' };
  const admitted = admit(place, tx);
  if (E.isRight(admitted)) return { ...told, earliest: blockTime };
  const refused = admitted.left;
  if (refused.code === 'nonce_too_low') return { ...told, earliest: 'never' };
  if (refused.code === 'bandwidth_exceeded')
    return { ...told, earliest: timeIn(withEarliest(place, tx, refused, budget)) };
  // Nonces before it are missing: its bandwidth can still be told.
  if (BigInt(tx.units) <= left) return { ...told, earliest: blockTime };
  return { ...told, earliest: timeIn(withEarliest(place, tx, bandwidthRefusal(tx.units, quota, account), budget)) };
};
