/**
 * Transaction case: one transaction of a vector file, made again from its fields and keys, and judged.
 *
 * Everything is computed from what the client was given (rawTx, the keys) and compared with what the file states, so one
 * wrong value in a file is one difference. Source: protocol sections 3 and 4.
 */
import { sha3_256 } from '@noble/hashes/sha3.js';
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import {
  type Address,
  type Crypto,
  encodeTransaction,
  type Hash,
  type Transaction,
  transactionMessage,
} from '../../core/index.ts';
import { ADDRESS_BYTES } from '../../core/units.ts';
import { hashTarget, payerTarget } from '../../core/wire/transaction.ts';
import { type ClientNumbers, clientTarget, fittedTo, numbersOf } from './client.ts';
import { textFault, verdictFault } from './first-network.ts';
import type { TransactionCase } from './form.ts';
import { Comparison, type Outcome } from './outcome.ts';
import { payloadOf } from './payload-words.ts';
import { bytesField, kindShapes, readShape } from './shapes.ts';
import { isLowS } from './signer.ts';
import { type Engine, outcomeOf, verdictOn } from './verdict.ts';

const hexBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const sha3Hex = (bytes: Uint8Array): string => toHex(sha3_256(bytes));

/** Someone whom the file names, with the key that the name stands for. */
type Named = TransactionCase['signer'];

/** The key of a person: its name's hash, or the stated one where that belongs to the stated address. */
const keyOf = (crypto: Crypto, { label, privKey, address }: Named): Uint8Array => {
  const stated = hexBytes(privKey);
  const isOwn = E.getOrElse(() => false)(
    E.tryCatch(
      () => toHex(crypto.publicKey(stated)) === address,
      () => undefined,
    ),
  );
  return isOwn ? stated : sha3_256(Buffer.from(label, 'utf8'));
};

const comparePerson = (found: Comparison, crypto: Crypto, role: string, person: Named): Uint8Array => {
  const key = keyOf(crypto, person);
  found.same(`${role}.privKey`, person.privKey, sha3Hex(Buffer.from(person.label, 'utf8')));
  found.same(`${role}.address`, person.address, toHex(crypto.publicKey(key)));
  return key;
};

type Unsigned = Omit<Transaction, 'hash' | 'sign' | 'payerSign'>;

/** The fields as our encoder takes them, or why it cannot write them. */
export const writable = (kind: string, numbers: ClientNumbers): Unsigned | string => {
  const { to, value, nonce, chainId, payload } = numbers;
  if (value === undefined) return 'the value is no whole number below 2^128, so it cannot be written';
  // 33 bytes are what an address in a transaction is; which ones, the rules ask.
  return { kind, to: toHex(fittedTo(to)) as Address, value, nonce, chainId, payload };
};

/** Our encoder's hash target; `undefined` if the sender's address has another width than ours. */
export const ourTarget = (fields: Unsigned, from: Uint8Array): Uint8Array | undefined =>
  from.length === ADDRESS_BYTES ? hashTarget(fields, toHex(from) as Address) : undefined;

const comparePayload = (found: Comparison, { payload, payloadHex, rawTx }: TransactionCase): void => {
  found.same('payloadHex', payloadHex, rawTx.payload);
  if (payload === null || payload === undefined || rawTx.payload === undefined) return;
  const { message, utf8Bytes } = payload;
  if (typeof message === 'string' && utf8Bytes !== undefined) {
    found.same('payload.utf8Bytes', Number(utf8Bytes), Buffer.byteLength(message, 'utf8'));
  }
  // Bytes that are not canonical have no writer among our codecs; the verdict tells about them.
  const shape = kindShapes.get(rawTx.tx_type)?.payload;
  if (shape === undefined || 'fault' in readShape(shape, hexBytes(rawTx.payload))) return;
  const written = payloadOf(payload);
  found.same('payload as our codec writes it', rawTx.payload, written === undefined ? undefined : toHex(written));
};

const compareTarget = (
  found: Comparison,
  { derived, rawTx }: TransactionCase,
  numbers: ClientNumbers,
  fields: Unsigned,
): void => {
  const ours = ourTarget(fields, numbers.from);
  if (ours === undefined) {
    found.fault(`rawTx.from: the file has ${numbers.from.length} bytes, ${ADDRESS_BYTES} wanted`);
    return;
  }
  const oursHex = toHex(ours);
  const isSame = oursHex === toHex(clientTarget(rawTx));
  const needsZeros = numbers.nonce === 0n || numbers.chainId === 0;
  if (!isSame && !needsZeros && numbers.to.length === ADDRESS_BYTES)
    found.fault('our encoder gives another hash target than the client');
  if (derived === undefined) return;
  found.same('derived.canonicalHashTargetEqualsMedjs', derived.canonicalHashTargetEqualsMedjs, isSame);
  if (derived.canonicalHashTargetHex !== undefined)
    found.same('derived.canonicalHashTargetHex', derived.canonicalHashTargetHex, oursHex);
  if (derived.canonicalHash !== undefined) found.same('derived.canonicalHash', derived.canonicalHash, sha3Hex(ours));
};

/** The JSON text that the client sends must say what the case says. */
const comparePost = (
  found: Comparison,
  stated: TransactionCase,
  signed: Readonly<Record<string, string | undefined>>,
): void => {
  const { rawTx, postBody } = stated;
  const wanted = Object.fromEntries(
    Object.entries({ ...rawTx, ...signed }).filter(([, value]) => value !== null && value !== undefined),
  );
  const sorted = (value: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  const body = E.toUnion(
    E.tryCatch(
      () => JSON.parse(postBody) as unknown,
      () => undefined,
    ),
  );
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (isObject) found.same('postBody', sorted(body as Record<string, unknown>), sorted(wanted));
  else found.fault('postBody: no JSON object');
};

interface Signatures {
  readonly hash: string;
  readonly sign: Uint8Array;
  readonly payerSign: Uint8Array;
}

const compareSignatures = (found: Comparison, crypto: Crypto, stated: TransactionCase, hash: string): Signatures => {
  const key = comparePerson(found, crypto, 'signer', stated.signer);
  const sign = crypto.sign(hexBytes(hash), key);
  found.same('sign', stated.sign, toHex(sign));
  found.same('recoveryId', stated.recoveryId, sign[64]);
  found.same('lowS', stated.lowS, isLowS(sign));
  if (stated.payer === null) {
    found.same('payerSign', stated.payerSign, null);
    found.same('payerSignTargetHex', stated.payerSignTargetHex, null);
    found.same('payerSignHash', stated.payerSignHash, null);
    return { hash, sign, payerSign: new Uint8Array(0) };
  }
  const payerKey = comparePerson(found, crypto, 'payer', stated.payer);
  const target = payerTarget({ hash: hash as Hash, sign });
  const payerSign = crypto.sign(crypto.sha3(target), payerKey);
  found.same('payerSignTargetHex', stated.payerSignTargetHex, toHex(target));
  found.same('payerSignHash', stated.payerSignHash, sha3Hex(target));
  found.same('payerSign', stated.payerSign, toHex(payerSign));
  return { hash, sign, payerSign };
};

const sameFields = (a: Transaction, b: Transaction): boolean =>
  a.hash === b.hash &&
  a.kind === b.kind &&
  a.to === b.to &&
  a.value === b.value &&
  a.nonce === b.nonce &&
  a.chainId === b.chainId &&
  toHex(a.payload) === toHex(b.payload) &&
  toHex(a.sign) === toHex(b.sign) &&
  toHex(a.payerSign) === toHex(b.payerSign);

/** Our encoder's bytes of the whole transaction, held against the file's, and read back. */
const compareBytes = (found: Comparison, { derived }: TransactionCase, transaction: Transaction): Uint8Array => {
  const bytes = encodeTransaction(transaction);
  if (derived !== undefined) {
    found.same('derived.txProtoHex', derived.txProtoHex, toHex(bytes));
    found.same('derived.txSize', derived.txSize, bytes.length);
  }
  const decoded = transactionMessage.decode(bytes);
  if (E.isLeft(decoded) || !sameFields(decoded.right, transaction))
    found.fault('our decoder does not give back the fields that were encoded');
  return bytes;
};

/** Bytes of a transaction with the client's own fields in it, as wide as they are: what cannot be written canonically. */
const transplanted = (target: Uint8Array, { hash, sign, payerSign }: Signatures): Uint8Array => {
  // In the target the kind has number 1 and the sender number 2; in the transaction the hash and the kind.
  const kindBytes = 2 + (target[1] ?? 0);
  const rest = target.subarray(kindBytes + 2 + ADDRESS_BYTES);
  const kind = bytesField(2, target.subarray(2, kindBytes));
  const payer = payerSign.length === 0 ? [] : [bytesField(23, payerSign)];
  return Buffer.concat([bytesField(1, hexBytes(hash)), kind, rest, bytesField(22, sign), ...payer]);
};

const notesOn = (numbers: ClientNumbers, text: string | undefined): readonly string[] => {
  const notes: string[] = [];
  if (numbers.to.length !== ADDRESS_BYTES) notes.push(`the client hashed a receiver of ${numbers.to.length} bytes`);
  if (numbers.nonce === 0n) notes.push('the client hashed nonce 0 written out');
  if (numbers.chainId === 0) notes.push('the client hashed chain id 0 written out');
  if (text !== undefined) notes.push(`the first network's door refuses the JSON text: ${text}`);
  return notes;
};

/** One transaction of the file: what it states against what we make of the same fields and keys, and the verdict. */
export const judgeTransaction = (engine: Engine, stated: TransactionCase): Outcome => {
  const { rawTx } = stated;
  const found = new Comparison();
  const numbers = numbersOf(rawTx);
  const target = clientTarget(rawTx);
  const targetHex = toHex(target);
  if (stated.hashTargetHex !== targetHex && sha3Hex(hexBytes(stated.hashTargetHex)) === stated.hash) {
    // Target and hash belong together: then it is the fields that are others, and nothing made from them would fit.
    found.same('hashTargetHex of rawTx', stated.hashTargetHex, targetHex);
    return found.outcome({ is: 'agrees' });
  }
  found.same('kind', stated.kind, rawTx.tx_type);
  found.same('nonceDec', stated.nonceDec, numbers.nonce.toString());
  found.same('valueDec', stated.valueDec, numbers.value?.toString());
  found.same('hashTargetHex', stated.hashTargetHex, targetHex);
  found.same('hash', stated.hash, sha3Hex(target));
  comparePayload(found, stated);
  const signatures = compareSignatures(found, engine.crypto, stated, sha3Hex(target));
  const payerSign = stated.payer === null ? undefined : toHex(signatures.payerSign);
  comparePost(found, stated, { hash: signatures.hash, sign: toHex(signatures.sign), payer_sign: payerSign });

  const fields = writable(rawTx.tx_type, numbers);
  const isWritable = typeof fields !== 'string';
  if (isWritable) compareTarget(found, stated, numbers, fields);
  // The hash is 32 bytes, because it is a SHA3-256.
  const bytes = isWritable
    ? compareBytes(found, stated, { ...fields, ...signatures, hash: signatures.hash as Hash })
    : transplanted(target, signatures);
  const { demand, fault } = verdictOn(engine, bytes, numbers.chainId);
  if (fault !== undefined) found.fault(fault);
  const text = textFault(rawTx, numbers);
  const told = verdictFault(stated.goStatelessError, demand, text);
  if (told !== undefined) found.fault(`goStatelessError: ${told}`);
  return found.outcome(outcomeOf(demand, ...(isWritable ? [] : [fields]), ...notesOn(numbers, text)));
};

/** The bytes of this transaction with other signatures, for the cases that vary them; `undefined` if it cannot be written. */
export const bytesWith = (
  { rawTx, hash }: TransactionCase,
  sign: Uint8Array,
  payerSign: Uint8Array,
): Uint8Array | undefined => {
  const fields = writable(rawTx.tx_type, numbersOf(rawTx));
  // The form gives a hash 64 hex digits.
  return typeof fields === 'string' ? undefined : encodeTransaction({ ...fields, hash: hash as Hash, sign, payerSign });
};
