/**
 * Transaction: the bytes of a transaction, of what is hashed to its id, and of what a payer signs.
 *
 * They are those of the first network's published client, byte for byte. Source: protocol section 4.
 */

import { bytesOf } from '../bytes.ts';
import type { Hasher } from '../crypto.ts';
import { ADDRESS_BYTES, type Address, HASH_BYTES, type Hash } from '../units.ts';
import { bytesField, hexField, textField, uint32Field, uint64Field, valueField } from './fields.ts';
import { message } from './proto.ts';

/** A transaction as it travels. Its sender is not in it: the signature tells. */
export interface Transaction {
  /** The stated id; whether it is right is checked with the recovered sender. */
  readonly hash: Hash;
  readonly kind: string;
  /** 33 zero bytes when the kind uses none. */
  readonly to: Address;
  readonly value: bigint;
  readonly nonce: bigint;
  readonly chainId: number;
  /** The kind's own message; empty is absent. */
  readonly payload: Uint8Array;
  /** r | s | recovery id; empty only in genesis kinds. Other lengths decode, and are an invalid signature. */
  readonly sign: Uint8Array;
  /** Like `sign`, by who pays; empty when the sender pays. */
  readonly payerSign: Uint8Array;
}

export const transactionMessage = message<Transaction>({
  hash: hexField<Hash>(1, HASH_BYTES),
  kind: textField(2),
  to: hexField<Address>(3, ADDRESS_BYTES),
  value: valueField(4),
  nonce: uint64Field(5),
  chainId: uint32Field(6),
  payload: bytesField(10),
  sign: bytesField(22),
  payerSign: bytesField(23),
});

interface HashTarget extends Pick<Transaction, 'kind' | 'to' | 'value' | 'nonce' | 'chainId' | 'payload'> {
  readonly from: Address;
}

const hashTargetMessage = message<HashTarget>({
  kind: textField(1),
  from: hexField<Address>(2, ADDRESS_BYTES),
  to: hexField<Address>(3, ADDRESS_BYTES),
  value: valueField(4),
  nonce: uint64Field(5),
  chainId: uint32Field(6),
  payload: bytesField(10),
});

const payerTargetMessage = message<Pick<Transaction, 'hash' | 'sign'>>({
  hash: hexField<Hash>(1, HASH_BYTES),
  sign: bytesField(2),
});

/** The bytes whose SHA3-256 is the id of the transaction when `from` sends it. */
export const hashTarget = (
  { kind, to, value, nonce, chainId, payload }: Omit<HashTarget, 'from'>,
  from: Address,
): Uint8Array => hashTargetMessage.encode({ kind, from, to, value, nonce, chainId, payload });

/** The id of the transaction when `from` sends it, 32 bytes. */
export const transactionId = (hasher: Hasher, fields: Omit<HashTarget, 'from'>, from: Address): Uint8Array =>
  hasher.sha3(hashTarget(fields, from));

/** The bytes whose SHA3-256 the payer signs. */
export const payerTarget = ({ hash, sign }: Pick<Transaction, 'hash' | 'sign'>): Uint8Array =>
  payerTargetMessage.encode({ hash, sign });

/** The 32 bytes that the payer signs. */
export const payerHash = (hasher: Hasher, transaction: Pick<Transaction, 'hash' | 'sign'>): Uint8Array =>
  hasher.sha3(payerTarget(transaction));

/** The 32 bytes that the sender signs: the stated hash. */
export const signedHash = (transaction: Pick<Transaction, 'hash'>): Uint8Array => bytesOf(transaction.hash);
