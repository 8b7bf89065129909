/**
 * Pool: transactions that wait for a block, in the order they came, each sender's in the order of its nonces.
 *
 * It is bounded in bytes and by sender; it knows a transaction by the hash of all its bytes, because a payer's signature can be
 * stripped or replaced without changing the id. Source: protocol sections 3 and 5.
 */
import { toHex } from '../core/bytes.ts';
import type { CheckedTransaction } from '../core/check.ts';
import type { Hasher } from '../core/crypto.ts';
import type { Refusal } from '../core/refusal.ts';
import type { LiveState } from '../core/steps/work.ts';
import type { Address } from '../core/units.ts';
import { refuse } from './outcome.ts';

export interface PoolLimits {
  /** All waiting transactions together. */
  readonly maxBytes: number;
  /** Waiting transactions of one sender. */
  readonly maxPerSender: number;
}

export const defaultPoolLimits: PoolLimits = { maxBytes: 64 * 1024 * 1024, maxPerSender: 64 };

export class Pool {
  readonly #hasher: Hasher;
  readonly #limits: PoolLimits;
  /** By sender, then by nonce. Senders are in the order of their first waiting transaction. */
  readonly #waiting = new Map<Address, Map<bigint, CheckedTransaction>>();
  readonly #known = new Set<string>();
  #bytes = 0;

  constructor(hasher: Hasher, limits: PoolLimits) {
    this.#hasher = hasher;
    this.#limits = limits;
  }

  get count(): number {
    return this.#known.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the transaction, or says why not. That its nonce may still come is for the caller to check. */
  add(tx: CheckedTransaction): Refusal | undefined {
    const content = this.#contentOf(tx);
    if (this.#known.has(content)) return refuse('transaction_known');
    const { nonce } = tx.transaction;
    const own = this.#waiting.get(tx.sender) ?? new Map<bigint, CheckedTransaction>();
    if (own.has(nonce)) return refuse('nonce_held', { nonce: nonce.toString() });
    if (own.size >= this.#limits.maxPerSender) return refuse('sender_full', { waiting: String(own.size) });
    if (this.#bytes + tx.bytes.length > this.#limits.maxBytes)
      return refuse('pool_full', { bytes: String(this.#bytes) });
    own.set(nonce, tx);
    this.#waiting.set(tx.sender, own);
    this.#known.add(content);
    this.#bytes += tx.bytes.length;
    return undefined;
  }

  /** At most `limit` of those that wait, in the order of their senders. */
  *first(limit: number): Generator<CheckedTransaction> {
    let left = limit;
    for (const own of this.#waiting.values()) {
      for (const tx of own.values()) {
        if (left === 0) return;
        left -= 1;
        yield tx;
      }
    }
  }

  #contentOf({ bytes }: CheckedTransaction): string {
    return toHex(this.#hasher.sha256(bytes));
  }

  #remove(tx: CheckedTransaction): void {
    const own = this.#waiting.get(tx.sender);
    if (own === undefined || !own.delete(tx.transaction.nonce)) return;
    if (own.size === 0) this.#waiting.delete(tx.sender);
    this.#known.delete(this.#contentOf(tx));
    this.#bytes -= tx.bytes.length;
  }

  /** Drops what can never stand in a block any more: the accounts of these senders have moved on. */
  settle(senders: Iterable<Address>, nonceOf: (sender: Address) => bigint): void {
    for (const sender of new Set(senders)) {
      const reached = nonceOf(sender);
      for (const tx of [...(this.#waiting.get(sender)?.values() ?? [])]) {
        if (tx.transaction.nonce <= reached) this.#remove(tx);
      }
    }
  }

  /** Those that a block may hold, one of each sender in turn, as long as the nonces follow on. */
  *choose(state: LiveState): Generator<CheckedTransaction> {
    let senders = [...this.#waiting.keys()];
    while (senders.length > 0) {
      const more: Address[] = [];
      for (const sender of senders) {
        const next = state.account(sender).nonce + 1n;
        const tx = this.#waiting.get(sender)?.get(next);
        if (tx === undefined) continue;
        yield tx;
        // Only if it was let in does the sender's next one have a chance.
        if (state.account(sender).nonce === next) more.push(sender);
      }
      senders = more;
    }
  }
}
