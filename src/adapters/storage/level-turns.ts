/**
 * Level turns: the order in which the calls of a store take effect, which is the order in which they were made.
 *
 * Reads go side by side; a write waits for all calls before it, and all calls after it wait for the write. So a read sees
 * the state between two writes also in databases that keep no snapshots (IndexedDB is one).
 */

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

export class Turns {
  /** Settles when the last write is done. */
  #written: Promise<unknown> = Promise.resolve();
  /** Settles when every call so far is done. */
  #done: Promise<unknown> = Promise.resolve();

  /** Runs `action` after the writes before it, beside other reads. */
  read<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#written.then(action);
    this.#done = Promise.all([this.#done, settled(turn)]);
    return turn;
  }

  /** Runs `action` after everything before it and before everything after it. */
  write<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#done.then(action);
    this.#written = settled(turn);
    this.#done = this.#written;
    return turn;
  }
}
