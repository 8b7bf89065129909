import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import { agreement } from '../../src/core/agreement.ts';
import { type CheckedBlock, checkBlock, checkTogether } from '../../src/core/block.ts';
import { bytesOf, concatBytes, toHex } from '../../src/core/bytes.ts';
import type { Chain } from '../../src/core/chain.ts';
import { type CheckedTransaction, checkTransaction, checkTransactions, type Refused } from '../../src/core/check.ts';
import {
  builtInKinds,
  type Crypto,
  encodeTransaction,
  type Header,
  nobleCrypto,
  payloads,
  readParams,
  registryOf,
  signTransaction,
} from '../../src/core/index.ts';
import { listRoot } from '../../src/core/tree/merkle-list.ts';
import { type Address, type Hash, type Seconds, ZERO_ADDRESS, ZERO_HASH } from '../../src/core/units.ts';
import { type Judge, readVerdict, VERDICT_BYTES, verdictOf, writeVerdict } from '../../src/core/verdict.ts';
import {
  hashTarget,
  hashTargetIn,
  statedIdIn,
  type Transaction,
  transactionMessage,
} from '../../src/core/wire/transaction.ts';
import { VerdictCache } from '../../src/engine/verdicts/verdict-cache.ts';
import { Verdicts } from '../../src/engine/verdicts/verdicts.ts';
import { twinCheck } from '../twins/check-twin.ts';
import { transactionTwin } from '../twins/proto-twin.ts';
import { type AnySample, anyText, likelyBytes, spoiledBytes, transactions, whole } from './wire-samples.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);
const MUTATIONS = Number(process.env['MEDSTATE_MUTATIONS'] ?? 2_000);

let crypto: Crypto;
let chain: Chain;
beforeAll(async () => {
  crypto = await bestCrypto();
  const params = readParams({ chainId: '1' });
  if (E.isLeft(params)) throw new Error('the defaults are parameters');
  const [genesisId, genesisTime] = [ZERO_HASH, 0 as Seconds];
  chain = { params: params.right, registry: registryOf(), crypto, genesisId, genesisTime, agreement };
});

const keyOf = (number: number): Uint8Array => new Uint8Array(32).fill(number + 1);
const addresses = Array.from({ length: 4 }, (_, number) => toHex(nobleCrypto.publicKey(keyOf(number))) as Address);
const somebody = fc.nat(3);
const ids = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes) as Hash);

const empty = fc.constant(new Uint8Array(0));
const payload = fc.oneof(
  { arbitrary: empty, weight: 3 },
  anyText.map((message) => payloads.messagePayload.encode({ message })),
  fc.array(ids, { maxLength: 17 }).map((candidates) => payloads.votePayload.encode({ candidates })),
  ids.map((hash) => payloads.hashPayload.encode({ hash })),
  ids.map((hash) => payloads.certificationPayload.encode({ issued: 1n, expires: 300n, hash })),
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(4000, 4096, 4097).map((length) => payloads.messagePayload.encode({ message: 'x'.repeat(length) })),
);
const kind = fc.oneof(
  { arbitrary: fc.constant('transfer'), weight: 3 },
  { arbitrary: fc.constantFrom(...builtInKinds.map(({ name }) => name)), weight: 6 },
  { arbitrary: anyText, weight: 1 },
);

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other signature of the same key, with the greater s. */
const highTwin = (sign: Uint8Array): Uint8Array => {
  const s = ORDER - BigInt(`0x${toHex(sign.subarray(32, 64))}`);
  return Uint8Array.from([...sign.subarray(0, 32), ...bytesOf(s.toString(16).padStart(64, '0')), (sign[64] ?? 0) ^ 1]);
};

const spoilings: Readonly<Record<string, (transaction: Transaction) => Transaction>> = {
  none: (transaction) => transaction,
  'another id': (transaction) => ({ ...transaction, hash: `${'5'.repeat(62)}aa` as Hash }),
  'the high twin': (transaction) => ({ ...transaction, sign: highTwin(transaction.sign) }),
  'the other id of recovery': (transaction) => ({
    ...transaction,
    sign: transaction.sign.with(64, (transaction.sign[64] ?? 0) ^ 1),
  }),
  'a signature too long': (transaction) => ({ ...transaction, sign: Uint8Array.from([...transaction.sign, 0]) }),
  'no signature': (transaction) => ({ ...transaction, sign: new Uint8Array(0) }),
  'a payer of the high twin': (transaction) => ({
    ...transaction,
    payerSign: transaction.payerSign.length === 65 ? highTwin(transaction.payerSign) : transaction.payerSign,
  }),
  'a payer who signs anything': (transaction) => ({ ...transaction, payerSign: transaction.sign }),
  'a payer with 200 bytes': (transaction) => ({ ...transaction, payerSign: new Uint8Array(200).fill(1) }),
};

/** Transactions that somebody signed: most are right, some of them have one thing wrong. */
const signed: fc.Arbitrary<Transaction> = fc
  .record({
    kind,
    chainId: fc.oneof({ arbitrary: fc.constant(1), weight: 12 }, whole(32).map(Number)),
    nonce: whole(64),
    to: fc.oneof(fc.constantFrom(...addresses), fc.constant(ZERO_ADDRESS)),
    value: fc.oneof(fc.constant(0n), whole(128)),
    payload,
    sender: somebody,
    payer: fc.option(somebody, { freq: 3 }),
    spoiling: fc.oneof({ arbitrary: fc.constant('none'), weight: 8 }, fc.constantFrom(...Object.keys(spoilings))),
  })
  .map(({ sender, payer, spoiling, ...fields }) => {
    const payerKey = payer === null ? undefined : keyOf(payer);
    const transaction = signTransaction(crypto, fields, keyOf(sender), payerKey);
    return (spoilings[spoiling] ?? ((same) => same))(transaction);
  });

const signedSample: AnySample = {
  twin: transactionTwin,
  values: signed,
  encode: (value) => encodeTransaction(value as Transaction),
  decode: transactionMessage.decode,
};
const signedBytes = signed.map(encodeTransaction);
const hostileBytes = fc.oneof(
  { arbitrary: signedBytes, weight: 4 },
  { arbitrary: spoiledBytes(signedSample), weight: 4 },
  likelyBytes(signedSample),
  fc.uint8Array({ maxLength: 300 }),
  fc.constant(new Uint8Array(8193).fill(1)),
);

/** The same words for what was said as the twin uses. */
const told = (checked: E.Either<Refused, CheckedTransaction>) => {
  if (E.isLeft(checked)) return { code: checked.left.refusal.code, known: checked.left.known };
  const { id, kind, sender, payer, units } = checked.right;
  return { id, kind: kind.name, sender, payer, units };
};

describe('what is said of a transaction without state', () => {
  it('is what the rules say when everything is encoded anew, whatever the bytes are', () => {
    fc.assert(
      fc.property(hostileBytes, (bytes) => {
        const before = toHex(bytes);
        const checked = checkTransaction(chain, bytes);
        expect(told(checked)).toEqual(twinCheck(chain, bytes));
        expect(toHex(bytes)).toBe(before);
        if (E.isLeft(checked)) return;
        expect(checked.right.bytes).toBe(bytes);
        expect(toHex(encodeTransaction(checked.right.transaction))).toBe(before);
      }),
      { numRuns: MUTATIONS },
    );
  });

  it('comes to every code that it can come to, and to acceptance with and without a payer', () => {
    const seen = fc.sample(hostileBytes, { numRuns: 4000, seed: 7 }).map((bytes) => {
      const verdict = told(checkTransaction(chain, bytes));
      if ('code' in verdict) return verdict.code;
      return verdict.payer === undefined ? 'accepted' : 'accepted with a payer';
    });
    expect([...new Set(seen)].sort()).toEqual([
      'accepted',
      'accepted with a payer',
      'chain_id_wrong',
      'hash_mismatch',
      'kind_only_in_genesis',
      'kind_unknown',
      'payer_is_sender',
      'payer_signature_high_s',
      'payer_signature_invalid',
      'payload_malformed',
      'payload_too_large',
      'signature_high_s',
      'signature_invalid',
      'to_malformed',
      'to_not_used',
      'transaction_malformed',
      'transaction_too_large',
      'value_not_used',
    ]);
  });

  it('is the same wherever the bytes lie in a larger memory', () => {
    fc.assert(
      fc.property(signedBytes, fc.nat(9), (bytes, offset) => {
        const memory = new Uint8Array(bytes.length + 20).fill(0xff);
        memory.set(bytes, offset);
        const within = memory.subarray(offset, offset + bytes.length);
        expect(told(checkTransaction(chain, within))).toEqual(told(checkTransaction(chain, bytes)));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the verdict on signatures', () => {
  it('is the same written and read, and a judge that has it from there changes nothing of what is said', () => {
    fc.assert(
      fc.property(hostileBytes, fc.nat(5), (bytes, at) => {
        const verdict = verdictOf(crypto, bytes);
        const memory = new Uint8Array(VERDICT_BYTES + 10).fill(0xff);
        writeVerdict(memory, at, verdict);
        expect(readVerdict(memory, at)).toEqual(verdict);
        expect([...memory.subarray(0, at)].every((byte) => byte === 0xff)).toBe(true);
        expect([...memory.subarray(at + VERDICT_BYTES)].every((byte) => byte === 0xff)).toBe(true);
        const asked: (Uint8Array | undefined)[] = [];
        const judge: Judge = {
          transactions: (signed, contents) =>
            signed.map((_, index) => {
              asked.push(contents?.slice(index * 32, (index + 1) * 32));
              return readVerdict(memory, at) ?? verdict;
            }),
          producer: () => undefined,
        };
        const checked = checkTransactions(chain, [bytes], judge, crypto.sha256(bytes))[0] as ReturnType<
          typeof checkTransaction
        >;
        expect(told(checked)).toEqual(told(checkTransaction(chain, bytes)));
        // Whatever is refused for less is refused before.
        const code = E.isLeft(checked) ? checked.left.refusal.code : undefined;
        const isCheap = code === 'transaction_malformed' || code !== verdict.code;
        expect(asked).toEqual(isCheap ? [] : [crypto.sha256(bytes)]);
      }),
      { numRuns: MUTATIONS },
    );
  });

  it('is that of each transaction, whatever others are checked with it', () => {
    fc.assert(
      fc.property(fc.array(hostileBytes, { maxLength: 12 }), (all) => {
        const each = all.map((bytes) => told(checkTransaction(chain, bytes)));
        expect(checkTransactions(chain, all).map(told)).toEqual(each);
        // A judge that remembers says the same, the second time too, and of those that stand there twice.
        const { judge } = new Verdicts(chain);
        for (let time = 0; time < 2; time += 1)
          expect(checkTransactions(chain, [...all, ...all], judge).map(told)).toEqual([...each, ...each]);
        // Given their contents, it remembers each under its own, whatever beside it was refused for less.
        const contents = concatBytes(...all.map((bytes) => crypto.sha256(bytes)));
        const cache = new VerdictCache();
        const checked = checkTransactions(chain, all, new Verdicts(chain, cache).judge, contents);
        expect(checked.map(told)).toEqual(each);
        for (const [index, bytes] of all.entries()) {
          const passed = verdictOf(crypto, bytes).code === undefined;
          if (!passed || E.isRight(checked[index] as (typeof checked)[number]))
            expect(cache.has(contents, index * 32)).toBe(passed);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is read out of any bytes without a throw, and never as one that passed without a sender', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2 * VERDICT_BYTES }), fc.nat(2 * VERDICT_BYTES), (bytes, at) => {
        const verdict = readVerdict(bytes, at);
        if (at + VERDICT_BYTES > bytes.length) expect(verdict).toBeUndefined();
        if (verdict?.code === undefined && verdict !== undefined) expect(verdict.sender).toHaveLength(66);
      }),
      { numRuns: RUNS * 5 },
    );
    expect(readVerdict(new Uint8Array(VERDICT_BYTES), 0)).toBeUndefined();
    expect(readVerdict(new Uint8Array(VERDICT_BYTES).fill(200), 0)).toBeUndefined();
  });
});

describe('the hash target within the bytes of a transaction', () => {
  const long: readonly Partial<Transaction>[] = [
    { kind: 'k'.repeat(127) },
    { kind: 'k'.repeat(128) },
    { kind: '\u{1f9a0}'.repeat(5000) },
    { payload: new Uint8Array(20_000).fill(7) },
    { sign: new Uint8Array(127).fill(7) },
    { sign: new Uint8Array(128).fill(7), payerSign: new Uint8Array(16_384).fill(7) },
    { kind: '', payload: new Uint8Array(0), sign: new Uint8Array(0), payerSign: new Uint8Array(0) },
    { nonce: 0n, chainId: 0, value: 0n },
  ];
  const odd = fc.tuple(transactions, fc.constantFrom(...long)).map(([any, part]) => ({ ...any, ...part }));

  it('is the one that is encoded from the fields', () => {
    fc.assert(
      fc.property(fc.oneof(transactions, odd), fc.constantFrom(...addresses), (transaction, sender) => {
        const bytes = encodeTransaction(transaction);
        const before = toHex(bytes);
        expect(toHex(hashTargetIn(bytes, transaction, bytesOf(sender)))).toBe(toHex(hashTarget(transaction, sender)));
        expect(toHex(statedIdIn(bytes))).toBe(transaction.hash);
        expect(toHex(bytes)).toBe(before);
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

describe('the transactions of a block', () => {
  const header: Header = {
    version: 1,
    chainId: 1,
    height: 1 as Header['height'],
    parentId: ZERO_HASH,
    time: 3 as Seconds,
    producer: ZERO_ADDRESS,
    transactionsRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    stateRoot: ZERO_HASH,
    reward: 0n,
    supply: 0n,
    maxHeightGenerated: 0 as Header['height'],
    maxHeightPrevoted: 0 as Header['height'],
    sign: new Uint8Array(65),
  };

  it('are checked as each alone, as often as they are gone through, and their root is that of their contents', () => {
    fc.assert(
      fc.property(fc.array(hostileBytes, { maxLength: 6 }), (list) => {
        const checked = checkBlock(chain, { header, transactions: list });
        const alone = list.map((bytes) => told(checkTransaction(chain, bytes)));
        expect([...checked.transactions].map(told)).toEqual(alone);
        expect([...checked.transactions].map(told)).toEqual(alone);
        const contents = list.map((bytes) => crypto.sha256(bytes));
        expect(checked.transactionsRoot).toBe(listRoot(crypto, contents));
      }),
      { numRuns: RUNS },
    );
  });

  it('cost no recovery before they are asked for; then all are looked at together', () => {
    let recoveries = 0;
    const counting: Crypto = {
      ...crypto,
      recover: (hash, signature) => {
        recoveries += 1;
        return crypto.recover(hash, signature);
      },
    };
    const transfer = { kind: 'transfer', chainId: 1, nonce: 1n, to: ZERO_ADDRESS.replace('00', '02') as Address };
    const list = [1, 2, 3].map((number) => encodeTransaction(signTransaction(crypto, transfer, keyOf(number))));
    const block = checkBlock({ ...chain, crypto: counting }, { header, transactions: list });
    expect([block.transactionsRoot.length, recoveries]).toEqual([64, 0]);
    for (const each of block.transactions) expect([E.isRight(each), recoveries]).toEqual([true, 3]);
    // So are those of blocks that are to follow each other.
    const row = [list, list.slice(1)].map((transactions) => {
      const checked = checkBlock({ ...chain, crypto: counting }, { header, transactions });
      return { checked, transactions };
    });
    const [first, second] = checkTogether({ ...chain, crypto: counting }, row);
    expect(recoveries).toBe(3);
    for (const each of first?.transactions ?? []) expect([E.isRight(each), recoveries]).toEqual([true, 8]);
    expect([[...(second?.transactions ?? [])].length, recoveries]).toEqual([2, 8]);
  });

  it('are the same of blocks that are checked together', () => {
    const lists = fc.array(fc.array(hostileBytes, { maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, fc.boolean(), (all, hasJudge) => {
        const { judge } = new Verdicts(chain);
        const blocks = all.map((transactions) => ({
          checked: checkBlock(chain, { header, transactions }),
          transactions,
        }));
        const together = checkTogether(chain, blocks, hasJudge ? judge : undefined);
        const parts = ({ id, header: stated, signer, transactionsRoot, contents, transactions }: CheckedBlock) => [
          [id, stated, signer, transactionsRoot, contents],
          [...transactions].map(told),
          [...transactions].map(told),
        ];
        expect(together.map(parts)).toEqual(blocks.map(({ checked }) => parts(checked)));
      }),
      { numRuns: RUNS },
    );
  });
});
