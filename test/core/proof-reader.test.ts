import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import {
  entriesProofMessage,
  outcomeMessage,
  receiptsProofMessage,
  transactionsProofMessage,
} from '../../src/core/proof/messages.ts';
import {
  readAccount,
  readAlias,
  readAnchor,
  readCertification,
  readEntriesProof,
  readHeader,
  readOutcome,
  readReceiptsProof,
  readTransactionsProof,
} from '../../src/core/proof/readers.ts';
import { type Read, textOf } from '../../src/core/proof/strict-reader.ts';
import { accountMessage, aliasMessage, anchorMessage, certificationMessage } from '../../src/core/state/records.ts';
import { blockMessage, type Header } from '../../src/core/wire/header.ts';
import type { Message } from '../../src/core/wire/proto.ts';
import { readUtf8 } from '../../src/core/wire/utf8.ts';
import { accountTwin, blockTwin, type TwinField, type TwinMessage, twinBytes } from '../twins/proto-twin.ts';
import { headerOfBlock } from './proof-samples.ts';
import { type AnySample, anyText, likelyBytes, samples, spoiledBytes, whole } from './wire-samples.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hex = (length: number) => bytes(length).map((each) => toHex(each));
const some = fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 40 }), bytes(32));
const uint32 = whole(32).map(Number);
const safe = whole(53).map(Number);

const list = (number: number, of: TwinMessage): TwinField => ({ number, type: 'messages', of });
const fixed = (number: number, width: number): TwinField => ({ number, type: 'fixed', width, required: true });
const plain = (type: 'uint32' | 'uint64' | 'safe' | 'bytes' | 'text' | 'amount', ...numbers: number[]): TwinField[] =>
  numbers.map((number) => ({ number, type }));

const entryLeaf: TwinMessage = [...plain('uint32', 1), ...plain('bytes', 2, 3, 4, 5, 6)];
const around = (leaf: TwinMessage): TwinMessage => [...plain('uint32', 1), list(2, leaf), ...plain('bytes', 3)];

const asBlock = (header: Uint8Array): Uint8Array => Uint8Array.from(twinBytes(1, header));
const [headerField] = blockTwin;
const headerTwin: TwinMessage = headerField?.type === 'message' ? headerField.of : [];

interface Case {
  readonly read: Read<unknown>;
  readonly sample: AnySample;
}

const caseOf = <M>(read: Read<M>, message: Message<M>, twin: TwinMessage, values: fc.Arbitrary<unknown>): Case => ({
  read,
  sample: { twin, values, encode: (value) => message.encode(value as M), decode: message.decode },
});

const accounts = samples['an account']?.values ?? fc.constant(undefined);
const headers = fc.record({
  version: fc.oneof(fc.constant(1), uint32),
  chainId: uint32,
  height: safe,
  parentId: hex(32),
  time: safe,
  producer: hex(33),
  transactionsRoot: hex(32),
  receiptsRoot: hex(32),
  stateRoot: hex(32),
  reward: whole(128),
  supply: whole(128),
  maxHeightGenerated: safe,
  maxHeightPrevoted: safe,
  sign: fc.oneof(bytes(65), some),
});

const cases: Readonly<Record<string, Case>> = {
  'a proof of entries': caseOf(
    (bytes) => {
      const read = readEntriesProof(bytes, 100);
      return typeof read === 'string' ? undefined : read;
    },
    entriesProofMessage,
    around(entryLeaf),
    fc.record({
      size: uint32,
      leaves: fc.array(
        fc.record({ leaf: uint32, key: some, next: some, nextRoot: some, value: some, valueRoot: some }),
        { maxLength: 4 },
      ),
      siblings: some,
    }),
  ),
  'a proof of transactions': caseOf(
    readTransactionsProof,
    transactionsProofMessage,
    around([...plain('uint32', 1), ...plain('bytes', 2)]),
    fc.record({
      count: uint32,
      leaves: fc.array(fc.record({ index: uint32, bytes: some }), { maxLength: 4 }),
      siblings: some,
    }),
  ),
  'a proof of receipts': caseOf(
    readReceiptsProof,
    receiptsProofMessage,
    around([...plain('uint32', 1), fixed(2, 32), ...plain('bytes', 3)]),
    fc.record({
      count: uint32,
      leaves: fc.array(fc.record({ index: uint32, id: hex(32), outcome: some }), { maxLength: 4 }),
      siblings: some,
    }),
  ),
  'an outcome': caseOf(
    readOutcome,
    outcomeMessage,
    // A truth is a number of one bit.
    [...plain('uint64', 1), ...plain('text', 2), ...plain('safe', 3)],
    fc.record({ executed: fc.boolean(), code: anyText, units: safe }),
  ),
  'an account': caseOf(readAccount, accountMessage, accountTwin, accounts),
  'an anchor': caseOf(readAnchor, anchorMessage, plain('safe', 1), fc.record({ time: safe })),
  'a certification': caseOf(
    readCertification,
    certificationMessage,
    [fixed(1, 33), ...plain('uint64', 2, 3), ...plain('safe', 4, 5)],
    fc.record({ certified: hex(33), issued: whole(64), expires: whole(64), stored: safe, revoked: safe }),
  ),
  'an alias': caseOf(
    readAlias,
    aliasMessage,
    [fixed(1, 33), ...plain('amount', 2)],
    fc.record({ owner: hex(33), collateral: whole(128) }),
  ),
  'a header': {
    read: readHeader,
    sample: {
      twin: headerTwin,
      values: headers,
      encode: (value) => headerOfBlock(blockMessage.encode({ header: value as Header, transactions: [] })),
      decode: (header) => E.map(({ header: read }: { header: unknown }) => read)(blockMessage.decode(asBlock(header))),
    },
  },
};

describe.each(Object.entries(cases))('what the small reader makes of %s', (_, { read, sample }) => {
  it('is what was encoded', () => {
    fc.assert(
      fc.property(sample.values, (value) => {
        expect(read(sample.encode(value))).toEqual(value);
      }),
      { numRuns: RUNS },
    );
  });

  it('is what the general codec makes of it, or nothing where that finds it malformed, whatever was changed', () => {
    fc.assert(
      fc.property(fc.oneof(spoiledBytes(sample), likelyBytes(sample), fc.uint8Array({ maxLength: 100 })), (given) => {
        const before = toHex(given);
        const general = sample.decode(given);
        expect(read(given)).toEqual(E.isRight(general) ? general.right : undefined);
        expect(toHex(given)).toBe(before);
      }),
      { numRuns: RUNS * 5 },
    );
  });

  it('is something often enough, and nothing often enough, for the comparison to mean something', () => {
    const given = fc.sample(fc.oneof(spoiledBytes(sample), likelyBytes(sample)), { numRuns: 2000, seed: 7 });
    const right = given.filter((each) => read(each) !== undefined).length;
    expect({ some: right > 10, few: right < 1990 }).toEqual({ some: true, few: true });
  });
});

describe('a proof of entries', () => {
  it('is read no further than to the first leaf that nobody can have asked for', () => {
    const [two, endless] = [2, 1000].map((count) => new Array<number[]>(count).fill([0x12, 3, 0x12, 1, 0x80]).flat());
    const broken = [...(endless ?? []), 0xff];
    expect(readEntriesProof(Uint8Array.from(two ?? []), 2)).toMatchObject({ size: 0 });
    for (const [bytes, most] of [
      [two, 1],
      [two, 0],
      [endless, 2],
      [broken, 999],
    ] as const)
      expect(readEntriesProof(Uint8Array.from(bytes ?? []), most)).toBe('proof_left_over');
    expect(readEntriesProof(Uint8Array.from(broken), 1000)).toBe('proof_malformed');
  });
});

describe('the text of bytes', () => {
  const strictText = (given: Uint8Array): string | undefined => {
    try {
      return readUtf8(given);
    } catch {
      return undefined;
    }
  };

  it('is what a strict decoder says, at every border of the characters and for random bytes', () => {
    const borders = [
      0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdfff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff,
    ];
    for (const code of [...borders, 0x110000, 0x1fffff]) {
      for (const length of [2, 3, 4]) {
        const tail = Array.from(
          { length: length - 1 },
          (_, index) => 0x80 | ((code >> (6 * (length - 2 - index))) & 0x3f),
        );
        const lead = ([0xc0, 0xe0, 0xf0][length - 2] as number) | ((code >> (6 * (length - 1))) & (0x7f >> length));
        const given = Uint8Array.of(0x61, lead, ...tail, 0x62);
        expect({ code, length, text: textOf(given) }).toEqual({ code, length, text: strictText(given) });
        for (let cut = 1; cut < given.length; cut += 1)
          expect(textOf(given.subarray(0, cut))).toBe(strictText(given.subarray(0, cut)));
      }
    }
    for (const code of borders.filter((each) => each >> 11 !== 0x1b)) {
      const given = Uint8Array.from(Buffer.from(String.fromCodePoint(code), 'utf8'));
      expect(textOf(given)).toBe(String.fromCodePoint(code));
    }
    const lead = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xf8,
      0xff,
    );
    const rest = fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2);
    const likely = fc
      .array(fc.tuple(lead, fc.array(rest, { maxLength: 4 })), { maxLength: 4 })
      .map((parts) => Uint8Array.from(parts.flatMap(([first, more]) => [first, ...more])));
    fc.assert(
      fc.property(fc.oneof(likely, fc.uint8Array({ maxLength: 20 })), (given) => {
        expect(textOf(given)).toBe(strictText(given));
      }),
      { numRuns: RUNS * 20 },
    );
  });
});
