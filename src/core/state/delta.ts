/**
 * Delta: what rows become, leaf by leaf, in one piece of memory. A step of the state gives two: the new rows, and the old.
 *
 * It is what a store is handed, what a fork is turned round by, and what the history of a chain is made of.
 */
import { copyBytes, viewOf } from '../bytes.ts';
import { copyWords } from '../tree/hash-pages.ts';

/** Where a read found an entry. */
export interface Place {
  /** Its leaf; -1 if it is nowhere. */
  leaf: number;
}

/** A changed entry; `undefined` removes it. Its place, if the version that is changed has told it, saves a search. */
export interface Change extends Partial<Readonly<Place>> {
  readonly key: string;
  /** PERF: true if it is known that the key is that of an account; it need not be made then. */
  readonly isAccount?: true;
  readonly record: unknown;
}

/**
 * Row i belongs to leaves[i], which ascend, and is bytes[startOf(delta, i)..ends[i]); one without bytes is gone.
 * PERF: each begins at a multiple of four, so that rows are copied by words.
 */
export interface Delta {
  readonly leaves: Uint32Array;
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
}

/** One row of a delta, as the storage door takes it: `undefined` bytes mean that it is gone. */
export interface DeltaRow {
  readonly leaf: number;
  readonly bytes: Uint8Array | undefined;
}

/** One that is there. */
export type PresentRow = DeltaRow & { readonly bytes: Uint8Array };

/** Where row `index` begins: after the one before, at the next multiple of four. */
export const startOf = ({ ends }: Pick<Delta, 'ends'>, index: number): number =>
  index > 0 ? ((ends[index - 1] as number) + 3) & ~3 : 0;

export const emptyDelta: Delta = { leaves: new Uint32Array(0), ends: new Uint32Array(0), bytes: new Uint8Array(0) };

/** The rows of a delta, one by one; they share its memory. */
export const rowsOf = (delta: Delta): readonly DeltaRow[] => {
  const { leaves, ends, bytes } = delta;
  const rows: DeltaRow[] = [];
  for (let index = 0; index < leaves.length; index += 1) {
    const [start, end] = [startOf(delta, index), ends[index] as number];
    rows.push({ leaf: leaves[index] as number, bytes: end > start ? bytes.subarray(start, end) : undefined });
  }
  return rows;
};

const FIRST_ROWS = 64;
const FIRST_BYTES = 8192;

/** Makes a delta, row by row; used again for the next one. */
export class DeltaWriter {
  #leaves = new Uint32Array(FIRST_ROWS);
  #ends = new Uint32Array(FIRST_ROWS);
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  words = new Int32Array(this.bytes.buffer);
  view = viewOf(this.bytes);
  #rows = 0;
  length = 0;

  /** Makes room for `bytes` more. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const written = this.bytes.subarray(0, this.length);
    this.#newMemory(2 * (this.length + bytes));
    this.bytes.set(written);
  }

  /** Copies source[from..to) to the row under way. */
  copy(source: DataView, from: number, to: number): void {
    this.reserve(to - from);
    copyBytes(source, from, to, this.view, this.length);
    this.length += to - from;
  }

  /** Copies all of `bytes` to the row under way. */
  add(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Begins a row with the first `length` bytes from `start` of `words`, which is a multiple of four. */
  copyWords(words: Int32Array, start: number, length: number): void {
    this.reserve(length + 3);
    copyWords(words, start >> 2, this.words, this.length >> 2, (length + 3) >> 2);
    this.length += length;
  }

  /** Tag and length of a protobuf field of bytes. */
  head(tag: number, length: number): void {
    this.reserve(6);
    this.bytes[this.length++] = tag;
    let rest = length;
    for (; rest > 0x7f; rest >>>= 7) this.bytes[this.length++] = (rest & 0x7f) | 0x80;
    this.bytes[this.length++] = rest;
  }

  /** The row under way belongs to `leaf` and is complete. */
  end(leaf: number): void {
    if (this.#rows === this.#leaves.length) {
      const [leaves, ends] = [new Uint32Array(2 * this.#rows), new Uint32Array(2 * this.#rows)];
      leaves.set(this.#leaves);
      ends.set(this.#ends);
      this.#leaves = leaves;
      this.#ends = ends;
    }
    this.#leaves[this.#rows] = leaf;
    this.#ends[this.#rows] = this.length;
    this.#rows += 1;
    this.reserve(3);
    this.length = (this.length + 3) & ~3;
  }

  /** Forgets the rows since the last delta. */
  clear(): void {
    this.#rows = 0;
    this.length = 0;
  }

  /** The rows so far, in the writer's own memory: until the next row. */
  peek(): Delta {
    return {
      leaves: this.#leaves.subarray(0, this.#rows),
      ends: this.#ends.subarray(0, this.#rows),
      bytes: this.bytes.subarray(0, this.length),
    };
  }

  /** The delta since the last call, in memory of its own. PERF: a long one is handed over where it was written, not copied. */
  finish(): Delta {
    const delta = {
      leaves: this.#leaves.slice(0, this.#rows),
      ends: this.#ends.slice(0, this.#rows),
      bytes: this.#takeBytes(),
    };
    this.clear();
    return delta;
  }

  #takeBytes(): Uint8Array {
    const { bytes, length } = this;
    if (2 * length < bytes.length) return bytes.slice(0, length);
    // The next one is about as long.
    this.#newMemory(length + (length >> 3));
    return bytes.subarray(0, length);
  }

  #newMemory(length: number): void {
    this.bytes = new Uint8Array((length + 3) & ~3);
    this.words = new Int32Array(this.bytes.buffer);
    this.view = viewOf(this.bytes);
  }
}
