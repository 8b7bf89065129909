/**
 * Rejection cases: inputs that the client library refuses, or lets pass though it should not.
 *
 * Where the client throws there are no bytes, so there is nothing for our rules to judge. Where it does not, the checker
 * says whether our wire can express what the client hashed.
 */
import { sha3_256 } from '@noble/hashes/sha3.js';
import { toHex } from '../../core/bytes.ts';
import { readJson } from '../../core/json.ts';
import { type ClientFields, clientTarget, numbersOf } from './client.ts';
import { RawTxJson, type RejectionCase } from './form.ts';
import { Comparison, type Outcome } from './outcome.ts';
import { hashTargetShape, readShape } from './shapes.ts';
import { ourTarget, writable } from './transaction-case.ts';

/** What the file writes for a field that has no value. */
const UNDEFINED = '__undefined__';

const fieldsOf = (rawTx: RejectionCase['rawTx']): ClientFields | undefined => {
  const present = Object.fromEntries(Object.entries(rawTx ?? {}).filter(([, value]) => value !== UNDEFINED));
  const read = readJson(RawTxJson, { to: null, ...present });
  return read._tag === 'Right' ? read.right : undefined;
};

/** What our wire makes of bytes that the client hashed. */
const expressed = (target: Uint8Array, fields: ClientFields | undefined): string => {
  const read = readShape(hashTargetShape, target);
  if ('fault' in read) return `our wire cannot express it: ${read.fault}`;
  if (fields === undefined) return 'our wire can express it';
  const { nonce, chainId, value } = numbersOf(fields);
  return `our wire can express it: nonce ${nonce}, chain id ${chainId}, value ${value ?? 'unread'}`;
};

/** One input that the client is said to refuse or to let pass. */
export const judgeRejection = ({ throws, rawTx, hash, hashTargetHex, targetHashOk }: RejectionCase): Outcome => {
  const found = new Comparison();
  if (hash === undefined || hashTargetHex === undefined) {
    if (throws !== null)
      return { is: 'unjudged', why: `the client itself refuses it (${throws}), so there are no bytes` };
    found.fault('throws: null says that the client lets it pass, but no hash and hash target are given');
    return found.outcome({ is: 'agrees' });
  }
  if (throws !== null) found.fault(`throws: the client is said to refuse it (${throws}), but a hash is given`);
  const target = Uint8Array.from(Buffer.from(hashTargetHex, 'hex'));
  const fields = fieldsOf(rawTx);
  const isHash = toHex(sha3_256(target)) === hash;
  if (targetHashOk !== undefined) found.same('targetHashOk', targetHashOk, isHash);
  else if (!isHash) found.fault('hash: it is not the SHA3-256 of the hash target');
  if (fields !== undefined && (isHash || targetHashOk !== true))
    found.same('hashTargetHex', hashTargetHex, toHex(clientTarget(fields)));
  const isExpressible = !('fault' in readShape(hashTargetShape, target));
  if (fields !== undefined && isExpressible && found.faults.length === 0) {
    const numbers = numbersOf(fields);
    const ours = writable(fields.tx_type, numbers);
    const written = typeof ours === 'string' ? undefined : ourTarget(ours, numbers.from);
    found.same('hash target by our encoder', hashTargetHex, written === undefined ? undefined : toHex(written));
  }
  return found.outcome({ is: 'agrees', note: expressed(target, fields) });
};
