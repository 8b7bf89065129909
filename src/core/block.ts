/**
 * Block: the parts of a block's validity that need no state: its bytes, its id, who signed it, its transactions.
 *
 * Source: protocol section 11.
 */
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes, toHex } from './bytes.ts';
import type { Chain } from './chain.ts';
import { type CheckedTransaction, checkTransactions, type Refused } from './check.ts';
import { type Refusal, refusal } from './refusal.ts';
import { recoverSigner } from './signature.ts';
import { rootOfLeaves } from './tree/merkle-list.ts';
import { type Address, HASH_BYTES, type Hash } from './units.ts';
import type { Judge } from './verdict.ts';
import { type Block, blockIdBytes, blockMessage, HEADER_VERSION, type Header } from './wire/header.ts';
import { contentHashes } from './wire/transaction.ts';

/** A block that is no block, or may not follow where it should. */
export type Rejection = Refusal;

export interface CheckedBlock {
  readonly header: Header;
  readonly id: Hash;
  /** Who signed the header, if anybody can have. It is looked for when it is first asked for. */
  readonly signer: Address | undefined;
  /** The root of the transactions that are in it, whatever the header says. It and `contents` are made when first asked for: after the header is right. */
  readonly transactionsRoot: Hash;
  /** The SHA-256 of each transaction's bytes, one after the other. */
  readonly contents: Uint8Array;
  /** In order. They are checked as they are asked for, many together: the reducer asks only once the header is right. */
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

/**
 * PERF: so many are checked together, a full block of today: between two pieces the tables of the curve leave the nearest caches. Of a
 * block that holds an inadmissible one, so many are looked at in vain at most.
 */
const PIECE = 4_096;

/** The transactions checked, piece by piece, each when its first one is asked for. */
function* checkEach(
  chain: Chain,
  transactions: readonly Uint8Array[],
  contents: Uint8Array,
  judge: Judge | undefined,
): Generator<E.Either<Refused, CheckedTransaction>> {
  for (let first = 0; first < transactions.length; first += PIECE) {
    const piece = transactions.slice(first, first + PIECE);
    yield* checkTransactions(chain, piece, judge, contents.subarray(first * HASH_BYTES));
  }
}

/** The transactions root of these transactions: over the SHA-256 of each one's bytes, signatures included, in order. */
export const transactionsRoot = ({ crypto }: Pick<Chain, 'crypto'>, transactions: readonly Uint8Array[]): Hash =>
  rootOfLeaves(crypto, contentHashes(crypto, transactions)) as Hash;

const checkedOf = (
  chain: Chain,
  { header, transactions }: Block,
  judge: Judge | undefined,
  signerOf: (id: Uint8Array) => Address | undefined,
): CheckedBlock => {
  const id = blockIdBytes(chain.crypto, header);
  let contents: Uint8Array | undefined;
  let root: Hash | undefined;
  let signer: { readonly address: Address | undefined } | undefined;
  return {
    header,
    id: toHex(id) as Hash,
    get signer() {
      signer ??= { address: signerOf(id) };
      return signer.address;
    },
    get transactionsRoot() {
      root ??= rootOfLeaves(chain.crypto, this.contents) as Hash;
      return root;
    },
    get contents() {
      contents ??= contentHashes(chain.crypto, transactions);
      return contents;
    },
    transactions: {
      [Symbol.iterator]: () => {
        contents ??= contentHashes(chain.crypto, transactions);
        // PERF: nearly every block is one piece; a generator would make an object for each transaction.
        if (transactions.length <= PIECE)
          return checkTransactions(chain, transactions, judge, contents)[Symbol.iterator]();
        return checkEach(chain, transactions, contents, judge);
      },
    },
  };
};

/**
 * What can be said of a block without state. Signatures are looked at when the reducer comes to the transactions, by the judge if one is
 * given. Cost: a hash of each transaction.
 */
export const checkBlock = (chain: Chain, block: Block, judge?: Judge): CheckedBlock =>
  checkedOf(chain, block, judge, (id) => {
    const { sign } = block.header;
    if (judge !== undefined) return judge.producer(id, sign);
    const signer = recoverSigner(chain.crypto, id, sign);
    return E.isRight(signer) ? (toHex(signer.right) as Address) : undefined;
  });

/** The same of a block from a source that is trusted: whoever the header states as its producer is taken for who signed it. */
export const trustBlock = (chain: Chain, block: Block, judge?: Judge): CheckedBlock =>
  checkedOf(chain, block, judge, () => block.header.producer);

/** A block, and the bytes of its transactions. */
export interface ReadBlock {
  readonly checked: CheckedBlock;
  readonly transactions: readonly Uint8Array[];
}

/**
 * The same blocks, which are to be reduced one after the other: the transactions of all are checked together when the first one is asked
 * for. Cost: all recoveries at once, so ask for no more than may be in vain.
 */
export const checkTogether = (chain: Chain, blocks: readonly ReadBlock[], judge?: Judge): readonly CheckedBlock[] => {
  let all: readonly E.Either<Refused, CheckedTransaction>[] | undefined;
  const checkAll = () =>
    checkTransactions(
      chain,
      blocks.flatMap(({ transactions }) => transactions),
      judge,
      concatBytes(...blocks.map(({ checked }) => checked.contents)),
    );
  let count = 0;
  return blocks.map(({ checked, transactions }) => {
    const first = count;
    count += transactions.length;
    const end = count;
    const iterate = () => {
      all ??= checkAll();
      return all.slice(first, end)[Symbol.iterator]();
    };
    return { ...checked, transactions: { [Symbol.iterator]: iterate } };
  });
};
