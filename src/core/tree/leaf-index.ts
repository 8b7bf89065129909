/**
 * Leaf index: the leaf number of each key.
 *
 * A `Map` in 16 parts, by the last digit of the key: one `Map` of a million keys stops for a tenth of a second when it
 * grows, and fails for good beyond eight million when keys come and go.
 */

/** Tells '0'..'9' and 'a'..'f' apart. */
const DIGIT_MASK = 63;

export class LeafIndex {
  readonly #parts: readonly Map<string, number>[] = Array.from(
    { length: DIGIT_MASK + 1 },
    () => new Map<string, number>(),
  );
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get(key: string): number | undefined {
    return this.#part(key).get(key);
  }

  /** The key is not here yet. */
  add(key: string, leaf: number): void {
    this.#part(key).set(key, leaf);
    this.#count += 1;
  }

  /** The key is here. */
  remove(key: string): void {
    this.#part(key).delete(key);
    this.#count -= 1;
  }

  #part(key: string): Map<string, number> {
    return this.#parts[key.charCodeAt(key.length - 1) & DIGIT_MASK] as Map<string, number>;
  }
}
