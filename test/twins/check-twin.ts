/**
 * Check twin: what is to be said of a transaction's bytes without state, naively: the bytes are read leniently and encoded anew to see
 * whether they are canonical, the hash target is written field by field, and the rules stand in a row, the first one that is broken
 * first. The curve alone is asked as the code itself asks it; its own tests hold that.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../src/core/bytes.ts';
import type { Rules } from '../../src/core/chain.ts';
import type { Known } from '../../src/core/check.ts';
import { recoverSigner } from '../../src/core/signature.ts';
import type { Address, Hash, Units } from '../../src/core/units.ts';
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
} from './proto-twin.ts';

const NO_PAYLOAD: TwinMessage = [];
const KINDS: Readonly<Record<string, TwinMessage>> = {
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
const GENESIS_KINDS = ['genesis', 'genesis_distribution'];
const USES_TO = ['transfer', 'add_certification'];
const USES_VALUE = ['transfer', 'stake', 'unstake', 'become_candidate', 'register_alias'];

/** What is said of a transaction: refused with a code and what was known by then, or all that was found. */
export type TwinVerdict =
  | { readonly code: string; readonly known: Known }
  | {
      readonly id: string;
      readonly kind: string;
      readonly sender: string;
      readonly payer: string | undefined;
      readonly units: number;
    };

type Read = ReturnType<typeof readTwin>;

const bytesAt = (read: Read, number: number): Uint8Array => {
  const [value = 0n] = read.get(number) ?? [];
  return typeof value === 'bigint' ? new Uint8Array(0) : value;
};
const numberAt = (read: Read, number: number): bigint => {
  const [value = 0n] = read.get(number) ?? [];
  return typeof value === 'bigint' ? value : 0n;
};
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
const unlessEmpty = (number: number, bytes: Uint8Array): readonly number[] =>
  bytes.length === 0 ? [] : twinBytes(number, bytes);
const unlessZero = (number: number, value: bigint): readonly number[] =>
  value === 0n ? [] : twinNumber(number, value);

/** The bytes that the id is the hash of, field by field. */
const targetOf = (read: Read, sender: Uint8Array): Uint8Array =>
  Uint8Array.from([
    ...unlessEmpty(1, bytesAt(read, 2)),
    ...twinBytes(2, sender),
    ...twinBytes(3, bytesAt(read, 3)),
    ...twinBytes(4, bytesAt(read, 4)),
    ...unlessZero(5, numberAt(read, 5)),
    ...unlessZero(6, numberAt(read, 6)),
    ...unlessEmpty(10, bytesAt(read, 10)),
  ]);

/** The first rule that the fields break, signatures aside. */
const fieldFault = ({ params }: Rules, read: Read, kind: string): string | undefined => {
  const payloadTwin = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  const [to, payload] = [bytesAt(read, 3), bytesAt(read, 10)];
  if (GENESIS_KINDS.includes(kind)) return 'kind_only_in_genesis';
  if (payloadTwin === undefined) return 'kind_unknown';
  if (numberAt(read, 6) !== BigInt(params.chainId)) return 'chain_id_wrong';
  if (payload.length > params.maxPayloadBytes) return 'payload_too_large';
  if (!isCanonicalByTwin(payloadTwin, payload)) return 'payload_malformed';
  if (USES_TO.includes(kind) && to[0] !== 2 && to[0] !== 3) return 'to_malformed';
  if (!USES_TO.includes(kind) && !isZero(to)) return 'to_not_used';
  if (!USES_VALUE.includes(kind) && !isZero(bytesAt(read, 4))) return 'value_not_used';
  return undefined;
};

/** What is to be said of these bytes. */
export const twinCheck = (rules: Rules, bytes: Uint8Array): TwinVerdict => {
  const { params, crypto } = rules;
  if (bytes.length > params.maxTransactionBytes) return { code: 'transaction_too_large', known: {} };
  if (!isCanonicalByTwin(transactionTwin, bytes)) return { code: 'transaction_malformed', known: {} };
  const read = readTwin(transactionTwin, bytes);
  const stated = bytesAt(read, 1);
  const kind = Buffer.from(bytesAt(read, 2)).toString('utf8');
  const id = toHex(stated) as Hash;
  const units = Math.ceil(bytes.length / params.unitBytes) as Units;
  const known: Known = { id, kind, units };
  const fault = fieldFault(rules, read, kind);
  if (fault !== undefined) return { code: fault, known };
  const signer = recoverSigner(crypto, stated, bytesAt(read, 22));
  if (E.isLeft(signer)) return { code: signer.left, known };
  if (toHex(crypto.sha3(targetOf(read, signer.right))) !== id) return { code: 'hash_mismatch', known };
  const sender = toHex(signer.right) as Address;
  const found = { id, kind, sender, units };
  const payerSign = bytesAt(read, 23);
  if (payerSign.length === 0) return { ...found, payer: undefined };
  const payerTarget = Uint8Array.from([...twinBytes(1, stated), ...unlessEmpty(2, bytesAt(read, 22))]);
  const paying = recoverSigner(crypto, crypto.sha3(payerTarget), payerSign);
  if (E.isLeft(paying)) return { code: `payer_${paying.left}`, known: { ...known, sender } };
  const payer = toHex(paying.right) as Address;
  if (payer === sender) return { code: 'payer_is_sender', known: { ...known, sender, payer } };
  return { ...found, payer };
};
