/**
 * Scraps: copies of a few bytes each that live as long as one step of the state. PERF: views on one piece of memory; to the host every small
 * array is memory outside the heap, which the collector gives back one by one.
 */

const CHUNK_BYTES = 65_536;

export class Scraps {
  #bytes = new Uint8Array(CHUNK_BYTES);
  #end = 0;

  /** The copies made so far may be overwritten from now on. */
  clear(): void {
    this.#end = 0;
  }

  /** A copy of source[from..to). */
  copy(source: Uint8Array, from: number, to: number): Uint8Array {
    const start = this.#end;
    const end = start + to - from;
    if (end > this.#bytes.length) return this.#copyElsewhere(source, from, to);
    const bytes = this.#bytes;
    for (let at = from, out = start; at < to; at += 1, out += 1) bytes[out] = source[at] as number;
    this.#end = end;
    return bytes.subarray(start, end);
  }

  /** Into fresh memory: what was copied before keeps the old. */
  #copyElsewhere(source: Uint8Array, from: number, to: number): Uint8Array {
    if (to - from > CHUNK_BYTES) return source.slice(from, to);
    this.#bytes = new Uint8Array(CHUNK_BYTES);
    this.#end = 0;
    return this.copy(source, from, to);
  }
}
