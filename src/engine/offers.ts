/**
 * Offers: what strangers offer for a block, tried at the place that the next block begins with.
 *
 * Source: protocol sections 5 and 6.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import { admit, neverFits, type Place, withEarliest } from '../core/admission.ts';
import type { ReadingBudget } from '../core/bandwidth.ts';
import { type Chain, slotAt, slotStart, type Tip } from '../core/chain.ts';
import { type CheckedTransaction, checkTransaction, type Refused } from '../core/check.ts';
import { Ledger } from '../core/ledger.ts';
import type { Refusal } from '../core/refusal.ts';
import { totalsKey } from '../core/state/keys.ts';
import type { Totals } from '../core/state/records.ts';
import { releaseAll } from '../core/steps/release-due.ts';
import type { LiveState } from '../core/steps/work.ts';
import type { Height, Slot } from '../core/units.ts';
import type { Accepted } from './fork/block-tree.ts';
import { refuse } from './outcome.ts';
import { Pool, type PoolLimits } from './pool.ts';
import { fetchAccounts, fetchDue, withRows } from './rows.ts';

/** Entries of the queue that offers may make the engine read for each block: two full windows, about a third of a second. */
const MAX_EXPLAINING_ENTRIES = 400_000;

/** Waiting transactions whose accounts are fetched together for a block. */
const MAX_FETCHED = 20_000;

/** Where offers are tried, and how much may still be read to explain why they are refused. */
interface NextPlace {
  readonly tip: Tip;
  readonly place: Place;
  readonly budget: ReadingBudget;
}

export class Offers {
  readonly #chain: Chain;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #pool: Pool;
  /** The place that offers are tried at, as long as the tip and the slot are the same. */
  #next: NextPlace | undefined;

  constructor(chain: Chain, storage: Storage, clock: Clock, limits: PoolLimits) {
    this.#chain = chain;
    this.#storage = storage;
    this.#clock = clock;
    this.#pool = new Pool(chain.crypto, limits);
  }

  get count(): number {
    return this.#pool.count;
  }

  /** Takes a transaction into the pool, or says why not. */
  async offer(tip: Tip, bytes: Uint8Array): Promise<E.Either<Refusal, CheckedTransaction>> {
    const checked = checkTransaction(this.#chain, bytes);
    if (E.isLeft(checked)) return E.left(checked.left.refusal);
    const tx = checked.right;
    if (neverFits(this.#chain.params, tx)) return E.left(refuse('transaction_never_fits', { units: String(tx.units) }));
    const hopeless = await this.#refusalNow(tip, tx);
    const refused = hopeless ?? this.#pool.add(tx);
    return refused === undefined ? E.right(tx) : E.left(refused);
  }

  /** Why the transaction could not stand in the next block, unless others of its sender may still come before it. */
  async #refusalNow(tip: Tip, tx: CheckedTransaction): Promise<Refusal | undefined> {
    const { state } = tip;
    const { place, budget } = await this.#nextPlace(tip);
    await fetchAccounts(this.#storage, state, [tx]);
    return withRows(this.#storage, state, () => {
      const admitted = admit(place, tx);
      if (E.isRight(admitted) || admitted.left.code === 'nonce_too_high') return undefined;
      return withEarliest(place, tx, admitted.left, budget);
    });
  }

  /** The first place of the next block, with all released that is due by then. PERF: made once a block or slot. */
  async #nextPlace(tip: Tip): Promise<NextPlace> {
    const chain = this.#chain;
    const slot = Math.max(tip.slot + 1, slotAt(chain, this.#clock.now())) as Slot;
    const blockTime = slotStart(chain, slot);
    const known = this.#next;
    if (known !== undefined && known.tip === tip && known.place.blockTime === blockTime) return known;
    const { state } = tip;
    await fetchDue(this.#storage, state, blockTime);
    const ledger = await withRows(this.#storage, state, () => {
      const books = new Ledger(state, state.get(totalsKey) as Totals);
      releaseAll(books, blockTime);
      return books;
    });
    const height = (tip.height + 1) as Height;
    const place = { params: chain.params, ledger, height, blockTime, index: 0, unitsBefore: 0 };
    const next = { tip, place, budget: { entriesLeft: MAX_EXPLAINING_ENTRIES } };
    this.#next = next;
    return next;
  }

  /** Fetches what the choice for a block on this tip will read. */
  async fetchFor({ state }: Tip): Promise<void> {
    await fetchAccounts(this.#storage, state, this.#pool.first(MAX_FETCHED));
  }

  /** The pool's choice for a block, as long as there is time. */
  *choose(state: LiveState, hasTime: () => boolean): Generator<E.Either<Refused, CheckedTransaction>> {
    for (const tx of this.#pool.choose(state)) {
      if (!hasTime()) return;
      yield E.right(tx);
    }
  }

  /** The chosen chain has moved: what it holds now waits no more, and what it no longer holds waits again. */
  settle(undone: readonly Accepted[], done: readonly Accepted[]): void {
    for (const { transition } of undone) for (const tx of transition.included) this.#pool.add(tx);
    // Every one of them was included, so its sender's last transaction here has its nonce.
    const included = done.flatMap(({ transition }) => transition.included);
    const reached = new Map(included.map((tx) => [tx.sender, tx.transaction.nonce]));
    this.#pool.settle(reached.keys(), (sender) => reached.get(sender) ?? 0n);
  }
}
