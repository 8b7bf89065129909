/**
 * SQLite rows: the rows of a store, in packs of 32 neighbours, and in the log what was not folded into them yet.
 *
 * A block changes thousands of rows anywhere among millions. To write each where it belongs would touch as many pages; so
 * a batch goes into the log as it comes, and is folded later, a region of neighbouring leaves at a time: until the hand
 * comes there, all words on a region wait, and its pages are then written once for all of them. The hand moves with the
 * bytes that come in, so that no commit folds much and the log stays within a bound. New leaves at the end of all are
 * neighbours anyway and go straight into the table.
 */
import type Database from 'better-sqlite3';
import { LOG_TABLES, ROUND, SqliteLog, sizeOfWord, slotOfPlace } from './sqlite-log.ts';
import { Pack, Packer } from './sqlite-pack.ts';
import { PendingPlaces } from './sqlite-pending.ts';
import type { RowChange, StoredRow } from './storage.ts';

export const ROW_TABLES = `
  CREATE TABLE pack (number INTEGER NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  ${LOG_TABLES}
`;

/** How the log is kept: see `sweep`. */
export interface Folding {
  /** The log of one round of the hand: so many bytes a leaf, within these bounds. */
  readonly bytesPerLeaf: number;
  readonly minLogBytes: number;
  readonly maxLogBytes: number;
  /** The hand moves when so many bytes have come in. */
  readonly stepBytes: number;
}

export const FOLDING: Folding = {
  bytesPerLeaf: 128,
  minLogBytes: 2 ** 20,
  maxLogBytes: 2 ** 29,
  stepBytes: 2 ** 21,
};

const SCANNED_PACKS = 512;

/** Rows of a pack of the table: those of neighbouring leaves. */
const SLOTS = 16;
const packOfLeaf = (leaf: number): number => leaf >>> 4;
const slotOfLeaf = (leaf: number): number => leaf & (SLOTS - 1);

const MAX_ORDERED = 2 ** 21;

/**
 * The indices of numbers in 0..2^32-1, so that the numbers ascend, and of equal ones the first comes first. PERF: sorts flat
 * numbers without a comparing function, as many as leave room for their index in 53 bits.
 */
const inOrder = (numbers: readonly number[]): ArrayLike<number> => {
  if (numbers.length > MAX_ORDERED) {
    return Uint32Array.from(numbers, (_, index) => index).sort(
      (a, b) => (numbers[a] as number) - (numbers[b] as number) || a - b,
    );
  }
  const joined = new Float64Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1)
    joined[index] = (numbers[index] as number) * MAX_ORDERED + index;
  joined.sort();
  for (let index = 0; index < joined.length; index += 1) joined[index] = (joined[index] as number) % MAX_ORDERED;
  return joined;
};

/** The last word on each leaf, ascending by leaf. */
const lastWords = (rows: readonly RowChange[]): readonly RowChange[] => {
  const order = inOrder(rows.map(({ leaf }) => leaf));
  const words: RowChange[] = [];
  for (let at = 0; at < order.length; at += 1) {
    const word = rows[order[at] as number] as RowChange;
    if (words.at(-1)?.leaf === word.leaf) words.pop();
    words.push(word);
  }
  return words;
};

export class SqliteRows {
  readonly #log: SqliteLog;
  readonly #folding: Folding;
  readonly #pending = new PendingPlaces();
  readonly #packer = new Packer();
  readonly #spoilt: (what: string) => Error;
  readonly #getPack;
  readonly #getPacks;
  readonly #putPack;
  readonly #dropPack;
  /** Above all leaves that the table or the log know. */
  #end: number;

  /** `spoilt` makes the error for a file that makes no sense. */
  constructor(database: Database.Database, spoilt: (what: string) => Error, folding: Folding) {
    this.#spoilt = spoilt;
    this.#folding = folding;
    this.#getPack = database.prepare<[number], Buffer>('SELECT bytes FROM pack WHERE number = ?').pluck();
    this.#getPacks = database
      .prepare<[number, number], [number, Buffer]>(
        'SELECT number, bytes FROM pack WHERE number >= ? ORDER BY number LIMIT ?',
      )
      .raw();
    this.#putPack = database.prepare<[number, Uint8Array]>('INSERT OR REPLACE INTO pack VALUES (?, ?)');
    this.#dropPack = database.prepare<[number]>('DELETE FROM pack WHERE number = ?');
    this.#log = new SqliteLog(database, spoilt);
    this.#log.load(database, this.#pending);
    const last = database.prepare<[], number | null>('SELECT max(number) FROM pack').pluck().get() ?? -1;
    this.#end = (last + 1) * SLOTS;
    for (let leaf = this.#pending.nextFrom(this.#end); leaf !== undefined; leaf = this.#pending.nextFrom(leaf + 1)) {
      this.#end = leaf + 1;
    }
  }

  // PERF: in the order of leaves, neighbouring pages one after the other: a third less than in the order asked.
  rows(leaves: readonly number[]): (Uint8Array | undefined)[] {
    const found = new Array<Uint8Array | undefined>(leaves.length);
    const order = inOrder(leaves);
    for (let at = 0; at < order.length; at += 1) {
      const index = order[at] as number;
      const leaf = leaves[index] as number;
      const place = this.#pending.get(leaf);
      found[index] = place > 0 ? this.#log.word(place) : this.#packAt(packOfLeaf(leaf))?.row(slotOfLeaf(leaf))?.slice();
    }
    return found;
  }

  scan(fromLeaf: number, limit: number): StoredRow[] {
    const found: StoredRow[] = [];
    const held = new Map<number, Pack>();
    for (const [number, pack] of this.#packsFrom(packOfLeaf(fromLeaf))) {
      const first = number * SLOTS;
      for (let leaf = Math.max(first, fromLeaf); leaf < first + SLOTS; leaf += 1) {
        if (found.length === limit) return found;
        const place = this.#pending.get(leaf);
        const bytes = place > 0 ? this.#log.pieceOf(place, held).row(slotOfPlace(place)) : pack?.row(leaf - first);
        if (bytes !== undefined) found.push({ leaf, bytes });
      }
    }
    return found;
  }

  /**
   * Writes the last words on rows, inside a transaction, and gives what is to be done once it is in. Nothing that this
   * object knows changes before.
   */
  write(rows: readonly RowChange[]): () => void {
    const words = lastWords(rows);
    const straight = words.filter(({ leaf }) => this.#isNew(leaf));
    const logged = straight.length === 0 ? words : words.filter(({ leaf }) => !this.#isNew(leaf));
    const end = Math.max(this.#end, ...straight.slice(-1).map(({ leaf }) => leaf + 1));
    this.#put(straight);
    if (logged.length === 0) {
      return () => {
        this.#end = end;
      };
    }
    let bytes = this.#log.bytesOfTurn;
    for (const word of logged) bytes += sizeOfWord(word.bytes);
    const { turn, passed } = this.#sweep(bytes);
    const batch = this.#log.append(logged, turn);
    const dropped = this.#log.drop(turn);
    return () => {
      this.#end = end;
      for (const leaf of passed) this.#pending.clear(leaf);
      this.#log.appended(batch, logged, this.#pending);
      this.#log.dropped(dropped);
    };
  }

  /** Whether nobody knows that leaf: its first word needs no log. */
  #isNew(leaf: number): boolean {
    return leaf >= this.#end;
  }

  /** Moves the hand for so many bytes: folds what it passes. */
  #sweep(bytes: number): { readonly turn: number; readonly passed: readonly number[] } {
    const turn = this.#log.turn;
    const { bytesPerLeaf, minLogBytes, maxLogBytes, stepBytes } = this.#folding;
    const roundBytes = Math.min(Math.max(this.#end * bytesPerLeaf, minLogBytes), maxLogBytes);
    if (bytes < Math.min(stepBytes, roundBytes / 4)) return { turn, passed: [] };
    const from = turn % ROUND;
    const to = Math.min(this.#end, from + Math.ceil((this.#end * bytes) / roundBytes));
    const passed: number[] = [];
    for (let leaf = this.#pending.nextFrom(from); leaf !== undefined && leaf < to; ) {
      passed.push(leaf);
      leaf = this.#pending.nextFrom(leaf + 1);
    }
    this.#fold(passed);
    return { turn: to === this.#end ? turn - from + ROUND : turn - from + to, passed };
  }

  /** Brings the words of the log on these leaves, ascending, into the table. */
  #fold(leaves: readonly number[]): void {
    const held = new Map<number, Pack>();
    this.#rewrite(leaves, (at) => {
      const place = this.#pending.get(leaves[at] as number);
      this.#packer.copy(this.#log.pieceOf(place, held), slotOfPlace(place));
    });
  }

  /** Brings these words, ascending by leaf, into the table. */
  #put(words: readonly RowChange[]): void {
    this.#rewrite(
      words.map(({ leaf }) => leaf),
      (at) => {
        const { bytes } = words[at] as RowChange;
        if (bytes === undefined) this.#packer.skip();
        else this.#packer.add(bytes);
      },
    );
  }

  /** Makes the packs of these leaves anew. `pack` adds the word on the leaf at that index to the packer. */
  #rewrite(leaves: readonly number[], pack: (at: number) => void): void {
    const packer = this.#packer;
    for (let at = 0; at < leaves.length; ) {
      const number = packOfLeaf(leaves[at] as number);
      const old = this.#packAt(number);
      for (let slot = 0; slot < SLOTS; slot += 1) {
        if (leaves[at] === number * SLOTS + slot) {
          pack(at);
          at += 1;
        } else packer.copy(old, slot);
      }
      if (packer.isEmpty) this.#dropPack.run(number);
      else this.#putPack.run(number, packer.packed());
      packer.clear();
    }
  }

  #packAt(number: number): Pack | undefined {
    const bytes = this.#getPack.get(number);
    return bytes && this.#opened(number, bytes);
  }

  #opened(number: number, bytes: Uint8Array): Pack {
    const pack = Pack.of(bytes);
    if (pack === undefined) throw this.#spoiltPack(number);
    return pack;
  }

  #spoiltPack(number: number): Error {
    return this.#spoilt(`has a pack of rows, ${number}, that makes no sense`);
  }

  /** The packs from a number on: those of the table, and none where only the log knows of rows. */
  *#packsFrom(from: number): Generator<readonly [number, Pack | undefined]> {
    let next = from;
    for (;;) {
      const page = this.#getPacks.all(next, SCANNED_PACKS);
      for (const [number, bytes] of page) {
        yield* this.#pendingOnly(next, number);
        yield [number, this.#opened(number, bytes)];
        next = number + 1;
      }
      if (page.length < SCANNED_PACKS) break;
    }
    yield* this.#pendingOnly(next, ROUND / SLOTS);
  }

  /** The packs from a number on and below another of which only the log knows. */
  *#pendingOnly(from: number, to: number): Generator<readonly [number, undefined]> {
    for (let number = from; number < to; number += 1) {
      const leaf = this.#pending.nextFrom(number * SLOTS);
      if (leaf === undefined || packOfLeaf(leaf) >= to) return;
      number = packOfLeaf(leaf);
      yield [number, undefined];
    }
  }
}
