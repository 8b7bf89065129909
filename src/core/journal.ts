/**
 * Journal: double entry. Coins lie in pockets; `move` takes an amount from one and puts it into another, and writes both
 * down. No amount of the state changes in another way.
 *
 * Postings of a block sum to what it mints, because only the mint has no pocket to take from. Source: protocol section 11.
 */
import { InvariantViolation } from './refusal.ts';
import { MAX_AMOUNT } from './units.ts';

export type PocketName = 'balance' | 'staked' | 'withdrawal' | 'candidate_collateral' | 'alias_collateral';

/** Where coins lie: whose they are, and how the amount there changes. */
export interface Pocket {
  readonly name: PocketName;
  /** An address; of collaterals the candidate id or the alias. */
  readonly owner: string;
  add(amount: bigint): void;
}

/** One side of a movement: `amount` is negative where coins leave. */
export interface Posting {
  readonly pocket: PocketName;
  readonly owner: string;
  readonly amount: bigint;
}

export class Journal {
  readonly postings: Posting[] = [];

  /** Moves coins that are there; whether they are is for the checks of a kind to say. */
  move(from: Pocket, to: Pocket, amount: bigint): void {
    if (amount === 0n) return;
    from.add(-amount);
    to.add(amount);
    this.postings.push(
      { pocket: from.name, owner: from.owner, amount: -amount },
      { pocket: to.name, owner: to.owner, amount },
    );
  }

  /** New coins: the reward of a slot. */
  mint(to: Pocket, amount: bigint): void {
    if (amount === 0n) return;
    to.add(amount);
    this.postings.push({ pocket: to.name, owner: to.owner, amount });
  }

  /** The sum of all postings: what was minted. */
  sum(): bigint {
    let sum = 0n;
    for (const { amount } of this.postings) sum += amount;
    return sum;
  }
}

/** The amount after the change; one outside 0..2^128-1 is a fault of ours. */
export const added = (before: bigint, change: bigint): bigint => {
  const after = before + change;
  // PERF: no text is made of numbers unless they are wrong; it took longer than the rest of a transfer's booking.
  if (after < 0n || after > MAX_AMOUNT) {
    throw new InvariantViolation(`an amount of the state left its range: ${before} + ${change}`);
  }
  return after;
};
