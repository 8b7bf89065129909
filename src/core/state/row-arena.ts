/**
 * Row arena: the rows of the state that are in memory, by leaf, as plain bytes in large blocks.
 *
 * A million small objects would cost the collector more than the work they are for. Each row lies there with its link (the
 * part of its leaf's hash that does not follow from its value) and the number of the step that set it, so that rows a
 * store holds can be let go when memory runs short.
 */
import { copyWords } from '../tree/hash-pages.ts';
import type { LineMemory, Piece } from '../tree/line-memory.ts';
import { HASH_BYTES } from '../units.ts';

/**
 * Places are counted in units of 64 bytes, a line of the processor's cache; a chunk is a mebibyte. Nearly all rows of accounts take three,
 * also when their numbers grow: places that got too small would stay empty.
 */
const UNIT_BITS = 6;
const UNIT_BYTES = 2 ** UNIT_BITS;
const CHUNK_BITS = 18;
const CHUNK_UNITS = 2 ** CHUNK_BITS;
const CHUNK_MASK = CHUNK_UNITS - 1;
const CHUNK_BYTES = CHUNK_UNITS * UNIT_BYTES;
const FIRST_BYTES = 4096;
/** Rows of so many bytes, of some twenty thousand accounts, lie in memory that grows with them, wherever it begins. */
const SMALL_BYTES = 2 ** 22;

/** Words before a row's bytes: length, step, length of its key part, spare; then the link. */
const STEP_WORD = 1;
const KEY_PART_WORD = 2;
const USED_WORD = 3;
const LINK_WORD = 4;
/** Words in a line of the processor's cache. */
const LINE_WORDS = 16;
const HEAD_BYTES = 16 + HASH_BYTES;

/** A block of memory, as bytes and as words. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
}

const chunkOf = (length: number, { memory, start }: Piece = { memory: new ArrayBuffer(length), start: 0 }): Chunk => ({
  bytes: new Uint8Array(memory, start, length),
  words: new Int32Array(memory, start, length >> 2),
  view: new DataView(memory, start, length),
});

const unitsOf = (rowBytes: number): number => (HEAD_BYTES + rowBytes + UNIT_BYTES - 1) >> UNIT_BITS;

export class RowArena {
  /** The place of the row of each leaf; 0 while it is not here. */
  #places = new Uint32Array(64);
  readonly #lines: LineMemory;
  readonly #chunks: Chunk[];
  /** The first unit that was never used; unit 0 is none. */
  #next = 1;
  /** Units that were used and are free, by how many lie together. */
  readonly #free = new Map<number, number[]>();
  #usedUnits = 0;
  #sweepAt = 0;
  #count = 0;

  /** Where the row last asked for lies. */
  bytes: Uint8Array;
  words: Int32Array;
  view: DataView;
  start = 0;
  end = 0;

  /** What `warm` read, so that it is read. */
  warmed = 0;

  /** The step that rows are set by, 0 for rows as a store has them. */
  step = 0;

  constructor(lines: LineMemory) {
    this.#lines = lines;
    const first = chunkOf(FIRST_BYTES);
    this.#chunks = [first];
    ({ bytes: this.bytes, words: this.words, view: this.view } = first);
  }

  /** Bytes that rows take. */
  get usedBytes(): number {
    return this.#usedUnits * UNIT_BYTES;
  }

  /** The number of rows here. */
  get count(): number {
    return this.#count;
  }

  has(leaf: number): boolean {
    return leaf < this.#places.length && this.#places[leaf] !== 0;
  }

  /** PERF: reads a word of each of the three cache lines that most rows have, one independent of the other; -1 of `leaves` is none. */
  warm(leaves: Int32Array, count: number): void {
    const places = this.#places;
    for (let index = 0; index < count; index += 1) leaves[index] = places[leaves[index] as number] ?? 0;
    let sum = 0;
    for (let index = 0; index < count; index += 1) {
      const place = leaves[index] as number;
      const { words } = this.#chunks[place >>> CHUNK_BITS] as Chunk;
      const at = (place & CHUNK_MASK) << (UNIT_BITS - 2);
      const third = Math.min(at + 2 * LINE_WORDS, words.length - 1);
      sum += ((words[at] as number) & 1) + ((words[at + LINE_WORDS] as number) & 1) + ((words[third] as number) & 1);
    }
    this.warmed += sum;
  }

  /** Goes to the row of a leaf: `bytes[start..end)` are its bytes from now on. Whether it is here. */
  seek(leaf: number): boolean {
    const place = leaf < this.#places.length ? (this.#places[leaf] as number) : 0;
    if (place === 0) return false;
    this.#goTo(place);
    return true;
  }

  /** The number of bytes of the row found that hold key and next key. */
  get keyPart(): number {
    return this.words[this.#head() + KEY_PART_WORD] as number;
  }

  /** Where in `words` the link of the row found lies. */
  get linkAt(): number {
    return this.#head() + LINK_WORD;
  }

  /** The row found was of use: it stays for another sweep. */
  touch(): void {
    this.words[this.#head() + USED_WORD] = 1;
  }

  /**
   * Sets the row of a leaf to bytes from..to of `source`, where `from` is a multiple of four; its first `keyPart` bytes hold its keys: a
   * negative number tells that they are those that it had. The link is kept if there was a row, and else for the caller to set. The
   * arena stands at the row then.
   */
  set(leaf: number, source: Int32Array, from: number, to: number, keyPart: number): void {
    const length = to - from;
    const units = unitsOf(length);
    let place = this.#placeOf(leaf);
    let kept = 0;
    if (place !== 0) {
      this.#goTo(place);
      const held = unitsOf(this.end - this.start);
      if (held !== units) {
        const { words } = this;
        const link = this.#head() + LINK_WORD;
        const moved = this.#take(units);
        this.#goTo(moved);
        const to = this.#head() + LINK_WORD;
        copyWords(words, link, this.words, to, HASH_BYTES >> 2);
        this.#giveBack(place, held);
        place = moved;
      } else if (keyPart < 0) kept = -keyPart >> 2;
    } else {
      place = this.#take(units);
      this.#count += 1;
      this.#goTo(place);
    }
    this.#places[leaf] = place;
    const head = this.#head();
    this.words[head] = length;
    this.words[head + STEP_WORD] = this.step;
    this.words[head + KEY_PART_WORD] = Math.abs(keyPart);
    this.words[head + USED_WORD] = 1;
    this.end = this.start + length;
    copyWords(source, (from >> 2) + kept, this.words, (this.start >> 2) + kept, ((length + 3) >> 2) - kept);
  }

  remove(leaf: number): void {
    const place = this.#placeOf(leaf);
    if (place === 0) return;
    this.#goTo(place);
    this.#giveBack(place, unitsOf(this.end - this.start));
    this.#places[leaf] = 0;
    this.#count -= 1;
  }

  /**
   * Lets rows go that were set by `step` at the latest, least used first (a clock's hand over the leaves), until at most
   * `maxBytes` are in use or the hand went round twice.
   */
  trim(maxBytes: number, step: number): void {
    const leaves = this.#places.length;
    for (let left = 2 * leaves; left > 0 && this.usedBytes > maxBytes; left -= 1) {
      const leaf = this.#sweepAt;
      this.#sweepAt = leaf + 1 < leaves ? leaf + 1 : 0;
      if (!this.seek(leaf)) continue;
      const head = this.#head();
      if ((this.words[head + STEP_WORD] as number) > step) continue;
      if (this.words[head + USED_WORD] === 0) this.remove(leaf);
      else this.words[head + USED_WORD] = 0;
    }
  }

  /** Makes room for the places of `leaves` leaves. */
  reserve(leaves: number): void {
    if (leaves <= this.#places.length) return;
    const grown = new Uint32Array(Math.max(leaves, this.#places.length + (this.#places.length >> 1)));
    grown.set(this.#places);
    this.#places = grown;
  }

  #placeOf(leaf: number): number {
    this.reserve(leaf + 1);
    return this.#places[leaf] as number;
  }

  #head(): number {
    return (this.start - HEAD_BYTES) >> 2;
  }

  #goTo(place: number): void {
    const chunk = this.#chunks[place >>> CHUNK_BITS] as Chunk;
    this.bytes = chunk.bytes;
    this.words = chunk.words;
    this.view = chunk.view;
    this.start = ((place & CHUNK_MASK) << UNIT_BITS) + HEAD_BYTES;
    this.end = this.start + (chunk.words[(place & CHUNK_MASK) << (UNIT_BITS - 2)] as number);
  }

  #giveBack(place: number, units: number): void {
    const places = this.#free.get(units);
    if (places === undefined) this.#free.set(units, [place]);
    else places.push(place);
    this.#usedUnits -= units;
  }

  #take(units: number): number {
    this.#usedUnits += units;
    const free = this.#free.get(units)?.pop();
    if (free !== undefined) {
      this.#reserveChunk(free + units);
      return free;
    }
    if (units > CHUNK_UNITS) return this.#takeLarge(units);
    const room = CHUNK_UNITS - (this.#next & CHUNK_MASK);
    if (room < units) {
      this.#leaveRest(room);
      this.#next = this.#chunks.length << CHUNK_BITS;
    }
    const place = this.#next;
    this.#next += units;
    this.#reserveChunk(this.#next);
    return place;
  }

  /** What is left of a chunk may serve a smaller row. */
  #leaveRest(units: number): void {
    this.#usedUnits += units;
    this.#giveBack(this.#next, units);
  }

  /** A row longer than a chunk has one of its own; the numbers of the chunks that it takes more are never used. */
  #takeLarge(units: number): number {
    const room = CHUNK_UNITS - (this.#next & CHUNK_MASK);
    if (room < CHUNK_UNITS) this.#leaveRest(room);
    const at = this.#chunks.length;
    const large = chunkOf(units << UNIT_BITS);
    for (let taken = 0; taken < units; taken += CHUNK_UNITS) this.#chunks.push(large);
    this.#next = this.#chunks.length << CHUNK_BITS;
    this.#chunks.push(chunkOf(FIRST_BYTES));
    return at << CHUNK_BITS;
  }

  /** Makes the chunk that ends below unit `end`, or lets it grow: the first small states need little. */
  #reserveChunk(end: number): void {
    const at = (end - 1) >>> CHUNK_BITS;
    const chunk = this.#chunks[at];
    const needed = (((end - 1) & CHUNK_MASK) + 1) << UNIT_BITS;
    if (chunk !== undefined && chunk.bytes.length >= needed) return;
    const isSmall = at === 0 && needed <= SMALL_BYTES;
    const grown = isSmall
      ? chunkOf(Math.max(needed, 2 * (chunk?.bytes.length ?? 0)))
      : chunkOf(CHUNK_BYTES, this.#lines.take(CHUNK_BYTES));
    if (chunk !== undefined) grown.bytes.set(chunk.bytes);
    this.#chunks[at] = grown;
  }
}
