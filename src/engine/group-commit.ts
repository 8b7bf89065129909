/**
 * Group commit: blocks that come in a row are made durable together, and nobody learns of one before it is.
 *
 * While blocks wait, the engine shows where it stood before the first of them. Whatever else the store is told ends the wait, so all that
 * it has came in order. Source: docs/decisions/0027-group-commit.md.
 */
import type { Batch, Storage, StoredBlock } from '../adapters/storage/storage.ts';
import type { Tip } from '../core/chain.ts';
import type { Height } from '../core/units.ts';
import type { EngineEvent } from './engine.ts';

/** Whom the engine tells of what happens, and of a store that failed. */
export interface Told {
  readonly event: (event: EngineEvent) => void;
  readonly storeFailed: (error: unknown) => void;
}

/** Where the chain stands, for who is not part of the engine. */
export interface Standing {
  readonly tip: Tip;
  readonly finalHeight: Height;
  readonly isStalled: boolean;
}

/** How much may wait, whatever a row brings with it of blocks that were kept aside. */
const MAX_BLOCKS = 64;
const MAX_BYTES = 512 * 1024;

/** Whether a batch adds blocks on top and does nothing else. */
const isBlocksAlone = (batch: Batch): boolean => Object.keys(batch).join() === 'blocks';

export class GroupCommit {
  readonly #storage: Storage;
  readonly #told: Told;
  readonly #standing: () => Standing;
  #isOpen = false;
  #hasFailed = false;
  /** Where the chain stood when the first block began to wait. */
  #before: Standing | undefined;
  #blocks: StoredBlock[] = [];
  #bytes = 0;
  #events: EngineEvent[] = [];

  constructor(storage: Storage, told: Told, standing: () => Standing) {
    this.#storage = storage;
    this.#told = told;
    this.#standing = standing;
  }

  /** Where the chain stands as far as it is durable. */
  get durable(): Standing {
    return this.#before ?? this.#standing();
  }

  /** Does work whose blocks are made durable together at its end, whether it succeeds or not: each was right when it was taken. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    this.#isOpen = true;
    try {
      return await work();
    } finally {
      this.#isOpen = false;
      await this.flush();
    }
  }

  /** Durable when it resolves, unless it is of blocks alone and others may follow. Call it before the chain moves. */
  async commit(batch: Batch): Promise<void> {
    if (this.#isOpen && isBlocksAlone(batch)) {
      if (this.#blocks.length >= MAX_BLOCKS || this.#bytes >= MAX_BYTES) await this.flush();
      this.#before ??= this.#standing();
      for (const block of batch.blocks ?? []) {
        this.#blocks.push(block);
        this.#bytes += block.bytes.length;
      }
      return;
    }
    await this.flush();
    await this.#write(batch);
  }

  /** Tells an event once all that led to it is durable. */
  tell(event: EngineEvent): void {
    if (this.#before === undefined) this.#told.event(event);
    else this.#events.push(event);
  }

  /** Makes durable what waits, and tells of it. Of a store that has failed nobody knows what it has: it is told nothing more. */
  async flush(): Promise<void> {
    if (this.#before === undefined || this.#hasFailed) return;
    await this.#write({ blocks: this.#blocks });
    const events = this.#events;
    this.#before = undefined;
    this.#blocks = [];
    this.#bytes = 0;
    this.#events = [];
    for (const event of events) this.#told.event(event);
  }

  async #write(batch: Batch): Promise<void> {
    try {
      await this.#storage.commit(batch);
    } catch (error) {
      this.#hasFailed = true;
      this.#told.storeFailed(error);
      throw error;
    }
  }
}
