/**
 * Tape: the values of a document while it is read, in flat arrays that grow.
 */

/** Twice as long, with the same beginning. */
const grown = <T extends Uint8Array | Uint32Array | Int32Array>(make: new (length: number) => T, old: T): T => {
  const larger = new make(2 * old.length);
  larger.set(old);
  return larger;
};

export class Tape {
  size = 0;
  kinds: Uint8Array;
  starts: Uint32Array;
  ends: Uint32Array;
  nexts: Uint32Array;
  members: Int32Array;
  extras: Uint32Array;

  constructor(room: number) {
    this.kinds = new Uint8Array(room);
    this.starts = new Uint32Array(room);
    this.ends = new Uint32Array(room);
    this.nexts = new Uint32Array(room);
    this.members = new Int32Array(room);
    this.extras = new Uint32Array(room);
  }

  /** Adds a value that is not at its end yet; returns its place. */
  add(kind: number, start: number, member: number): number {
    const at = this.size;
    if (at === this.kinds.length) this.#grow();
    this.size = at + 1;
    this.kinds[at] = kind;
    this.starts[at] = start;
    this.members[at] = member;
    this.nexts[at] = at + 1;
    return at;
  }

  #grow(): void {
    this.kinds = grown(Uint8Array, this.kinds);
    this.starts = grown(Uint32Array, this.starts);
    this.ends = grown(Uint32Array, this.ends);
    this.nexts = grown(Uint32Array, this.nexts);
    this.members = grown(Int32Array, this.members);
    this.extras = grown(Uint32Array, this.extras);
  }
}
