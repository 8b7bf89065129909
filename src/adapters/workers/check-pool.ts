/**
 * Check pool: a checker on worker threads. Transactions are written into shared memory once, and verdicts read out of it; nothing is
 * cloned from thread to thread.
 *
 * It is as right without its workers as with them: what a worker leaves behind when it dies is done here, and when none is left all is.
 * A pool that has nothing to do keeps no process alive. Source: docs/decisions/0022-verdicts.md.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Crypto } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { VERDICT_BYTES } from '../../core/verdict.ts';
import type { Checker, Checking } from './checker.ts';
import { SharedSlots, SLOT_BYTES, SLOT_TRANSACTIONS } from './shared-slots.ts';
import { findVerdicts, roomForVerdicts } from './verdicts-of.ts';

/** Workers beyond these would wait for the thread that asks. */
const MAX_WORKERS = 64;
/** So many batches wait for each worker at most, while the thread that asks is busy: two thousand transactions, some fifty milliseconds. */
const SLOTS_A_WORKER = 32;
/** Batches are no smaller than this, but for the last one. */
const FEWEST_TRANSACTIONS = 8;

export interface CheckPoolOptions {
  /** What this thread checks with, when no worker does. */
  readonly crypto: Crypto;
  /** How many threads, 0 to 64; as many as the machine has cores, if it is not told. The thread that asks rests while it waits. */
  readonly workers?: number;
  /** Where the program of the workers lies, for those who bundle: `adapters/workers/check-worker.js`. */
  readonly program?: URL;
  /** Told when a worker could not be started or ended unbidden; the others go on. */
  readonly onFailure?: (error: unknown) => void;
}

interface Job {
  readonly transactions: readonly Uint8Array[];
  readonly verdicts: Uint8Array;
  /** The first one that no worker was given. */
  next: number;
  /** How many have no verdict yet. */
  left: number;
  isOver: boolean;
  readonly settle: (verdicts: Uint8Array | undefined) => void;
}

/** What lies in a slot. */
interface Batch {
  readonly job: Job;
  readonly from: number;
  readonly count: number;
}

class CheckPool implements Checker {
  readonly #crypto: Crypto;
  readonly #onFailure: (error: unknown) => void;
  readonly #slots: SharedSlots;
  readonly #threads = new Map<number, Worker>();
  readonly #ends: Promise<void>[] = [];
  /** The batches in slots, by slot; and how many slots from the oldest on are in use or were. */
  readonly #batches: (Batch | undefined)[];
  #oldest = 0;
  #used = 0;
  /** Jobs that are not wholly in slots, in order. */
  readonly #queue: Job[] = [];
  readonly #open = new Set<Job>();
  #isClosed = false;

  constructor(options: CheckPoolOptions) {
    const { crypto, workers = Math.min(MAX_WORKERS, availableParallelism()), onFailure = () => undefined } = options;
    invariant(Number.isInteger(workers) && workers >= 0 && workers <= MAX_WORKERS, `0 to ${MAX_WORKERS} workers`);
    this.#crypto = crypto;
    this.#onFailure = onFailure;
    this.#slots = new SharedSlots(workers * SLOTS_A_WORKER);
    this.#batches = new Array<Batch | undefined>(this.#slots.count).fill(undefined);
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const program = options.program ?? new URL(`./check-worker.${ending}`, import.meta.url);
    for (let worker = 0; worker < workers; worker += 1) this.#start(worker, program);
  }

  get workers(): number {
    return Math.min(this.#threads.size, this.#slots.announced);
  }

  get hasRoom(): boolean {
    return this.#queue.length === 0;
  }

  #start(worker: number, program: URL): void {
    const thread = new Worker(program, { workerData: { memory: this.#slots.memory, worker } });
    this.#threads.set(worker, thread);
    thread.on('message', () => this.#collect());
    thread.on('error', (error) => this.#onFailure(error));
    const ended = new Promise<void>((resolve) => {
      thread.once('exit', () => {
        this.#lose(worker);
        resolve();
      });
    });
    this.#ends.push(ended);
    thread.unref();
  }

  /** A worker has ended. If nobody told it to, what it had is done here, and so is all that is left if it was the last one. */
  #lose(worker: number): void {
    this.#threads.delete(worker);
    if (this.#isClosed) return;
    this.#onFailure(new Error(`worker ${worker} ended unbidden`));
    for (const [slot, batch] of this.#batches.entries()) {
      if (batch === undefined) continue;
      const isLost = this.#slots.isClaimedBy(slot, worker) || (this.#threads.size === 0 && this.#slots.takeBack(slot));
      if (isLost) this.#doHere(slot, batch);
    }
    this.#collect();
  }

  check(transactions: readonly Uint8Array[]): Checking {
    if (this.#isClosed) return { verdicts: Promise.resolve(undefined), drop: () => undefined };
    let settle: Job['settle'] = () => undefined;
    const verdicts = new Promise<Uint8Array | undefined>((resolve) => {
      settle = resolve;
    });
    const room = roomForVerdicts(transactions.length);
    const job: Job = { transactions, verdicts: room, next: 0, left: transactions.length, isOver: false, settle };
    this.#open.add(job);
    this.#queue.push(job);
    this.#collect();
    return { verdicts, drop: () => this.#end(job, undefined) };
  }

  #end(job: Job, verdicts: Uint8Array | undefined): void {
    if (job.isOver) return;
    job.isOver = true;
    this.#open.delete(job);
    if (verdicts === undefined) this.#leave(job);
    job.settle(verdicts);
    if (this.#open.size === 0) for (const thread of this.#threads.values()) thread.unref();
  }

  /** Takes back what no worker has begun of a job. */
  #leave(job: Job): void {
    const queued = this.#queue.indexOf(job);
    if (queued >= 0) this.#queue.splice(queued, 1);
    for (const [slot, batch] of this.#batches.entries())
      if (batch?.job === job && this.#slots.takeBack(slot)) this.#batches[slot] = undefined;
  }

  #told({ job, count }: Batch): void {
    job.left -= count;
    if (job.left === 0) this.#end(job, job.verdicts);
  }

  #doHere(slot: number, batch: Batch): void {
    const { job, from, count } = batch;
    if (!job.isOver) findVerdicts(this.#crypto, job.transactions, job.verdicts, from, count);
    this.#release(slot, batch);
  }

  #release(slot: number, batch: Batch): void {
    this.#batches[slot] = undefined;
    this.#slots.free(slot);
    this.#told(batch);
  }

  /** Reads what is finished, and gives workers what waits. */
  #collect(): void {
    this.#slots.wantCall();
    for (let step = 0; step < this.#used; step += 1) {
      const slot = (this.#oldest + step) % this.#slots.count;
      const batch = this.#batches[slot];
      if (batch === undefined) continue;
      const end = this.#slots.endOf(slot);
      if (end === 'failed') this.#doHere(slot, batch);
      if (end !== 'done') continue;
      const { job, from, count } = batch;
      this.#slots.readVerdicts(slot, count, job.verdicts, from * VERDICT_BYTES);
      this.#release(slot, batch);
    }
    while (this.#used > 0 && this.#batches[this.#oldest] === undefined) {
      this.#oldest = (this.#oldest + 1) % this.#slots.count;
      this.#used -= 1;
    }
    this.#slots.beginAt(this.#oldest);
    this.#give();
  }

  #give(): void {
    for (let job = this.#queue[0]; job !== undefined; job = this.#queue[0]) {
      if (job.next === job.transactions.length) this.#queue.shift();
      else if (this.#threads.size === 0 || (job.transactions[job.next] as Uint8Array).length > SLOT_BYTES)
        this.#giveNobody(job);
      else if (this.#used === this.#slots.count) break;
      else this.#giveBatch(job);
      // An empty job is over at once.
      if (job.left === 0) this.#end(job, job.verdicts);
    }
    if (this.#open.size > 0) for (const thread of this.#threads.values()) thread.ref();
  }

  /** What no worker can do is done here: all of it if there are none, else the one that is too long for a slot. */
  #giveNobody(job: Job): void {
    const count = this.#threads.size === 0 ? job.transactions.length - job.next : 1;
    findVerdicts(this.#crypto, job.transactions, job.verdicts, job.next, count);
    job.next += count;
    job.left -= count;
  }

  /** Fills the slot behind those in use; a short job is spread over all workers. */
  #giveBatch(job: Job): void {
    const slot = (this.#oldest + this.#used) % this.#slots.count;
    const from = job.next;
    const share = Math.ceil((job.transactions.length - from) / this.#threads.size);
    const most = Math.min(SLOT_TRANSACTIONS, Math.max(FEWEST_TRANSACTIONS, share));
    const count = this.#slots.write(slot, job.transactions, from, most);
    this.#batches[slot] = { job, from, count };
    this.#used += 1;
    job.next += count;
    this.#slots.give(slot);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#slots.stop();
    for (const job of [...this.#open]) this.#end(job, undefined);
    await Promise.all([...this.#threads.values()].map((thread) => thread.terminate()));
    await Promise.all(this.#ends);
  }
}

/** Starts workers. They are ready when they have loaded their crypto; until then what they are given waits. */
export const checkPool = (options: CheckPoolOptions): Checker => new CheckPool(options);
