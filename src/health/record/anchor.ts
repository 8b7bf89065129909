/**
 * Anchor: how a record gets on the chain, and when it was there.
 *
 * What counts is the time of a block, not what a document says of itself.
 * Source: protocol sections 4 and 11; docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Hasher } from '../../core/crypto.ts';
import { hashPayload } from '../../core/kinds/payloads.ts';
import { verifyHeader } from '../../core/proof/block-link.ts';
import { verifyTransactions } from '../../core/proof/lists.ts';
import { type TrustedBlock, type TrustedState, verifyAnchor } from '../../core/proof/questions.ts';
import type { ProofFault } from '../../core/proof/verdict.ts';
import type { TransactionFields } from '../../core/sign.ts';
import type { Address, Hash, Seconds } from '../../core/units.ts';
import { transactionMessage } from '../../core/wire/transaction.ts';

/** What a transaction of a kind needs beside chain id and nonce. */
export type TransactionPart = Omit<TransactionFields, 'chainId' | 'nonce'>;

/** The payload that anchors a record or a batch, by the hash that is to stand on the chain. */
export const anchorPayload = (hash: Hash): Uint8Array => hashPayload.encode({ hash });

/** The transaction that anchors it. Send it from an account that does nothing else: its records are seen to be of one sender. */
export const anchorTransaction = (hash: Hash): TransactionPart => ({
  kind: 'add_record',
  payload: anchorPayload(hash),
});

/**
 * What shows that a hash is on the chain: its entry in the state that is trusted, by who recorded it; or its transaction, in a block of
 * which the verifier says that it trusts it: anybody can make a header that is of no chain.
 */
export type AnchorEvidence =
  | { readonly sender: Address; readonly proof: Uint8Array }
  | { readonly block: TrustedBlock; readonly proof: Uint8Array };

/**
 * Why evidence says nothing, beside the faults of proofs. The codes never change their meaning.
 *
 * - `anchor_block_not_trusted`: the verifier does not know the block to be of the chain.
 * - `chain_differs`: the block is of another chain.
 * - `anchor_not_in_block`: no transaction that is shown of the block records the hash.
 */
export type AnchorFault = ProofFault | 'anchor_block_not_trusted' | 'chain_differs' | 'anchor_not_in_block';

/** What is asked of the evidence. */
export interface AnchorAsked {
  readonly hash: Hash;
  readonly chainId: number;
  readonly state: TrustedState;
  /** Whether the block of this id is known to be of the chain. */
  readonly isTrustedBlock: (id: Hash) => boolean;
}

const isAnchorOf = (hash: Hash, bytes: Uint8Array): boolean => {
  const transaction = transactionMessage.decode(bytes);
  if (E.isLeft(transaction) || transaction.right.kind !== 'add_record') return false;
  const payload = hashPayload.decode(transaction.right.payload);
  return E.isRight(payload) && payload.right.hash === hash;
};

/**
 * When a hash was on the chain: a time by which it stood there, or `undefined` if its sender had not recorded it. Never throws.
 *
 * A transaction in a block may have failed; that of a record fails only where the same sender had recorded the same before. So it
 * stood on the chain by the time of the block either way.
 */
export const anchorTime = (
  hasher: Hasher,
  evidence: AnchorEvidence,
  { hash, chainId, state, isTrustedBlock }: AnchorAsked,
): E.Either<AnchorFault, Seconds | undefined> => {
  if ('sender' in evidence) {
    // Asked for no time in particular: whether there is one is seen from the answer.
    const question = { hash, sender: evidence.sender, before: 0 as Seconds };
    const answer = verifyAnchor(evidence.proof, state, question, hasher);
    return E.isLeft(answer) ? answer : E.right(answer.right.time);
  }
  if (!isTrustedBlock(evidence.block.id)) return E.left('anchor_block_not_trusted');
  const header = verifyHeader(evidence.block.header, evidence.block.id, hasher);
  if (E.isLeft(header)) return header;
  if (header.right.chainId !== chainId) return E.left('chain_differs');
  const listed = verifyTransactions(evidence.proof, header.right.transactionsRoot, hasher);
  if (E.isLeft(listed)) return listed;
  const isThere = listed.right.items.some(({ bytes }) => isAnchorOf(hash, bytes));
  return isThere ? E.right(header.right.time) : E.left('anchor_not_in_block');
};
