/**
 * Waiting: a transaction in the pool, the lane of its sender, and the purse of who pays for it.
 */
import type { CheckedTransaction } from '../../core/check.ts';
import type { Account } from '../../core/state/records.ts';
import type { Address, Seconds } from '../../core/units.ts';
import { Shares } from './shares.ts';

export interface Waiting {
  readonly tx: CheckedTransaction;
  /** The hash of all its bytes. */
  readonly content: string;
  readonly lane: Lane;
  readonly purse: Purse;
  /** The chain time from which it has waited too long. */
  readonly expires: Seconds;
  /** Its twin without a payer's signature whose place it took; it comes back if this one's payer cannot pay any more. */
  spare: Waiting | undefined;
  /** Whether it is a way out, which needs no bandwidth. */
  isFree: boolean;
}

/** What one sender has waiting. */
export interface Lane {
  readonly sender: Address;
  /** The nonce of the sender's account at the tip. */
  nonce: bigint;
  readonly byNonce: Map<bigint, Waiting>;
  /** Ascending. */
  readonly nonces: bigint[];
  /** Whose bandwidth the next one takes, if it is there. */
  readyIn: Purse | undefined;
}

/** What one account pays for. */
export interface Purse {
  readonly payer: Address;
  /** The account at the tip. */
  account: Account;
  /** Of all that it pays for; ways out are not counted. */
  units: number;
  /** What its own waiting transactions will add to its stake, as far as its balance goes. */
  staking: bigint;
  /** How many it pays for, by lane. Ways out are not counted. */
  readonly lanes: Shares<Lane>;
  /** How many it pays for in all. */
  count: number;
  /** Lanes whose next transaction it pays for; who waits longest for a turn is first. */
  readonly ready: Set<Lane>;
}

export const newLane = (sender: Address): Lane => ({
  sender,
  nonce: 0n,
  byNonce: new Map(),
  nonces: [],
  readyIn: undefined,
});

export const newPurse = (payer: Address, account: Account): Purse => ({
  payer,
  account,
  units: 0,
  staking: 0n,
  lanes: new Shares(),
  count: 0,
  ready: new Set(),
});

/** What a transaction will add to the stake of who pays for it. */
export const stakingOf = ({ tx }: Waiting): bigint =>
  tx.payer === undefined && tx.kind.paysByNewStake ? tx.transaction.value : 0n;

/** The one of a lane with the greatest nonce; of those that a purse pays for, if one is told. A way out is never behind others. */
export const tailOf = ({ byNonce, nonces }: Lane, purse?: Purse): Waiting | undefined => {
  for (let at = nonces.length - 1; at >= 0; at -= 1) {
    const waiting = byNonce.get(nonces[at] as bigint);
    if (waiting !== undefined && (purse === undefined || waiting.purse === purse)) return waiting;
  }
  return undefined;
};
