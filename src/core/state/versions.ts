/**
 * Versions: a map that is an immutable value, at the speed of a plain one.
 *
 * All versions share one mutable map. The newest holds it; an older one is the difference to a newer one, and reading it
 * turns the differences round on the way ("rerooting", Baker 1978). So the next version costs its changes only, a
 * fork or a retry costs its difference, and an old version that nobody holds is garbage: no newer one points to it.
 */

type Changes<V> = readonly (readonly [key: string, value: V | undefined])[];

interface Shared<V> {
  readonly map: Map<string, V>;
}

interface Difference<V> {
  readonly newer: Versions<V>;
  /** What to set in the newer version to have this one. */
  readonly changes: Changes<V>;
}

export class Versions<V> {
  /** Either the shared map, in the newest version, or how this one differs from a newer one. */
  #shared: Shared<V> | undefined;
  #difference: Difference<V> | undefined;

  private constructor(shared: Shared<V>) {
    this.#shared = shared;
  }

  /** A first version with these entries; the map is the versions' own from now on. */
  static of<V>(map: Map<string, V>): Versions<V> {
    return new Versions({ map });
  }

  get(key: string): V | undefined {
    return this.#map().get(key);
  }

  get size(): number {
    return this.#map().size;
  }

  /** All entries of this version, in no order that may matter. */
  entries(): IterableIterator<[string, V]> {
    return this.#map().entries();
  }

  /** The next version: `undefined` removes. This one stays as it is. */
  with(changes: Iterable<readonly [key: string, value: V | undefined]>): Versions<V> {
    const shared: Shared<V> = { map: this.#map() };
    const newer = new Versions<V>(shared);
    this.#leave(newer, Versions.#swap(shared.map, changes));
    return newer;
  }

  #leave(newer: Versions<V>, changes: Changes<V>): void {
    this.#shared = undefined;
    this.#difference = { newer, changes };
  }

  /** Sets the changes and returns what stood there before. */
  static #swap<V>(map: Map<string, V>, changes: Iterable<readonly [string, V | undefined]>): Changes<V> {
    const before: [string, V | undefined][] = [];
    for (const [key, value] of changes) {
      before.push([key, map.get(key)]);
      if (value === undefined) map.delete(key);
      else map.set(key, value);
    }
    // A key changed twice must get back its first value last.
    return before.reverse();
  }

  #map(): Map<string, V> {
    if (this.#shared !== undefined) return this.#shared.map;
    const path: Versions<V>[] = [];
    let holder: Versions<V> = this;
    while (holder.#difference !== undefined) {
      path.push(holder);
      holder = holder.#difference.newer;
    }
    for (const version of path.reverse()) {
      const { map } = holder.#shared as Shared<V>;
      const { changes } = version.#difference as Difference<V>;
      holder.#leave(version, Versions.#swap(map, changes));
      version.#shared = { map };
      version.#difference = undefined;
      holder = version;
    }
    return (this.#shared as unknown as Shared<V>).map;
  }
}
