/**
 * SQLite log: the newest words on rows, as they came, until they are folded into the table of packs.
 *
 * A batch of words is put in the order of its leaves into pieces of up to 31, with a list of its leaves beside them. Each
 * word has a place: its piece and its slot there. The log keeps the latest batches without a gap, so that of all words on a
 * leaf that it still holds the newest is never missing.
 *
 * Folding goes round the leaves like the hand of a clock. A batch remembers where the hand stood when it came; so the hand
 * alone tells which of its words have been passed since and stand in the table, and no word needs a mark.
 */
import type Database from 'better-sqlite3';
import { packedLeaves, unpackLeaves } from './sqlite-leaves.ts';
import { Pack, Packer } from './sqlite-pack.ts';
import type { PendingPlaces } from './sqlite-pending.ts';
import type { RowChange } from './storage.ts';

export const LOG_TABLES = `
  CREATE TABLE piece (id INTEGER NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE batch (first INTEGER NOT NULL PRIMARY KEY, round INTEGER NOT NULL, leaf INTEGER NOT NULL,
    sizeBytes INTEGER NOT NULL, leaves BLOB NOT NULL) STRICT;
`;

/** Where the hand stands: the rounds it has made, and the leaf that it comes to next. */
export interface Hand {
  readonly round: number;
  readonly leaf: number;
}

interface BatchRow extends Hand {
  readonly first: number;
  readonly sizeBytes: number;
  readonly leaves: Buffer;
}

/** A batch of the log: its first piece, where the hand stood when it came, and about how many bytes it takes. */
export type LoggedBatch = Omit<BatchRow, 'leaves'>;

/** Slot 0 of a piece stays empty, so that no place is 0. */
const PIECE_SLOTS = 32;
const PIECE_ROWS = PIECE_SLOTS - 1;
/** A place is a number of 32 bits, which leaves that many names for pieces. The log never holds nearly so many at once. */
const PIECE_NAMES = 2 ** 27;
/** What a batch and a word take beside their bytes: pages that are written for little; a length and a distance. */
const BATCH_BYTES = 4096;
const WORD_BYTES = 4;

export const slotOfPlace = (place: number): number => place % PIECE_SLOTS;

/** About how many bytes of log a batch of these words takes. */
export const sizeOfBatch = (words: readonly RowChange[]): number => {
  let bytes = BATCH_BYTES + WORD_BYTES * words.length;
  for (const word of words) bytes += word.bytes?.length ?? 0;
  return bytes;
};

/** Whether the hand stands at or behind a place where it stood; the order of its way. */
const isAtLeast = (hand: Hand, earlier: Hand): boolean =>
  hand.round > earlier.round || (hand.round === earlier.round && hand.leaf >= earlier.leaf);

/** Whether the hand has passed a leaf since it stood at `since`. */
const hasPassed = (hand: Hand, since: Hand, leaf: number): boolean => {
  const round = leaf >= since.leaf ? since.round : since.round + 1;
  return hand.round > round || (hand.round === round && hand.leaf > leaf);
};

/** Whether the hand has made a whole round since it stood at `since`. */
const hasGoneRound = (hand: Hand, since: Hand): boolean => isAtLeast(hand, { ...since, round: since.round + 1 });

/** The log of an open store. What this object knows of it changes only by `appended` and `dropped`, once a transaction is in. */
export class SqliteLog {
  readonly #batches: LoggedBatch[] = [];
  #nextPiece = 1;
  readonly #putPiece;
  readonly #putBatch;
  readonly #getPiece;
  readonly #dropPieces;
  readonly #dropBatches;
  readonly #allBatches;
  readonly #spoilt: (how: string) => Error;

  constructor(database: Database.Database, spoilt: (how: string) => Error) {
    this.#spoilt = spoilt;
    this.#putPiece = database.prepare<[number, Uint8Array]>('INSERT INTO piece VALUES (?, ?)');
    this.#putBatch = database.prepare<[number, number, number, number, Uint8Array]>(
      'INSERT INTO batch VALUES (?, ?, ?, ?, ?)',
    );
    this.#getPiece = database.prepare<[number], Buffer>('SELECT bytes FROM piece WHERE id = ?').pluck();
    this.#dropPieces = database.prepare<[number]>('DELETE FROM piece WHERE id < ?');
    this.#dropBatches = database.prepare<[number]>('DELETE FROM batch WHERE first < ?');
    this.#allBatches = database.prepare<[], BatchRow>('SELECT * FROM batch ORDER BY first');
  }

  /** Reads which words the log holds, and sets the places of those that the hand has not passed. PERF: a look at each word. */
  load(pending: PendingPlaces): void {
    for (const { leaves: _, ...batch } of this.#allBatches.iterate()) this.#batches.push(batch);
    const { hand } = this;
    for (const { first, leaves: packed, ...since } of this.#allBatches.iterate()) {
      const leaves = unpackLeaves(packed);
      if (leaves === undefined) throw this.#spoilt(`has a batch in its log, ${first}, that makes no sense`);
      for (let index = 0; index < leaves.length; index += 1) {
        const leaf = leaves[index] as number;
        if (!hasPassed(hand, since, leaf)) pending.set(leaf, this.#placeOf(first, index));
      }
      this.#nextPiece = first + Math.ceil(leaves.length / PIECE_ROWS);
    }
  }

  get hand(): Hand {
    const { round, leaf } = this.#batches.at(-1) ?? { round: 0, leaf: 0 };
    return { round, leaf };
  }

  /** The bytes that came since the hand moved. */
  get newBytes(): number {
    const { hand } = this;
    let bytes = 0;
    for (let index = this.#batches.length - 1; index >= 0; index -= 1) {
      const batch = this.#batches[index] as LoggedBatch;
      if (!isAtLeast(batch, hand)) break;
      bytes += batch.sizeBytes;
    }
    return bytes;
  }

  /** Writes a batch, its words ascending by leaf and each leaf once, in a transaction. */
  append(words: readonly RowChange[], { round, leaf }: Hand): LoggedBatch {
    const packer = new Packer();
    let id = this.#nextPiece;
    const flush = (): void => {
      this.#putPiece.run(id, packer.packed());
      id += 1;
    };
    for (const { bytes } of words) {
      if (packer.slots === 0) packer.skip();
      if (bytes === undefined) packer.skip();
      else packer.add(bytes);
      if (packer.slots === PIECE_SLOTS) flush();
    }
    if (packer.slots > 0) flush();
    const batch = { first: this.#nextPiece, round, leaf, sizeBytes: sizeOfBatch(words) };
    this.#putBatch.run(batch.first, round, leaf, batch.sizeBytes, packedLeaves(words));
    return batch;
  }

  /** The batch is in: its words are pending. */
  appended(batch: LoggedBatch, words: readonly RowChange[], pending: PendingPlaces): void {
    this.#batches.push(batch);
    for (const [index, { leaf }] of words.entries()) pending.set(leaf, this.#placeOf(batch.first, index));
    this.#nextPiece = batch.first + Math.ceil(words.length / PIECE_ROWS);
  }

  /** Deletes, in a transaction, the batches all of whose words the hand has passed when it stands there; gives their number. */
  drop(hand: Hand): number {
    let count = 0;
    while (count < this.#batches.length && hasGoneRound(hand, this.#batches[count] as LoggedBatch)) count += 1;
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

  /** The piece in which a place is. Pieces that were read are kept in `held`. */
  pieceOf(place: number, held: HeldPieces): Pack {
    const id = this.#idOf(place);
    const known = held.get(id);
    if (known !== undefined) return known;
    const piece = new Pack();
    const bytes = this.#getPiece.get(id);
    if (bytes === undefined || !piece.open(bytes)) throw this.#spoilt(`has lost piece ${id} of its log`);
    held.keep(id, piece);
    return piece;
  }

  #placeOf(first: number, index: number): number {
    const piece = first + Math.floor(index / PIECE_ROWS);
    return (piece % PIECE_NAMES) * PIECE_SLOTS + 1 + (index % PIECE_ROWS);
  }

  /** The piece of that name in the log: the first one from its beginning on. */
  #idOf(place: number): number {
    const first = this.#batches[0]?.first ?? 0;
    return first + ((Math.floor(place / PIECE_SLOTS) - (first % PIECE_NAMES) + PIECE_NAMES) % PIECE_NAMES);
  }
}

const MAX_HELD = 4096;

/** Pieces that were read, for as long as one call goes through the leaves: neighbours stand in the same pieces. */
export class HeldPieces {
  readonly #max: number;
  readonly #pieces = new Map<number, Pack>();

  constructor(max: number = MAX_HELD) {
    this.#max = max;
  }

  get(id: number): Pack | undefined {
    return this.#pieces.get(id);
  }

  /** PERF: some 4 kB each; when there are too many all are let go, and are read again if need be. */
  keep(id: number, piece: Pack): void {
    if (this.#pieces.size === this.#max) this.#pieces.clear();
    this.#pieces.set(id, piece);
  }
}
