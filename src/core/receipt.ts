/**
 * Receipt: what became of a transaction in a block.
 *
 * Source: protocol sections 5 and 11; docs/protocol.md gives the bytes.
 */
import { bytesOf } from './bytes.ts';
import type { Hasher } from './crypto.ts';
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

/**
 * The leaves of the receipts root: for each, SHA-256(transaction id | SHA-256(outcome)).
 * Blocks have few different outcomes, so almost all of the work is one batch of pairs.
 */
export const receiptLeaves = (hasher: Hasher, receipts: readonly Receipt[]): readonly Uint8Array[] => {
  const outcomes = new Map<string, Uint8Array>();
  const pairs = new Uint8Array(2 * HASH_BYTES * receipts.length);
  for (const [index, receipt] of receipts.entries()) {
    const key = `${receipt.code} ${receipt.units}`;
    const outcome = outcomes.get(key) ?? hasher.sha256(outcomeMessage.encode(receipt));
    outcomes.set(key, outcome);
    pairs.set(bytesOf(receipt.id), 2 * HASH_BYTES * index);
    pairs.set(outcome, 2 * HASH_BYTES * index + HASH_BYTES);
  }
  const leaves = new Uint8Array(HASH_BYTES * receipts.length);
  hasher.hashPairs(pairs, leaves);
  return receipts.map((_, index) => leaves.subarray(HASH_BYTES * index, HASH_BYTES * (index + 1)));
};
