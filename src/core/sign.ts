/**
 * Sign: making transactions and blocks, for wallets, producers and tests.
 *
 * Source: protocol sections 3, 4 and 11.
 */
import { toHex } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { type Address, type Hash, ZERO_ADDRESS } from './units.ts';
import { type Block, blockIdBytes, encodeBlock, type HeaderClaim } from './wire/header.ts';
import { payerHash, signedHash, type Transaction, transactionId, transactionMessage } from './wire/transaction.ts';

/** What a sender decides; `to`, `value` and `payload` default to none. */
export interface TransactionFields {
  readonly kind: string;
  readonly chainId: number;
  readonly nonce: bigint;
  readonly to?: Address;
  readonly value?: bigint;
  readonly payload?: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** The transaction of these fields, signed by `privateKey` (32 bytes) and, if given, by who pays. Throws on a bad key. */
export const signTransaction = (
  crypto: Crypto,
  fields: TransactionFields,
  privateKey: Uint8Array,
  payerKey?: Uint8Array,
): Transaction => {
  const { kind, chainId, nonce, to = ZERO_ADDRESS, value = 0n, payload = EMPTY } = fields;
  const unsigned = { kind, chainId, nonce, to, value, payload };
  const sender = toHex(crypto.publicKey(privateKey)) as Address;
  const hash = toHex(transactionId(crypto, unsigned, sender)) as Hash;
  const sign = crypto.sign(signedHash({ hash }), privateKey);
  const payerSign = payerKey === undefined ? EMPTY : crypto.sign(payerHash(crypto, { hash, sign }), payerKey);
  return { hash, ...unsigned, sign, payerSign };
};

/** The canonical bytes of a transaction. */
export const encodeTransaction = (transaction: Transaction): Uint8Array => transactionMessage.encode(transaction);

/** The bytes of the block with this header, signed by `privateKey`, and these transactions. Throws on a bad key. */
export const signBlock = (
  crypto: Crypto,
  claim: HeaderClaim,
  transactions: readonly Uint8Array[],
  privateKey: Uint8Array,
): Uint8Array => {
  const sign = crypto.sign(blockIdBytes(crypto, claim), privateKey);
  const block: Block = { header: { ...claim, sign }, transactions };
  return encodeBlock(block);
};
