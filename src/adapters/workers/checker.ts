/**
 * Checker: the door to whoever finds verdicts beside the thread that asks: worker threads, or nobody.
 *
 * What every checker must keep is written as laws in `medstate/adapters/laws`. Source: docs/decisions/0022-verdicts.md.
 */

/** Transactions that were handed over. */
export interface Checking {
  /**
   * The binary verdicts in the order of the transactions (`readVerdict`), each what `verdictOf` says of these bytes; `undefined` if they
   * were dropped, or the checker was closed before. It never rejects.
   */
  readonly verdicts: Promise<Uint8Array | undefined>;
  /** Nobody waits for them any more: what no worker has begun is left. Once more, or after the end, does nothing. */
  drop(): void;
}

/** Finds verdicts, in the order of the calls. It keeps no transaction longer than it takes. */
export interface Checker {
  /**
   * How many threads are at work beside the asking one, now: it rises as they come and falls as they fail. 0: whoever asks would wait for them
   * to come, or do the work itself.
   */
  readonly workers: number;
  /** Whether everything that was handed over is with the workers. Who hands over more all the same makes it wait in the caller's memory. */
  readonly hasRoom: boolean;
  /** Takes transactions, and seals of blocks among them, whose bytes must not change until the promise settles. */
  check(transactions: readonly Uint8Array[]): Checking;
  /** Ends all workers and settles all that is under way; resolves when no thread is left. Twice is fine. */
  close(): Promise<void>;
}
