/**
 * Outcome: what the engine answers to transactions and blocks from outside, as values; and what stops it, as errors.
 *
 * A refusal is expected and loses nothing. An `EngineError` is about this node: its store, its files, its own state.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Details, Refusal } from '../core/refusal.ts';

/** Codes of refusals that the engine adds to those of the protocol. */
export const engineMessages = {
  transaction_known: 'the pool has this very transaction already',
  transaction_never_fits:
    'the transaction costs more units than any block or the whole network can carry; make it smaller',
  nonce_held: 'another transaction of this sender with this nonce waits already; wait until it is in a block',
  nonce_too_far: "the nonce is further ahead of the sender's account than the pool keeps; send those before it first",
  sender_full: 'as many transactions of this sender wait as the pool keeps; wait until some are in blocks',
  payer_full:
    'as many transactions that this account pays for wait as the pool keeps; wait until some are in blocks, or let another pay',
  bandwidth_promised:
    'what waits already takes the bandwidth of who pays; wait until some of it is in blocks, or let another pay',
  pool_full: 'the pool is full, and nobody in it holds more than this sender and who pays; try again later',
  block_known: 'the chain has this block already',
  block_not_stored:
    'the store lacks this block and has later ones, as after the import of a snapshot; replay a store that has all of them',
  block_conflicts_final:
    'the block stands on a chain without the block that is final for this node; a final block is never undone',
  unfinal_full:
    'more blocks are not final yet than this node may hold; wait until some are, or raise its limits and open it anew',
  fault_bound_broken:
    'a third of the producers has contradicted itself, and blocks in conflict with the final one were seen: look at the evidence before anything else is signed',
  lock_slot: 'this key has signed a block of this slot or a later one already; let the slot pass',
  lock_vote: 'this key has signed on a chain that is worth more; let the slot pass until this chain has caught up',
  key_other_producer: 'the key is not that of the producer whose turn it is; use its own key',
  key_height_generated_wrong: 'the block does not say what its key has signed before; ask the key for its lock first',
  state_not_kept: 'the state of this height is not kept; ask for another, or keep more history',
  block_from_future: "the block's slot has not begun by this node's clock; it may be kept aside until it has",
} as const;
export type EngineRefusalCode = keyof typeof engineMessages;

/** A refusal of the engine's own. */
export const refuse = (code: EngineRefusalCode, details: Details = {}): Refusal => ({
  code,
  message: engineMessages[code],
  details,
});

export type EngineErrorCode =
  | 'engine_closed' // it was closed
  | 'engine_stopped' // a store failed or an invariant broke; open anew
  | 'storage_other_chain' // the store holds another chain
  | 'storage_half_imported' // the import of a snapshot was not finished; run it again
  | 'storage_damaged' // what the store holds does not fit together
  | 'network_too_small' // a network whose messages hold no block
  | 'signer_wrong'; // a signer made a signature that is not its own

/** What keeps this node from going on. The message says what to do. */
export class EngineError extends Error {
  readonly code: EngineErrorCode;
  constructor(code: EngineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
  }
}

/** What a store holds does not fit together. */
export const damaged = (what: string, options?: ErrorOptions): EngineError =>
  new EngineError(
    'storage_damaged',
    `${what}; restore the store from a copy, or replay the chain into a new one`,
    options,
  );

/** Whether blocks in a row end with the one that has this answer: nothing that stands on a refused block could be taken. */
export const endsRow = (answer: E.Either<Refusal, unknown>): boolean =>
  E.isLeft(answer) && answer.left.code !== 'block_known';
