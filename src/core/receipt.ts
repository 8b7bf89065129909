/**
 * Receipt: what became of a transaction in a block.
 *
 * Source: protocol sections 5 and 11; docs/protocol.md gives the bytes.
 */
import { type Hash, HASH_BYTES, type Units } from './units.ts';
import { flagField, hexField, safeField, textField } from './wire/fields.ts';
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

export const receiptMessage = message<Receipt>({
  id: hexField<Hash>(1, HASH_BYTES),
  executed: flagField(2),
  code: textField(3),
  units: safeField<Units>(4),
});
