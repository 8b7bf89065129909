/**
 * Chain engine: the engine's own work: one thing at a time, a block durable before anyone learns of it.
 *
 * Source: docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import { admit, neverFits, type Place, withEarliest } from '../core/admission.ts';
import type { ReadingBudget } from '../core/bandwidth.ts';
import { type CheckedBlock, checkBlock, readBlock } from '../core/block.ts';
import { bytesOf, toHex } from '../core/bytes.ts';
import { type Chain, slotAt, slotStart, type Tip } from '../core/chain.ts';
import { type CheckedTransaction, checkTransaction, type Refused } from '../core/check.ts';
import { Ledger } from '../core/ledger.ts';
import { type BuiltBlock, buildBlock, producerAt } from '../core/reduce.ts';
import { InvariantViolation, type Refusal, refusal } from '../core/refusal.ts';
import { recoverSigner } from '../core/signature.ts';
import { totalsKey } from '../core/state/keys.ts';
import type { Totals } from '../core/state/records.ts';
import type { StateView } from '../core/state/view.ts';
import { releaseAll } from '../core/steps/release-due.ts';
import type { LiveState } from '../core/steps/work.ts';
import type { Address, Height, Slot } from '../core/units.ts';
import { encodeBlock } from '../core/wire/header.ts';
import type { Accepted, Answer, BlockListener, Engine, EngineOptions, Signer } from './engine.ts';
import { encodeHeight, encodeLocks, facts } from './facts.ts';
import { Finalising } from './finalising.ts';
import { EngineError, refuse } from './outcome.ts';
import { defaultPoolLimits, Pool } from './pool.ts';
import { DEFAULT_STATE_BYTES, fetchAccounts, fetchDue, reduceWithRows, withRows } from './rows.ts';
import type { Opened } from './stored.ts';

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

export class ChainEngine implements Engine {
  readonly chain: Chain;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #pool: Pool;
  readonly #finalising: Finalising;
  readonly #listeners = new Set<BlockListener>();
  readonly #locks: Map<Address, Height>;
  #tip: Tip;
  /** The place that offers are tried at, as long as the tip and the slot are the same. */
  #next: NextPlace | undefined;
  #stopped: EngineError | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ founding, storage, clock, ...options }: EngineOptions, opened: Opened) {
    const { poolLimits = defaultPoolLimits, history = { keep: 'none' }, maxStateBytes = DEFAULT_STATE_BYTES } = options;
    this.chain = founding.chain;
    this.#storage = storage;
    this.#clock = clock;
    this.#pool = new Pool(founding.chain.crypto, poolLimits);
    this.#finalising = new Finalising(founding, storage, { history, maxStateBytes }, opened);
    this.#locks = opened.locks;
    this.#tip = opened.unfinal.at(-1)?.tip ?? opened.finalTip;
  }

  get tip(): Tip {
    return this.#tip;
  }

  get poolCount(): number {
    return this.#pool.count;
  }

  /** One at a time, in the order of the calls. A broken invariant stops the engine before anything is stored. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      if (this.#stopped !== undefined) throw this.#stopped;
      try {
        const done = await work();
        // Whatever was asked may have brought rows in: strangers must not make the engine grow between blocks.
        this.#finalising.trim();
        return done;
      } catch (error) {
        if (error instanceof InvariantViolation) this.#stop('an invariant broke', error);
        if (error instanceof EngineError && error.code === 'storage_damaged') this.#stop('the store is damaged', error);
        throw error;
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #stop(what: string, cause: unknown): void {
    const message = `${what}; close this engine and open the store anew`;
    this.#stopped ??= new EngineError('engine_stopped', message, { cause });
  }

  offer(bytes: Uint8Array): Promise<Answer<CheckedTransaction>> {
    const own = new Uint8Array(bytes); // not `slice`, which of a Buffer is no copy
    return this.#inTurn(async () => this.#admitToPool(checkTransaction(this.chain, own)));
  }

  async #admitToPool(checked: ReturnType<typeof checkTransaction>): Promise<Answer<CheckedTransaction>> {
    if (E.isLeft(checked)) return E.left(checked.left.refusal);
    const tx = checked.right;
    if (neverFits(this.chain.params, tx)) return E.left(refuse('transaction_never_fits', { units: String(tx.units) }));
    const hopeless = await this.#refusalNow(tx);
    const refused = hopeless ?? this.#pool.add(tx);
    return refused === undefined ? E.right(tx) : E.left(refused);
  }

  /** Why the transaction could not stand in the next block, unless others of its sender may still come before it. */
  async #refusalNow(tx: CheckedTransaction): Promise<Refusal | undefined> {
    const { state } = this.#tip;
    const { place, budget } = await this.#nextPlace();
    await fetchAccounts(this.#storage, state, [tx]);
    return withRows(this.#storage, state, () => {
      const admitted = admit(place, tx);
      if (E.isRight(admitted) || admitted.left.code === 'nonce_too_high') return undefined;
      return withEarliest(place, tx, admitted.left, budget);
    });
  }

  /** The first place of the next block, with all released that is due by then. PERF: made once a block or slot. */
  async #nextPlace(): Promise<NextPlace> {
    const { chain } = this;
    const slot = Math.max(this.#tip.slot + 1, slotAt(chain, this.#clock.now())) as Slot;
    const blockTime = slotStart(chain, slot);
    const known = this.#next;
    if (known !== undefined && known.tip === this.#tip && known.place.blockTime === blockTime) return known;
    const { state } = this.#tip;
    await fetchDue(this.#storage, state, blockTime);
    const ledger = await withRows(this.#storage, state, () => {
      const books = new Ledger(state, state.get(totalsKey) as Totals);
      releaseAll(books, blockTime);
      return books;
    });
    const height = (this.#tip.height + 1) as Height;
    const place = { params: chain.params, ledger, height, blockTime, index: 0, unitsBefore: 0 };
    const next = { tip: this.#tip, place, budget: { entriesLeft: MAX_EXPLAINING_ENTRIES } };
    this.#next = next;
    return next;
  }

  follow(bytes: Uint8Array): Promise<Answer<Accepted>> {
    const own = new Uint8Array(bytes); // not `slice`, which of a Buffer is no copy
    return this.#inTurn(async () => {
      const { chain } = this;
      const block = readBlock(own);
      if (E.isLeft(block)) return block;
      const { header } = block.right;
      if (header.time > this.#clock.now() + chain.params.slotSeconds) {
        return E.left(refuse('block_from_future', { time: String(header.time) }));
      }
      const checked = checkBlock(chain, block.right);
      if (await this.#isKnown(checked)) return E.left(refuse('block_known'));
      const reduced = await reduceWithRows(this.#storage, chain, this.#tip, checked);
      if (E.isLeft(reduced)) return reduced;
      return E.right(await this.#take({ id: checked.id, transition: reduced.right, bytes: own }));
    });
  }

  async #isKnown({ id, header }: CheckedBlock): Promise<boolean> {
    return header.height <= this.#tip.height && (await this.#storage.block(header.height))?.id === id;
  }

  produce(signer: Signer, slot?: Slot): Promise<Answer<Accepted>> {
    return this.#inTurn(async () => {
      const { chain } = this;
      const at = slot ?? slotAt(chain, this.#clock.now());
      if (slotStart(chain, at) > this.#clock.now() + chain.params.slotSeconds) {
        return E.left(refuse('block_from_future', { time: String(slotStart(chain, at)) }));
      }
      if (at <= this.#tip.slot)
        return E.left(refusal('slot_not_after_parent', { slot: String(at), parent: String(this.#tip.slot) }));
      const { state } = this.#tip;
      const turn = await withRows(this.#storage, state, () => producerAt(chain, this.#tip, at));
      if (turn !== signer.address)
        return E.left(refusal('producer_wrong', { producer: signer.address, expected: turn }));
      const lockOf = (producer: Address) => this.#locks.get(producer) ?? (0 as Height);
      await fetchDue(this.#storage, state, slotStart(chain, at));
      await fetchAccounts(this.#storage, state, this.#pool.first(MAX_FETCHED));
      const plan = { slot: at, lockOf, offers: (live: LiveState) => offersOf(this.#pool, live) };
      const built = await withRows(this.#storage, state, () => buildBlock(chain, this.#tip, plan));
      if (E.isLeft(built)) return built;
      const bytes = await this.#sign(built.right, signer);
      // The lock is in the same batch as the block: nothing signed leaves before both are durable.
      this.#locks.set(signer.address, built.right.claim.height);
      return E.right(await this.#take({ id: built.right.id, transition: built.right.transition, bytes }));
    });
  }

  async #sign({ claim, id, transition }: BuiltBlock, signer: Signer): Promise<Uint8Array> {
    const sign = await signer.sign(bytesOf(id));
    const signed = recoverSigner(this.chain.crypto, bytesOf(id), sign);
    if (E.isLeft(signed) || toHex(signed.right) !== signer.address) {
      throw new EngineError('signer_wrong', `the signer of ${signer.address} made a signature of somebody else`);
    }
    return encodeBlock({ header: { ...claim, sign }, transactions: transition.included.map((tx) => tx.bytes) });
  }

  /** Stores the block, and the state of whatever became final by it, in one batch; then moves on to it. */
  async #take(accepted: Accepted): Promise<Accepted> {
    const { transition, id, bytes } = accepted;
    const { tip } = transition;
    const { stateHeight, rows, history } = await this.#finalising.changesBy(transition);
    const batch = {
      blocks: [{ height: tip.height, id, bytes }],
      rows,
      history,
      facts: {
        ...(stateHeight === undefined ? {} : { [facts.stateHeight]: encodeHeight(stateHeight) }),
        ...(this.#locks.size > 0 ? { [facts.locks]: encodeLocks(this.#locks) } : {}),
      },
    };
    try {
      await this.#storage.commit(batch);
    } catch (error) {
      // Whether the batch is in is not known, so this engine may not go on from either side.
      this.#stop('the store failed', error);
      throw error;
    }
    this.#finalising.settle(transition);
    this.#tip = tip;
    // Every one of them was included, so its last transaction here has its nonce.
    const reached = new Map(transition.included.map((tx) => [tx.sender, tx.transaction.nonce]));
    this.#pool.settle(reached.keys(), (sender) => reached.get(sender) ?? 0n);
    for (const listener of this.#listeners) listener(accepted);
    return accepted;
  }

  read<T>(ask: (state: StateView) => T): Promise<T> {
    return this.#inTurn(() => {
      const { state } = this.#tip;
      return withRows(this.#storage, state, () => ask(state));
    });
  }

  readAt<T>(height: Height, ask: (state: StateView) => T): Promise<Answer<T>> {
    return this.#inTurn(async () => {
      const state = await this.#finalising.stateAt(height);
      if (state === undefined) return E.left(refuse('state_not_kept', { height: String(height) }));
      return E.right(await withRows(this.#storage, state, () => ask(state)));
    });
  }

  onBlock(listener: BlockListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#stopped ??= new EngineError('engine_closed', 'the engine was closed; open it again to use it');
    await this.#storage.close();
  }
}

/** The pool's choice for a block, as offers. */
function* offersOf(pool: Pool, state: LiveState): Generator<E.Either<Refused, CheckedTransaction>> {
  for (const tx of pool.choose(state)) yield E.right(tx);
}
