/**
 * Messages: the bytes of proofs.
 *
 * A proof is the leaves that show something, and the hashes of their neighbours on the way up to the root: level by level
 * from the leaves, each from left to right, each that cannot be computed from what is there, and no other. So there is one
 * proof only for what is asked, whoever makes it. Source: protocol section 11; docs/protocol.md section 15.5.
 */
import { HASH_BYTES, type Hash, type Units } from '../units.ts';
import { bytesField, flagField, hexField, messageList, safeField, textField, uint32Field } from '../wire/fields.ts';
import { message } from '../wire/proto.ts';

/**
 * A leaf of the state tree. Of value and next key one is there, or its root in its stead: the value if its key was asked for, the
 * next key if one was asked for that is missing before it.
 */
export interface EntryLeaf {
  /** Its number in the tree. */
  readonly leaf: number;
  readonly key: Uint8Array;
  readonly next: Uint8Array;
  /** 32 bytes, or none where `next` is there. */
  readonly nextRoot: Uint8Array;
  readonly value: Uint8Array;
  /** 32 bytes, or none where `value` is there, be it empty. */
  readonly valueRoot: Uint8Array;
}

/** What is under some keys of a state. Without entries there is nothing to show, and the proof is no bytes. */
export interface EntriesProof {
  /** The leaf slots of the tree. */
  readonly size: number;
  /** In ascending order. */
  readonly leaves: readonly EntryLeaf[];
  /** Hashes, one after the other. */
  readonly siblings: Uint8Array;
}

export interface TransactionLeaf {
  /** Its place in the block, from 0. */
  readonly index: number;
  /** Its canonical bytes. */
  readonly bytes: Uint8Array;
}

/** Some transactions of a block. */
export interface TransactionsProof {
  /** How many the block has. */
  readonly count: number;
  readonly leaves: readonly TransactionLeaf[];
  readonly siblings: Uint8Array;
}

export interface ReceiptLeaf {
  readonly index: number;
  /** The transaction's id. */
  readonly id: Hash;
  /** The canonical bytes of an `Outcome`. */
  readonly outcome: Uint8Array;
}

/** Some receipts of a block. */
export interface ReceiptsProof {
  readonly count: number;
  readonly leaves: readonly ReceiptLeaf[];
  readonly siblings: Uint8Array;
}

/** What became of a transaction; see `Receipt`. */
export interface Outcome {
  readonly executed: boolean;
  readonly code: string;
  readonly units: Units;
}

const entryLeafMessage = message<EntryLeaf>({
  leaf: uint32Field(1),
  key: bytesField(2),
  next: bytesField(3),
  nextRoot: bytesField(4),
  value: bytesField(5),
  valueRoot: bytesField(6),
});

export const entriesProofMessage = message<EntriesProof>({
  size: uint32Field(1),
  leaves: messageList(2, entryLeafMessage),
  siblings: bytesField(3),
});

const transactionLeafMessage = message<TransactionLeaf>({ index: uint32Field(1), bytes: bytesField(2) });

export const transactionsProofMessage = message<TransactionsProof>({
  count: uint32Field(1),
  leaves: messageList(2, transactionLeafMessage),
  siblings: bytesField(3),
});

const receiptLeafMessage = message<ReceiptLeaf>({
  index: uint32Field(1),
  id: hexField<Hash>(2, HASH_BYTES),
  outcome: bytesField(3),
});

export const receiptsProofMessage = message<ReceiptsProof>({
  count: uint32Field(1),
  leaves: messageList(2, receiptLeafMessage),
  siblings: bytesField(3),
});

export const outcomeMessage = message<Outcome>({
  executed: flagField(1),
  code: textField(2),
  units: safeField<Units>(3),
});
