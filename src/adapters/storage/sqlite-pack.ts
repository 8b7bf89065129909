/**
 * SQLite pack: some rows in one value, so that SQLite handles one cell where it would handle many.
 *
 * A pack has up to 127 slots: first their number, a byte; for each slot a number, 0 for one without a row and else the
 * length of its row and one, as a varint (seven bits a byte, the least first); then the rows one after the other.
 */

import { copyBytes, viewOf } from '../../core/bytes.ts';

const MAX_SLOTS = 127;
/** A row may be a view on a pack of so many bytes. PERF: to copy it costs a microsecond, for memory outside the heap. */
const LENT_BYTES = 8192;
const MAX_VARINT_BYTES = 5;

/** Reads a pack, and goes from one to the next. PERF: a row becomes an object when it is asked for. */
export class Pack {
  #bytes: Uint8Array = new Uint8Array(1);
  #view: DataView | undefined;
  #slots = 0;
  /** Of each slot where its row begins, and its length; -1 of one without a row. */
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];

  /** A view of its bytes. PERF: made when it is asked for; who reads one row needs none. */
  get view(): DataView {
    this.#view ??= viewOf(this.#bytes);
    return this.#view;
  }

  get slots(): number {
    return this.#slots;
  }

  /** Goes to the pack of these bytes, which it keeps; false, and no pack is open, if they are none. */
  open(bytes: Uint8Array): boolean {
    this.#bytes = bytes;
    this.#view = undefined;
    this.#slots = bytes[0] ?? MAX_SLOTS + 1;
    if (this.#slots <= MAX_SLOTS && this.#read()) return true;
    this.#slots = 0;
    return false;
  }

  #read(): boolean {
    const bytes = this.#bytes;
    const slots = this.#slots;
    let [at, total] = [1, 0];
    for (let slot = 0; slot < slots; slot += 1) {
      let byte = bytes[at] ?? 0xff;
      at += 1;
      let code = byte & 0x7f;
      for (let scale = 0x80, more = 1; byte >= 0x80; scale *= 0x80, more += 1) {
        if (more === MAX_VARINT_BYTES) return false;
        byte = bytes[at] ?? 0xff;
        at += 1;
        code += (byte & 0x7f) * scale;
      }
      this.#lengths[slot] = code - 1;
      this.#starts[slot] = total;
      if (code > 0) total += code - 1;
    }
    if (at + total !== bytes.length) return false;
    for (let slot = 0; slot < slots; slot += 1) this.#starts[slot] = (this.#starts[slot] as number) + at;
    return true;
  }

  has(slot: number): boolean {
    return slot < this.#slots && (this.#lengths[slot] as number) >= 0;
  }

  start(slot: number): number {
    return this.#starts[slot] as number;
  }

  end(slot: number): number {
    return (this.#starts[slot] as number) + (this.#lengths[slot] as number);
  }

  /** The row of a slot, over the memory of the pack. */
  row(slot: number): Uint8Array | undefined {
    if (!this.has(slot)) return undefined;
    // `subarray` of a Buffer would be a Buffer.
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.start(slot), this.#lengths[slot]);
  }

  /** The same, in memory of its own if the pack is long: who keeps the row must not keep much more. */
  ownRow(slot: number): Uint8Array | undefined {
    const row = this.row(slot);
    return this.#bytes.length > LENT_BYTES ? row?.slice() : row;
  }
}

/** What may stand before the rows of a pack: its number of slots, and their codes. */
const MAX_HEAD_BYTES = 1 + MAX_SLOTS * MAX_VARINT_BYTES;

/** Makes packs, slot by slot. PERF: no object a row, and no memory a pack: rows lie where they are packed, and their head before them. */
export class Packer {
  #slots = 0;
  readonly #codes = new Uint8Array(MAX_SLOTS * MAX_VARINT_BYTES);
  #codesEnd = 0;
  #rows = new Uint8Array(16_384);
  #view = viewOf(this.#rows);
  #rowsEnd = MAX_HEAD_BYTES;
  #isEmpty = true;

  get slots(): number {
    return this.#slots;
  }

  /** Whether no slot has a row. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** The next slot has these bytes for its row. */
  add(bytes: Uint8Array): void {
    const start = this.#next(bytes.length);
    this.#rows.set(bytes, start);
  }

  /** Where the row of the next slot is to be written, of so many bytes. */
  #next(length: number): number {
    this.#code(length + 1);
    this.#isEmpty = false;
    const start = this.#rowsEnd;
    this.#rowsEnd += length;
    if (this.#rowsEnd > this.#rows.length) {
      const grown = new Uint8Array(2 * this.#rowsEnd);
      grown.set(this.#rows.subarray(0, start));
      this.#rows = grown;
      this.#view = viewOf(grown);
    }
    return start;
  }

  /** The next slot has no row. */
  skip(): void {
    this.#code(0);
  }

  /** The next slot has what a slot of another pack has. */
  copy(pack: Pack | undefined, slot: number): void {
    if (pack === undefined || !pack.has(slot)) this.skip();
    else {
      const [from, to] = [pack.start(slot), pack.end(slot)];
      const start = this.#next(to - from);
      copyBytes(pack.view, from, to, this.#view, start);
    }
  }

  /** The pack, in a scratch until the next row is added; the packer is empty again. */
  packed(): Uint8Array {
    const start = MAX_HEAD_BYTES - this.#codesEnd - 1;
    const end = this.#rowsEnd;
    this.#rows[start] = this.#slots;
    for (let at = 0; at < this.#codesEnd; at += 1) this.#rows[start + 1 + at] = this.#codes[at] as number;
    this.clear();
    return this.#rows.subarray(start, end);
  }

  clear(): void {
    this.#slots = 0;
    this.#codesEnd = 0;
    this.#rowsEnd = MAX_HEAD_BYTES;
    this.#isEmpty = true;
  }

  #code(value: number): void {
    let code = value;
    for (; code >= 0x80; code = Math.floor(code / 0x80)) {
      this.#codes[this.#codesEnd] = (code & 0x7f) | 0x80;
      this.#codesEnd += 1;
    }
    this.#codes[this.#codesEnd] = code;
    this.#codesEnd += 1;
    this.#slots += 1;
  }
}
