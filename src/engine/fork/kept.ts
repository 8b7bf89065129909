/**
 * Kept: what stays in memory of a valid block until it is final, and its transactions made of it again.
 *
 * A transaction with its receipt and postings takes a kilobyte as objects, and finality may stand still for days; its bytes are here
 * anyway. Who signed is kept beside them, so nothing is recovered again. Source: docs/decisions/0028-what-is-kept-of-a-block.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { readBlock } from '../../core/block.ts';
import type { Chain } from '../../core/chain.ts';
import { type CheckedTransaction, checkTransactions } from '../../core/check.ts';
import type { ForkTip } from '../../core/fork-choice.ts';
import type { Transition } from '../../core/reduce.ts';
import { InvariantViolation } from '../../core/refusal.ts';
import type { Hash, Height } from '../../core/units.ts';
import type { Judge, Passed } from '../../core/verdict.ts';

/** A block that was found valid on its parent, and all that it does. */
export interface Accepted {
  readonly id: Hash;
  readonly transition: Transition;
  readonly bytes: Uint8Array;
}

/** A block on a branch: where the chain stands after it, and the rows that it changes. */
export interface BranchBlock {
  readonly id: Hash;
  readonly transition: Pick<Transition, 'tip' | 'rows' | 'before'>;
  readonly bytes: Uint8Array;
}

export interface Kept extends BranchBlock {
  /** Who signed each transaction. */
  readonly signers: readonly Passed[];
}

/** What a block of 21 producers holds beside its bytes and rows, when nothing becomes final: its votes, its version of the state, its place here. Measured: 13.4 kB in all. */
const BYTES_A_BLOCK = 10_000;
/** Who signed a transaction: a hundred bytes, and as much again for a payer. */
const BYTES_A_TRANSACTION = 150;

/** The memory that a kept block takes; an estimate. */
export const heldBy = ({ bytes, signers, transition: { rows, before } }: Kept): number =>
  BYTES_A_BLOCK +
  BYTES_A_TRANSACTION * signers.length +
  bytes.length +
  rows.bytes.buffer.byteLength +
  before.bytes.buffer.byteLength;

export const keptOf = ({ id, bytes, transition: { tip, rows, before, included } }: Accepted): Kept => ({
  id,
  bytes,
  transition: { tip, rows, before },
  signers: included.map(({ sender, payer }) => ({ code: undefined, sender, payer })),
});

const spoiled = (id: Hash): never => {
  throw new InvariantViolation(`block ${id} was valid and is not any more`);
};

/** The transactions of a kept block as they were when it was accepted. Cost: their decoding. */
export const includedIn = (chain: Chain, { id, bytes, signers }: Kept): readonly CheckedTransaction[] => {
  const judge: Judge = { transactions: () => signers, producer: () => undefined };
  const block = readBlock(bytes);
  if (E.isLeft(block)) return spoiled(id);
  return checkTransactions(chain, block.right.transactions, judge).map((each) =>
    E.isLeft(each) ? spoiled(id) : each.right,
  );
};

/** What fork choice reads of an accepted block, whose header states this V. */
export const forkTipOf = ({ id, transition }: BranchBlock, maxHeightPrevoted: Height): ForkTip => {
  const { height, slot } = transition.tip;
  return { maxHeightPrevoted, height, slot, id };
};
