/**
 * Verdicts of: the binary verdicts on a list of transactions, one after the other, by the thread that asks.
 */
import type { Crypto } from '../../core/crypto.ts';
import { VERDICT_BYTES, verdictOf, writeVerdict } from '../../core/verdict.ts';

/** Writes the verdicts on `count` transactions from `from` on into `target`, each at its place in the list. Cost: their recoveries. */
export const findVerdicts = (
  crypto: Crypto,
  transactions: readonly Uint8Array[],
  target: Uint8Array,
  from = 0,
  count = transactions.length - from,
): void => {
  for (let index = from; index < from + count; index += 1)
    writeVerdict(target, index * VERDICT_BYTES, verdictOf(crypto, transactions[index] as Uint8Array));
};

/** Memory for the verdicts on so many transactions. */
export const roomForVerdicts = (count: number): Uint8Array => new Uint8Array(count * VERDICT_BYTES);
