/**
 * Touched: the accounts whose rows a block changed, read from the rows themselves: nobody else's nonce, stake or bandwidth moved.
 *
 * PERF: one look at each changed row; the key stands at its front.
 */
import { toHex } from '../../core/bytes.ts';
import { type Delta, startOf } from '../../core/state/delta.ts';
import { tags } from '../../core/state/keys.ts';
import { keyEndOf, keyStartOf } from '../../core/state/row.ts';
import { ADDRESS_BYTES, type Address } from '../../core/units.ts';

const ACCOUNT_TAG = Number.parseInt(tags.account, 16);

/** The accounts among the rows of a block. A neighbour whose row only got another next key is among them too. */
export function* touchedBy(rows: Delta): Generator<Address> {
  const { ends, bytes } = rows;
  for (let index = 0; index < ends.length; index += 1) {
    const [start, end] = [startOf(rows, index), ends[index] as number];
    if (end <= start) continue; // a row that is gone: no account ever is
    const [from, to] = [keyStartOf(bytes, start), keyEndOf(bytes, start)];
    if (to - from === 1 + ADDRESS_BYTES && bytes[from] === ACCOUNT_TAG) {
      yield toHex(bytes.subarray(from + 1, to)) as Address;
    }
  }
}
