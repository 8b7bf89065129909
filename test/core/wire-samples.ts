/**
 * Wire samples: random transactions, blocks, payloads and records, and random ways to spoil the bytes of any message.
 */
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes.ts';
import { payloads } from '../../src/core/index.ts';
import type { Account } from '../../src/core/state/records.ts';
import { accountMessage } from '../../src/core/state/records.ts';
import type { Address, Hash, Height, Seconds, Units } from '../../src/core/units.ts';
import { blockMessage, type Header } from '../../src/core/wire/header.ts';
import type { Message } from '../../src/core/wire/proto.ts';
import { type Transaction, transactionMessage } from '../../src/core/wire/transaction.ts';
import {
  accountTwin,
  blockTwin,
  certificationTwin,
  hashTwin,
  type TwinMessage,
  textTwin,
  transactionTwin,
  twinBytes,
  twinNumber,
  voteTwin,
} from '../twins/proto-twin.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = <T extends string>(length: number) => bytes(length).map((each) => toHex(each) as T);
const hash = hex<Hash>(32);
const address = hex<Address>(33);

/** Whole numbers up to 2^bits - 1, many of them beside a power of two. */
export const whole = (bits: number): fc.Arbitrary<bigint> => {
  const most = (1n << BigInt(bits)) - 1n;
  const near = fc
    .tuple(fc.nat(bits), fc.integer({ min: -2, max: 2 }))
    .map(([power, distance]) => (1n << BigInt(power)) + BigInt(distance))
    .filter((value) => value >= 0n && value <= most);
  return fc.oneof(fc.bigInt(0n, most), near, fc.constant(0n));
};

const safe = <T extends number>() => whole(53).map((value) => Number(value) as T);
const uint32 = whole(32).map(Number);

/** Any text that has a UTF-8 form, some of it beginning with a byte order mark. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `\ufeff${text}`),
);

const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  bytes(65),
  fc.uint8Array({ minLength: 120, maxLength: 300 }),
);

export const transactions: fc.Arbitrary<Transaction> = fc.record({
  hash,
  kind: fc.oneof(fc.constantFrom('transfer', 'stake', 'vote', 'add_certification'), anyText),
  to: address,
  value: whole(128),
  nonce: whole(64),
  chainId: uint32,
  payload: someBytes,
  sign: someBytes,
  payerSign: someBytes,
});

const headers: fc.Arbitrary<Header> = fc.record({
  version: uint32,
  chainId: uint32,
  height: safe<Height>(),
  parentId: hash,
  time: safe<Seconds>(),
  producer: address,
  transactionsRoot: hash,
  receiptsRoot: hash,
  stateRoot: hash,
  reward: whole(128),
  supply: whole(128),
  maxHeightGenerated: safe<Height>(),
  maxHeightPrevoted: safe<Height>(),
  sign: someBytes,
});

const blocks = fc.record({
  header: fc.option(headers, { nil: undefined, freq: 20 }),
  transactions: fc.array(fc.oneof(transactions.map(transactionMessage.encode), someBytes), { maxLength: 4 }),
});

export const accounts: fc.Arbitrary<Account> = fc.record({
  nonce: whole(64),
  balance: whole(128),
  staked: whole(128),
  used: safe<Units>(),
  withdrawals: fc.array(fc.record({ due: safe<Seconds>(), amount: whole(128) }), { maxLength: 4 }),
  votes: fc.array(hash, { maxLength: 4 }),
  candidacy: fc.option(hash, { nil: undefined }),
  alias: fc.option(
    anyText.filter((text) => text !== ''),
    { nil: undefined },
  ),
});

/** A message, its twin, and random values of it. */
export interface Sample<M> {
  readonly message: Message<M>;
  readonly twin: TwinMessage;
  readonly values: fc.Arbitrary<M>;
}

/** A sample whose values only it knows itself; methods, so that all of them fit in one list. */
export interface AnySample {
  readonly twin: TwinMessage;
  readonly values: fc.Arbitrary<unknown>;
  encode(value: unknown): Uint8Array;
  decode: Message<unknown>['decode'];
}

const sample = <M>({ message, twin, values }: Sample<M>): AnySample => ({
  twin,
  values,
  encode: (value) => message.encode(value as M),
  decode: message.decode,
});

/** Every form of message that strangers send, and the record with every form of field. */
export const samples: Readonly<Record<string, AnySample>> = {
  'a transaction': sample({ message: transactionMessage, twin: transactionTwin, values: transactions }),
  'a block': sample({ message: blockMessage, twin: blockTwin, values: blocks }),
  'a transfer payload': sample({
    message: payloads.messagePayload,
    twin: textTwin,
    values: fc.record({ message: anyText }),
  }),
  'a vote payload': sample({
    message: payloads.votePayload,
    twin: voteTwin,
    values: fc.record({ candidates: fc.array(hash, { maxLength: 20 }) }),
  }),
  'a candidate payload': sample({ message: payloads.urlPayload, twin: textTwin, values: fc.record({ url: anyText }) }),
  'a record payload': sample({ message: payloads.hashPayload, twin: hashTwin, values: fc.record({ hash }) }),
  'a certification payload': sample({
    message: payloads.certificationPayload,
    twin: certificationTwin,
    values: fc.record({ issued: whole(64), expires: whole(64), hash }),
  }),
  'an alias payload': sample({ message: payloads.aliasPayload, twin: textTwin, values: fc.record({ alias: anyText }) }),
  'an account': sample({ message: accountMessage, twin: accountTwin, values: accounts }),
};

const insertAt = (good: Uint8Array, at: number, ...more: readonly number[]): Uint8Array =>
  Uint8Array.from([...good.subarray(0, at), ...more, ...good.subarray(at)]);

/** One random change of bytes: it may leave them canonical. */
export const changed = fc
  .tuple(
    fc.constantFrom('flip', 'set', 'delete', 'insert', 'truncate', 'append', 'repeat', 'overlong', 'field', 'swap'),
    fc.nat(),
    fc.nat(),
    fc.nat(255),
  )
  .map(([how, first, second, byte]) => (good: Uint8Array): Uint8Array => {
    if (good.length === 0) return Uint8Array.of(byte);
    const at = first % good.length;
    const until = at + (second % (good.length - at + 1));
    const old = good[at] ?? 0;
    if (how === 'flip') return good.with(at, old ^ (1 << (byte % 8)));
    if (how === 'set') return good.with(at, byte);
    if (how === 'delete') return Uint8Array.from([...good.subarray(0, at), ...good.subarray(at + 1)]);
    if (how === 'insert') return insertAt(good, at, byte);
    if (how === 'truncate') return good.slice(0, at);
    if (how === 'append') return insertAt(good, good.length, byte);
    if (how === 'repeat') return insertAt(good, until, ...good.subarray(at, until));
    // A byte of a varint made into two that mean the same.
    if (how === 'overlong') return insertAt(good.with(at, old | 0x80), at + 1, old >= 0x80 ? 0x80 : 0);
    if (how === 'field')
      return insertAt(
        good,
        first % 2 === 0 ? good.length : 0,
        ...(byte % 2 === 0
          ? twinNumber(1 + (second % 30), BigInt(byte % 3))
          : twinBytes(1 + (second % 30), good.subarray(at, until).slice(0, 40))),
      );
    return Uint8Array.from([...good.subarray(until), ...good.subarray(at, until), ...good.subarray(0, at)]);
  });

/** The bytes of a random value after up to three random changes. */
export const spoiledBytes = ({ values, encode }: AnySample): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(values, fc.array(changed, { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => changes.reduce((spoiled, apply) => apply(spoiled), encode(value)));

/** Fields of the right numbers with random content, in random order, some with the wrong wire type. */
export const likelyBytes = ({ twin }: AnySample): fc.Arbitrary<Uint8Array> => {
  const numbers = twin.map(({ number }) => number);
  const widths = [0, 1, 16, 32, 33, 65];
  const field = fc
    .tuple(
      fc.constantFrom(...numbers),
      fc.boolean(),
      fc.constantFrom(...widths),
      whole(64),
      fc.oneof(fc.constant(0), fc.nat(255)),
    )
    .map(([number, isVarint, width, value, byte]) =>
      isVarint ? twinNumber(number, value) : twinBytes(number, new Uint8Array(width).fill(byte)),
    );
  const inOrder = (fields: readonly (readonly number[])[]): readonly (readonly number[])[] =>
    [...fields].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  return fc
    .tuple(fc.array(field, { maxLength: 12 }), fc.boolean())
    .map(([fields, isSorted]) => Uint8Array.from((isSorted ? inOrder(fields) : fields).flat()));
};
