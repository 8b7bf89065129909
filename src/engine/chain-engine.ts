/**
 * Chain engine: the engine's own work: one thing at a time, in the order of the calls, until something breaks.
 *
 * Source: docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { ProducerKey } from '../adapters/keys/keys.ts';
import { listenersOf } from '../adapters/network/listeners.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import type { Chain, Tip } from '../core/chain.ts';
import type { CheckedTransaction } from '../core/check.ts';
import type { Evidence } from '../core/evidence.ts';
import type { SignedStatement } from '../core/evidence-message.ts';
import { InvariantViolation } from '../core/refusal.ts';
import type { StateView } from '../core/state/view.ts';
import type { Address, Hash, Height, Slot } from '../core/units.ts';
import type { Answer, Engine, EngineEvent, EngineListener, EngineOptions, Followed, ProduceOptions } from './engine.ts';
import { isHeight } from './facts.ts';
import { type BlockName, blocksAfter, idAt, locatorOf } from './fork/locator.ts';
import { LiveChain } from './live-chain.ts';
import { EngineError, endsRow, refuse } from './outcome.ts';
import type { Estimate } from './pool/estimate.ts';
import { produceBlock, resumeBlock, turnOf, type Workshop } from './producing.ts';
import { withRows } from './rows.ts';
import type { Opened } from './stored.ts';
import { inGroups, inRow } from './verdicts/row.ts';
import type { Verdicts } from './verdicts/verdicts.ts';

export class ChainEngine implements Engine {
  readonly chain: Chain;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #live: LiveChain;
  readonly #verdicts: Verdicts;
  readonly #listeners = listenersOf<[EngineEvent]>();
  #stopped: EngineError | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: EngineOptions, opened: Opened) {
    this.chain = options.founding.chain;
    this.#storage = options.storage;
    this.#clock = options.clock;
    this.#verdicts = opened.verdicts;
    this.#live = new LiveChain(options, opened, {
      event: (event) => this.#listeners.tell(() => [event]),
      // Whether the batch is in is not known, so this engine may not go on from either side.
      storeFailed: (error) => this.#stop('the store failed', error),
    });
  }

  get tip(): Tip {
    return this.#live.commits.durable.tip;
  }

  get finalHeight(): Height {
    return this.#live.commits.durable.finalHeight;
  }

  get isFinalityStalled(): boolean {
    return this.#live.commits.durable.isStalled;
  }

  get evidence(): readonly Evidence<SignedStatement>[] {
    return this.#live.watch.evidence;
  }

  get listenerFaults(): number {
    return this.#listeners.faults();
  }

  get poolCount(): number {
    return this.#live.offers.count;
  }

  /** One at a time, in the order of the calls. A broken invariant stops the engine before anything that it broke in is stored. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      if (this.#stopped !== undefined) throw this.#stopped;
      try {
        const done = await work();
        // Whatever was asked may have brought rows in: strangers must not make the engine grow between blocks.
        this.#live.finalising.trim();
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
    const known = this.#verdicts.soon(own);
    return this.#inTurn(async () => {
      if (known !== undefined) await known;
      return await this.#live.offers.offer(this.tip, own);
    });
  }

  estimate(bytes: Uint8Array): Promise<Answer<Estimate>> {
    const own = new Uint8Array(bytes); // not `slice`, which of a Buffer is no copy
    return this.#inTurn(() => this.#live.offers.estimate(this.tip, own));
  }

  follow(bytes: Uint8Array): Promise<Answer<Followed>> {
    const own = new Uint8Array(bytes); // not `slice`, which of a Buffer is no copy
    return this.#inTurn(() => this.#live.follow(own));
  }

  async *followAll(blocks: readonly Uint8Array[]): AsyncGenerator<Answer<Followed>, void> {
    const own = blocks.map((bytes) => new Uint8Array(bytes));
    for await (const group of inGroups(inRow(this.#live.readAhead(own), this.#verdicts))) {
      for (const followed of await this.#inTurn(() => this.#live.followGroup(group))) {
        yield followed;
        if (endsRow(followed)) return;
      }
    }
  }

  followDue(): Promise<number> {
    return this.#inTurn(() => this.#live.followDue());
  }

  get #workshop(): Workshop {
    return { live: this.#live, storage: this.#storage, clock: this.#clock };
  }

  produce(key: ProducerKey, options: ProduceOptions = {}): Promise<Answer<Followed>> {
    return this.#inTurn(() => produceBlock(this.#workshop, key, options));
  }

  resume(key: ProducerKey): Promise<Answer<Followed> | undefined> {
    return this.#inTurn(() => resumeBlock(this.#workshop, key));
  }

  turnAt(slot: Slot): Promise<Address | undefined> {
    // The tip may have moved while this waited for its turn.
    return this.#inTurn(async () =>
      slot > this.tip.slot ? await turnOf(this.chain, this.#storage, this.tip, slot) : undefined,
    );
  }

  knows(id: Hash, height: number): Promise<boolean> {
    return this.#inTurn(async () => {
      // What waits for its time is known; what waits for a block that is not here has still to be asked for.
      if (this.#live.isKnown(this.#live.aside.beneath(id))) return true;
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
    return this.#live.aside.wanted().filter((id) => !this.#live.isKnown(id));
  }

  read<T>(ask: (state: StateView) => T): Promise<T> {
    return this.#inTurn(() => {
      const { state } = this.tip;
      return withRows(this.#storage, state, () => ask(state));
    });
  }

  readAt<T>(height: Height, ask: (state: StateView) => T): Promise<Answer<T>> {
    return this.#inTurn(async () => {
      const state = await this.#stateAt(height);
      if (state === undefined) return E.left(refuse('state_not_kept', { height: String(height) }));
      return E.right(await withRows(this.#storage, state, () => ask(state)));
    });
  }

  async #stateAt(height: Height): Promise<StateView | undefined> {
    if (!isHeight(height)) return undefined;
    if (height > this.finalHeight) return this.#live.tree.chosenAt(height)?.transition.tip.state;
    return await this.#live.finalising.stateAt(height);
  }

  onEvent(listener: EngineListener): () => void {
    return this.#listeners.add(listener);
  }

  flush(): Promise<void> {
    return this.#inTurn(() => this.#live.storeOwed());
  }

  async close(): Promise<void> {
    const closed = new EngineError('engine_closed', 'the engine was closed; open it again to use it');
    const last = this.#inTurn(async () => {
      try {
        await this.#live.storeOwed();
      } finally {
        this.#stopped ??= closed; // no call gets a turn after this one
      }
    });
    // If the store takes nothing more nothing is lost: the blocks are there, and the next opening reduces them again.
    await last.catch(() => undefined);
    await this.#storage.close();
  }
}
