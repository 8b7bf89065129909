/**
 * Names: the members' names of one document, each held once.
 *
 * Records repeat a few hundred names many thousand times. A small table finds a name by its bytes; what it misses goes to a
 * `Map`, whose own hash is seeded, so that chosen names cannot slow the reader down.
 */
import { readUtf8 } from '../../core/wire/utf8.ts';

const SLOTS = 1024;

/** The names of a document: id by id, with their UTF-8 bytes one after the other and their order by these bytes. */
export interface NameTable {
  readonly texts: readonly string[];
  readonly bytes: Uint8Array;
  /** Where name `id` begins in `bytes`; it ends where the next begins. */
  readonly starts: Uint32Array;
  /** The place of name `id` among all names, sorted by bytes. */
  readonly ranks: Uint32Array;
  readonly ids: ReadonlyMap<string, number>;
}

export class NameTableBuilder {
  readonly #texts: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #slots = new Int32Array(SLOTS).fill(-1);
  #bytes = new Uint8Array(4096);
  #starts: Uint32Array = new Uint32Array(256);

  /** The id of the name whose UTF-8 bytes are `source` from `from` to before `to`. */
  idOf(source: Uint8Array, from: number, to: number): number {
    let hash = to - from;
    for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + (source[at] as number)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const cached = this.#slots[slot] as number;
    if (cached >= 0 && this.#isAt(cached, source, from, to)) return cached;
    const text = readUtf8(source, from, to);
    const id = this.#ids.get(text) ?? this.#add(text, source, from, to);
    this.#slots[slot] = id;
    return id;
  }

  finish(): NameTable {
    const count = this.#texts.length;
    const starts = this.#starts.slice(0, count + 1);
    const bytes = this.#bytes;
    const order = Uint32Array.from({ length: count }, (_, id) => id).sort((a, b) => {
      const aEnd = starts[a + 1] as number;
      const bEnd = starts[b + 1] as number;
      let atA = starts[a] as number;
      let atB = starts[b] as number;
      while (atA < aEnd && atB < bEnd) {
        const difference = (bytes[atA] as number) - (bytes[atB] as number);
        if (difference !== 0) return difference;
        atA += 1;
        atB += 1;
      }
      return aEnd - atA - (bEnd - atB);
    });
    const ranks = new Uint32Array(count);
    for (let rank = 0; rank < count; rank += 1) ranks[order[rank] as number] = rank;
    return { texts: this.#texts, bytes, starts, ranks, ids: this.#ids };
  }

  get count(): number {
    return this.#texts.length;
  }

  #isAt(id: number, source: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[id] as number;
    if ((this.#starts[id + 1] as number) - start !== to - from) return false;
    for (let at = from; at < to; at += 1) if (source[at] !== this.#bytes[start + at - from]) return false;
    return true;
  }

  #add(text: string, source: Uint8Array, from: number, to: number): number {
    const id = this.#texts.length;
    const start = this.#starts[id] as number;
    const end = start + to - from;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(2 * Math.max(end, this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (id + 1 >= this.#starts.length) {
      const larger = new Uint32Array(2 * this.#starts.length);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#bytes.set(source.subarray(from, to), start);
    this.#starts[id + 1] = end;
    this.#texts.push(text);
    this.#ids.set(text, id);
    return id;
  }
}
