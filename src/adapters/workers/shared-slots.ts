/**
 * Shared slots: the memory that a pool's thread and its workers have in common: slots, each with a batch of transactions and, when a worker
 * has been there, their verdicts.
 *
 * A slot belongs to one side at a time, and its state says to whom: free and written by the pool, then claimed by one worker, then
 * finished and read by the pool. The claim is one atomic step that names the worker, so of a worker that dies it is known what it had.
 * Nobody misses a word: whoever waits looks at a number that is changed before it is told.
 */
import { VERDICT_BYTES } from '../../core/verdict.ts';

/** The most transactions of a batch; two milliseconds of native recoveries. */
export const SLOT_TRANSACTIONS = 64;
/** The most bytes of a batch; what is longer than this alone is not for workers. */
export const SLOT_BYTES = 32 * 1024;

/** What a slot's state says; from CLAIMED on, the number of the worker that has it. */
const FREE = 0;
const READY = 1;
const DONE = 2;
const FAILED = 3;
const CLAIMED = 16;

/** The first words: counts up when there is something to do; workers must end; the pool wants to be called; where to begin looking; how many workers have come. */
const BELL = 0;
const STOP = 1;
const CALL = 2;
const OLDEST = 3;
const READY_WORKERS = 4;
const STATES = 5;

const LENGTHS_BYTES = 4 * SLOT_TRANSACTIONS;
const VERDICTS_BYTES = SLOT_TRANSACTIONS * VERDICT_BYTES;
/** Lengths first: they are words. */
const SLOT_SIZE = Math.ceil((4 + LENGTHS_BYTES + VERDICTS_BYTES + SLOT_BYTES) / 4) * 4;

/** What has become of a slot that the pool has given away. */
export type SlotEnd = 'waiting' | 'claimed' | 'done' | 'failed';

export class SharedSlots {
  readonly memory: SharedArrayBuffer;
  readonly count: number;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #first: number;

  /** Over the memory of another thread, or over new memory for so many slots. */
  constructor(memory: SharedArrayBuffer | number) {
    const isNew = typeof memory === 'number';
    this.memory = isNew ? new SharedArrayBuffer(4 * (STATES + memory) + memory * SLOT_SIZE) : memory;
    this.count = isNew ? memory : (memory.byteLength - 4 * STATES) / (4 + SLOT_SIZE);
    this.#words = new Int32Array(this.memory);
    this.#bytes = new Uint8Array(this.memory);
    this.#first = 4 * (STATES + this.count);
  }

  #startOf(slot: number): number {
    return this.#first + slot * SLOT_SIZE;
  }

  #verdictsOf(slot: number): number {
    return this.#startOf(slot) + 4 + LENGTHS_BYTES;
  }

  // The pool's side.

  isFree(slot: number): boolean {
    return Atomics.load(this.#words, STATES + slot) === FREE;
  }

  /** Writes transactions from `from` on into a free slot, at most `most` of them and as many as have room; how many. No worker sees them yet. */
  write(slot: number, transactions: readonly Uint8Array[], from: number, most: number): number {
    const start = this.#startOf(slot);
    const last = Math.min(transactions.length, from + Math.min(most, SLOT_TRANSACTIONS));
    let at = this.#verdictsOf(slot) + VERDICTS_BYTES;
    const end = at + SLOT_BYTES;
    let count = 0;
    for (let index = from; index < last; index += 1) {
      const bytes = transactions[index] as Uint8Array;
      if (at + bytes.length > end) break;
      this.#bytes.set(bytes, at);
      at += bytes.length;
      count += 1;
      this.#words[start / 4 + count] = bytes.length;
    }
    this.#words[start / 4] = count;
    return count;
  }

  /** Lets a worker have a slot that was written, and wakes one. */
  give(slot: number): void {
    Atomics.store(this.#words, STATES + slot, READY);
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL, 1);
  }

  /** Tells workers where the oldest batch lies. */
  beginAt(slot: number): void {
    Atomics.store(this.#words, OLDEST, slot);
  }

  endOf(slot: number): SlotEnd {
    const state = Atomics.load(this.#words, STATES + slot);
    if (state === DONE) return 'done';
    if (state === FAILED) return 'failed';
    return state >= CLAIMED ? 'claimed' : 'waiting';
  }

  /** Whether this worker has the slot. */
  isClaimedBy(slot: number, worker: number): boolean {
    return Atomics.load(this.#words, STATES + slot) === CLAIMED + worker;
  }

  /** Takes back a slot that no worker has claimed; whether it could. */
  takeBack(slot: number): boolean {
    return Atomics.compareExchange(this.#words, STATES + slot, READY, FREE) === READY;
  }

  /** Copies the verdicts of a finished slot. */
  readVerdicts(slot: number, count: number, target: Uint8Array, at: number): void {
    const start = this.#verdictsOf(slot);
    target.set(this.#bytes.subarray(start, start + count * VERDICT_BYTES), at);
  }

  free(slot: number): void {
    Atomics.store(this.#words, STATES + slot, FREE);
  }

  /** From now on the next worker that finishes a slot calls. To be said before the slots are looked at. */
  wantCall(): void {
    Atomics.store(this.#words, CALL, 1);
  }

  /** Tells all workers to end. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL);
  }

  /** How many workers have been ready so far. */
  get announced(): number {
    return Atomics.load(this.#words, READY_WORKERS);
  }

  // A worker's side.

  /** The worker has all that it needs. */
  announce(): void {
    Atomics.add(this.#words, READY_WORKERS, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** A number that changes with every word; to be read before looking for work. */
  get bell(): number {
    return Atomics.load(this.#words, BELL);
  }

  /** Sleeps until the bell is another than `heard`. */
  sleep(heard: number): void {
    Atomics.wait(this.#words, BELL, heard);
  }

  /** Claims a slot that is ready, an old one first; -1 if there is none. */
  claim(worker: number): number {
    const oldest = Atomics.load(this.#words, OLDEST);
    for (let step = 0; step < this.count; step += 1) {
      const slot = (oldest + step) % this.count;
      if (Atomics.compareExchange(this.#words, STATES + slot, READY, CLAIMED + worker) === READY) return slot;
    }
    return -1;
  }

  /** The transactions of a claimed slot, copied: native code may not be handed shared memory. */
  read(slot: number): readonly Uint8Array[] {
    const start = this.#startOf(slot);
    const count = this.#words[start / 4] as number;
    const transactions: Uint8Array[] = [];
    let at = this.#verdictsOf(slot) + VERDICTS_BYTES;
    for (let index = 1; index <= count; index += 1) {
      const length = this.#words[start / 4 + index] as number;
      transactions.push(new Uint8Array(this.#bytes.subarray(at, at + length)));
      at += length;
    }
    return transactions;
  }

  /** Writes the verdicts of a claimed slot, and gives it back; whether the pool wants to be called. */
  finish(slot: number, verdicts: Uint8Array | undefined): boolean {
    if (verdicts !== undefined) this.#bytes.set(verdicts, this.#verdictsOf(slot));
    Atomics.store(this.#words, STATES + slot, verdicts === undefined ? FAILED : DONE);
    return Atomics.exchange(this.#words, CALL, 0) === 1;
  }
}
