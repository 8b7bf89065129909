/**
 * Demand: what the protocol demands of a transaction's bytes, worked out a second time and without core's rules.
 *
 * The order of the checks is the precedence of the refusals; each says what in the bytes demands it, and what the first
 * network would have said. Source: protocol sections 3, 4 and 13, with the parameters' defaults of section 2.
 */
import { sha3_256 } from '@noble/hashes/sha3.js';
import { fromHex, toHex } from '../../core/bytes.ts';
import {
  bytesField,
  bytesIn,
  type Entry,
  kindShapes,
  numberIn,
  readShape,
  transactionShape,
  varintField,
} from './shapes.ts';
import { demandedSigner } from './signer.ts';

/** What the first network says of the same bytes, as far as its rules are known. */
export type FirstNetwork = 'accepts' | 'refuses' | 'unknown';

export interface Refused {
  readonly is: 'refused';
  readonly code: string;
  /** What in the bytes demands it. */
  readonly reason: string;
  readonly firstNetwork: FirstNetwork;
}

export interface Accepted {
  readonly is: 'accepted';
  readonly sender: string;
  readonly payer: string | undefined;
  /** Why it fails at execution wherever the chain stands, if it does. */
  readonly fails: { readonly code: string; readonly reason: string } | undefined;
  readonly firstNetwork: FirstNetwork;
}

export type Demand = Refused | Accepted;

const MAX_TRANSACTION_BYTES = 8_192;
const MAX_PAYLOAD_BYTES = 4_096;
const MAX_VOTES = 15;
const COLLATERAL = 10n ** 18n;
const ID_BYTES = 32;

/** A transaction's bytes, taken apart. */
interface Parts {
  readonly entries: readonly Entry[];
  readonly kind: string;
  readonly to: Uint8Array;
  readonly value: bigint;
  readonly payload: Uint8Array;
}

const refuse = (code: string, reason: string, firstNetwork: FirstNetwork): Refused => ({
  is: 'refused',
  code,
  reason,
  firstNetwork,
});

const partsOf = (bytes: Uint8Array): Parts | Refused => {
  if (bytes.length > MAX_TRANSACTION_BYTES) {
    return refuse(
      'transaction_too_large',
      `${bytes.length} bytes, at most ${MAX_TRANSACTION_BYTES} allowed`,
      'unknown',
    );
  }
  const read = readShape(transactionShape, bytes);
  if ('fault' in read)
    return refuse(
      'transaction_malformed',
      `the transaction ${read.fault}`.replace('transaction value', 'value'),
      'unknown',
    );
  const { entries } = read;
  return {
    entries,
    kind: Buffer.from(bytesIn(entries, 2)).toString('utf8'),
    to: bytesIn(entries, 3),
    value: BigInt(`0x${toHex(bytesIn(entries, 4))}`),
    payload: bytesIn(entries, 10),
  };
};

/** The first network compares a payload with its own encoding, and looks at no length but a record's. */
const payloadRefusal = (kind: string, payload: Uint8Array): Refused | undefined => {
  const shape = kindShapes.get(kind)?.payload;
  if (shape === undefined) {
    return payload.length === 0
      ? undefined
      : refuse('payload_malformed', `${kind} has no payload, here are ${payload.length} bytes`, 'accepts');
  }
  const read = readShape(shape, payload);
  if (!('fault' in read)) return undefined;
  if (!read.isWidth) {
    // Whether it minds text that is no UTF-8 is not known.
    const firstNetwork = read.fault.endsWith('UTF-8') ? 'unknown' : 'refuses';
    return refuse('payload_malformed', `the payload: ${read.fault}`, firstNetwork);
  }
  const firstNetwork = kind === 'add_record' ? 'refuses' : kind === 'vote' ? 'accepts' : 'unknown';
  return refuse('payload_malformed', `the payload: ${read.fault}`, firstNetwork);
};

const fieldRefusal = ({ entries, kind, to, value, payload }: Parts, chainId: number): Refused | undefined => {
  const shape = kindShapes.get(kind);
  if (shape === undefined) return refuse('kind_unknown', `no kind is called ${JSON.stringify(kind)}`, 'refuses');
  if (shape.onlyInGenesis === true)
    return refuse('kind_only_in_genesis', `${kind} stands in the genesis alone`, 'unknown');
  const stated = Number(numberIn(entries, 6));
  if (stated !== chainId) {
    const why =
      stated === 0
        ? 'the chain id is 0, and that of a chain is at least 1'
        : `the chain id is ${stated}, not ${chainId}`;
    return refuse('chain_id_wrong', why, 'refuses');
  }
  if (payload.length > MAX_PAYLOAD_BYTES) {
    return refuse(
      'payload_too_large',
      `the payload has ${payload.length} bytes, at most ${MAX_PAYLOAD_BYTES} allowed`,
      'refuses',
    );
  }
  const wrong = payloadRefusal(kind, payload);
  if (wrong !== undefined) return wrong;
  if (shape.usesTo === true && to[0] !== 2 && to[0] !== 3)
    return refuse('to_malformed', `the receiver begins with ${toHex(to.subarray(0, 1))}, not 02 or 03`, 'unknown');
  if (shape.usesTo !== true && to.some((byte) => byte !== 0))
    return refuse('to_not_used', `${kind} has no receiver, and \`to\` is not zero`, 'accepts');
  if (shape.usesValue !== true && value !== 0n)
    return refuse('value_not_used', `${kind} moves no value, and \`value\` is ${value}`, 'accepts');
  return undefined;
};

/** The id that these fields have when `sender` sends them. */
const idOf = ({ entries, kind, to, payload }: Parts, sender: Uint8Array): string => {
  const nonce = numberIn(entries, 5);
  const chainId = numberIn(entries, 6);
  const target = [
    ...(kind === '' ? [] : [bytesField(1, bytesIn(entries, 2))]),
    bytesField(2, sender),
    bytesField(3, to),
    bytesField(4, bytesIn(entries, 4)),
    ...(nonce === 0n ? [] : [varintField(5, nonce)]),
    ...(chainId === 0n ? [] : [varintField(6, chainId)]),
    ...(payload.length === 0 ? [] : [bytesField(10, payload)]),
  ];
  return toHex(sha3_256(Buffer.concat(target)));
};

const signedParts = ({ entries }: Parts) => ({
  hash: bytesIn(entries, 1),
  sign: bytesIn(entries, 22),
  payerSign: bytesIn(entries, 23),
});

/** The 32 bytes that a payer signs. */
export const payerHashOf = (hash: Uint8Array, sign: Uint8Array): Uint8Array =>
  sha3_256(Buffer.concat([bytesField(1, hash), ...(sign.length === 0 ? [] : [bytesField(2, sign)])]));

const signatureDemand = (parts: Parts): Refused | Pick<Accepted, 'sender' | 'payer'> => {
  const { hash, sign, payerSign } = signedParts(parts);
  const signer = demandedSigner(hash, sign);
  const strict = (code: string): FirstNetwork => (code === 'signature_high_s' ? 'accepts' : 'unknown');
  if (signer.is === 'refused') return refuse(signer.code, signer.reason, strict(signer.code));
  const sender = signer.key;
  if (idOf(parts, fromHex(sender) ?? hash) !== toHex(hash)) {
    return refuse('hash_mismatch', `the stated hash is not that of these fields from ${sender}, who signed`, 'refuses');
  }
  if (payerSign.length === 0) return { sender, payer: undefined };
  const payer = demandedSigner(payerHashOf(hash, sign), payerSign);
  if (payer.is === 'refused') return refuse(`payer_${payer.code}`, payer.reason, strict(payer.code));
  if (payer.key === sender) return refuse('payer_is_sender', 'the payer signature is by the sender', 'accepts');
  return { sender, payer: payer.key };
};

/** The ids of a vote; its payload is known to be right. */
const votesIn = (payload: Uint8Array): readonly string[] =>
  Array.from({ length: Math.floor(payload.length / (ID_BYTES + 2)) }, (_, index) =>
    toHex(payload.subarray(index * (ID_BYTES + 2) + 2, (index + 1) * (ID_BYTES + 2))),
  );

/** The first check at execution that fails whatever the state is. */
const failureOf = ({ kind, value, payload }: Parts): Accepted['fails'] => {
  if (['transfer', 'stake', 'unstake'].includes(kind) && value === 0n)
    return { code: 'amount_is_zero', reason: 'the value is 0' };
  if (kind === 'vote') {
    const votes = votesIn(payload);
    if (votes.length > MAX_VOTES)
      return { code: 'too_many_votes', reason: `${votes.length} votes, at most ${MAX_VOTES} allowed` };
    if (new Set(votes).size < votes.length) return { code: 'vote_duplicate', reason: 'an id stands there twice' };
  }
  if (kind === 'add_certification') {
    const read = readShape(kindShapes.get(kind)?.payload ?? [], payload);
    const [issued, expires] = 'fault' in read ? [0n, 1n] : [numberIn(read.entries, 1), numberIn(read.entries, 2)];
    if (issued >= expires)
      return { code: 'certification_expires_before_issue', reason: `issued at ${issued}, expires at ${expires}` };
  }
  if (kind === 'become_candidate' && value < COLLATERAL)
    return {
      code: 'collateral_too_small',
      reason: `${value} is below ${COLLATERAL}, unless the sender is a candidate already`,
    };
  return undefined;
};

/** What the protocol demands of these bytes on the chain of that id with default parameters. */
export const demandOf = (bytes: Uint8Array, chainId: number): Demand => {
  const parts = partsOf(bytes);
  if ('is' in parts) return parts;
  const wrong = fieldRefusal(parts, chainId);
  if (wrong !== undefined) return wrong;
  const signed = signatureDemand(parts);
  if ('is' in signed) return signed;
  const isVoid = ['transfer', 'stake'].includes(parts.kind) && parts.value === 0n;
  return { is: 'accepted', ...signed, fails: failureOf(parts), firstNetwork: isVoid ? 'refuses' : 'accepts' };
};
