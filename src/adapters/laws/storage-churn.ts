/**
 * Storage churn: many rows that are put, replaced and taken away again and again, as the blocks of a chain do it.
 *
 * A store may keep what is new apart from what is old and bring the two together later; whatever it does in between, it
 * answers as one plain map does.
 */
import { sameBytes } from '../../core/bytes.ts';
import type { RowChange, Storage } from '../storage/storage.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { demand } from './law.ts';
import { demandSame, hexOf } from './storage-samples.ts';

/** How many leaves are in play, and how many of them a batch changes. */
export interface ChurnSize {
  readonly leaves: number;
  readonly changes: number;
}

const ASKED = 300;
const MAX_ROW_BYTES = 180;
const PAGE_ROWS = 7001;

/** Other bytes, of another length, for every leaf and round. */
const bytesOf = (leaf: number, round: number): Uint8Array => {
  const length = (leaf * 31 + round * 17) % MAX_ROW_BYTES;
  const bytes = new Uint8Array(length).fill((leaf * 7 + round) & 0xff);
  if (length >= 8) new DataView(bytes.buffer).setUint32(0, leaf);
  return bytes;
};

/** The changes of each round, and what a store must hold after them. */
export class Churn {
  readonly #size: ChurnSize;
  readonly #chance: Chance;
  readonly #rows = new Map<number, Uint8Array>();
  #round = 0;

  constructor(seed: number, size: ChurnSize) {
    this.#size = size;
    this.#chance = chanceFrom(seed);
  }

  /** The next changes: every sixth takes a row away, and some leaves are changed twice. */
  changes(): RowChange[] {
    this.#round += 1;
    const changes = Array.from({ length: this.#size.changes }, (): RowChange => {
      const leaf = this.#chance.below(this.#size.leaves);
      return { leaf, bytes: this.#chance.below(6) === 0 ? undefined : bytesOf(leaf, this.#round) };
    });
    this.#apply(changes);
    return changes;
  }

  /** Changes that take all rows away. */
  clearance(): RowChange[] {
    const changes = [...this.#rows.keys()].map((leaf): RowChange => ({ leaf, bytes: undefined }));
    this.#apply(changes);
    return changes;
  }

  #apply(changes: readonly RowChange[]): void {
    for (const { leaf, bytes } of changes) {
      if (bytes === undefined) this.#rows.delete(leaf);
      else this.#rows.set(leaf, bytes);
    }
  }

  /** Demands of some random leaves, asked at once and from some leaf on, what the map says. */
  async demandSome(storage: Storage): Promise<void> {
    const leaves = Array.from({ length: ASKED }, () => this.#chance.below(this.#size.leaves));
    const found = await storage.rows(leaves);
    demandSame(found.length, ASKED, 'the number of rows asked for');
    leaves.forEach((leaf, index) => {
      demandSame(hexOf(found[index]), hexOf(this.#rows.get(leaf)), `row ${leaf} after round ${this.#round}`);
    });
    const [first = 0, limit] = [leaves[0], this.#chance.below(ASKED)];
    this.#demandPage(await storage.scan(first, limit), first, limit);
  }

  /** Demands that paging through the store gives the rows of the map, all and no other. */
  async demandAll(storage: Storage): Promise<void> {
    let [from, count] = [0, 0];
    for (;;) {
      const page = await storage.scan(from, PAGE_ROWS);
      this.#demandPage(page, from, PAGE_ROWS);
      count += page.length;
      const last = page.at(-1);
      if (last === undefined) break;
      from = last.leaf + 1;
    }
    demandSame(count, this.#rows.size, `the number of rows after round ${this.#round}`);
  }

  #demandPage(
    page: readonly { readonly leaf: number; readonly bytes: Uint8Array }[],
    from: number,
    limit: number,
  ): void {
    let expected = from;
    for (const { leaf, bytes } of page) {
      while (expected < this.#size.leaves && !this.#rows.has(expected)) expected += 1;
      demandSame(leaf, expected, `the next row of a scan from ${from} after round ${this.#round}`);
      const row = this.#rows.get(leaf);
      demand(row !== undefined && sameBytes(bytes, row), `row ${leaf} came with other bytes in a scan from ${from}`);
      expected += 1;
    }
    demand(page.length <= limit, `a scan of at most ${limit} rows gave ${page.length}`);
    while (page.length < limit && expected < this.#size.leaves && !this.#rows.has(expected)) expected += 1;
    const isEnd = page.length === limit || expected >= this.#size.leaves;
    demand(isEnd, `a scan of at most ${limit} rows from ${from} ended after ${page.length}, before row ${expected}`);
  }
}
