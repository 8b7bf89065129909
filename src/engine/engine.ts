/**
 * Engine: a chain that lives: it opens a store, takes offers, follows and produces blocks, and closes.
 *
 * All rules are core's; the engine drives them through the doors. What others send is answered with a value; a store that
 * fails rejects the call and stops the engine. Source: docs/design.md.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import type { Chain, Tip } from '../core/chain.ts';
import type { CheckedTransaction } from '../core/check.ts';
import type { Founding } from '../core/founding.ts';
import type { Transition } from '../core/reduce.ts';
import type { Refusal } from '../core/refusal.ts';
import type { StateView } from '../core/state/view.ts';
import type { Address, Hash, Height, Slot } from '../core/units.ts';
import { ChainEngine } from './chain-engine.ts';
import type { HistoryPolicy } from './history.ts';
import type { PoolLimits } from './pool.ts';
import { DEFAULT_STATE_BYTES } from './rows.ts';
import { openStored } from './stored.ts';

/** Signs for one producer; the engine never sees its key. */
export interface Signer {
  readonly address: Address;
  /** The 65 bytes r | s | id over a hash of 32 bytes. */
  sign(hash: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface EngineOptions {
  readonly founding: Founding;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly poolLimits?: PoolLimits;
  /** Which old states to keep beside the final one; none, if it is not told. */
  readonly history?: HistoryPolicy;
  /** How many bytes of the state's rows may stay in memory; the rest is read from the store as it is needed. */
  readonly maxStateBytes?: number;
}

/** Accepted, or refused with a code, what to do, and numbers. */
export type Answer<T> = E.Either<Refusal, T>;

export interface Accepted {
  readonly id: Hash;
  readonly transition: Transition;
  readonly bytes: Uint8Array;
}

/** Told of each block that the chain takes, after it is durable. It should not throw. */
export type BlockListener = (accepted: Accepted) => void;

/** Everything rejects with an `EngineError` once the engine is closed or stopped. */
export interface Engine {
  readonly chain: Chain;
  /**
   * Where the chain stands: an immutable value. Its state may be read at once as far as its rows are in memory; a row that only
   * the store holds makes it throw `MissingRows`, so `read` is the door for that.
   */
  readonly tip: Tip;
  /** Transactions that wait for a block. */
  readonly poolCount: number;
  /** Takes a transaction into the pool. Cost: one recovery a signature. */
  offer(bytes: Uint8Array): Promise<Answer<CheckedTransaction>>;
  /** Follows a block on the tip. It is durable when the promise resolves. */
  follow(bytes: Uint8Array): Promise<Answer<Accepted>>;
  /**
   * Makes the block of a slot (of the present one, by the clock, if none is given) from what waits in the pool. It is durable,
   * and with it the greatest height that this producer has signed, when the promise resolves: only then may its bytes leave.
   */
  produce(signer: Signer, slot?: Slot): Promise<Answer<Accepted>>;
  /** What `ask` says of the state at the tip; rows that it meets are fetched, and it is asked again, so it should only read. */
  read<T>(ask: (state: StateView) => T): Promise<T>;
  /**
   * The same of the state at another height, if that is kept (see `EngineOptions.history`), else `state_not_kept`.
   * PERF: the rows that changed since that height.
   */
  readAt<T>(height: Height, ask: (state: StateView) => T): Promise<Answer<T>>;
  /** Calls the listener with each block taken from now on; the answer ends that. */
  onBlock(listener: BlockListener): () => void;
  /** Waits for what is under way and closes the store. Twice is fine. */
  close(): Promise<void>;
}

/**
 * Opens the chain of `founding` in a store, an empty one or its own. Rejects with an `EngineError` (`storage_other_chain`,
 * `storage_damaged`) or the store's own error, and leaves the store as it was. PERF: reads the whole state once; about 80
 * bytes an entry stay in memory, and of the rows as many as `maxStateBytes` allows.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { founding, storage, maxStateBytes = DEFAULT_STATE_BYTES } = options;
  return new ChainEngine(options, await openStored(founding, storage, maxStateBytes));
}
