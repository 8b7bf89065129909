/**
 * Chain engine: the engine's own work: one thing at a time, a block durable before anyone learns of it.
 *
 * Source: docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { ProducerKey } from '../adapters/keys/keys.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import { type CheckedBlock, checkBlock, readBlock } from '../core/block.ts';
import { bytesOf, toHex } from '../core/bytes.ts';
import { type Chain, slotAt, slotStart, type Tip } from '../core/chain.ts';
import type { CheckedTransaction } from '../core/check.ts';
import { type BuiltBlock, buildBlock, producerAt } from '../core/reduce.ts';
import { InvariantViolation, type Refusal, refusal } from '../core/refusal.ts';
import { recoverSigner } from '../core/signature.ts';
import type { StateView } from '../core/state/view.ts';
import type { LiveState } from '../core/steps/work.ts';
import type { Address, Hash, Height, Seconds, Slot } from '../core/units.ts';
import { encodeBlock, type Header } from '../core/wire/header.ts';
import type { Answer, Engine, EngineEvent, EngineListener, EngineOptions, Followed, ProduceOptions } from './engine.ts';
import { encodeHeight, facts } from './facts.ts';
import { Finalising } from './finalising.ts';
import { type AsideBlock, BlocksAside, defaultAsideLimits } from './fork/aside.ts';
import { type Accepted, BlockTree, defaultForkLimits, forkTipOf, type Move } from './fork/block-tree.ts';
import { type BlockName, blocksAfter, idAt, locatorOf } from './fork/locator.ts';
import { Offers } from './offers.ts';
import { EngineError, refuse } from './outcome.ts';
import { defaultPoolLimits } from './pool.ts';
import { DEFAULT_STATE_BYTES, fetchDue, reduceWithRows, withRows } from './rows.ts';
import type { Opened } from './stored.ts';

/** A block as it came, read. */
interface Incoming {
  readonly bytes: Uint8Array;
  readonly checked: CheckedBlock;
}

export class ChainEngine implements Engine {
  readonly chain: Chain;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #offers: Offers;
  readonly #tree: BlockTree;
  readonly #aside: BlocksAside;
  readonly #finalising: Finalising;
  readonly #listeners = new Set<EngineListener>();
  #stopped: EngineError | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ founding, storage, clock, ...options }: EngineOptions, opened: Opened) {
    const { history = { keep: 'none' }, maxStateBytes = DEFAULT_STATE_BYTES } = options;
    const { chain } = founding;
    this.chain = chain;
    this.#storage = storage;
    this.#clock = clock;
    this.#offers = new Offers(chain, storage, clock, options.poolLimits ?? defaultPoolLimits);
    this.#finalising = new Finalising(founding, storage, { history, maxStateBytes }, opened.finalTip);
    this.#aside = new BlocksAside(options.asideLimits ?? defaultAsideLimits);
    const limits = options.forkLimits ?? defaultForkLimits;
    this.#tree = new BlockTree(chain.agreement.compareForks, opened.finalTip, limits);
    for (const { accepted, header } of opened.unfinal) {
      const fork = forkTipOf(accepted, header.maxHeightPrevoted);
      this.#tree.apply(this.#tree.moveBy(accepted, fork, header.parentId), fork, header.parentId);
    }
  }

  get tip(): Tip {
    return this.#tree.tip;
  }

  get finalHeight(): Height {
    return this.#tree.root.height;
  }

  get poolCount(): number {
    return this.#offers.count;
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
    return this.#inTurn(() => this.#offers.offer(this.tip, own));
  }

  follow(bytes: Uint8Array): Promise<Answer<Followed>> {
    const own = new Uint8Array(bytes); // not `slice`, which of a Buffer is no copy
    return this.#inTurn(async () => {
      await this.#followDue();
      const followed = await this.#followOne(own);
      if (E.isRight(followed)) await this.#followAll(this.#aside.takeOn(followed.right.id));
      return followed;
    });
  }

  followDue(): Promise<number> {
    return this.#inTurn(() => this.#followDue());
  }

  /** PERF: a look at each block that is kept aside; most of the time there is none. */
  #followDue(): Promise<number> {
    return this.#followAll(this.#aside.takeDue(this.#latestTime(), (parentId) => this.#isKnown(parentId)));
  }

  #isKnown(id: Hash): boolean {
    return this.#tree.tipOf(id) !== undefined;
  }

  /** Follows blocks that were kept aside, and those that waited for them. */
  async #followAll(blocks: readonly AsideBlock[]): Promise<number> {
    let taken = 0;
    const waiting = [...blocks];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const followed = await this.#followOne(next.bytes);
      if (E.isLeft(followed)) continue;
      taken += 1;
      waiting.push(...this.#aside.takeOn(followed.right.id));
    }
    return taken;
  }

  /** The time of the latest block that may be followed: one slot of grace. */
  #latestTime(): Seconds {
    return (this.#clock.now() + this.chain.params.slotSeconds) as Seconds;
  }

  async #followOne(bytes: Uint8Array): Promise<Answer<Followed>> {
    const { chain } = this;
    const block = readBlock(bytes);
    if (E.isLeft(block)) return block;
    const { header } = block.right;
    const checked = checkBlock(chain, block.right);
    const past = await this.#refusalOfPast(checked.id, header);
    if (past !== undefined) return E.left(past);
    if (this.#tree.has(checked.id)) return E.left(refuse('block_known'));
    const incoming = { bytes, checked };
    if (header.time > this.#latestTime()) {
      this.#keepAside(incoming);
      return E.left(refuse('block_from_future', { time: String(header.time) }));
    }
    const parent = this.#tree.tipOf(header.parentId);
    if (parent === undefined) {
      this.#keepAside(incoming);
      return E.left(refusal('parent_unknown', { parent: header.parentId }));
    }
    const reduced = await reduceWithRows(this.#storage, chain, parent, checked);
    if (E.isLeft(reduced)) return reduced;
    return this.#take({ id: checked.id, transition: reduced.right, bytes }, header);
  }

  /** Why a block at or below the final height is not followed. */
  async #refusalOfPast(id: Hash, { height }: Header): Promise<Refusal | undefined> {
    if (height > this.#tree.root.height) return undefined;
    const isOwn = (await idAt(this.chain, this.#storage, height)) === id;
    return isOwn ? refuse('block_known') : refuse('block_conflicts_final', { final: String(this.#tree.root.height) });
  }

  /** What is signed by who it says made it, for this chain, may wait; whether it is a block can be told only later. */
  #keepAside({ bytes, checked }: Incoming): void {
    const { id, signer, header } = checked;
    const { parentId, producer, time, chainId } = header;
    if (signer !== producer || chainId !== this.chain.params.chainId) return;
    this.#aside.keep({ id, parentId, producer, time, bytes });
  }

  produce(key: ProducerKey, options: ProduceOptions = {}): Promise<Answer<Followed>> {
    return this.#inTurn(async () => {
      await this.#followDue();
      const { chain, tip } = this;
      const slot = options.slot ?? slotAt(chain, this.#clock.now());
      if (slotStart(chain, slot) > this.#latestTime())
        return E.left(refuse('block_from_future', { time: String(slotStart(chain, slot)) }));
      if (slot <= tip.slot)
        return E.left(refusal('slot_not_after_parent', { slot: String(slot), parent: String(tip.slot) }));
      const turn = await this.#turnAt(slot);
      if (turn !== key.address) return E.left(refusal('producer_wrong', { producer: key.address, expected: turn }));
      const { maxHeight } = await key.lock();
      await fetchDue(this.#storage, tip.state, slotStart(chain, slot));
      await this.#offers.fetchFor(tip);
      const hasTime = options.hasTime ?? (() => true);
      const offers = (live: LiveState) => this.#offers.choose(live, hasTime);
      const plan = { slot, lockOf: () => maxHeight, offers };
      const built = await withRows(this.#storage, tip.state, () => buildBlock(chain, tip, plan));
      if (E.isLeft(built)) return built;
      const { claim, id, transition } = built.right;
      const signed = await this.#sign(built.right, key, slot);
      if (E.isLeft(signed)) return signed;
      const header = { ...claim, sign: signed.right };
      const bytes = encodeBlock({ header, transactions: transition.included.map((tx) => tx.bytes) });
      return this.#take({ id, transition, bytes }, header);
    });
  }

  async #sign({ claim, id }: BuiltBlock, key: ProducerKey, slot: Slot): Promise<Answer<Uint8Array>> {
    const sign = await key.sign(claim, slot);
    if (E.isLeft(sign)) return E.left(refuse(sign.left));
    const signed = recoverSigner(this.chain.crypto, bytesOf(id), sign.right);
    if (E.isLeft(signed) || toHex(signed.right) !== key.address)
      throw new EngineError('signer_wrong', `the key of ${key.address} made a signature of somebody else`);
    return sign;
  }

  turnAt(slot: Slot): Promise<Address> {
    return this.#inTurn(() => this.#turnAt(slot));
  }

  #turnAt(slot: Slot): Promise<Address> {
    const { chain, tip } = this;
    return withRows(this.#storage, tip.state, () => producerAt(chain, tip, slot));
  }

  /** Takes a valid block: into memory, or, if the node moves to it, into the store with all that becomes final, in one batch. */
  async #take(block: Accepted, header: Header): Promise<Answer<Followed>> {
    const { parentId, maxHeightPrevoted } = header;
    const fork = forkTipOf(block, maxHeightPrevoted);
    if (!this.#tree.makeRoomFor(block, fork, parentId))
      return E.left(refuse('unfinal_full', { blocks: String(this.#tree.count), bytes: String(this.#tree.bytes) }));
    const move = this.#tree.moveBy(block, fork, parentId);
    if (move.isChosen) await this.#store(move);
    this.#tree.apply(move, fork, parentId);
    if (move.isChosen) this.#settle(move);
    this.#tell(move.isChosen ? { kind: 'moved', ...move } : { kind: 'fork', block });
    return E.right({ ...block, isChosen: move.isChosen });
  }

  async #store({ undone, done, final }: Move): Promise<void> {
    const { stateHeight, rows, history } = await this.#finalising.changesBy(final.map(({ transition }) => transition));
    const kept = (done[0] as Accepted).transition.tip.height - 1;
    const batch = {
      ...(undone.length > 0 ? { dropBlocksAbove: kept } : {}),
      blocks: done.map(({ id, transition, bytes }) => ({ height: transition.tip.height, id, bytes })),
      rows,
      history,
      facts: stateHeight === undefined ? {} : { [facts.stateHeight]: encodeHeight(stateHeight) },
    };
    try {
      await this.#storage.commit(batch);
    } catch (error) {
      // Whether the batch is in is not known, so this engine may not go on from either side.
      this.#stop('the store failed', error);
      throw error;
    }
  }

  #settle({ undone, done, final }: Move): void {
    this.#finalising.settle(final.map(({ transition }) => transition));
    this.#offers.settle(undone, done);
  }

  #tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  knows(id: Hash, height: number): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#isKnown(id) || this.#aside.has(id)) return true;
      return height <= this.finalHeight && (await idAt(this.chain, this.#storage, height)) === id;
    });
  }

  locator(): Promise<readonly BlockName[]> {
    return this.#inTurn(() => locatorOf(this.chain, this.#storage, this.tip.height));
  }

  blocksAfter(locator: readonly BlockName[], maxBytes: number): Promise<readonly Uint8Array[]> {
    return this.#inTurn(() => blocksAfter(this.chain, this.#storage, { top: this.tip.height, locator, maxBytes }));
  }

  wanted(): readonly Hash[] {
    return this.#aside.wanted().filter((id) => !this.#isKnown(id));
  }

  read<T>(ask: (state: StateView) => T): Promise<T> {
    return this.#inTurn(() => {
      const { state } = this.tip;
      return withRows(this.#storage, state, () => ask(state));
    });
  }

  readAt<T>(height: Height, ask: (state: StateView) => T): Promise<Answer<T>> {
    return this.#inTurn(async () => {
      const state =
        height > this.finalHeight
          ? this.#tree.chosenAt(height)?.transition.tip.state
          : await this.#finalising.stateAt(height);
      if (state === undefined) return E.left(refuse('state_not_kept', { height: String(height) }));
      return E.right(await withRows(this.#storage, state, () => ask(state)));
    });
  }

  onEvent(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#stopped ??= new EngineError('engine_closed', 'the engine was closed; open it again to use it');
    await this.#storage.close();
  }
}
