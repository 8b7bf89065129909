/**
 * Readers: what a verifier must read: proofs, headers, outcomes, and the records that questions are asked about.
 *
 * Field for field the messages of messages.ts, wire/header.ts and state/records.ts, which a test holds them to.
 * Source: docs/protocol.md sections 15.1, 15.4, 15.5.
 */
import type { Account, Alias, Anchor, Certification, Withdrawal } from '../state/records.ts';
import { ADDRESS_BYTES, type Address, HASH_BYTES, type Hash, type Height, type Seconds, type Units } from '../units.ts';
import type { Header } from '../wire/header.ts';
import type {
  EntriesProof,
  EntryLeaf,
  Outcome,
  ReceiptLeaf,
  ReceiptsProof,
  TransactionLeaf,
  TransactionsProof,
} from './messages.ts';
import {
  amountPart,
  anyBytesPart,
  flagPart,
  hexListPart,
  hexPart,
  messagesPart,
  optionalHexPart,
  optionalTextPart,
  type Read,
  reader,
  safePart,
  textPart,
  uint32Part,
  uint64Part,
} from './strict-reader.ts';
import type { ProofFault } from './verdict.ts';

const hashPart = (number: number) => hexPart<Hash>(number, HASH_BYTES);
const addressPart = (number: number) => hexPart<Address>(number, ADDRESS_BYTES);

const readEntryLeaf = reader<EntryLeaf>({
  leaf: uint32Part(1),
  key: anyBytesPart(2),
  next: anyBytesPart(3),
  nextRoot: anyBytesPart(4),
  value: anyBytesPart(5),
  valueRoot: anyBytesPart(6),
});

/** A proof of at most `mostLeaves` leaves, so that a stranger's bytes fill no memory with more than can be asked for. */
export const readEntriesProof = (bytes: Uint8Array, mostLeaves: number): EntriesProof | ProofFault => {
  let leaves = 0;
  const readOne: Read<EntryLeaf> = (leaf) => {
    leaves += 1;
    return leaves > mostLeaves ? undefined : readEntryLeaf(leaf);
  };
  const read = reader<EntriesProof>({
    size: uint32Part(1),
    leaves: messagesPart(2, readOne),
    siblings: anyBytesPart(3),
  });
  return read(bytes) ?? (leaves > mostLeaves ? 'proof_left_over' : 'proof_malformed');
};

const readTransactionLeaf = reader<TransactionLeaf>({ index: uint32Part(1), bytes: anyBytesPart(2) });

export const readTransactionsProof = reader<TransactionsProof>({
  count: uint32Part(1),
  leaves: messagesPart(2, readTransactionLeaf),
  siblings: anyBytesPart(3),
});

const readReceiptLeaf = reader<ReceiptLeaf>({ index: uint32Part(1), id: hashPart(2), outcome: anyBytesPart(3) });

export const readReceiptsProof = reader<ReceiptsProof>({
  count: uint32Part(1),
  leaves: messagesPart(2, readReceiptLeaf),
  siblings: anyBytesPart(3),
});

export const readOutcome = reader<Outcome>({ executed: flagPart(1), code: textPart(2), units: safePart<Units>(3) });

export const readHeader = reader<Header>({
  version: uint32Part(1),
  chainId: uint32Part(2),
  height: safePart<Height>(3),
  parentId: hashPart(4),
  time: safePart<Seconds>(5),
  producer: addressPart(6),
  transactionsRoot: hashPart(7),
  receiptsRoot: hashPart(8),
  stateRoot: hashPart(9),
  reward: amountPart(10),
  supply: amountPart(11),
  maxHeightGenerated: safePart<Height>(12),
  maxHeightPrevoted: safePart<Height>(13),
  sign: anyBytesPart(14),
});

const readWithdrawal = reader<Withdrawal>({ due: safePart<Seconds>(1), amount: amountPart(2) });

export const readAccount = reader<Account>({
  nonce: uint64Part(1),
  balance: amountPart(2),
  staked: amountPart(3),
  used: safePart<Units>(4),
  withdrawals: messagesPart(5, readWithdrawal),
  votes: hexListPart<Hash>(6, HASH_BYTES),
  candidacy: optionalHexPart<Hash>(7, HASH_BYTES),
  alias: optionalTextPart(8),
});

export const readAnchor = reader<Anchor>({ time: safePart<Seconds>(1) });

export const readCertification = reader<Certification>({
  certified: addressPart(1),
  issued: uint64Part(2),
  expires: uint64Part(3),
  stored: safePart<Seconds>(4),
  revoked: safePart<Seconds>(5),
});

export const readAlias = reader<Alias>({ owner: addressPart(1), collateral: amountPart(2) });
