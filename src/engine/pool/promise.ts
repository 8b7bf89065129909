/**
 * Promise: the bandwidth that an account has for all that it pays for in the pool.
 *
 * Whatever waits is covered: what an account has used and what of its own waits are together within its quota. So nobody fills the
 * pool with what no block can hold, with however many keys. Source: protocol section 6, docs/decisions/0016-who-waits-and-who-goes.md.
 */
import type { Place } from '../../core/admission.ts';
import { quotaOf } from '../../core/bandwidth.ts';
import type { Purse } from './waiting.ts';

/** The quota of who pays, with the stake that its own waiting transactions bring, as far as its balance has the coins. */
export const quotaWith = ({ params, ledger }: Place, { account, staking }: Purse): bigint => {
  const { totals } = ledger;
  const added = staking < account.balance ? staking : account.balance;
  if (added === 0n) return quotaOf(params, totals, account.staked);
  return quotaOf(params, { ...totals, staked: totals.staked + added }, account.staked + added);
};

/** Whether who pays can pay now for all that waits on its account. */
export const isCovered = (place: Place, purse: Purse): boolean =>
  BigInt(purse.account.used + purse.units) <= quotaWith(place, purse);
