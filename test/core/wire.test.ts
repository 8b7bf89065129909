import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { readBlock } from '../../src/core/block.ts';
import { toHex } from '../../src/core/bytes.ts';
import { checkGenesisTransaction, checkTransaction } from '../../src/core/check.ts';
import { nobleCrypto } from '../../src/core/crypto-noble.ts';
import { builtInKinds, payloads, readParams, registryOf } from '../../src/core/index.ts';
import { admissionCodes } from '../../src/core/refusal-messages.ts';
import type { Address, Hash } from '../../src/core/units.ts';
import { messageField, textField, uint32Field } from '../../src/core/wire/fields.ts';
import { blockMessage } from '../../src/core/wire/header.ts';
import { message } from '../../src/core/wire/proto.ts';
import { hashTarget, payerTarget, type Transaction, transactionMessage } from '../../src/core/wire/transaction.ts';
import { isCanonicalByTwin, twinBytes, twinNumber, twinVarint } from '../twins/proto-twin.ts';
import { anyText, likelyBytes, samples, spoiledBytes, transactions, whole } from './wire-samples.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const cases = Object.entries(samples);

const rulesOf = () => {
  const params = readParams({ chainId: '1' });
  if (E.isLeft(params)) throw new Error('the defaults are parameters');
  return { params: params.right, registry: registryOf(), crypto: nobleCrypto };
};
const rules = rulesOf();

const from = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());

const good: Transaction = {
  hash: 'aa'.repeat(32) as Hash,
  kind: 'transfer',
  to: `02${'bb'.repeat(32)}` as Address,
  value: 0x1234n,
  nonce: 300n,
  chainId: 7,
  payload: Uint8Array.of(0x0a, 1, 0x78),
  sign: new Uint8Array(65).fill(9),
  payerSign: new Uint8Array(65).fill(8),
};
const filled = (length: number, byte: number): readonly number[] => new Array<number>(length).fill(byte);
const utf8 = (text: string): readonly number[] => [...Buffer.from(text, 'utf8')];

/** The fields of `good`, each on its own. */
const parts = {
  hash: twinBytes(1, filled(32, 0xaa)),
  kind: twinBytes(2, utf8('transfer')),
  to: twinBytes(3, [2, ...filled(32, 0xbb)]),
  value: twinBytes(4, [...filled(14, 0), 0x12, 0x34]),
  nonce: twinNumber(5, 300n),
  chainId: twinNumber(6, 7n),
  payload: twinBytes(10, [0x0a, 1, 0x78]),
  sign: twinBytes(22, filled(65, 9)),
  payerSign: twinBytes(23, filled(65, 8)),
};
type Part = keyof typeof parts;

/** The bytes of `good` with some of its fields replaced, or left away where nothing stands instead. */
const withParts = (changed: Partial<Record<Part, readonly number[]>>): Uint8Array =>
  from(...Object.entries(parts).map(([name, part]) => changed[name as Part] ?? part));

const isCanonical = (bytes: Uint8Array): boolean => E.isRight(transactionMessage.decode(bytes));

describe.each(cases)('the bytes of %s', (_, sample) => {
  it('give back the value that was encoded', () => {
    fc.assert(
      fc.property(sample.values, (value) => {
        expect(sample.decode(sample.encode(value))).toEqual(E.right(value));
      }),
      { numRuns: RUNS },
    );
  });

  it('are canonical by decoding, encoding and comparing', () => {
    fc.assert(
      fc.property(sample.values, (value) => {
        expect(isCanonicalByTwin(sample.twin, sample.encode(value))).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('are malformed unless the value that they give encodes to them, whatever was changed in them', () => {
    fc.assert(
      fc.property(fc.oneof(spoiledBytes(sample), likelyBytes(sample), fc.uint8Array({ maxLength: 100 })), (bytes) => {
        const before = toHex(bytes);
        const read = sample.decode(bytes);
        expect(toHex(bytes)).toBe(before);
        if (E.isRight(read)) expect(toHex(sample.encode(read.right))).toBe(before);
        else expect(read.left).toBe('malformed');
        expect(E.isRight(read)).toBe(isCanonicalByTwin(sample.twin, bytes));
      }),
      { numRuns: RUNS * 10 },
    );
  });
});

describe('the random bytes of these tests', () => {
  it('are canonical often enough, and malformed often enough, for the comparison to mean something', () => {
    for (const [name, sample] of cases) {
      const bytes = fc.sample(fc.oneof(spoiledBytes(sample), likelyBytes(sample)), { numRuns: 3000, seed: 7 });
      const right = bytes.filter((each) => E.isRight(sample.decode(each))).length;
      expect({ name, some: right > 20, few: right < 2980 }).toEqual({ name, some: true, few: true });
    }
  });
});

describe('the canonical form of a transaction', () => {
  it('is the fields in the order of their numbers', () => {
    expect(toHex(transactionMessage.encode(good))).toBe(toHex(withParts({})));
    expect(transactionMessage.decode(withParts({}))).toEqual(E.right(good));
  });

  it('leaves away what is empty or zero, but writes `to` and `value` always', () => {
    const none = { ...good, kind: '', to: '00'.repeat(33) as Address, value: 0n, nonce: 0n, chainId: 0 };
    const empty = new Uint8Array(0);
    const bytes = transactionMessage.encode({ ...none, payload: empty, sign: empty, payerSign: empty });
    expect(toHex(bytes)).toBe(toHex(from(parts.hash, twinBytes(3, filled(33, 0)), twinBytes(4, filled(16, 0)))));
    expect(transactionMessage.decode(bytes)).toEqual(
      E.right({ ...none, payload: empty, sign: empty, payerSign: empty }),
    );
  });

  const tag = (number: number, wireType: number): readonly number[] => twinVarint(BigInt((number << 3) | wireType));

  it.each<readonly [what: string, bytes: Uint8Array]>([
    ['no byte at all', new Uint8Array(0)],
    ['an unknown field at the end', from([...withParts({})], twinNumber(24, 1n))],
    [
      'an unknown field at its place',
      from(parts.hash, parts.kind, parts.to, parts.value, parts.nonce, parts.chainId, twinNumber(7, 1n), parts.sign),
    ],
    ['an unknown empty field', from([...withParts({})], twinBytes(30, []))],
    ['the field of a receipt', from([...withParts({})], twinBytes(30, [8, 1]))],
    ['field number 0', from(twinNumber(0, 1n), [...withParts({})])],
    ['a fixed 64-bit field', from([...withParts({})], tag(24, 1), filled(8, 1))],
    ['a fixed 32-bit field', from([...withParts({})], tag(24, 5), filled(4, 1))],
    ['a group', from([...withParts({})], tag(24, 3), tag(24, 4))],
    ['a nonce as bytes', withParts({ nonce: twinBytes(5, [1]) })],
    ['a payload as a number', withParts({ payload: twinNumber(10, 1n) })],
    ['a tag in two bytes', withParts({ nonce: [0xa8, 0x00, 0xac, 0x02] })],
    ['a tag in five bytes', withParts({ nonce: [0xa8, 0x80, 0x80, 0x80, 0x00, 0xac, 0x02] })],
    ['a tag that is cut to 32 bits', withParts({ nonce: [0xa8, 0x80, 0x80, 0x80, 0x10, 0xac, 0x02] })],
    ['a length in two bytes', withParts({ payload: [0x52, 0x83, 0x00, 0x0a, 1, 0x78] })],
    ['a length in ten bytes', withParts({ payload: [0x52, 0x83, ...filled(8, 0x80), 0x00, 0x0a, 1, 0x78] })],
    ['a length that is cut to 32 bits', withParts({ payload: [0x52, 0x83, 0x80, 0x80, 0x80, 0x10, 0x0a, 1, 0x78] })],
    ['a nonce in three bytes for two', withParts({ nonce: [0x28, 0xac, 0x82, 0x00] })],
    ['a nonce in ten bytes for two', withParts({ nonce: [0x28, 0xac, 0x82, ...filled(7, 0x80), 0x00] })],
    ['a nonce in eleven bytes', withParts({ nonce: [0x28, 0xac, 0x82, ...filled(8, 0x80), 0x00] })],
    ['a nonce of 2^64', withParts({ nonce: [0x28, ...filled(9, 0x80), 0x02] })],
    ['a nonce of 2^64 + 300', withParts({ nonce: [0x28, 0xac, 0x82, ...filled(7, 0x80), 0x02] })],
    ['a nonce of 2^70 - 1', withParts({ nonce: [0x28, ...filled(9, 0xff), 0x7f] })],
    ['a chain id of 2^32', withParts({ chainId: twinNumber(6, 1n << 32n) })],
    ['a chain id of 2^32 + 7', withParts({ chainId: twinNumber(6, (1n << 32n) + 7n) })],
    ['a nonce of zero, written', withParts({ nonce: twinNumber(5, 0n) })],
    ['a chain id of zero, written', withParts({ chainId: twinNumber(6, 0n) })],
    ['an empty kind, written', withParts({ kind: twinBytes(2, []) })],
    ['an empty payload, written', withParts({ payload: twinBytes(10, []) })],
    ['an empty signature, written', withParts({ sign: twinBytes(22, []) })],
    ['an empty payer signature, written', withParts({ payerSign: twinBytes(23, []) })],
    ['no hash', withParts({ hash: [] })],
    ['no receiver', withParts({ to: [] })],
    ['no value', withParts({ value: [] })],
    ['a hash of 31 bytes', withParts({ hash: twinBytes(1, filled(31, 0xaa)) })],
    ['a hash of 33 bytes', withParts({ hash: twinBytes(1, filled(33, 0xaa)) })],
    ['an empty hash', withParts({ hash: twinBytes(1, []) })],
    ['a receiver of 32 bytes', withParts({ to: twinBytes(3, filled(32, 2)) })],
    ['a receiver of 34 bytes', withParts({ to: twinBytes(3, filled(34, 2)) })],
    ['a value of 15 bytes', withParts({ value: twinBytes(4, filled(15, 1)) })],
    ['a value of 17 bytes', withParts({ value: twinBytes(4, [0, ...filled(16, 1)]) })],
    [
      'two fields changed over',
      from(parts.kind, parts.hash, parts.to, parts.value, parts.nonce, parts.chainId, parts.sign),
    ],
    [
      'the last field first',
      from(
        parts.payerSign,
        parts.hash,
        parts.kind,
        parts.to,
        parts.value,
        parts.nonce,
        parts.chainId,
        parts.payload,
        parts.sign,
      ),
    ],
    ['a field twice', withParts({ nonce: [...parts.nonce, ...parts.nonce] })],
    ['a field twice with other values', withParts({ nonce: [...twinNumber(5, 9n), ...parts.nonce] })],
    ['a hash twice', withParts({ hash: [...parts.hash, ...parts.hash] })],
    ['a byte more', from([...withParts({})], [0])],
    ['itself twice', from([...withParts({})], [...withParts({})])],
    ['a length beyond the end', withParts({ payerSign: [0xba, 0x01, 66, ...filled(65, 8)] })],
    [
      'a length far beyond the end',
      withParts({ payerSign: [0xba, 0x01, 0xff, 0xff, 0xff, 0xff, 0x07, ...filled(65, 8)] }),
    ],
    ['a length of 2^64 - 1', withParts({ payerSign: [0xba, 0x01, ...filled(9, 0xff), 0x01, ...filled(65, 8)] })],
  ])('is not %s', (_, bytes) => {
    expect(transactionMessage.decode(bytes)).toEqual(E.left('malformed'));
    expect(checkTransaction(rules, bytes)).toMatchObject(
      E.left({ refusal: { code: 'transaction_malformed' }, known: {} }),
    );
  });

  it('is not what is left when it is cut anywhere but after a field that may be the last', () => {
    const bytes = withParts({});
    const ends = new Set<number>();
    let end = 0;
    for (const [name, part] of Object.entries(parts)) {
      end += part.length;
      if (!['hash', 'kind', 'to'].includes(name)) ends.add(end);
    }
    for (let length = 0; length <= bytes.length; length += 1) {
      expect({ length, isCanonical: isCanonical(bytes.subarray(0, length)) }).toEqual({
        length,
        isCanonical: ends.has(length),
      });
    }
  });

  it('takes signatures of any length: what is wrong with them is said by name', () => {
    const bytes = transactionMessage.encode({ ...good, sign: new Uint8Array(64), chainId: 1 });
    expect(isCanonical(bytes)).toBe(true);
    expect(checkTransaction(rules, bytes)).toMatchObject(E.left({ refusal: { code: 'signature_invalid' } }));
  });

  it('keeps every nonce of 64 bits', () => {
    const edges = [
      0n,
      1n,
      127n,
      128n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 32n,
      2n ** 53n - 1n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
      2n ** 63n,
      2n ** 64n - 1n,
    ];
    fc.assert(
      fc.property(fc.oneof(whole(64), fc.constantFrom(...edges)), (nonce) => {
        const bytes = withParts({ nonce: nonce === 0n ? [] : twinNumber(5, nonce) });
        expect(toHex(transactionMessage.encode({ ...good, nonce }))).toBe(toHex(bytes));
        expect(transactionMessage.decode(bytes)).toEqual(E.right({ ...good, nonce }));
      }),
      { numRuns: RUNS, examples: edges.map((nonce) => [nonce]) },
    );
  });

  it('keeps every value of 128 bits', () => {
    fc.assert(
      fc.property(whole(128), (value) => {
        const bytes = [...Buffer.from(value.toString(16).padStart(32, '0'), 'hex')];
        expect(transactionMessage.decode(withParts({ value: twinBytes(4, bytes) }))).toEqual(
          E.right({ ...good, value }),
        );
      }),
      { numRuns: RUNS },
    );
  });
});

describe('a table of fields', () => {
  it('has no number whose tag takes more than two bytes, and none below 1', () => {
    for (const number of [-1, 0, 2048]) expect(() => textField(number)).toThrow(`field number ${number}`);
    for (const number of [1, 15, 16, 2047]) {
      const { encode, decode } = message({ text: textField(number) });
      expect(toHex(encode({ text: 'x' }))).toBe(toHex(from(twinBytes(number, utf8('x')))));
      expect(decode(encode({ text: 'x' }))).toEqual(E.right({ text: 'x' }));
    }
  });
});

describe('a message within a message', () => {
  it.each([2, 16, 2047])(
    'ends where it ends, though its field %i could come next and that of the outer one does',
    (number) => {
      const inner = message({ first: uint32Field(1), last: textField(number) });
      const { encode, decode } = message({ within: messageField(1, inner), last: textField(number) });
      for (const last of ['', 'inner'])
        for (const outer of ['', 'outer']) {
          const value = { within: { first: 1, last }, last: outer };
          const written = [...twinNumber(1, 1n), ...(last === '' ? [] : twinBytes(number, utf8(last)))];
          const bytes = from(twinBytes(1, written), outer === '' ? [] : twinBytes(number, utf8(outer)));
          expect(toHex(encode(value))).toBe(toHex(bytes));
          expect(decode(bytes)).toEqual(E.right(value));
        }
    },
  );
});

describe('the canonical form of a record', () => {
  const decode = samples['an account']?.decode ?? (() => E.right(undefined));

  it.each<readonly [what: string, bytes: Uint8Array]>([
    ['an amount of zero, written', from(twinBytes(2, filled(16, 0)))],
    [
      'an amount of zero within a list, written',
      from(twinBytes(5, [...twinNumber(1, 9n), ...twinBytes(2, filled(16, 0))])),
    ],
    ['an amount of 15 bytes', from(twinBytes(2, filled(15, 1)))],
    ['a number of 2^53', from(twinNumber(4, 1n << 53n))],
    ['an absent text, written', from(twinBytes(8, []))],
    ['an absent hash, written', from(twinBytes(7, []))],
    ['an empty hash in a list', from(twinBytes(6, []))],
    [
      'a list that is interrupted',
      from(twinBytes(5, twinNumber(1, 9n)), twinBytes(6, filled(32, 1)), twinBytes(5, twinNumber(1, 9n))),
    ],
    ['fields out of order within a list', from(twinBytes(5, [...twinBytes(2, filled(16, 1)), ...twinNumber(1, 9n)]))],
    ['a number that begins behind the end of its message', from([0x2a, 1, 0x08], twinBytes(6, filled(32, 1)))],
    ['a number that goes on behind the end of its message', from([0x2a, 2, 0x08, 0x80], [0x01])],
    ['a long number that goes on behind the end of its message', from([0x2a, 4, 0x08, 0x80, 0x80, 0x80], [0x80, 0x01])],
    ['a length that stands behind the end of its message', from([0x2a, 1, 0x12], [16, ...filled(16, 1)])],
    ['an amount that goes on behind the end of its message', from([0x2a, 2, 0x12, 16], filled(16, 1))],
    ['a field of the outer message within the inner one', from([0x2a, 4, 0x08, 9, 0x20, 5])],
    ['a message that is longer than the bytes', from([0x2a, 5, 0x08, 9])],
  ])('is not %s', (_, bytes) => {
    expect(decode(bytes)).toEqual(E.left('malformed'));
  });

  it('of an account that has nothing is no byte, and an empty member of a list is two', () => {
    expect(decode(new Uint8Array(0))).toMatchObject(
      E.right({ nonce: 0n, balance: 0n, withdrawals: [], alias: undefined }),
    );
    expect(decode(from(twinBytes(5, [])))).toMatchObject(E.right({ withdrawals: [{ due: 0, amount: 0n }] }));
  });
});

describe('what is hashed and signed', () => {
  it('is the fields and the sender, in the order of their numbers', () => {
    fc.assert(
      fc.property(transactions, ({ kind, to, value, nonce, chainId, payload }) => {
        const sender = `03${'cc'.repeat(32)}` as Address;
        const wanted = from(
          kind === '' ? [] : twinBytes(1, utf8(kind)),
          twinBytes(2, [3, ...filled(32, 0xcc)]),
          twinBytes(3, Buffer.from(to, 'hex')),
          twinBytes(4, Buffer.from(value.toString(16).padStart(32, '0'), 'hex')),
          nonce === 0n ? [] : twinNumber(5, nonce),
          chainId === 0 ? [] : twinNumber(6, BigInt(chainId)),
          payload.length === 0 ? [] : twinBytes(10, payload),
        );
        expect(toHex(hashTarget({ kind, to, value, nonce, chainId, payload }, sender))).toBe(toHex(wanted));
      }),
      { numRuns: RUNS },
    );
  });

  it('by a payer is the hash and the signature', () => {
    expect(toHex(payerTarget(good))).toBe(toHex(from(parts.hash, twinBytes(2, filled(65, 9)))));
  });
});

const NO_UTF8: Readonly<Record<string, readonly number[]>> = {
  'a lone byte of a sequence': [0x80],
  'a sequence cut short': [0xe2, 0x82],
  'a sequence cut short by a letter': [0xe2, 0x82, 0x41],
  'a slash in two bytes': [0xc0, 0xaf],
  'a slash in three bytes': [0xe0, 0x80, 0xaf],
  'a zero in two bytes': [0xc0, 0x80],
  'a letter in four bytes': [0xf0, 0x80, 0x81, 0x81],
  'the first surrogate': [0xed, 0xa0, 0x80],
  'the last surrogate': [0xed, 0xbf, 0xbf],
  'a pair of surrogates': [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  'a code point above 10ffff': [0xf4, 0x90, 0x80, 0x80],
  'a sequence of five bytes': [0xf8, 0x88, 0x80, 0x80, 0x80],
  'a byte that never stands in it': [0xff],
};

describe('text', () => {
  const textPayload = (bytes: readonly number[]): Uint8Array => from(twinBytes(1, bytes));

  it.each(Object.entries(NO_UTF8))('is not %s, be it short or long, at the beginning or the end', (_, bytes) => {
    const long = utf8('x'.repeat(50));
    for (const spoiled of [bytes, [...long, ...bytes], [...bytes, ...long], [0x41, ...bytes]]) {
      expect(payloads.messagePayload.decode(textPayload(spoiled))).toEqual(E.left('malformed'));
      expect(isCanonical(withParts({ kind: twinBytes(2, spoiled) }))).toBe(false);
    }
  });

  it.each([
    ['a byte order mark', '\ufeff'],
    ['a byte order mark before more', '\ufeffabc'],
    ['two byte order marks', '\ufeff\ufeff'],
    ['a mark in the middle', 'a\ufeffb'],
    ['a zero', '\u0000'],
    ['a replacement character', '\ufffd'],
    ['a code point that is no character', '\uffff'],
    ['the last code point', '\u{10ffff}'],
    ['long text after a mark', `\ufeff${'\u{1f9a0}'.repeat(30)}`],
    ['text that another form would write otherwise', 'e\u0301 \u00e9'],
    ['ASCII of 40 bytes', 'y'.repeat(40)],
    ['ASCII of 41 bytes', 'y'.repeat(41)],
  ])('keeps %s byte for byte', (_, text) => {
    const bytes = textPayload(utf8(text));
    expect(payloads.messagePayload.decode(bytes)).toEqual(E.right({ message: text }));
    expect(toHex(payloads.messagePayload.encode({ message: text }))).toBe(toHex(bytes));
  });

  it('that was met before makes no other bytes valid', () => {
    for (const text of ['\u00e9', 'caf\u00e9', '\u0080', 'plain']) {
      const [right, wrong] = [utf8(text), [...Buffer.from(text, 'latin1')]];
      expect(payloads.messagePayload.decode(textPayload(right))).toEqual(E.right({ message: text }));
      const isAscii = text === 'plain';
      const read = payloads.messagePayload.decode(textPayload(wrong));
      expect(read).toEqual(isAscii ? E.right({ message: text }) : E.left('malformed'));
      expect(payloads.messagePayload.decode(textPayload(utf8('plain!')))).toEqual(E.right({ message: 'plain!' }));
      expect(payloads.messagePayload.decode(textPayload(utf8('plaim!')))).toEqual(E.right({ message: 'plaim!' }));
    }
  });

  it('is what the host calls valid, and the same text', () => {
    const pieces = fc.oneof(
      anyText.map(utf8),
      fc.constantFrom(...Object.values(NO_UTF8)),
      fc.array(fc.nat(255), { maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(pieces, { minLength: 1, maxLength: 4 }), (chosen) => {
        const bytes = chosen.flat();
        const read = payloads.messagePayload.decode(textPayload(bytes));
        const text = Buffer.from(bytes).toString('utf8');
        const isValid = bytes.length > 0 && Buffer.from(text, 'utf8').equals(Buffer.from(bytes));
        expect(read).toEqual(isValid ? E.right({ message: text }) : E.left('malformed'));
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

describe('a stranger', () => {
  const anyBytes = fc.oneof(
    ...cases.flatMap(([, sample]) => [spoiledBytes(sample), likelyBytes(sample)]),
    fc.uint8Array({ maxLength: 200 }),
  );

  it('can send no bytes that make a decoder throw', () => {
    const decoders: readonly ((bytes: Uint8Array) => E.Either<unknown, unknown>)[] = [
      ...cases.map(([, sample]) => sample.decode),
      ...builtInKinds.map((kind) => kind.decodePayload),
      blockMessage.decode,
      readBlock,
    ];
    let answers = 0;
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        for (const decode of decoders) if (E.isLeft(decode(bytes)) || E.isRight(decode(bytes))) answers += 1;
      }),
      { numRuns: RUNS * 100 },
    );
    expect(answers).toBe(RUNS * 100 * decoders.length);
  });

  it('gets a code of the table for any transaction, never a throw', () => {
    const transaction = samples['a transaction'];
    if (transaction === undefined) throw new Error('transactions are among the samples');
    const signedLike = transactions.map((value) =>
      transactionMessage.encode({
        ...value,
        kind: builtInKinds[value.sign.length % builtInKinds.length]?.name ?? '',
        chainId: 1,
        sign: value.sign.length === 65 ? value.sign.with(64, 0) : value.sign,
      }),
    );
    fc.assert(
      fc.property(fc.oneof(anyBytes, signedLike, spoiledBytes(transaction)), (bytes) => {
        for (const check of [checkTransaction, checkGenesisTransaction]) {
          const checked = check(rules, bytes);
          if (E.isLeft(checked)) expect(admissionCodes).toContain(checked.left.refusal.code);
          else expect(checked.right.sender).toMatch(/^0[023]/);
        }
      }),
      { numRuns: RUNS * 5 },
    );
  });
});
