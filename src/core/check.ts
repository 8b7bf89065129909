/**
 * Check: everything about a transaction that needs no state: its bytes, its fields, its signatures.
 *
 * It is the dear part (one recovery a signature), so it runs beside the reducer, in any order, in parallel; the reducer takes
 * what passed. The first refusal wins. Source: protocol sections 3, 4, 5 and 13.
 */
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes, toHex } from './bytes.ts';
import type { Rules } from './chain.ts';
import type { Kind } from './kinds/kind.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { AdmissionCode } from './refusal-messages.ts';
import { type Address, ceilDiv, HASH_BYTES, type Hash, type Units, ZERO_ADDRESS } from './units.ts';
import { type Failed, type Judge, type Verdict, verdictsOn } from './verdict.ts';
import { type Transaction, transactionId, transactionMessage } from './wire/transaction.ts';

/** A transaction whose bytes, fields and signatures are right. */
export interface CheckedTransaction {
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  readonly kind: Kind;
  readonly payload: unknown;
  readonly id: Hash;
  /** 33 zero bytes in genesis kinds. */
  readonly sender: Address;
  /** Who signed to pay, if not the sender. */
  readonly payer: Address | undefined;
  readonly units: Units;
}

/** What was known of a transaction when it was refused; the rest is `undefined`. */
export interface Known {
  readonly id?: Hash;
  readonly kind?: string;
  readonly units?: Units;
  readonly sender?: Address;
  readonly payer?: Address;
}

export interface Refused {
  readonly refusal: Refusal;
  readonly known: Known;
}

/** The bandwidth that a transaction of so many bytes costs. */
const unitsOf = (rules: Pick<Rules, 'params'>, sizeBytes: number): Units =>
  ceilDiv(sizeBytes, rules.params.unitBytes) as Units;

/** A transaction whose fields are right, and whose signers are not known yet. PERF: one object, from its reading to its receipt. */
type Unsigned = { -readonly [Field in keyof CheckedTransaction]: CheckedTransaction[Field] };

/** What is known of a transaction once its bytes make sense. */
const knownIn = ({ hash, kind }: Transaction, units: Units): Known => ({ id: hash, kind, units });

const refuse = (code: AdmissionCode, known: Known): E.Left<Refused> => ({
  _tag: 'Left',
  left: { refusal: refusal(code), known },
});

/** Which of the fields `to` and `value` is not as the kind wants it. */
const fieldFault = ({ to, value }: Transaction, kind: Kind): AdmissionCode | undefined => {
  if (kind.usesTo && !to.startsWith('02') && !to.startsWith('03')) return 'to_malformed';
  if (!kind.usesTo && to !== ZERO_ADDRESS) return 'to_not_used';
  if (!kind.usesValue && value !== 0n) return 'value_not_used';
  return undefined;
};

/** Decodes a transaction and checks its fields; `inGenesis` lets the genesis kinds through. */
const readTransaction = (rules: Rules, bytes: Uint8Array, inGenesis = false): E.Either<Refused, Unsigned> => {
  const { params, registry } = rules;
  if (bytes.length > params.maxTransactionBytes) return refuse('transaction_too_large', {});
  const decoded = transactionMessage.decode(bytes);
  if (E.isLeft(decoded)) return refuse('transaction_malformed', {});
  const transaction = decoded.right;
  const units = unitsOf(rules, bytes.length);
  const kind = registry.get(transaction.kind);
  if (kind === undefined) return refuse('kind_unknown', knownIn(transaction, units));
  if (kind.onlyInGenesis && !inGenesis) return refuse('kind_only_in_genesis', knownIn(transaction, units));
  if (transaction.chainId !== params.chainId) return refuse('chain_id_wrong', knownIn(transaction, units));
  if (transaction.payload.length > params.maxPayloadBytes)
    return refuse('payload_too_large', knownIn(transaction, units));
  const payload = kind.decodePayload(transaction.payload);
  if (E.isLeft(payload)) return refuse('payload_malformed', knownIn(transaction, units));
  const fault = fieldFault(transaction, kind);
  if (fault !== undefined) return refuse(fault, knownIn(transaction, units));
  return E.right({
    bytes,
    transaction,
    kind,
    payload: payload.right,
    id: transaction.hash,
    sender: ZERO_ADDRESS,
    payer: undefined,
    units,
  });
};

/** What is known of a transaction whose signatures were refused. */
const knownBy = ({ sender, payer }: Failed, unsigned: Known): Known => {
  if (sender === undefined) return unsigned;
  return payer === undefined ? { ...unsigned, sender } : { ...unsigned, sender, payer };
};

/** The contents of those that were read, out of those of all. */
const contentsOf = (reads: readonly E.Either<Refused, Unsigned>[], contents: Uint8Array): Uint8Array =>
  concatBytes(
    ...reads.flatMap((read, index) =>
      E.isLeft(read) ? [] : [contents.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)],
    ),
  );

/**
 * Checks all of each transaction that needs no state. `judge` knows what their signatures are worth, and `contents` are the SHA-256 of
 * the bytes of each, one after the other, if the caller has them. Cost: without a judge, one recovery each, or two with a payer.
 */
export const checkTransactions = (
  rules: Rules,
  transactions: readonly Uint8Array[],
  judge?: Judge,
  contents?: Uint8Array,
): readonly E.Either<Refused, CheckedTransaction>[] => {
  const reads = transactions.map((bytes) => readTransaction(rules, bytes));
  const unsigned: Unsigned[] = [];
  for (const read of reads) if (E.isRight(read)) unsigned.push(read.right);
  const asked = contents === undefined || unsigned.length === reads.length ? contents : contentsOf(reads, contents);
  const verdicts = judge === undefined ? verdictsOn(rules.crypto, unsigned) : judge.transactions(unsigned, asked);
  let next = 0;
  return reads.map((read) => {
    if (E.isLeft(read)) return read;
    const verdict = verdicts[next] as Verdict;
    next += 1;
    const transaction = read.right;
    if (verdict.code !== undefined)
      return refuse(verdict.code, knownBy(verdict, knownIn(transaction.transaction, transaction.units)));
    transaction.sender = verdict.sender;
    transaction.payer = verdict.payer;
    return read;
  });
};

/** The same of one transaction. */
export const checkTransaction = (
  rules: Rules,
  bytes: Uint8Array,
  judge?: Judge,
): E.Either<Refused, CheckedTransaction> =>
  checkTransactions(rules, [bytes], judge)[0] as E.Either<Refused, CheckedTransaction>;

/** What is known of a transaction that passed the stateless checks. */
export const knownOf = ({ id, kind, units, sender, payer }: CheckedTransaction): Known =>
  payer === undefined ? { id, kind: kind.name, units, sender } : { id, kind: kind.name, units, sender, payer };

/**
 * Checks a genesis transaction: signed like any other, or of a genesis kind, unsigned and hashed with 33 zero bytes as
 * sender. Source: protocol section 14.
 */
export const checkGenesisTransaction = (rules: Rules, bytes: Uint8Array): E.Either<Refused, CheckedTransaction> => {
  const read = readTransaction(rules, bytes, true);
  if (E.isLeft(read)) return read;
  const { transaction, kind, units } = read.right;
  if (!kind.onlyInGenesis) return checkTransaction(rules, bytes);
  const known = knownIn(transaction, units);
  if (transaction.sign.length > 0) return refuse('signature_invalid', known);
  if (transaction.payerSign.length > 0) return refuse('payer_signature_invalid', known);
  const id = transactionId(rules.crypto, transaction, ZERO_ADDRESS);
  return toHex(id) === transaction.hash ? read : refuse('hash_mismatch', known);
};
