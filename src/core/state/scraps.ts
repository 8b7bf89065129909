/**
 * Scraps: copies of a few bytes each that live as long as one step of the state. PERF: views on one piece of memory; to the host every small
 * array is memory outside the heap, which the collector gives back one by one.
 */
import { copyBytes, viewOf } from '../bytes.ts';

const CHUNK_BYTES = 65_536;

export class Scraps {
  #bytes = new Uint8Array(CHUNK_BYTES);
  #view = viewOf(this.#bytes);
  #end = 0;

  /** The copies made so far may be overwritten from now on. */
  clear(): void {
    this.#end = 0;
  }

  /** A copy of source[from..to). */
  copy(source: DataView, from: number, to: number): Uint8Array {
    const start = this.#end;
    const end = start + to - from;
    if (end > this.#bytes.length) return this.#copyElsewhere(source, from, to);
    copyBytes(source, from, to, this.#view, start);
    this.#end = end;
    return this.#bytes.subarray(start, end);
  }

  /** Into fresh memory: what was copied before keeps the old. */
  #copyElsewhere(source: DataView, from: number, to: number): Uint8Array {
    if (to - from > CHUNK_BYTES) return new Uint8Array(source.buffer, source.byteOffset + from, to - from).slice();
    this.#bytes = new Uint8Array(CHUNK_BYTES);
    this.#view = viewOf(this.#bytes);
    this.#end = 0;
    return this.copy(source, from, to);
  }
}
