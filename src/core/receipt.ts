/**
 * Receipt: what became of a transaction in a block.
 *
 * Source: protocol sections 5 and 11; docs/protocol.md gives the bytes.
 */
import { copyBytes, viewOf, writeHex } from './bytes.ts';
import type { Hasher } from './crypto.ts';
import { rootOfLeaves } from './tree/merkle-list.ts';
import { HASH_BYTES, type Hash, type Units } from './units.ts';
import { flagField, safeField, textField } from './wire/fields.ts';
import { message } from './wire/proto.ts';

export interface Receipt {
  readonly id: Hash;
  /** All of its effects happened, or none. */
  readonly executed: boolean;
  /** The code of the check that failed; empty when executed. */
  readonly code: string;
  /** Charged to who pays, either way. */
  readonly units: Units;
}

const outcomeMessage = message<Omit<Receipt, 'id'>>({
  executed: flagField(1),
  code: textField(2),
  units: safeField<Units>(3),
});

/** SHA-256(outcome) of receipts, made once for each different outcome: a block has few. */
const outcomeHashes = (hasher: Hasher): ((receipt: Receipt) => DataView) => {
  const byCode = new Map<string, Map<Units, DataView>>();
  return (receipt) => {
    const byUnits = byCode.get(receipt.code) ?? new Map<Units, DataView>();
    const known = byUnits.get(receipt.units);
    if (known !== undefined) return known;
    const outcome = viewOf(hasher.sha256(outcomeMessage.encode(receipt)));
    byCode.set(receipt.code, byUnits.set(receipt.units, outcome));
    return outcome;
  };
};

/** For each receipt SHA-256(transaction id | SHA-256(outcome)), one after the other: almost all of it is one batch of pairs. */
const leavesOf = (hasher: Hasher, receipts: readonly Receipt[]): Uint8Array => {
  const outcomeHash = outcomeHashes(hasher);
  const pairs = new Uint8Array(2 * HASH_BYTES * receipts.length);
  const view = viewOf(pairs);
  for (let index = 0; index < receipts.length; index += 1) {
    const receipt = receipts[index] as Receipt;
    const start = 2 * HASH_BYTES * index;
    writeHex(pairs, receipt.id, start);
    copyBytes(outcomeHash(receipt), 0, HASH_BYTES, view, start + HASH_BYTES);
  }
  const leaves = new Uint8Array(HASH_BYTES * receipts.length);
  hasher.hashPairs(pairs, leaves);
  return leaves;
};

/** The leaves of the receipts root. */
export const receiptLeaves = (hasher: Hasher, receipts: readonly Receipt[]): readonly Uint8Array[] => {
  const leaves = leavesOf(hasher, receipts);
  return receipts.map((_, index) => leaves.subarray(HASH_BYTES * index, HASH_BYTES * (index + 1)));
};

/** The receipts root of these. */
export const receiptsRoot = (hasher: Hasher, receipts: readonly Receipt[]): Hash =>
  rootOfLeaves(hasher, leavesOf(hasher, receipts)) as Hash;
