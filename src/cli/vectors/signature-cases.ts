/**
 * Signature cases: signatures changed in one way each, the payer's too, and one by another than the stated sender.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import { recoverSigner } from '../../core/signature.ts';
import { payerHashOf } from './demand.ts';
import type { PayerSignatureCase, SignatureCase, TransactionCase, Vectors } from './form.ts';
import { Comparison, type Outcome } from './outcome.ts';
import { clientVerifies, demandedSigner, keyAsRecovered, type SignerDemand } from './signer.ts';
import { bytesWith } from './transaction-case.ts';
import { type Engine, outcomeOf, verdictOn } from './verdict.ts';

const hexBytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

const NO_SIGNATURE = new Uint8Array(0);

const ALONE = 'judged alone, for no transaction of the file has this hash';

/** Who really signed what: by the transactions of the file, else by its list of keys. */
export interface Signers {
  readonly transactions: ReadonlyMap<string, TransactionCase>;
  readonly keys: ReadonlySet<string>;
}

/** The transactions of a file by their hash, and the keys that it names. */
export const signersIn = ({ transactions, edge_transactions, keys }: Vectors): Signers => ({
  transactions: new Map([...edge_transactions, ...transactions].map((stated) => [stated.hash, stated])),
  keys: new Set(keys.map(({ pubKey }) => pubKey)),
});

/** Holds the engine's answer on a signature against the demand. */
const compareEngine = (found: Comparison, engine: Engine, hash: Uint8Array, sign: Uint8Array): SignerDemand => {
  const demand = demandedSigner(hash, sign);
  const answer = recoverSigner(engine.crypto, hash, sign);
  const demanded = demand.is === 'accepted' ? demand.key : demand.code;
  found.same('verdict of the engine against our rules', demanded, E.isLeft(answer) ? answer.left : toHex(answer.right));
  return demand;
};

/** One changed signature: what client and first network make of it, and what our rules demand. */
export const judgeSignature = (engine: Engine, signers: Signers, stated: SignatureCase): Outcome => {
  const found = new Comparison();
  const hash = hexBytes(stated.hash);
  const sign = hexBytes(stated.sign);
  const demand = compareEngine(found, engine, hash, sign);
  const key = keyAsRecovered(hash, sign);
  found.same('medjsRecover', stated.medjsRecover, key);
  if (stated.medjsRecoverError !== undefined && key !== undefined)
    found.fault(`medjsRecoverError: said to fail, but ${key} is recovered`);
  if (stated.medjsRecoverError === undefined && key === undefined && stated.medjsRecover === undefined) {
    found.fault('medjsRecoverError: nothing is recovered, and no error is stated');
  }
  const signer =
    signers.transactions.get(stated.hash)?.signer.address ??
    (key !== undefined && signers.keys.has(key) ? key : undefined);
  const isBySigner = key !== undefined && key === signer;
  if (stated.recoversSigner !== undefined) found.same('recoversSigner', stated.recoversSigner, isBySigner);
  found.same('go (accepts)', stated.go.startsWith('accept'), isBySigner);
  if (signer !== undefined) {
    const verifies = clientVerifies(hash, sign, hexBytes(signer));
    found.same('medjsVerify', stated.medjsVerify, verifies);
    found.same('medjsVerifyError (is stated)', stated.medjsVerifyError !== undefined, verifies === undefined);
  }
  const transaction = signers.transactions.get(stated.hash);
  const bytes = transaction === undefined ? undefined : bytesWith(transaction, sign, NO_SIGNATURE);
  if (transaction !== undefined && bytes !== undefined) {
    const verdict = verdictOn(engine, bytes, transaction.rawTx.chain_id);
    if (verdict.fault !== undefined) found.fault(verdict.fault);
    return found.outcome(outcomeOf(verdict.demand));
  }
  if (demand.is === 'accepted') return found.outcome({ is: 'agrees', note: `signed by ${demand.key}; ${ALONE}` });
  return found.outcome({ is: 'refused', code: demand.code, reason: `${demand.reason}; ${ALONE}` });
};

/** One changed payer signature, within the transaction that it belongs to. */
export const judgePayerSignature = (engine: Engine, signers: Signers, stated: PayerSignatureCase): Outcome => {
  const found = new Comparison();
  const [hash, sign, payerSign] = [hexBytes(stated.hash), hexBytes(stated.sign), hexBytes(stated.payerSign)];
  const payerHash = payerHashOf(hash, sign);
  found.same(
    'recoveredPayer',
    stated.recoveredPayer,
    payerSign.length === 0 ? undefined : keyAsRecovered(payerHash, payerSign),
  );
  const transaction = signers.transactions.get(stated.hash);
  const bytes = transaction === undefined ? undefined : bytesWith(transaction, sign, payerSign);
  if (transaction === undefined || bytes === undefined) {
    const [by, prefix, signed, signature] =
      payerSign.length === 0
        ? (['sender', '', hash, sign] as const)
        : (['payer', 'payer_', payerHash, payerSign] as const);
    const demand = compareEngine(found, engine, signed, signature);
    if (demand.is === 'accepted') return found.outcome({ is: 'agrees', note: `${by} ${demand.key}; ${ALONE}` });
    return found.outcome({ is: 'refused', code: `${prefix}${demand.code}`, reason: `${demand.reason}; ${ALONE}` });
  }
  const { demand, fault } = verdictOn(engine, bytes, transaction.rawTx.chain_id);
  if (fault !== undefined) found.fault(fault);
  if (stated.go.startsWith('valid') && demand.is === 'refused' && demand.firstNetwork === 'refuses') {
    found.fault(`go: said to be valid, but ${demand.reason}`);
  }
  const meant = transaction.payer?.address;
  const isOther = demand.is === 'accepted' && demand.payer !== undefined && demand.payer !== meant;
  const isDropped = demand.is === 'accepted' && demand.payer === undefined && meant !== undefined;
  const notes = [
    ...(isOther ? ['that is not who signed to pay: it needs a quota of its own, else bandwidth_exceeded'] : []),
    ...(isDropped ? ['the same hash, and the sender pays'] : []),
  ];
  return found.outcome(outcomeOf(demand, ...notes));
};

/** A transaction that says it is from one account and is signed by another. */
export const judgeWrongSigner = (engine: Engine, stated: Vectors['wrong_signer']): Outcome => {
  const found = new Comparison();
  const [hash, sign] = [hexBytes(stated.hash), hexBytes(stated.sign)];
  const demand = compareEngine(found, engine, hash, sign);
  found.same('recovered', stated.recovered, keyAsRecovered(hash, sign));
  found.same('go (accepts)', stated.go.startsWith('accept'), stated.recovered === stated.rawTxFrom);
  if (demand.is === 'refused') return found.outcome({ is: 'refused', code: demand.code, reason: demand.reason });
  if (demand.key === stated.rawTxFrom)
    return found.outcome({ is: 'agrees', note: `accepted: sender ${demand.key}, the one that is stated` });
  const reason = `the hash has ${stated.rawTxFrom} as sender, the signature recovers ${demand.key}`;
  return found.outcome({ is: 'refused', code: 'hash_mismatch', reason });
};
