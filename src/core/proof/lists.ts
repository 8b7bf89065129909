/**
 * Lists: verifies that transactions, or receipts, stand in a block, and where.
 *
 * Source: docs/protocol.md sections 15.2 and 15.5.
 */
import { bytesOf, toHex } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import type { Receipt } from '../receipt.ts';
import { pairHash } from '../tree/commitment.ts';
import { HASH_BYTES, type Hash } from '../units.ts';
import { areOrdered, climb, MAX_LEAVES } from './climb.ts';
import { readOutcome, readReceiptsProof, readTransactionsProof } from './readers.ts';
import { smallHasher } from './small-hasher.ts';
import { steady } from './steady-hasher.ts';
import type { Read } from './strict-reader.ts';
import { proven, refused, type Verdict } from './verdict.ts';

/** Some of the items of a block. */
export interface Listed<T> {
  /** How many the block has. */
  readonly count: number;
  /** Those that were proven, by their place in the block. */
  readonly items: readonly T[];
}

export interface ProvenTransaction {
  /** Its place in the block, from 0. */
  readonly index: number;
  /** Its id, as it states it: a block with another is not valid. */
  readonly id: Hash;
  /** Its canonical bytes, signatures included. */
  readonly bytes: Uint8Array;
}

/** A receipt and its place in the block, which is that of its transaction. */
export interface ProvenReceipt extends Receipt {
  readonly index: number;
}

interface ListProof<L> {
  readonly count: number;
  readonly leaves: readonly L[];
  readonly siblings: Uint8Array;
}

/** How the leaves of one list are read, hashed and told. */
interface List<L, T> {
  readonly read: Read<ListProof<L>>;
  readonly hashOf: (hasher: Hasher, leaf: L) => Uint8Array;
  readonly itemOf: (leaf: L) => T | undefined;
}

const verifierOf =
  <L extends { readonly index: number }, T>({ read, hashOf, itemOf }: List<L, T>) =>
  (proof: Uint8Array, root: Hash, hasher: Hasher): Verdict<Listed<T>> => {
    const found = read(proof);
    if (found === undefined || found.count > MAX_LEAVES || found.siblings.length % HASH_BYTES > 0)
      return refused('proof_malformed');
    const { count, leaves, siblings } = found;
    const places = leaves.map(({ index }) => index);
    if (!areOrdered(places, count)) return refused('proof_positions_wrong');
    const single = steady(hasher);
    const nodes = leaves.map((leaf) => ({ position: leaf.index, hash: hashOf(single, leaf) }));
    const climbed = climb(single, count, nodes, siblings);
    if (climbed._tag === 'Left') return climbed;
    if (climbed.right !== root) return refused('proof_root_differs');
    const items: T[] = [];
    for (const leaf of leaves) {
      const item = itemOf(leaf);
      if (item === undefined) return refused('proof_content_malformed');
      items.push(item);
    }
    return proven({ count, items });
  };

/** A transaction begins with its id: the tag of field 1, 32 as the length, and the id. */
const ID_TAG = (1 << 3) | 2;
const ID_START = 2;

const statedIdOf = (bytes: Uint8Array): Hash | undefined =>
  bytes[0] === ID_TAG && bytes[1] === HASH_BYTES && bytes.length >= ID_START + HASH_BYTES
    ? (toHex(bytes.subarray(ID_START, ID_START + HASH_BYTES)) as Hash)
    : undefined;

const verifyTransactionList = verifierOf({
  read: readTransactionsProof,
  hashOf: (hasher, { bytes }) => hasher.sha256(bytes),
  itemOf: ({ index, bytes }): ProvenTransaction | undefined => {
    const id = statedIdOf(bytes);
    return id === undefined ? undefined : { index, id, bytes };
  },
});

const verifyReceiptList = verifierOf({
  read: readReceiptsProof,
  hashOf: (hasher, { id, outcome }) => pairHash(hasher, bytesOf(id), hasher.sha256(outcome)),
  itemOf: ({ index, id, outcome }): ProvenReceipt | undefined => {
    const read = readOutcome(outcome);
    return read === undefined ? undefined : { index, id, ...read };
  },
});

/** The transactions that a proof shows under a block's transactions root; their bytes share its memory. */
export const verifyTransactions = (
  proof: Uint8Array,
  root: Hash,
  hasher: Hasher = smallHasher,
): Verdict<Listed<ProvenTransaction>> => verifyTransactionList(proof, root, hasher);

/** The receipts that a proof shows under a block's receipts root. */
export const verifyReceipts = (
  proof: Uint8Array,
  root: Hash,
  hasher: Hasher = smallHasher,
): Verdict<Listed<ProvenReceipt>> => verifyReceiptList(proof, root, hasher);
