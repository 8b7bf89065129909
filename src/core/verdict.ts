/**
 * Verdict: what the signatures in a transaction's bytes, or that of a block, are worth. It follows from the bytes alone: no chain, kind or state enters.
 *
 * So it may be found anywhere and once: by a worker, from a cache, or on the spot. The check of a transaction asks a judge for it
 * after all that is cheap, in the place that it has in the order of refusals. Source: protocol sections 3, 4 and 13.
 */
import * as E from 'fp-ts/lib/Either.js';
import { concatBytes, hexOf, toHex, writeHex } from './bytes.ts';
import type { Crypto } from './crypto.ts';
import { recoverInto, recoverSigner, type SignatureFault } from './signature.ts';
import { ADDRESS_BYTES, type Address, HASH_BYTES, SIGNATURE_BYTES } from './units.ts';
import {
  hashTargetIn,
  isStatedId,
  payerHash,
  statedIdIn,
  type Transaction,
  transactionMessage,
} from './wire/transaction.ts';

/** Why signatures are refused. In the binary form a code is its place in this list, from 1 on. */
const codes = [
  'transaction_malformed',
  'signature_invalid',
  'signature_high_s',
  'hash_mismatch',
  'payer_signature_invalid',
  'payer_signature_high_s',
  'payer_is_sender',
] as const;
export type VerdictCode = (typeof codes)[number];

/** All signatures are right, and the stated id is that of the recovered sender. */
export interface Passed {
  readonly code: undefined;
  readonly sender: Address;
  /** Who signed to pay, if not the sender. */
  readonly payer: Address | undefined;
}

/** Refused, and who was known by then. */
export interface Failed {
  readonly code: VerdictCode;
  readonly sender: Address | undefined;
  readonly payer: Address | undefined;
}

export type Verdict = Passed | Failed;

/** A transaction whose signatures are in question. */
export interface Signed {
  readonly bytes: Uint8Array;
  /** What the bytes decode to. */
  readonly transaction: Transaction;
}

/** Says what signatures are worth; every judge says the same. */
export interface Judge {
  /** Those of each of these transactions. `contents` are the SHA-256 of their bytes, one after the other, if they are at hand. */
  transactions(signed: readonly Signed[], contents?: Uint8Array): readonly Verdict[];
  /** Who signed a block with this id, if anybody can have. */
  producer(id: Uint8Array, sign: Uint8Array): Address | undefined;
}

const failed = (code: VerdictCode, sender?: Address, payer?: Address): Failed => ({ code, sender, payer });

/** PERF: where hashes go that are compared and forgotten; a small array of its own costs as much as a part of the hash. */
const idScratch = new Uint8Array(HASH_BYTES);

/** Keys of senders, one after the other, and why there is none. */
interface Senders {
  readonly keys: Uint8Array;
  readonly faults: readonly (SignatureFault | undefined)[];
}

/** The verdict, once it is known who signed to send. */
const verdictAfter = (
  crypto: Crypto,
  { bytes, transaction }: Signed,
  { keys, faults }: Senders,
  index: number,
): Verdict => {
  const fault = faults[index];
  if (fault !== undefined) return failed(fault);
  const at = index * ADDRESS_BYTES;
  const id = crypto.sha3(hashTargetIn(bytes, transaction, keys, at), idScratch, 0);
  if (!isStatedId(bytes, id)) return failed('hash_mismatch');
  const sender = hexOf(keys, at, at + ADDRESS_BYTES) as Address;
  if (transaction.payerSign.length === 0) return { code: undefined, sender, payer: undefined };
  const paying = recoverSigner(crypto, payerHash(crypto, transaction), transaction.payerSign);
  if (E.isLeft(paying)) return failed(`payer_${paying.left}`, sender);
  const payer = toHex(paying.right) as Address;
  return payer === sender ? failed('payer_is_sender', sender, payer) : { code: undefined, sender, payer };
};

/**
 * The verdicts on decoded transactions. Cost: one recovery each, or two with a payer. PERF: all senders are recovered first. A recovery
 * drives everything else out of the nearest caches, so it costs what comes after it some microseconds: once, not each time.
 */
export const verdictsOn = (crypto: Crypto, signed: readonly Signed[]): readonly Verdict[] => {
  const keys = new Uint8Array(signed.length * ADDRESS_BYTES);
  const faults = signed.map(({ bytes, transaction }, index) =>
    recoverInto(crypto, statedIdIn(bytes), transaction.sign, { keys, at: index * ADDRESS_BYTES }),
  );
  const senders = { keys, faults };
  return signed.map((each, index) => verdictAfter(crypto, each, senders, index));
};

const SEAL_BYTES = 1 + HASH_BYTES + SIGNATURE_BYTES;

/**
 * The question who signed a block, as bytes that a verdict can be given on: a zero, which no transaction begins with, the id, and the
 * signature. There is none if the signature has another length: then nobody signed.
 */
export const sealOf = (id: Uint8Array, sign: Uint8Array): Uint8Array | undefined =>
  sign.length === SIGNATURE_BYTES ? concatBytes(Uint8Array.of(0), id, sign) : undefined;

/** The verdict on a seal: its sender is who signed. */
export const sealVerdict = (crypto: Crypto, seal: Uint8Array): Verdict => {
  const signer = recoverSigner(crypto, seal.slice(1, 1 + HASH_BYTES), seal.slice(1 + HASH_BYTES));
  if (E.isLeft(signer)) return failed(signer.left);
  return { code: undefined, sender: toHex(signer.right) as Address, payer: undefined };
};

/** The verdict on any bytes at all, of a transaction, a seal or neither. */
export const verdictOf = (crypto: Crypto, bytes: Uint8Array): Verdict => {
  if (bytes.length === SEAL_BYTES && bytes[0] === 0) return sealVerdict(crypto, bytes);
  const decoded = transactionMessage.decode(bytes);
  if (E.isLeft(decoded)) return failed('transaction_malformed');
  return verdictsOn(crypto, [{ bytes, transaction: decoded.right }])[0] as Verdict;
};

/** The binary form: the code, sender and payer; a key that is not known is zeros. */
export const VERDICT_BYTES = 1 + 2 * ADDRESS_BYTES;
const SENDER_START = 1;
const PAYER_START = SENDER_START + ADDRESS_BYTES;

const writeKey = (target: Uint8Array, at: number, key: Address | undefined): void => {
  if (key === undefined) target.fill(0, at, at + ADDRESS_BYTES);
  else writeHex(target, key, at);
};

/** Writes the binary form of a verdict to `target` from `at` on. */
export const writeVerdict = (target: Uint8Array, at: number, { code, sender, payer }: Verdict): void => {
  target[at] = code === undefined ? 0 : codes.indexOf(code) + 1;
  writeKey(target, at + SENDER_START, sender);
  writeKey(target, at + PAYER_START, payer);
};

/** No compressed key begins with a zero. */
const readKey = (source: Uint8Array, at: number): Address | undefined =>
  source[at] === 0 ? undefined : (hexOf(source, at, at + ADDRESS_BYTES) as Address);

/** The verdict whose binary form stands in `source` from `at` on; `undefined` if none does. */
export const readVerdict = (source: Uint8Array, at: number): Verdict | undefined => {
  if (at + VERDICT_BYTES > source.length) return undefined;
  const number = source[at] as number;
  const sender = readKey(source, at + SENDER_START);
  const payer = readKey(source, at + PAYER_START);
  if (number === 0) return sender === undefined ? undefined : { code: undefined, sender, payer };
  const code = codes[number - 1];
  return code === undefined ? undefined : { code, sender, payer };
};
