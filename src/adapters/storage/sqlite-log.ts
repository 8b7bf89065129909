/**
 * SQLite log: the newest words on rows, as they came, until they are folded into the table of rows.
 *
 * A batch of words is put in the order of its leaves into pieces of up to 31, and a list of its leaves beside them. Each
 * word has a place: its piece and its slot there. The log keeps the latest batches without a gap, so that of the words on
 * one leaf that are still there, the newest is always among them.
 *
 * Folding goes round the leaves like the hand of a clock. The turn of the hand counts its way: the rounds it has made times
 * 2^32, and the leaf that it comes to next. A batch remembers the turn at which it came; so the turn alone tells which of
 * its words the hand has passed since, and the log is trimmed without a mark on any word.
 */
import type Database from 'better-sqlite3';
import { Pack, Packer } from './sqlite-pack.ts';
import type { PendingPlaces } from './sqlite-pending.ts';
import type { RowChange } from './storage.ts';

export const LOG_TABLES = `
  CREATE TABLE piece (id INTEGER NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE batch (first INTEGER NOT NULL PRIMARY KEY, turn INTEGER NOT NULL, sizeBytes INTEGER NOT NULL,
    leaves BLOB NOT NULL) STRICT;
`;

/** The leaves of one round of the hand. */
export const ROUND = 2 ** 32;
/** Slot 0 of a piece stays empty, so that no place is 0. */
const PIECE_SLOTS = 32;
export const slotOfPlace = (place: number): number => place % PIECE_SLOTS;
const PIECE_ROWS = PIECE_SLOTS - 1;
/** Places know this many pieces; ids are told from each other by what remains beyond, for the log never grows so long. */
const PIECES = ROUND / PIECE_SLOTS;
const MAX_PIECES_HELD = 4096;
/** What a word costs beside its bytes. */
const WORD_BYTES = 4;

interface BatchRow {
  readonly first: number;
  readonly turn: number;
  readonly sizeBytes: number;
  readonly leaves: Buffer;
}

/** A batch of the log: its first piece, the turn at which it came, and about how many bytes it takes. */
export type LoggedBatch = Omit<BatchRow, 'leaves'>;

export const sizeOfWord = (bytes: Uint8Array | undefined): number => (bytes?.length ?? 0) + WORD_BYTES;

/** The turn at which the hand passes a leaf for the first time from `turn` on. */
const passing = (turn: number, leaf: number): number => {
  const round = turn - (turn % ROUND);
  return leaf >= turn - round ? round + leaf : round + ROUND + leaf;
};

/** Ascending leaves as the varints of their distances. */
const packedLeaves = (rows: readonly RowChange[]): Uint8Array => {
  const bytes = new Uint8Array(rows.length * 5);
  let [at, before] = [0, 0];
  for (const { leaf } of rows) {
    let distance = leaf - before;
    for (; distance >= 0x80; distance = Math.floor(distance / 0x80)) {
      bytes[at] = (distance & 0x7f) | 0x80;
      at += 1;
    }
    bytes[at] = distance;
    at += 1;
    before = leaf;
  }
  return bytes.subarray(0, at);
};

/** Gives each leaf and its number in the list to `visit`. */
const unpackLeaves = (bytes: Uint8Array, visit: (leaf: number, index: number) => void): void => {
  let [leaf, index, scale] = [0, 0, 1];
  for (const byte of bytes) {
    leaf += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (byte >= 0x80) continue;
    visit(leaf, index);
    index += 1;
    scale = 1;
  }
};

/** The statements on the log. What it knows of the log changes only by `appended` and `dropped`, after the transaction. */
export class SqliteLog {
  readonly #batches: LoggedBatch[] = [];
  #nextPiece = 1;
  readonly #putPiece;
  readonly #putBatch;
  readonly #getPiece;
  readonly #dropPieces;
  readonly #dropBatches;
  readonly #spoilt: (what: string) => Error;

  constructor(database: Database.Database, spoilt: (what: string) => Error) {
    this.#spoilt = spoilt;
    this.#putPiece = database.prepare<[number, Uint8Array]>('INSERT INTO piece VALUES (?, ?)');
    this.#putBatch = database.prepare<[number, number, number, Uint8Array]>('INSERT INTO batch VALUES (?, ?, ?, ?)');
    this.#getPiece = database.prepare<[number], Buffer>('SELECT bytes FROM piece WHERE id = ?').pluck();
    this.#dropPieces = database.prepare<[number]>('DELETE FROM piece WHERE id < ?');
    this.#dropBatches = database.prepare<[number]>('DELETE FROM batch WHERE first < ?');
  }

  /** Reads what the log holds and gives the places of the words that the hand has not passed yet. */
  load(database: Database.Database, pending: PendingPlaces): void {
    const statement = database.prepare<[], BatchRow>('SELECT first, turn, sizeBytes, leaves FROM batch ORDER BY first');
    const batches = [...statement.iterate()].map(({ leaves: _, ...batch }) => batch);
    this.#batches.push(...batches);
    const now = this.turn;
    for (const { first, turn, leaves } of statement.iterate()) {
      unpackLeaves(leaves, (leaf, index) => {
        if (passing(turn, leaf) >= now) pending.set(leaf, this.#placeOf(first, index));
        this.#nextPiece = first + Math.floor(index / PIECE_ROWS) + 1;
      });
    }
  }

  /** The turn of the hand. */
  get turn(): number {
    return this.#batches.at(-1)?.turn ?? 0;
  }

  /** The bytes of the batches that came since the hand last moved. */
  get bytesOfTurn(): number {
    let bytes = 0;
    for (let index = this.#batches.length - 1; index >= 0; index -= 1) {
      const { turn, sizeBytes } = this.#batches[index] as LoggedBatch;
      if (turn !== this.turn) break;
      bytes += sizeBytes;
    }
    return bytes;
  }

  /** Writes a batch, its words ascending by leaf and each leaf once. */
  append(words: readonly RowChange[], turn: number): LoggedBatch {
    const packer = new Packer();
    let [id, sizeBytes] = [this.#nextPiece, 0];
    const flush = (): void => {
      this.#putPiece.run(id, packer.packed());
      id += 1;
    };
    for (const { bytes } of words) {
      if (packer.slots === 0) packer.skip();
      if (bytes === undefined) packer.skip();
      else packer.add(bytes);
      sizeBytes += sizeOfWord(bytes);
      if (packer.slots === PIECE_SLOTS) flush();
    }
    if (packer.slots > 0) flush();
    const batch = { first: this.#nextPiece, turn, sizeBytes };
    this.#putBatch.run(batch.first, turn, sizeBytes, packedLeaves(words));
    return batch;
  }

  /** The batch is in: its words are pending. */
  appended(batch: LoggedBatch, words: readonly RowChange[], pending: PendingPlaces): void {
    this.#batches.push(batch);
    for (const [index, { leaf }] of words.entries()) pending.set(leaf, this.#placeOf(batch.first, index));
    this.#nextPiece = batch.first + Math.ceil(words.length / PIECE_ROWS);
  }

  /** Deletes the batches all of whose words the hand has passed when it stands at `turn`; gives their number. */
  drop(turn: number): number {
    let count = 0;
    while (count < this.#batches.length && (this.#batches[count] as LoggedBatch).turn + ROUND <= turn) count += 1;
    if (count === 0) return 0;
    const kept = this.#batches[count]?.first ?? this.#nextPiece;
    this.#dropPieces.run(kept);
    this.#dropBatches.run(kept);
    return count;
  }

  /** That many batches are gone. */
  dropped(count: number): void {
    this.#batches.splice(0, count);
  }

  /** A copy of the word at a place. */
  word(place: number): Uint8Array | undefined {
    return this.#pieceAt(this.#idOf(place))
      .row(place % PIECE_SLOTS)
      ?.slice();
  }

  /** The piece in which a place is. Pieces that were read are kept in `held`. */
  pieceOf(place: number, held: Map<number, Pack>): Pack {
    const id = this.#idOf(place);
    let piece = held.get(id);
    if (piece === undefined) {
      piece = this.#pieceAt(id);
      if (held.size >= MAX_PIECES_HELD) held.clear();
      held.set(id, piece);
    }
    return piece;
  }

  #pieceAt(id: number): Pack {
    const bytes = this.#getPiece.get(id);
    const piece = bytes && Pack.of(bytes);
    if (piece === undefined) throw this.#spoiltPiece(id);
    return piece;
  }

  #spoiltPiece(id: number): Error {
    return this.#spoilt(`has lost piece ${id} of its log`);
  }

  #placeOf(first: number, index: number): number {
    const piece = first + Math.floor(index / PIECE_ROWS);
    return (piece % PIECES) * PIECE_SLOTS + 1 + (index % PIECE_ROWS);
  }

  #idOf(place: number): number {
    const first = this.#batches[0]?.first ?? 0;
    return first + ((Math.floor(place / PIECE_SLOTS) - (first % PIECES) + PIECES) % PIECES);
  }
}
