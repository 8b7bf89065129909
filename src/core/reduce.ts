/**
 * Reduce: one block, from the state of its parent to its own, as a pure function; and the making of a block by the same steps.
 *
 * `reduce` either rejects a block or gives the transition: changed entries, receipts, events, postings, roots, and the next tip.
 * It reads no clock, no chance and no store, and keeps nothing. Source: protocol section 11.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { CheckedBlock, Rejection } from './block.ts';
import { type Chain, slotAt, slotStart, type Tip } from './chain.ts';
import type { CheckedTransaction } from './check.ts';
import type { ChainEvent } from './events.ts';
import type { Posting } from './journal.ts';
import type { Receipt } from './receipt.ts';
import { invariant } from './refusal.ts';
import type { Delta } from './state/delta.ts';
import { officeKey } from './state/keys.ts';
import { applyTransactions } from './steps/apply-transactions.ts';
import { beginRounds } from './steps/begin-rounds.ts';
import { checkProducer } from './steps/check-producer.ts';
import { countSlots } from './steps/count-slots.ts';
import { countBlockVotes } from './steps/count-votes.ts';
import { followParent } from './steps/follow-parent.ts';
import { matchRoots } from './steps/match-roots.ts';
import { releaseDue } from './steps/release-due.ts';
import { rewardProducer } from './steps/reward-producer.ts';
import { scheduleReturns } from './steps/schedule-returns.ts';
import { beginWork, type Offers, type Outcome, type Round, type Work } from './steps/work.ts';
import type { Address, Hash, Height, Slot } from './units.ts';
import { blockId, HEADER_VERSION, type HeaderClaim } from './wire/header.ts';

/** What happens in a block, in order. This list is the protocol. */
export const blockSteps = [
  followParent,
  beginRounds,
  checkProducer,
  countSlots,
  releaseDue,
  applyTransactions,
  scheduleReturns,
  rewardProducer,
  countBlockVotes,
  matchRoots,
] as const;

/** All that a block changes. */
export interface Transition {
  /** Where the chain stands after the block. */
  readonly tip: Tip;
  readonly included: readonly CheckedTransaction[];
  /** One a transaction, in the order of the block. */
  readonly receipts: readonly Receipt[];
  readonly events: readonly ChainEvent[];
  readonly postings: readonly Posting[];
  /** Changed rows, for a store: as they are, and as they were. */
  readonly rows: Delta;
  readonly before: Delta;
  readonly round: Round;
  readonly reward: bigint;
  readonly supply: bigint;
}

const takeSteps = (work: Work): Rejection | undefined => {
  for (const step of blockSteps) {
    const rejection = step(work);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
};

const transitionOf = (work: Work, outcome: Outcome, id: Hash): Transition => ({
  tip: {
    height: work.height,
    slot: work.slot,
    time: work.time,
    id,
    state: outcome.view,
    votes: work.votes,
    schedule: work.round.order,
  },
  included: work.included,
  receipts: work.receipts,
  events: work.ledger.events,
  postings: work.ledger.journal.postings,
  rows: outcome.rows,
  before: outcome.before,
  round: work.round,
  reward: work.reward,
  supply: work.ledger.totals.supply,
});

const outcomeOf = (work: Work): Outcome => {
  invariant(work.outcome !== undefined, 'the steps of a block ended without an outcome');
  return work.outcome;
};

const workOn = (chain: Chain, tip: Tip, block: CheckedBlock): Work => {
  const { header } = block;
  return beginWork({
    chain,
    tip,
    claim: block,
    slot: slotAt(chain, header.time),
    time: header.time,
    offers: () => block.transactions, // only now: to look at them is dear
    explain: false,
    lockOf: () => header.maxHeightGenerated,
  });
};

/** Why the block may not follow whatever its transactions are, as `reduce` would say. Looks at none of them. */
export const headerRejection = (chain: Chain, tip: Tip, block: CheckedBlock): Rejection | undefined => {
  const work = workOn(chain, tip, block);
  return followParent(work) ?? beginRounds(work) ?? checkProducer(work);
};

/** Follows a block from the tip of its parent, or rejects it. The tip stays as it is. */
export const reduce = (chain: Chain, tip: Tip, block: CheckedBlock): E.Either<Rejection, Transition> => {
  const work = workOn(chain, tip, block);
  const rejection = takeSteps(work);
  return rejection === undefined ? E.right(transitionOf(work, outcomeOf(work), block.id)) : E.left(rejection);
};

/** Whose turn a slot after the tip's is. PERF: one entry of the state within the round of the tip; else the ranking, and a shuffle. */
export const producerAt = (chain: Chain, tip: Tip, slot: Slot): Address => {
  const office = tip.state.get(officeKey);
  invariant(office !== undefined, 'the state lacks its entry of the office');
  const firstSlot = office.nextRoundSlot - office.producers.length;
  const turn = slot < office.nextRoundSlot ? tip.schedule[slot - firstSlot] : undefined;
  if (turn !== undefined) return turn;
  const lockOf = () => tip.height;
  const work = beginWork({
    chain,
    tip,
    claim: undefined,
    slot,
    time: slotStart(chain, slot),
    offers: () => [],
    explain: false,
    lockOf,
  });
  beginRounds(work);
  checkProducer(work);
  return work.producer;
};

/** What a producer puts into a block. */
export interface BlockPlan {
  readonly slot: Slot;
  /** The greatest height that the producer of the slot has signed before, on any fork: its lock. */
  readonly lockOf: (producer: Address) => Height;
  /** Transactions in the order to try them, taken one by one; what may not stand there is left out. */
  readonly offers: Offers;
  /** Whether refusals tell `earliest`, at the cost of reading the window. */
  readonly explain?: boolean;
}

/** A block that lacks its producer's signature only. */
export interface BuiltBlock {
  readonly claim: HeaderClaim;
  readonly id: Hash;
  readonly transition: Transition;
  /** Offers that were left out, by their place among the offers, and why. */
  readonly leftOut: Work['leftOut'];
}

/** Makes the block that the plan asks for on the tip. Rejected only if the slot is not after the tip's, or the lock is below what the chain has seen. */
export const buildBlock = (chain: Chain, tip: Tip, plan: BlockPlan): E.Either<Rejection, BuiltBlock> => {
  const { slot, lockOf, offers, explain = false } = plan;
  const time = slotStart(chain, slot);
  const work = beginWork({ chain, tip, claim: undefined, slot, time, offers, explain, lockOf });
  const rejection = takeSteps(work);
  if (rejection !== undefined) return E.left(rejection);
  const outcome = outcomeOf(work);
  const claim: HeaderClaim = {
    version: HEADER_VERSION,
    chainId: chain.params.chainId,
    height: work.height,
    parentId: tip.id,
    time,
    producer: work.producer,
    transactionsRoot: outcome.transactionsRoot,
    receiptsRoot: outcome.receiptsRoot,
    stateRoot: outcome.view.root,
    reward: work.reward,
    supply: work.ledger.totals.supply,
    maxHeightGenerated: work.maxHeightGenerated,
    maxHeightPrevoted: tip.votes.maxHeightPrevoted,
  };
  const id = blockId(chain.crypto, claim);
  return E.right({ claim, id, transition: transitionOf(work, outcome, id), leftOut: work.leftOut });
};
