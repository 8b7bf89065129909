/**
 * Admission: whether a checked transaction may stand in a block, and what it does there.
 *
 * Admissible: the nonce is next, the bandwidth is paid, the units have room. An admissible transaction executes all of
 * its effects or, if a check of its kind fails, none, with a receipt that says why; nonce and units are charged either way.
 * Source: protocol sections 5 and 6.
 */
import * as E from 'fp-ts/lib/Either.js';
import { capacityOf, earliestReturn, isWithinQuota, quotaOf, type ReadingBudget } from './bandwidth.ts';
import type { CheckedTransaction } from './check.ts';
import type { Execution } from './kinds/kind.ts';
import type { Ledger } from './ledger.ts';
import type { ChainParams } from './params.ts';
import { type Refusal, refusal } from './refusal.ts';
import { withNonceAndUsed } from './state/records.ts';
import type { Address, Height, Seconds, Units } from './units.ts';

/** The block that a transaction is to stand in. */
export interface Place {
  readonly params: ChainParams;
  readonly ledger: Ledger;
  readonly height: Height;
  readonly blockTime: Seconds;
  /** How many transactions stand before it. */
  readonly index: number;
  /** The units of those before it. */
  readonly unitsBefore: number;
}

/** A transaction as it is tried at its place. PERF: it is its own execution, one object for the two. */
export interface Trial extends Execution<unknown> {
  readonly tx: CheckedTransaction;
  readonly payer: Address;
  /** The code of the check that fails, if one does. */
  fault: string | undefined;
}

/** A transaction to be tried at its place; its fault is not known yet. */
export const trialOf = ({ params, ledger, height, blockTime, index }: Place, tx: CheckedTransaction): Trial => {
  const { sender, transaction, payload, id } = tx;
  const { to, value } = transaction;
  const account = ledger.state.account(sender);
  const payer = tx.payer ?? sender;
  const fault = undefined;
  return { ledger, params, sender, account, to, value, payload, id, height, index, blockTime, tx, payer, fault };
};

const nonceRefusal = (nonce: bigint, expected: bigint): Refusal | undefined => {
  if (nonce === expected) return undefined;
  const code = nonce < expected ? 'nonce_too_low' : 'nonce_too_high';
  return refusal(code, { nonce: nonce.toString(), expected: expected.toString() });
};

/** The quota after a stake: that of the sender with `value` more staked. */
const quotaAfterStake = ({ params, ledger, account, value }: Execution<unknown>): bigint =>
  quotaOf(params, { ...ledger.totals, staked: ledger.totals.staked + value }, account.staked + value);

/** Whether the bandwidth is paid, or the refusal with its numbers; `earliest` is added by `withEarliest`. */
const bandwidthRefusal = (trial: Trial): Refusal | undefined => {
  const { params, ledger, sender, account, tx, payer, fault } = trial;
  const paying = payer === sender ? account : ledger.state.account(payer);
  const charged = BigInt(paying.used + tx.units);
  if (isWithinQuota(params, ledger.totals, paying.staked, charged)) return undefined;
  // Only what executes, and nobody else pays for, may pay by the new stake or be the way out.
  const paysItself = payer === sender && fault === undefined;
  if (paysItself && tx.kind.isWayOut(trial)) return undefined;
  const paysByNewStake = paysItself && tx.kind.paysByNewStake;
  const quota = paysByNewStake ? quotaAfterStake(trial) : quotaOf(params, ledger.totals, paying.staked);
  if (charged <= quota) return undefined;
  return refusal('bandwidth_exceeded', { units: String(tx.units), quota: quota.toString(), used: String(paying.used) });
};

/** Whether the transaction may stand at this place, or why not. Changes nothing. */
export const admit = (place: Place, tx: CheckedTransaction): E.Either<Refusal, Trial> => {
  const { params, unitsBefore } = place;
  const trial = trialOf(place, tx);
  const nonce = nonceRefusal(tx.transaction.nonce, trial.account.nonce + 1n);
  if (nonce !== undefined) return E.left(nonce);
  trial.fault = tx.kind.faultOf(trial);
  const bandwidth = bandwidthRefusal(trial);
  if (bandwidth !== undefined) return E.left(bandwidth);
  if (params.maxBlockUnits > 0 && unitsBefore + tx.units > params.maxBlockUnits) return E.left(refusal('block_full'));
  return E.right(trial);
};

/** Applies an admissible transaction: nonce, units, and its effect if no check failed. It cannot fail. */
export const apply = (trial: Trial): void => {
  const { ledger, sender, tx, payer, fault } = trial;
  const { state } = ledger;
  if (fault === undefined) tx.kind.effect(trial);
  const own = state.open(sender);
  const { record } = own;
  const ownUnits = payer === sender ? tx.units : 0;
  own.record = withNonceAndUsed(record, record.nonce + 1n, record.used + ownUnits);
  const paying = payer === sender ? own : state.open(payer);
  if (payer !== sender)
    paying.record = withNonceAndUsed(paying.record, paying.record.nonce, paying.record.used + tx.units);
  paying.charged = (paying.charged + tx.units) as Units;
};

/** A block's own maker may read as much of the queue as there is. */
const unbounded = (): ReadingBudget => ({ entriesLeft: Number.MAX_SAFE_INTEGER });

/**
 * A bandwidth refusal with `earliest`: when enough is back, if only the window moves; null if never, absent if the budget
 * ran out before that was known. Others as they are.
 */
export const withEarliest = (
  { params, ledger, blockTime }: Place,
  tx: CheckedTransaction,
  refused: Refusal,
  budget: ReadingBudget = unbounded(),
): Refusal => {
  if (refused.code !== 'bandwidth_exceeded') return refused;
  const { units = '0', quota = '0', used = '0' } = refused.details as Readonly<Record<string, string>>;
  const missing = BigInt(used) + BigInt(units) - BigInt(quota);
  const due = (blockTime + params.windowSeconds) as Seconds;
  const isNever = BigInt(units) > BigInt(quota);
  const earliest = isNever ? 'never' : earliestReturn(ledger, tx.payer ?? tx.sender, missing, due, budget);
  if (earliest === 'unknown') return refused;
  return { ...refused, details: { ...refused.details, earliest: earliest === 'never' ? null : String(earliest) } };
};

/** Whether no later block can admit it either: more units than a block or the whole network has, unless it may be a way out. */
export const neverFits = (params: ChainParams, tx: CheckedTransaction): boolean => {
  if (params.maxBlockUnits > 0 && tx.units > params.maxBlockUnits) return true;
  const mayBeWayOut = tx.kind.mayBeWayOut && tx.payer === undefined;
  return !mayBeWayOut && BigInt(tx.units) > capacityOf(params);
};
