/**
 * Offers: what strangers offer for a block, tried at the place that the next block begins with.
 *
 * Source: protocol sections 5 and 6.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import { type Place, withEarliest } from '../core/admission.ts';
import type { ReadingBudget } from '../core/bandwidth.ts';
import { type Chain, slotAt, slotStart, type Tip } from '../core/chain.ts';
import { type CheckedTransaction, checkTransaction, type Refused } from '../core/check.ts';
import type { Refusal } from '../core/refusal.ts';
import type { LiveState } from '../core/steps/work.ts';
import type { Slot } from '../core/units.ts';
import type { Judge } from '../core/verdict.ts';
import type { Move } from './fork/block-tree.ts';
import { includedIn, type Kept } from './fork/kept.ts';
import { refuse } from './outcome.ts';
import { type Estimate, estimate } from './pool/estimate.ts';
import type { PoolLimits } from './pool/limits.ts';
import { firstPlace } from './pool/place.ts';
import { Pool, type PoolBlock } from './pool/pool.ts';
import { fetchAccounts, fetchDue, withRows } from './rows.ts';

/** Entries of the queue that offers may make the engine read for each block: two full windows, about a third of a second. */
const MAX_EXPLAINING_ENTRIES = 400_000;

/** What a transaction takes in a block beside its bytes, at most: a tag and a length. */
const ITEM_OVERHEAD_BYTES = 6;

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
  readonly #judge: Judge;
  readonly #pool: Pool;
  /** The place that offers are tried at, as long as the tip and the slot are the same. */
  #next: NextPlace | undefined;

  constructor(chain: Chain, storage: Storage, clock: Clock, limits: PoolLimits, judge: Judge) {
    this.#judge = judge;
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
    // What it has already costs no recovery.
    if (this.#pool.has(bytes)) return E.left(refuse('transaction_known'));
    const checked = checkTransaction(this.#chain, bytes, this.#judge);
    if (E.isLeft(checked)) return E.left(checked.left.refusal);
    const tx = checked.right;
    const refused = await this.#atNextPlace(tip, tx, ({ place, budget }) => {
      const refusal = this.#pool.offer(place, tx);
      return refusal && withEarliest(place, tx, refusal, budget);
    });
    return refused === undefined ? E.right(tx) : E.left(refused);
  }

  /** What a transaction would cost, who pays, and when it could stand in a block. */
  async estimate(tip: Tip, bytes: Uint8Array): Promise<E.Either<Refusal, Estimate>> {
    const checked = checkTransaction(this.#chain, bytes, this.#judge);
    if (E.isLeft(checked)) return E.left(checked.left.refusal);
    const tx = checked.right;
    return E.right(await this.#atNextPlace(tip, tx, ({ place, budget }) => estimate(place, tx, budget)));
  }

  /** Asks at the first place of the next block, with the accounts that the transaction names. */
  async #atNextPlace<T>(tip: Tip, tx: CheckedTransaction, ask: (next: NextPlace) => T): Promise<T> {
    const next = await this.#nextPlace(tip);
    await fetchAccounts(this.#storage, tip.state, [tx]);
    return withRows(this.#storage, tip.state, () => ask(next));
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
    const place = await withRows(this.#storage, state, () => firstPlace(chain, tip, blockTime));
    const next = { tip, place, budget: { entriesLeft: MAX_EXPLAINING_ENTRIES } };
    this.#next = next;
    return next;
  }

  /** Makes ready for a block of this slot on the tip: what can stand there no more goes, and what the choice will read is fetched. */
  async makeReady(tip: Tip, slot: Slot): Promise<void> {
    const { state } = tip;
    const time = slotStart(this.#chain, slot);
    await fetchDue(this.#storage, state, time);
    await withRows(this.#storage, state, () => this.#pool.refresh(firstPlace(this.#chain, tip, time)));
    await fetchAccounts(this.#storage, state, this.#pool.first(MAX_FETCHED));
  }

  /** The pool's choice for a block, as long as there is time, and room for one more. */
  *choose(
    state: LiveState,
    hasTime: () => boolean,
    maxBytes: number,
  ): Generator<E.Either<Refused, CheckedTransaction>> {
    let left = maxBytes;
    for (const tx of this.#pool.choose(state, this.#chain.params.maxBlockUnits)) {
      left -= tx.bytes.length + ITEM_OVERHEAD_BYTES;
      if (left < 0 || !hasTime()) return;
      yield E.right(tx);
    }
  }

  /** The chosen chain has moved: what it holds now waits no more, and what it no longer holds waits again. */
  settle({ block, undone, done }: Pick<Move, 'block' | 'undone' | 'done'>): void {
    for (const kept of [...undone].reverse()) this.#pool.undo(this.#poolBlockOf(kept));
    for (const kept of done) this.#pool.follow(kept.id === block.id ? block.transition : this.#poolBlockOf(kept));
  }

  #poolBlockOf(kept: Kept): PoolBlock {
    return { included: includedIn(this.#chain, kept), rows: kept.transition.rows };
  }
}
