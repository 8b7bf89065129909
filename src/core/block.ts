/**
 * Block: the parts of a block's validity that need no state: its bytes, its id, who signed it, its transactions.
 *
 * Source: protocol section 11.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from './bytes.ts';
import type { Chain } from './chain.ts';
import { type CheckedTransaction, checkTransaction, type Refused } from './check.ts';
import { type Refusal, refusal } from './refusal.ts';
import { recoverSigner } from './signature.ts';
import { listRoot } from './tree/merkle-list.ts';
import type { Address, Hash } from './units.ts';
import { type Block, blockIdBytes, blockMessage, HEADER_VERSION, type Header } from './wire/header.ts';

/** A block that is no block, or may not follow where it should. */
export type Rejection = Refusal;

export interface CheckedBlock {
  readonly header: Header;
  readonly id: Hash;
  /** Who signed the header, if anybody can have. */
  readonly signer: Address | undefined;
  /** The root of the transactions that are in it, whatever the header says. */
  readonly transactionsRoot: Hash;
  /** In order. They may be checked as they are asked for: the reducer asks only once the header is right. */
  readonly transactions: Iterable<E.Either<Refused, CheckedTransaction>>;
}

/** A block from its bytes, or `block_malformed`. */
export const readBlock = (bytes: Uint8Array): E.Either<Rejection, Block> => {
  const decoded = blockMessage.decode(bytes);
  if (E.isLeft(decoded)) return E.left(refusal('block_malformed'));
  const { header, transactions } = decoded.right;
  if (header === undefined || header.version !== HEADER_VERSION) return E.left(refusal('block_malformed'));
  return E.right({ header, transactions });
};

/** The transactions root of these contents: SHA-256 of each transaction's bytes, in order. */
export const transactionsRoot = (chain: Pick<Chain, 'crypto'>, contents: readonly Uint8Array[]): Hash =>
  listRoot(chain.crypto, contents) as Hash;

function* checkEach(
  chain: Chain,
  transactions: readonly Uint8Array[],
  contents: readonly Uint8Array[],
): Generator<E.Either<Refused, CheckedTransaction>> {
  for (const [index, bytes] of transactions.entries()) yield checkTransaction(chain, bytes, contents[index]);
}

/** What can be said of a block without state. Signatures of its transactions are checked as the reducer comes to them. */
export const checkBlock = (chain: Chain, { header, transactions }: Block): CheckedBlock => {
  const id = blockIdBytes(chain.crypto, header);
  const signer = recoverSigner(chain.crypto, id, header.sign);
  const contents = transactions.map((bytes) => chain.crypto.sha256(bytes));
  return {
    header,
    id: toHex(id) as Hash,
    signer: E.isRight(signer) ? (toHex(signer.right) as Address) : undefined,
    transactionsRoot: transactionsRoot(chain, contents),
    transactions: { [Symbol.iterator]: () => checkEach(chain, transactions, contents) },
  };
};
