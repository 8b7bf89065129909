/**
 * Engine: a chain that lives: it opens a store, takes offers, follows and produces blocks, chooses among forks, and closes.
 *
 * All rules are core's; the engine drives them through the doors. What others send is answered with a value; a store that
 * fails rejects the call and stops the engine. Source: docs/design.md.
 */
import type * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { ProducerKey } from '../adapters/keys/keys.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import type { Checker } from '../adapters/workers/checker.ts';
import type { Chain, Tip } from '../core/chain.ts';
import type { CheckedTransaction } from '../core/check.ts';
import type { Evidence } from '../core/evidence.ts';
import type { SignedStatement } from '../core/evidence-message.ts';
import type { Founding } from '../core/founding.ts';
import type { Refusal } from '../core/refusal.ts';
import type { StateView } from '../core/state/view.ts';
import type { Address, Hash, Height, Slot } from '../core/units.ts';
import { ChainEngine } from './chain-engine.ts';
import type { AsideLimits } from './fork/aside.ts';
import type { ForkLimits } from './fork/block-tree.ts';
import type { Accepted, BranchBlock } from './fork/kept.ts';
import type { BlockName } from './fork/locator.ts';
import { checkPolicy, type HistoryPolicy } from './history.ts';
import type { Estimate } from './pool/estimate.ts';
import type { PoolLimits } from './pool/limits.ts';
import { DEFAULT_STATE_BYTES } from './rows.ts';
import { openStored } from './stored.ts';
import type { VerdictCache } from './verdicts/verdict-cache.ts';
import { Verdicts } from './verdicts/verdicts.ts';

export interface EngineOptions {
  readonly founding: Founding;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly poolLimits?: PoolLimits;
  /** How much of what is not final yet may be in memory. */
  readonly forkLimits?: ForkLimits;
  /** How many blocks may wait for their parent or their slot. */
  readonly asideLimits?: AsideLimits;
  /** Which old states to keep beside the final one; none, if it is not told. */
  readonly history?: HistoryPolicy;
  /**
   * Looks at signatures beside this thread, as blocks arrive and transactions are offered together; without one this thread does it all.
   * It is the caller's to close, after the engine.
   */
  readonly checker?: Checker;
  /** What is known of signatures; give the same one to a replay of the same transactions. */
  readonly verdictCache?: VerdictCache;
  /** How many bytes of the state's rows may stay in memory; the rest is read from the store as it is needed. */
  readonly maxStateBytes?: number;
}

/** Accepted, or refused with a code, what to do, and numbers. */
export type Answer<T> = E.Either<Refusal, T>;

/** A block that is valid on its parent, and whether the node stands on it now. If not, it is in memory alone. */
export interface Followed extends Accepted {
  readonly isChosen: boolean;
}

/**
 * The node stands elsewhere than before. All that a block does is told once, when the node takes it: here as `block`, or as that of a
 * `fork`. Whoever needs it until the block is final keeps it, and where it must outlive the process keeps it durably: blocks that are in the
 * store when an engine is opened are told no more, and are to be had again by a replay.
 */
export interface ChainMoved {
  readonly kind: 'moved';
  /** The block that was taken: the last of `done`. */
  readonly block: Accepted;
  /** Blocks that the chosen chain no longer has, and those that it has now; each in the order of heights. */
  readonly undone: readonly BranchBlock[];
  readonly done: readonly BranchBlock[];
  /** Blocks that became final, if any. */
  readonly final: readonly BranchBlock[];
}

/** A valid block that the node does not stand on. */
export interface ForkSeen {
  readonly kind: 'fork';
  readonly block: Accepted;
}

/** A producer has contradicted itself; told once for each. */
export interface EvidenceFound {
  readonly kind: 'evidence';
  readonly evidence: Evidence<SignedStatement>;
}

/**
 * Blocks in conflict with the final one were seen, and a third of a set of producers has contradicted itself. This node stays where it
 * is and makes no more blocks: people have to look at the evidence.
 */
export interface BoundBroken {
  readonly kind: 'bound_broken';
  readonly evidence: readonly Evidence<SignedStatement>[];
}

/**
 * Blocks go on and nothing becomes final: the tip is more than a finality window of slots after the final block. It may be a third of the
 * producers that is silent, or a partition; nothing is lost, and it ends with `finality_resumed`.
 */
export interface FinalityStalled {
  readonly kind: 'finality_stalled';
  readonly finalHeight: Height;
  /** Slots from the final block to the tip. */
  readonly slots: number;
}

/** After a stall the tip is within a finality window of slots of the final block again. */
export interface FinalityResumed {
  readonly kind: 'finality_resumed';
  readonly finalHeight: Height;
}

export type EngineEvent = ChainMoved | ForkSeen | EvidenceFound | BoundBroken | FinalityStalled | FinalityResumed;

/** Told of what happens, after it is durable, in order. It should not throw. */
export type EngineListener = (event: EngineEvent) => void;

export interface ProduceOptions {
  /** The slot of the block; the present one, by the clock, if none is given. */
  readonly slot?: Slot;
  /** Asked before each transaction is tried: the producer's deadline. Without it, all are tried. */
  readonly hasTime?: () => boolean;
  /** The most bytes of the block's transactions, with a few for each: what the network carries. Without it, any number. */
  readonly maxBytes?: number;
}

/** Everything rejects with an `EngineError` once the engine is closed or stopped. */
export interface Engine {
  readonly chain: Chain;
  /**
   * Where the chain stands: an immutable value. Its state may be read at once as far as its rows are in memory; a row that only
   * the store holds makes it throw `MissingRows`, so `read` is the door for that.
   */
  readonly tip: Tip;
  /** The greatest height that is final for this node. It never falls, whatever chain is chosen. */
  readonly finalHeight: Height;
  /** Whether blocks go on and nothing becomes final; see `FinalityStalled`. */
  readonly isFinalityStalled: boolean;
  /** Transactions that wait for a block. */
  readonly poolCount: number;
  /** How often a listener threw. */
  readonly listenerFaults: number;
  /** Takes a transaction into the pool. Cost: one recovery a signature. */
  offer(bytes: Uint8Array): Promise<Answer<CheckedTransaction>>;
  /**
   * What a transaction would cost at the tip, who pays, and when it could stand in a block; what waits in the pool is not counted.
   * Refused as by `offer` if it never can.
   */
  estimate(bytes: Uint8Array): Promise<Answer<Estimate>>;
  /**
   * Takes a block on any block that is known, and moves to its chain if that is to be preferred; blocks that waited for it follow. What
   * the chosen chain holds is durable when the promise resolves. A block whose parent is unknown (`parent_unknown`) or whose slot has
   * not begun (`block_from_future`) is kept aside, within `asideLimits`, and taken when it can be.
   */
  follow(bytes: Uint8Array): Promise<Answer<Followed>>;
  /**
   * Follows blocks in their order, as `follow` does each, some in one turn: their transactions are checked together, and they become durable
   * together, before any of them is answered or told. A checker's workers look at the transactions of the next ones meanwhile. It ends with
   * the first that is refused for another reason than `block_known`, and when nobody asks on: what is in the turn under way may be followed
   * then. If it rejects, blocks before the one that did may be in; they are `block_known` when it is asked again.
   */
  followAll(blocks: readonly Uint8Array[]): AsyncGenerator<Answer<Followed>, void>;
  /** Takes the blocks that were kept aside until now, when their slot has begun; how many were taken. */
  followDue(): Promise<number>;
  /**
   * Makes the block of a slot from what waits in the pool, on the chosen chain, if the key's lock lets it. It is durable, and with it
   * the lock, when the promise resolves: only then may its bytes leave.
   */
  produce(key: ProducerKey, options?: ProduceOptions): Promise<Answer<Followed>>;
  /**
   * Finishes the block that this key had been given to sign when it or the process died: it is signed and taken, so that what the lock
   * stands on is not lost. `undefined` if there is none. Call it once for each key after opening, and tell peers what it
   * gives; `produce` begins with it too, and gives what it finished if that is of the slot that was asked for.
   */
  resume(key: ProducerKey): Promise<Answer<Followed> | undefined>;
  /** Whose turn a slot is; `undefined` if it is not after the tip's when the engine comes to it. */
  turnAt(slot: Slot): Promise<Address | undefined>;
  /**
   * Whether the block is final, in the tree above the final one, or kept aside until its time, all before it being here. One that
   * waits for a block that is missing is not known: whoever has it must be asked. `height` is what it is said to be.
   */
  knows(id: Hash, height: number): Promise<boolean>;
  /** Blocks of the chosen chain from the tip downwards, ever farther apart, down to genesis: what another node needs to find what is common. */
  locator(): Promise<readonly BlockName[]>;
  /**
   * Bytes of blocks of the chosen chain in order, after the highest that `locator` names, until they are `maxBytes`; one at least, if there
   * is one.
   */
  blocksAfter(locator: readonly BlockName[], maxBytes: number): Promise<readonly Uint8Array[]>;
  /**
   * Evidence against producers that contradicted themselves, in the order it was found; it is kept in the store. `encodeEvidence` makes
   * bytes of it that anybody can verify.
   */
  readonly evidence: readonly Evidence<SignedStatement>[];
  /** Parents that blocks kept aside wait for. */
  wanted(): readonly Hash[];
  /** What `ask` says of the state at the tip; rows that it meets are fetched, and it is asked again, so it should only read. */
  read<T>(ask: (state: StateView) => T): Promise<T>;
  /**
   * The same of the state at another height of the chosen chain, if that is kept (see `EngineOptions.history`) or its rows have not come
   * to the store yet, else `state_not_kept`. PERF: the rows that changed since that height.
   */
  readAt<T>(height: Height, ask: (state: StateView) => T): Promise<Answer<T>>;
  /**
   * Calls the listener with each event from now on; the answer ends that. One that throws harms nobody, and is counted. Where blocks
   * became durable together, `tip` is the last of them at the events of all.
   */
  onEvent(listener: EngineListener): () => void;
  /**
   * Gives the store the state at the final height now. It has every block as soon as that is followed, but the rows of final blocks
   * come to it some at a time: for who reads it beside this engine, as the export of a snapshot does. `close` does it too.
   */
  flush(): Promise<void>;
  /** Waits for what is under way and closes the store. Twice is fine. */
  close(): Promise<void>;
}

/**
 * Opens the chain of `founding` in a store, an empty one or its own. Rejects with an `EngineError` (`storage_other_chain`,
 * `storage_damaged`), the store's own error, or an `InvariantViolation` for a `history` that is no policy, and leaves the store as it was.
 * PERF: reads the whole state once; about 80 bytes an entry stay in memory, and of the rows as many as `maxStateBytes` allows.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { founding, storage, maxStateBytes = DEFAULT_STATE_BYTES } = options;
  if (options.history !== undefined) checkPolicy(options.history);
  const verdicts = new Verdicts(founding.chain, options.verdictCache, options.checker);
  return new ChainEngine(options, await openStored(founding, storage, maxStateBytes, verdicts));
}
