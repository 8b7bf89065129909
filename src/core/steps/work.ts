/**
 * Work: a block under way, as its steps hand it on.
 *
 * A header is a claim about what the steps compute. Following a block, each step compares the claim; producing one, there is
 * no claim yet, and the same steps say what to claim. Work never leaves the reduction that made it.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type { CheckedBlock, Rejection } from '../block.ts';
import type { Chain, Tip } from '../chain.ts';
import type { CheckedTransaction, Refused } from '../check.ts';
import type { Votes } from '../finality.ts';
import { Ledger } from '../ledger.ts';
import type { Receipt } from '../receipt.ts';
import { type Details, invariant, refusal } from '../refusal.ts';
import type { BlockCode } from '../refusal-messages.ts';
import type { Delta } from '../state/delta.ts';
import { officeKey, totalsKey } from '../state/keys.ts';
import type { OfficeRecord } from '../state/records.ts';
import type { StateView } from '../state/view.ts';
import type { Workspace } from '../state/workspace.ts';
import type { Address, Hash, Height, Seconds, Slot } from '../units.ts';

/** The round under way. */
export interface Round {
  readonly number: number;
  readonly firstSlot: Slot;
  /** Its producers in the order of its slots. */
  readonly order: readonly Address[];
  /** Whether this block begins it. */
  readonly begins: boolean;
}

/** What the state of the parent is after this block. */
export interface Outcome {
  readonly view: StateView;
  readonly rows: Delta;
  readonly before: Delta;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
}

/** Reads of the block as it stands, the transactions before included. */
export type LiveState = Pick<Workspace, 'get' | 'account'>;

/** Transactions for a block, asked for one by one, so that each may depend on what became of those before. */
export type Offers = (state: LiveState) => Iterable<E.Either<Refused, CheckedTransaction>>;

export interface Work {
  readonly chain: Chain;
  readonly tip: Tip;
  readonly claim: CheckedBlock | undefined;
  readonly height: Height;
  readonly slot: Slot;
  readonly time: Seconds;
  /** What is offered for the block, in order: its transactions, or a producer's choice. */
  readonly offers: Offers;
  /** Whether refusals of left out transactions tell when enough bandwidth is back. */
  readonly explain: boolean;
  /** The lock of whoever has the turn: the greatest height it signed before; of a claim, what it states. */
  readonly lockOf: (producer: Address) => Height;
  readonly ledger: Ledger;
  /** The office of the parent, and that of this block. */
  readonly parentOffice: OfficeRecord;
  office: OfficeRecord;
  round: Round;
  /** The first slot after the parent's round. */
  readonly parentRoundEnd: Slot;
  producer: Address;
  maxHeightGenerated: Height;
  readonly included: CheckedTransaction[];
  readonly receipts: Receipt[];
  /** Every offer in order, with what became of it; only of blocks being made. */
  readonly leftOut: { readonly offer: number; readonly refused: Refused }[];
  reward: bigint;
  votes: Votes;
  outcome: Outcome | undefined;
}

/** A step either goes on, or says why this is not a block of the chain. */
export type Step = (work: Work) => Rejection | undefined;

/** A rejection with a code of the protocol's table. */
export const reject = (code: BlockCode, details?: Details): Rejection => refusal(code, details);

export interface WorkInput
  extends Pick<Work, 'chain' | 'tip' | 'claim' | 'slot' | 'time' | 'offers' | 'explain' | 'lockOf'> {}

/** Work at its beginning: nothing but the parent is known. PERF: fields one by one; a spread took a tenth of an empty block. */
export const beginWork = ({ chain, tip, claim, slot, time, offers, explain, lockOf }: WorkInput): Work => {
  const office = tip.state.get(officeKey);
  const totals = tip.state.get(totalsKey);
  invariant(office !== undefined && totals !== undefined, 'the state lacks its entries of office and totals');
  const number = office.roundsBegun - 1;
  const firstSlot = (office.nextRoundSlot - office.producers.length) as Slot;
  return {
    chain,
    tip,
    claim,
    slot,
    time,
    offers,
    explain,
    lockOf,
    height: (tip.height + 1) as Height,
    ledger: new Ledger(tip.state, totals),
    parentOffice: office,
    office,
    round: { number, firstSlot, order: tip.schedule, begins: false },
    parentRoundEnd: office.nextRoundSlot,
    producer: '' as Address,
    maxHeightGenerated: 0 as Height,
    included: [],
    receipts: [],
    leftOut: [],
    reward: 0n,
    votes: tip.votes,
    outcome: undefined,
  };
};
