/**
 * Bandwidth: an exact seven-day window.
 *
 * A stake buys a quota of units; what a transaction is charged counts until exactly a window later, when the dated queue
 * gives it back, to the second, however often the account was touched between.
 * Source: whitepaper v0.2.1, Bandwidth; protocol section 6.
 */
import { compareText } from './bytes.ts';
import type { Ledger } from './ledger.ts';
import type { ChainParams } from './params.ts';
import { dueOf, type Key, queueRange } from './state/keys.ts';
import type { Due, Totals, Usage } from './state/records.ts';
import { type Address, floorDivBig, type Seconds } from './units.ts';

/** floor(amount x fraction). */
const shareOf = (amount: bigint, { numerator, denominator }: ChainParams['stakeFloor']): bigint =>
  floorDivBig(amount * numerator, denominator);

/** What a stake is measured against. */
const basisOf = ({ stakeBasis, stakeFloor }: ChainParams, totals: Totals): bigint => {
  if (stakeBasis === 'supply') return totals.supply;
  // Coins on their way out count as long as what they bought does.
  const bound = totals.staked + totals.withdrawals;
  const floor = shareOf(totals.supply, stakeFloor);
  return bound > floor ? bound : floor;
};

/** All units that the network carries in one window. */
export const capacityOf = (params: ChainParams): bigint => BigInt(params.unitsPerSecond) * BigInt(params.windowSeconds);

/** What quotas are reckoned with, for the totals last asked about: they change far less often than accounts are charged. */
interface Measure {
  readonly params: ChainParams;
  readonly totals: Totals;
  readonly capacity: bigint;
  readonly basis: bigint;
}

let measure: Measure | undefined;

const measureOf = (params: ChainParams, totals: Totals): Measure => {
  if (measure === undefined || measure.totals !== totals || measure.params !== params) {
    measure = { params, totals, capacity: capacityOf(params), basis: basisOf(params, totals) };
  }
  return measure;
};

/** The units that a stake may use within any window: floor(capacity x staked / basis), 0 if the basis is 0. */
export const quotaOf = (params: ChainParams, totals: Totals, staked: bigint): bigint => {
  const { basis, capacity } = measureOf(params, totals);
  return basis === 0n ? 0n : floorDivBig(capacity * staked, basis);
};

/** Whether so many units are within the quota of a stake. PERF: `units <= quotaOf(...)` without its division. */
export const isWithinQuota = (params: ChainParams, totals: Totals, staked: bigint, units: bigint): boolean => {
  const { basis, capacity } = measureOf(params, totals);
  return basis === 0n ? units === 0n : units * basis <= capacity * staked;
};

/** Units of one account within a list sorted by address, or 0. */
const unitsIn = (usage: readonly Usage[], account: Address): number => {
  let low = 0;
  let high = usage.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = usage[middle] as Usage;
    const order = compareText(found.account, account);
    if (order === 0) return found.units;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return 0;
};

/** How many entries of the dated queue may still be read to explain refusals; reading takes from it. */
export interface ReadingBudget {
  entriesLeft: number;
}

/**
 * The first time at which `missing` units of the account are back, if nothing but the window moves; 'never' if they are
 * not, 'unknown' if the budget ran out. What this block charged returns at `blockDue`, after all that was charged before.
 * PERF: reads the dated queue from its front, at most one window of blocks, a binary search each: 0.15 s for a full window.
 * Whoever answers strangers bounds it.
 */
export const earliestReturn = (
  ledger: Ledger,
  account: Address,
  missing: bigint,
  blockDue: Seconds,
  budget: ReadingBudget,
): Seconds | 'never' | 'unknown' => {
  let back = 0n;
  const keys = ledger.state.parentKeys(queueRange, budget.entriesLeft);
  budget.entriesLeft -= keys.length;
  for (const key of keys) {
    // What this block released already is gone from its workspace.
    const due = ledger.state.get(key as Key<Due>);
    if (due === undefined) continue;
    back += BigInt(unitsIn(due.usage, account));
    if (back >= missing) return dueOf(key);
  }
  if (budget.entriesLeft === 0) return 'unknown';
  back += BigInt(ledger.state.chargedTo(account));
  return back >= missing ? blockDue : 'never';
};
