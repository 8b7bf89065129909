import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { sha3_256 } from '@noble/hashes/sha3.js';
import * as E from 'fp-ts/lib/Either.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { keyAsRecovered } from '../../src/cli/vectors/signer.ts';
import { bytesOf, toHex } from '../../src/core/bytes.ts';
import { checkTransaction } from '../../src/core/check.ts';
import {
  builtInKinds,
  type Crypto,
  encodeTransaction,
  readParams,
  registryOf,
  signTransaction,
} from '../../src/core/index.ts';
import { recoverSigner } from '../../src/core/signature.ts';
import type { Address, Hash } from '../../src/core/units.ts';
import { hashTarget, payerHash, signedHash, transactionMessage } from '../../src/core/wire/transaction.ts';
import {
  certificationTwin,
  hashTwin,
  isCanonicalByTwin,
  readTwin,
  type TwinMessage,
  textTwin,
  transactionTwin,
  twinBytes,
  twinNumber,
  voteTwin,
} from '../twins/proto-twin.ts';

/** What the first network's node made of the bytes. */
interface Outcome {
  readonly from?: string;
  readonly payer?: string;
  readonly hash?: string;
  readonly size?: number;
  readonly decodeError?: string;
  readonly integrityError?: string;
}

interface Row {
  readonly chainId: number;
  readonly raw: string;
  readonly outcome: Outcome;
}

interface ValidRow extends Row {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly nonce: string;
  readonly payload: string;
  readonly hash: string;
  readonly hashTarget: string;
  readonly sign: string;
  readonly privateKey: string;
  readonly payerSign?: string;
  readonly payerSignTargetHash?: string;
  readonly payerPrivateKey?: string;
}

interface MutatedRow extends Row {
  readonly mutation: string;
  readonly mutationOf: string;
}

const file = new URL('../vectors/panacea-v1/pure-tx-1.json.gz', import.meta.url);
const { rows } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
  readonly rows: readonly (ValidRow | MutatedRow)[];
};
const valid = rows.filter((row): row is ValidRow => !('mutation' in row));
const mutated = rows.filter((row): row is MutatedRow => 'mutation' in row);

const NO_PAYLOAD: TwinMessage = [];
const payloadTwins: Readonly<Record<string, TwinMessage>> = {
  transfer: textTwin,
  stake: NO_PAYLOAD,
  unstake: NO_PAYLOAD,
  vote: voteTwin,
  become_candidate: textTwin,
  quit_candidacy: NO_PAYLOAD,
  add_record: hashTwin,
  add_certification: certificationTwin,
  revoke_certification: hashTwin,
  register_alias: textTwin,
  deregister_alias: NO_PAYLOAD,
};
const USES_TO = ['transfer', 'add_certification'];
const USES_VALUE = ['transfer', 'stake', 'unstake', 'become_candidate', 'register_alias'];

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A transaction's bytes taken apart by the lenient twin. */
class View {
  readonly #fields: ReturnType<typeof readTwin>;
  readonly bytes: Uint8Array;
  readonly chainId: number;
  constructor({ raw, chainId }: Row) {
    this.bytes = bytesOf(raw);
    this.chainId = chainId;
    this.#fields = this.isCanonical ? readTwin(transactionTwin, this.bytes) : new Map();
  }
  get isCanonical(): boolean {
    return isCanonicalByTwin(transactionTwin, this.bytes);
  }
  bytesAt(number: number): Uint8Array {
    const [value = 0n] = this.#fields.get(number) ?? [];
    return typeof value === 'bigint' ? new Uint8Array(0) : value;
  }
  numberAt(number: number): bigint {
    const [value = 0n] = this.#fields.get(number) ?? [];
    return typeof value === 'bigint' ? value : 0n;
  }
  get kind(): string {
    return Buffer.from(this.bytesAt(2)).toString('utf8');
  }
  get sender(): string {
    return keyAsRecovered(this.bytesAt(1), this.bytesAt(22)) ?? '';
  }
  get payer(): string {
    return keyAsRecovered(this.payerHash, this.bytesAt(23)) ?? '';
  }
  get payerHash(): Uint8Array {
    return sha3_256(Uint8Array.from([...twinBytes(1, this.bytesAt(1)), ...twinBytes(2, this.bytesAt(22))]));
  }
  /** The id of these fields from whoever signed. */
  get id(): string {
    const [nonce, chainId, payload] = [this.numberAt(5), this.numberAt(6), this.bytesAt(10)];
    const target = [
      ...twinBytes(1, this.bytesAt(2)),
      ...twinBytes(2, bytesOf(this.sender)),
      ...twinBytes(3, this.bytesAt(3)),
      ...twinBytes(4, this.bytesAt(4)),
      ...(nonce === 0n ? [] : twinNumber(5, nonce)),
      ...(chainId === 0n ? [] : twinNumber(6, chainId)),
      ...(payload.length === 0 ? [] : twinBytes(10, payload)),
    ];
    return toHex(sha3_256(Uint8Array.from(target)));
  }
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x0${toHex(bytes)}`);

const isNoSignature = (sign: Uint8Array, key: string): boolean =>
  sign.length !== 65 || (sign[64] ?? 0) > 1 || key === '';
const isHigh = (sign: Uint8Array): boolean => numberOf(sign.subarray(32, 64)) > ORDER / 2n;

/** Our rules in their precedence: the code, why it is asked for, and how the bytes show it. */
const RULES: readonly (readonly [code: string, why: string, applies: (view: View) => boolean])[] = [
  ['transaction_malformed', 'bytes must be the one encoding of what they say', (view) => !view.isCanonical],
  ['kind_unknown', 'the kind must be one that the genesis names', ({ kind }) => payloadTwins[kind] === undefined],
  [
    'chain_id_wrong',
    'a signature for one chain is none for another',
    (view) => view.numberAt(6) !== BigInt(view.chainId),
  ],
  [
    'payload_malformed',
    'a payload must be the one encoding of what it says, and empty where the kind has none',
    (view) => !isCanonicalByTwin(payloadTwins[view.kind] ?? NO_PAYLOAD, view.bytesAt(10)),
  ],
  [
    'to_malformed',
    'a receiver begins with 02 or 03',
    (view) => USES_TO.includes(view.kind) && ![2, 3].includes(view.bytesAt(3)[0] ?? 0),
  ],
  [
    'to_not_used',
    'a field without meaning is zero',
    (view) => !USES_TO.includes(view.kind) && numberOf(view.bytesAt(3)) !== 0n,
  ],
  [
    'value_not_used',
    'a value that moves nothing is zero',
    (view) => !USES_VALUE.includes(view.kind) && numberOf(view.bytesAt(4)) !== 0n,
  ],
  ['signature_invalid', 'the id is 0 or 1, and a key exists', (view) => isNoSignature(view.bytesAt(22), view.sender)],
  ['signature_high_s', 'of two twins one is taken', (view) => isHigh(view.bytesAt(22))],
  ['hash_mismatch', 'the hash is that of the fields from whoever signed', (view) => view.id !== toHex(view.bytesAt(1))],
  [
    'payer_signature_invalid',
    'as for the sender',
    (view) => view.bytesAt(23).length > 0 && isNoSignature(view.bytesAt(23), view.payer),
  ],
  ['payer_signature_high_s', 'as for the sender', (view) => isHigh(view.bytesAt(23))],
  [
    'payer_is_sender',
    'who pays for itself needs no second signature',
    (view) => view.bytesAt(23).length > 0 && view.payer === view.sender,
  ],
];

const demanded = (row: Row): string => {
  const view = new View(row);
  return RULES.find(([, , applies]) => applies(view))?.[0] ?? 'accepted';
};

const isRefusedByFirst = ({ outcome }: Row): boolean =>
  outcome.decodeError !== undefined || outcome.integrityError !== undefined;

/** The codes by which we refuse what the first network took. */
const STRICTER = ['transaction_malformed', 'value_not_used', 'signature_high_s', 'payer_is_sender'];

let crypto: Crypto;
beforeAll(async () => {
  crypto = await bestCrypto();
});

const checked = ({ chainId, raw }: Row) => {
  const params = readParams({ chainId: String(chainId) });
  if (E.isLeft(params)) throw new Error(`no chain has the id ${chainId}`);
  return checkTransaction({ params: params.right, registry: registryOf(), crypto }, bytesOf(raw));
};

const verdictOf = (row: Row): string => {
  const verdict = checked(row);
  return E.isLeft(verdict) ? verdict.left.refusal.code : 'accepted';
};

const tally = (words: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

describe('the transactions that the first network made', () => {
  it('are 220, twenty of each kind that may stand in a block', () => {
    const kinds = builtInKinds.filter(({ onlyInGenesis }) => !onlyInGenesis).map(({ name }) => [name, 20]);
    expect(tally(valid.map(({ type }) => type))).toEqual(Object.fromEntries(kinds));
  });

  it('decode to the same fields, and encode to the same bytes', () => {
    for (const row of valid) {
      const fields = {
        hash: row.hash as Hash,
        kind: row.type,
        to: row.to as Address,
        value: BigInt(row.value),
        nonce: BigInt(row.nonce),
        chainId: row.chainId,
        payload: bytesOf(row.payload),
        sign: bytesOf(row.sign),
        payerSign: bytesOf(row.payerSign ?? ''),
      };
      expect(transactionMessage.decode(bytesOf(row.raw))).toEqual(E.right(fields));
      expect(toHex(encodeTransaction(fields))).toBe(row.raw);
      expect(toHex(hashTarget(fields, row.from as Address))).toBe(row.hashTarget);
      expect(toHex(crypto.sha3(bytesOf(row.hashTarget)))).toBe(row.hash);
      if (row.payerSignTargetHash !== undefined) expect(toHex(payerHash(crypto, fields))).toBe(row.payerSignTargetHash);
      const payload = registryOf().get(row.type)?.decodePayload(bytesOf(row.payload));
      expect(payload?._tag).toBe('Right');
    }
  });

  it('are made again, signatures included, from the same fields and keys', () => {
    for (const { type, chainId, nonce, to, value, payload, privateKey, payerPrivateKey, raw } of valid) {
      const fields = {
        kind: type,
        chainId,
        nonce: BigInt(nonce),
        to: to as Address,
        value: BigInt(value),
        payload: bytesOf(payload),
      };
      const payerKey = payerPrivateKey === undefined ? undefined : bytesOf(payerPrivateKey);
      expect(toHex(encodeTransaction(signTransaction(crypto, fields, bytesOf(privateKey), payerKey)))).toBe(raw);
    }
  });

  it('are accepted from the same sender and payer, unless they carry a value that moves nothing or their payer is the sender', () => {
    for (const row of valid) {
      const verdict = checked(row);
      if (E.isLeft(verdict)) {
        const { code } = verdict.left.refusal;
        if (code === 'payer_is_sender') expect(row.outcome.payer).toBe(row.from);
        else {
          const told = { code, usesValue: USES_VALUE.includes(row.type), isZero: row.value === '0' };
          expect(told).toEqual({ code: 'value_not_used', usesValue: false, isZero: false });
        }
        continue;
      }
      const { sender, payer, id, bytes } = verdict.right;
      const { outcome } = row;
      expect({ sender, payer, id, size: bytes.length }).toEqual({
        sender: outcome.from,
        payer: outcome.payer,
        id: outcome.hash,
        size: outcome.size,
      });
      expect(sender).toBe(row.from);
    }
    expect(tally(valid.map(verdictOf))).toEqual({ accepted: 95, payer_is_sender: 6, value_not_used: 119 });
  });
});

describe('transactions of the first network, each changed in one way', () => {
  it('are refused by the first of our rules that their bytes break', () => {
    for (const row of rows)
      expect({ raw: row.raw, verdict: verdictOf(row) }).toEqual({ raw: row.raw, verdict: demanded(row) });
  });

  it('are accepted only if the first network accepts them too, from the same sender and payer', () => {
    for (const row of mutated) {
      const verdict = checked(row);
      if (E.isLeft(verdict)) continue;
      const { sender, payer, id } = verdict.right;
      expect(isRefusedByFirst(row)).toBe(false);
      expect({ sender, payer, id }).toEqual({
        sender: row.outcome.from,
        payer: row.outcome.payer,
        id: row.outcome.hash,
      });
    }
  });

  it('that the first network accepts are refused only where we are known to be stricter', () => {
    const stricter = mutated.filter((row) => !isRefusedByFirst(row)).map(verdictOf);
    expect(stricter.filter((code) => code !== 'accepted' && !STRICTER.includes(code))).toEqual([]);
  });

  it('show who signed, whatever else is wrong with them', () => {
    for (const row of rows) {
      const decoded = transactionMessage.decode(bytesOf(row.raw));
      if (E.isLeft(decoded) || row.outcome.from === undefined) continue;
      const { sign } = decoded.right;
      const isTaken = (sign[64] ?? 0) <= 1 && !isHigh(sign);
      const signer = recoverSigner(crypto, signedHash(decoded.right), sign);
      expect(E.isRight(signer) ? toHex(signer.right) : signer.left).toBe(
        isTaken ? row.outcome.from : 'signature_high_s',
      );
    }
  });

  it('come to this, by what was changed and what the first network said', () => {
    const told = mutated.map((row) => {
      const how = row.mutation
        .replace(/ in byte \d+$/, '')
        .replace(/^recovery id [01]$/, 'recovery id 0 or 1')
        .replace(/^recovery id \d$/, 'recovery id 2 to 5');
      return `${how}: ${isRefusedByFirst(row) ? 'refused' : 'taken'} there, ${verdictOf(row)} here`;
    });
    expect(tally(told)).toEqual({
      'bit flip: refused there, chain_id_wrong here': 2,
      'bit flip: refused there, hash_mismatch here': 38,
      'bit flip: refused there, kind_unknown here': 3,
      'bit flip: refused there, payload_malformed here': 3,
      'bit flip: refused there, signature_invalid here': 4,
      'bit flip: refused there, to_malformed here': 1,
      'bit flip: refused there, to_not_used here': 12,
      'bit flip: refused there, transaction_malformed here': 9,
      'bit flip: refused there, value_not_used here': 37,
      'bit flip: taken there, accepted here': 3,
      'bit flip: taken there, transaction_malformed here': 1,
      'bit flip: taken there, value_not_used here': 6,
      'high-s twin: taken there, signature_high_s here': 39,
      'high-s twin: taken there, value_not_used here': 69,
      'recipient of other length: refused there, transaction_malformed here': 10,
      'recipient of other length: taken there, transaction_malformed here': 117,
      'recovery id 0 or 1: refused there, hash_mismatch here': 12,
      'recovery id 0 or 1: refused there, value_not_used here': 7,
      'recovery id 0 or 1: taken there, accepted here': 10,
      'recovery id 0 or 1: taken there, payer_is_sender here': 2,
      'recovery id 0 or 1: taken there, value_not_used here': 15,
      'recovery id 2 to 5: refused there, signature_invalid here': 23,
      'recovery id 2 to 5: refused there, value_not_used here': 31,
      'truncated: refused there, transaction_malformed here': 102,
      'truncated: refused there, value_not_used here': 1,
      'unknown field appended: taken there, transaction_malformed here': 103,
    });
  });
});
