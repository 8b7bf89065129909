import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, concatBytes, toHex } from '../../src/core/bytes.ts';
import { type Receipt, receiptLeaves, receiptsRoot } from '../../src/core/receipt.ts';
import type { Hash, Units } from '../../src/core/units.ts';
import { twinHasher as hasher } from '../twins/hasher.ts';
import { twinBytes, twinNumber } from '../twins/proto-twin.ts';
import { twinListRoot } from '../twins/tree-twin.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const receipts: fc.Arbitrary<Receipt> = fc
  .record({
    id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes) as Hash),
    code: fc.constantFrom('', '', 'balance_too_small', 'amount_is_zero', '1', '1 1'),
    units: fc.oneof(fc.nat(12), fc.maxSafeNat()).map((units) => units as Units),
  })
  .map((receipt) => ({ ...receipt, executed: receipt.code === '' }));

/** SHA-256(id | SHA-256(outcome)), the outcome written field by field. */
const naiveLeaf = ({ id, executed, code, units }: Receipt): Uint8Array => {
  const outcome = Uint8Array.from([
    ...(executed ? twinNumber(1, 1n) : []),
    ...(code === '' ? [] : twinBytes(2, Buffer.from(code))),
    ...(units === 0 ? [] : twinNumber(3, BigInt(units))),
  ]);
  return hasher.sha256(concatBytes(bytesOf(id), hasher.sha256(outcome)));
};

describe('the root of the receipts', () => {
  it('is that of a leaf for each, made of its id and of what became of it', () => {
    fc.assert(
      fc.property(fc.array(receipts, { maxLength: 40 }), (list) => {
        const leaves = list.map(naiveLeaf);
        expect(receiptLeaves(hasher, list).map(toHex)).toEqual(leaves.map(toHex));
        expect(receiptsRoot(hasher, list)).toBe(twinListRoot(leaves));
      }),
      { numRuns: RUNS },
    );
  });

  it('is made with one hash for each different outcome, and one call for all pairs of a level', () => {
    const calls = { sha256: 0, hashPairs: 0 };
    const counting = {
      ...hasher,
      sha256: (data: Uint8Array) => {
        calls.sha256 += 1;
        return hasher.sha256(data);
      },
      hashPairs: (pairs: Uint8Array, out: Uint8Array) => {
        calls.hashPairs += 1;
        hasher.hashPairs(pairs, out);
      },
    };
    const list = Array.from({ length: 64 }, (_, index): Receipt => {
      const isGood = index % 3 > 0;
      const id = index.toString(16).padStart(64, '0') as Hash;
      return { id, executed: isGood, code: isGood ? '' : 'amount_is_zero', units: (1 + (index % 2)) as Units };
    });
    receiptLeaves(counting, list);
    expect(calls).toEqual({ sha256: 4, hashPairs: 1 });
  });
});
