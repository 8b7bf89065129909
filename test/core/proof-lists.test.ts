import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { sameBytes } from '../../src/core/bytes.ts';
import {
  receiptsProofMessage,
  type TransactionsProof,
  transactionsProofMessage,
} from '../../src/core/proof/messages.ts';
import { proveReceipts, proveTransactions } from '../../src/core/proof/prove.ts';
import { verifyReceipts, verifyTransactions } from '../../src/core/proof/verify.ts';
import { type Receipt, receiptLeaves } from '../../src/core/receipt.ts';
import { listRoot } from '../../src/core/tree/merkle-list.ts';
import type { Hash, Units } from '../../src/core/units.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { twinReceiptsProof, twinSha256, twinTransactionsProof } from '../twins/proof-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const idOf = (number: number): Hash => number.toString(16).padStart(64, '0') as Hash;

/** Bytes that begin as a transaction does: with its id. */
const transactionOf = (number: number): Uint8Array =>
  Uint8Array.from([0x0a, 32, ...Buffer.from(idOf(number), 'hex'), ...new Uint8Array(number % 90).fill(number)]);
const transactionsOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => transactionOf(index + 1));

const receiptOf = (number: number): Receipt => ({
  id: idOf(number),
  executed: number % 3 > 0,
  code: number % 3 > 0 ? '' : 'balance_too_small',
  units: (number % 5) as Units,
});
const receiptsOf = (count: number): Receipt[] => Array.from({ length: count }, (_, index) => receiptOf(index + 1));

const rootOf = (transactions: readonly Uint8Array[]): Hash =>
  listRoot(
    hasher,
    transactions.map((bytes) => twinSha256(bytes)),
  );
const receiptsRootOf = (receipts: readonly Receipt[]): Hash => listRoot(hasher, receiptLeaves(hasher, receipts));

/** One place, some, and all. */
const choicesOf = (count: number): readonly (readonly number[])[] => {
  const all = Array.from({ length: count }, (_, index) => index);
  if (count === 0) return [[]];
  return [...all.map((index) => [index]), all, all.filter((index) => index % 3 === 1 || index === 0)];
};

describe('a proof of transactions', () => {
  it('shows what stands at a place of the block, and how many there are, for every count up to 40', () => {
    for (let count = 0; count <= 40; count += 1) {
      const transactions = transactionsOf(count);
      for (const places of choicesOf(count)) {
        const proof = proveTransactions(hasher, transactions, places);
        if (!sameBytes(proof, twinTransactionsProof(transactions, places))) expect.fail(`${places} of ${count}`);
        const items = places.map((index) => ({ index, id: idOf(index + 1), bytes: transactions[index] }));
        expect(verifyTransactions(proof, rootOf(transactions), hasher)).toEqual(E.right({ count, items }));
      }
    }
  });

  it('is the same for places in any order, named any number of times; a place that is not there is our own fault', () => {
    const transactions = transactionsOf(9);
    expect(proveTransactions(hasher, transactions, [7, 2, 7])).toEqual(proveTransactions(hasher, transactions, [2, 7]));
    for (const places of [[9], [-1], []])
      expect(() => proveTransactions(hasher, transactions, places)).toThrow('place');
  });

  it('is refused when spoiled: another count, place, content, sibling, order', () => {
    const transactions = transactionsOf(11);
    const read = transactionsProofMessage.decode(proveTransactions(hasher, transactions, [3, 8]));
    if (E.isLeft(read)) throw new Error('an honest proof is well formed');
    const verdict = (change: (proof: TransactionsProof) => Partial<TransactionsProof>) => {
      const changed = transactionsProofMessage.encode({ ...read.right, ...change(read.right) });
      return verifyTransactions(changed, rootOf(transactions), hasher);
    };
    const [three, eight] = read.right.leaves;
    if (three === undefined || eight === undefined) throw new Error('two leaves');
    expect(verdict(() => ({}))).toMatchObject({ right: { count: 11 } });
    expect(verdict(() => ({ count: 12 }))).toEqual(E.left('proof_root_differs'));
    expect(verdict(() => ({ count: 13 }))).toEqual(E.left('proof_incomplete'));
    expect(verdict(() => ({ count: 10 }))).toEqual(E.left('proof_left_over'));
    expect(verdict(() => ({ count: 16 }))).toEqual(E.left('proof_incomplete'));
    expect(verdict(() => ({ count: 8 }))).toEqual(E.left('proof_positions_wrong'));
    expect(verdict(() => ({ count: 2 ** 31 + 1 }))).toEqual(E.left('proof_malformed'));
    expect(verdict(() => ({ leaves: [eight, three] }))).toEqual(E.left('proof_positions_wrong'));
    expect(verdict(() => ({ leaves: [three, three] }))).toEqual(E.left('proof_positions_wrong'));
    expect(verdict(() => ({ leaves: [{ ...three, index: 2 }, eight] }))).toEqual(E.left('proof_root_differs'));
    expect(verdict(() => ({ leaves: [three, { ...eight, index: 11 }] }))).toEqual(E.left('proof_positions_wrong'));
    expect(verdict(() => ({ leaves: [{ ...three, bytes: eight.bytes }, eight] }))).toEqual(
      E.left('proof_root_differs'),
    );
    expect(verdict(() => ({ leaves: [three] }))).toEqual(E.left('proof_left_over'));
    expect(verdict(() => ({ leaves: [] }))).toEqual(E.left('proof_left_over'));
    expect(verdict(() => ({ leaves: [], siblings: new Uint8Array(0) }))).toEqual(E.left('proof_incomplete'));
    expect(verdict(({ siblings }) => ({ siblings: siblings.subarray(32) }))).toEqual(E.left('proof_incomplete'));
    expect(verdict(({ siblings }) => ({ siblings: siblings.subarray(1) }))).toEqual(E.left('proof_malformed'));
    expect(verdict(({ siblings }) => ({ siblings: Buffer.concat([siblings, new Uint8Array(32)]) }))).toEqual(
      E.left('proof_left_over'),
    );
  });

  it('does not take a node for a transaction of 64 bytes', () => {
    // A transaction of 64 bytes whose hash is that of a pair; the block of this pair has two transactions, not one.
    const [one, two] = [transactionOf(1), transactionOf(2)];
    const pair = Uint8Array.from([...twinSha256(one), ...twinSha256(two)]);
    expect(twinSha256(pair)).toEqual(twinSha256(twinSha256(one), twinSha256(two)));
    const forged = transactionsProofMessage.encode({
      count: 1,
      leaves: [{ index: 0, bytes: pair }],
      siblings: new Uint8Array(0),
    });
    expect(verifyTransactions(forged, rootOf([one, two]), hasher)).toEqual(E.left('proof_root_differs'));
  });

  it('shows no bytes that do not begin with an id, be they under the root', () => {
    for (const bytes of [
      new Uint8Array(0),
      Uint8Array.of(0x0a, 32, 1),
      transactionOf(1).with(0, 0x12),
      transactionOf(1).with(1, 31),
    ]) {
      const root = rootOf([transactionOf(5), bytes]);
      const proof = twinTransactionsProof([transactionOf(5), bytes], [1]);
      expect(verifyTransactions(proof, root, hasher)).toEqual(E.left('proof_content_malformed'));
    }
  });
});

describe('a proof of receipts', () => {
  it('shows what became of a transaction, for every count up to 40', () => {
    for (let count = 0; count <= 40; count += 1) {
      const receipts = receiptsOf(count);
      for (const places of choicesOf(count)) {
        const proof = proveReceipts(hasher, receipts, places);
        if (!sameBytes(proof, twinReceiptsProof(receipts, places))) expect.fail(`${places} of ${count}`);
        const items = places.map((index) => ({ index, ...receipts[index] }));
        expect(verifyReceipts(proof, receiptsRootOf(receipts), hasher)).toEqual(E.right({ count, items }));
      }
    }
  });

  it('is refused with another outcome or id, and where the outcome is in no canonical form', () => {
    const receipts = receiptsOf(6);
    const root = receiptsRootOf(receipts);
    const read = receiptsProofMessage.decode(proveReceipts(hasher, receipts, [2]));
    if (E.isLeft(read)) throw new Error('an honest proof is well formed');
    const [leaf] = read.right.leaves;
    if (leaf === undefined) throw new Error('one leaf');
    const verdict = (change: Partial<typeof leaf>) =>
      verifyReceipts(receiptsProofMessage.encode({ ...read.right, leaves: [{ ...leaf, ...change }] }), root, hasher);
    expect(verdict({})).toMatchObject({ right: { items: [{ executed: false, code: 'balance_too_small' }] } });
    expect(verdict({ outcome: Uint8Array.of(8, 1) })).toEqual(E.left('proof_root_differs'));
    expect(verdict({ id: idOf(4) })).toEqual(E.left('proof_root_differs'));
    expect(verifyReceipts(proveReceipts(hasher, receipts, [2]), rootOf(transactionsOf(6)), hasher)).toEqual(
      E.left('proof_root_differs'),
    );
    const wide = Uint8Array.of(8, 0x81, 0);
    const wideRoot = listRoot(hasher, [twinSha256(Buffer.from(idOf(1), 'hex'), twinSha256(wide))]);
    const proof = receiptsProofMessage.encode({
      count: 1,
      leaves: [{ index: 0, id: idOf(1), outcome: wide }],
      siblings: new Uint8Array(0),
    });
    expect(verifyReceipts(proof, wideRoot, hasher)).toEqual(E.left('proof_content_malformed'));
  });
});

describe('proofs of lists', () => {
  it('are, of any places of any list, what the definition says, and no bit of them can be another', () => {
    const lists = fc
      .tuple(fc.integer({ min: 1, max: 600 }), fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), fc.nat())
      .map(([count, picks, bit]) => ({ count, places: picks.map((pick) => pick % count), bit }));
    fc.assert(
      fc.property(lists, ({ count, places, bit }) => {
        const [transactions, receipts] = [transactionsOf(count), receiptsOf(count)];
        for (const [proof, twin, verdict] of [
          [
            proveTransactions(hasher, transactions, places),
            twinTransactionsProof(transactions, places),
            (bytes: Uint8Array) => E.isRight(verifyTransactions(bytes, rootOf(transactions), hasher)),
          ],
          [
            proveReceipts(hasher, receipts, places),
            twinReceiptsProof(receipts, places),
            (bytes: Uint8Array) => E.isRight(verifyReceipts(bytes, receiptsRootOf(receipts), hasher)),
          ],
        ] as const) {
          expect(sameBytes(proof, twin)).toBe(true);
          expect(verdict(proof)).toBe(true);
          const at = (bit >> 3) % proof.length;
          expect(verdict(proof.with(at, (proof[at] as number) ^ (1 << (bit & 7))))).toBe(false);
        }
      }),
      { numRuns: RUNS >> 1 },
    );
  });
});
