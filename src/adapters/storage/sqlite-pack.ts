/**
 * SQLite pack: some rows in one value, so that SQLite handles one cell where it would handle many.
 *
 * A pack has up to 127 slots: first their number, a byte; for each slot a number, 0 for one without a row and else the
 * length of its row and one, as a varint (seven bits a byte, the least first); then the rows one after the other.
 */

const MAX_SLOTS = 127;
const MAX_VARINT_BYTES = 5;

// What `codesOf` found last. PERF: a read of one row makes no object but the row.
const lengths = new Float64Array(MAX_SLOTS);
let rowsStart = 0;

/** Reads the lengths of a pack, -1 where there is no row, and where its rows begin; whether they make sense. */
const readLengths = (bytes: Uint8Array): boolean => {
  const slots = bytes[0] ?? MAX_SLOTS + 1;
  if (slots > MAX_SLOTS) return false;
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
    lengths[slot] = code - 1;
    if (code > 0) total += code - 1;
  }
  rowsStart = at;
  return at + total === bytes.length;
};

/** A copy of the row in a slot, or `undefined` if there is none; `false` if the bytes are no pack. */
export const rowInPack = (bytes: Uint8Array, slot: number): Uint8Array | undefined | false => {
  if (!readLengths(bytes)) return false;
  const length = slot < (bytes[0] as number) ? (lengths[slot] as number) : -1;
  if (length < 0) return undefined;
  let start = rowsStart;
  for (let before = 0; before < slot; before += 1) start += Math.max(0, lengths[before] as number);
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length).slice();
};

/** The rows of a pack by slot, over its memory; `undefined` if the bytes are no pack. */
export const rowsInPack = (bytes: Uint8Array): (Uint8Array | undefined)[] | undefined => {
  if (!readLengths(bytes)) return undefined;
  const rows: (Uint8Array | undefined)[] = [];
  let start = bytes.byteOffset + rowsStart;
  for (let slot = 0; slot < (bytes[0] as number); slot += 1) {
    const length = lengths[slot] as number;
    rows.push(length < 0 ? undefined : new Uint8Array(bytes.buffer, start, length));
    start += Math.max(0, length);
  }
  return rows;
};

/** Makes packs. What it gives is good until the next call: the memory is used again. */
export class Packer {
  #memory = new Uint8Array(16_384);

  /** The bytes of a pack of these rows. */
  packed(rows: readonly (Uint8Array | undefined)[]): Uint8Array {
    let room = 1 + rows.length * MAX_VARINT_BYTES;
    for (const row of rows) room += row?.length ?? 0;
    if (room > this.#memory.length) this.#memory = new Uint8Array(room * 2);
    const memory = this.#memory;
    memory[0] = rows.length;
    let at = 1;
    for (const row of rows) {
      let code = row === undefined ? 0 : row.length + 1;
      for (; code >= 0x80; code = Math.floor(code / 0x80)) {
        memory[at] = (code & 0x7f) | 0x80;
        at += 1;
      }
      memory[at] = code;
      at += 1;
    }
    for (const row of rows) {
      if (row === undefined) continue;
      memory.set(row, at);
      at += row.length;
    }
    return memory.subarray(0, at);
  }
}
