/**
 * Versions: a row of records by leaf that is an immutable value itself, at the speed of a plain array.
 *
 * All versions share one mutable array. The newest holds it; an older one is the difference to a newer one, and reading it
 * turns the differences round on the way ("rerooting", Baker 1978). So the next version costs its changes only, a
 * fork or a retry costs its difference, and an old version that nobody holds is garbage: no newer one points to it.
 */

/** The value at an index from now on; `undefined` for none. */
interface Change<V> {
  readonly leaf: number;
  readonly record: V | undefined;
}
type Changes<V> = readonly Change<V>[];

interface Difference<V> {
  readonly newer: Versions<V>;
  /** What to set in the newer version to have this one. */
  readonly changes: Changes<V>;
}

export class Versions<V> {
  /** Either the shared array, in the newest version, or how this one differs from a newer one. */
  #shared: (V | undefined)[] | undefined;
  #difference: Difference<V> | undefined;

  private constructor(shared: (V | undefined)[]) {
    this.#shared = shared;
  }

  /** A first version with these values; the array is the versions' own from now on. */
  static of<V>(values: (V | undefined)[]): Versions<V> {
    return new Versions(values);
  }

  get(leaf: number): V | undefined {
    return this.#values()[leaf];
  }

  /** The next version: each change in turn, `undefined` for none. This one stays as it is. */
  with(changes: Changes<V>): Versions<V> {
    const values = this.#values();
    const newer = new Versions<V>(values);
    this.#leave(newer, Versions.#swap(values, changes));
    return newer;
  }

  #leave(newer: Versions<V>, changes: Changes<V>): void {
    this.#shared = undefined;
    this.#difference = { newer, changes };
  }

  /** Sets the changes and returns what stood there before. */
  static #swap<V>(values: (V | undefined)[], changes: Changes<V>): Changes<V> {
    const before: Change<V>[] = [];
    for (const { leaf, record } of changes) {
      before.push({ leaf, record: values[leaf] });
      values[leaf] = record;
    }
    // A leaf changed twice must get back its first value last.
    return before.reverse();
  }

  #values(): (V | undefined)[] {
    if (this.#shared !== undefined) return this.#shared;
    const path: Versions<V>[] = [];
    let holder: Versions<V> = this;
    while (holder.#difference !== undefined) {
      path.push(holder);
      holder = holder.#difference.newer;
    }
    const values = holder.#shared as (V | undefined)[];
    for (const version of path.reverse()) {
      const { changes } = version.#difference as Difference<V>;
      holder.#leave(version, Versions.#swap(values, changes));
      version.#shared = values;
      version.#difference = undefined;
      holder = version;
    }
    return values;
  }
}
