/**
 * Law: what every implementation of a role must keep, as a value that any test runner can run, or none.
 *
 * An embedder who writes an adapter of their own holds it to the same laws as the built-in ones:
 * `for (const law of cryptoLaws) await law.check(() => myCrypto())`.
 */

export interface Law<T> {
  /** A sentence that is true of every implementation. */
  readonly name: string;
  /**
   * Makes what it needs with `make`, once or more, and tries it. Rejects with an `Error` whose message is a sentence
   * that says what was broken; resolves if the law is kept. `make` gives a ready object that no one else uses.
   */
  check(make: () => Promise<T> | T): Promise<void>;
}

/** A law is broken: the message says how. */
export class LawBroken extends Error {
  readonly code = 'law_broken';
  constructor(message: string) {
    super(message);
    this.name = 'LawBroken';
  }
}

/** Throws `LawBroken` with this sentence unless the fact holds. */
export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new LawBroken(sentence);
}

/** Whether `action` throws. */
export const throws = (action: () => unknown): boolean => {
  try {
    action();
    return false;
  } catch {
    return true;
  }
};
