/**
 * Reward: what a slot is worth.
 *
 * Each year has a budget, fixed by its first block from the supply before it; its slots share it so that a year without a
 * miss mints exactly the budget. A slot that nobody used is never minted.
 * Source: whitepaper v0.2.1, Inflation; protocol section 10.
 */
import type { ChainParams } from './params.ts';
import type { Totals } from './state/records.ts';
import { floorDiv, floorDivBig, MAX_AMOUNT, type Slot } from './units.ts';

/** floor(supply x inflation). */
export const budgetOf = ({ inflationPerYear }: ChainParams, supply: bigint): bigint =>
  floorDivBig(supply * inflationPerYear.numerator, inflationPerYear.denominator);

/** The totals with the budget of the year that `slot` lies in; a year's first block fixes it. */
export const openYear = (params: ChainParams, totals: Totals, slot: Slot): Totals => {
  const yearsBegun = floorDiv(slot - 1, params.yearSlots) + 1;
  return totals.yearsBegun === yearsBegun
    ? totals
    : { ...totals, yearsBegun, yearBudget: budgetOf(params, totals.supply) };
};

/** What the slot is worth under the year's budget: the difference of two floors, so that the sum loses nothing. */
export const slotWorth = ({ yearSlots }: ChainParams, yearBudget: bigint, slot: Slot): bigint => {
  const index = BigInt((slot - 1) % yearSlots);
  const slots = BigInt(yearSlots);
  return floorDivBig(yearBudget * (index + 1n), slots) - floorDivBig(yearBudget * index, slots);
};

/** What a block at `slot` mints: the slot's worth, or nothing if the supply would pass 2^128-1. */
export const rewardOf = (params: ChainParams, totals: Totals, slot: Slot): bigint => {
  const worth = slotWorth(params, totals.yearBudget, slot);
  return totals.supply + worth > MAX_AMOUNT ? 0n : worth;
};
