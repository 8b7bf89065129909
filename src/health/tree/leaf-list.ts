/**
 * Leaf list: the leaves of a tree while it is built: which value each is of, and its hash.
 *
 * In mode B a tree may stand around many times more values than it has leaves, so room is made as it is needed: a document of trees
 * in trees would otherwise ask for the room of all its values once for each of them.
 */
import { HASH_BYTES } from '../../core/units.ts';

export class LeafList {
  count = 0;
  hashes: Uint8Array;
  #values: Uint32Array;

  constructor(room: number) {
    this.#values = new Uint32Array(room);
    this.hashes = new Uint8Array(HASH_BYTES * room);
  }

  /** The values of all leaves, in their order. */
  get values(): Uint32Array {
    return this.#values.slice(0, this.count);
  }

  /** Adds a leaf; returns where its hash has to be written. */
  add(value: number): number {
    if (this.count === this.#values.length) this.#grow();
    this.#values[this.count] = value;
    this.count += 1;
    return HASH_BYTES * (this.count - 1);
  }

  #grow(): void {
    const values = new Uint32Array(2 * this.#values.length);
    values.set(this.#values);
    this.#values = values;
    const hashes = new Uint8Array(2 * this.hashes.length);
    hashes.set(this.hashes);
    this.hashes = hashes;
  }
}
