/**
 * SQLite pending: where in the log the newest word on a row stands, for the rows that the log knows better than the table.
 *
 * By leaf in flat pages of numbers, since leaves are dense: no hashing, no sorting, and going through them in their order
 * is going through memory. PERF: four bytes a leaf in the regions that have pending rows, 40 MB at 10 million.
 */
import { LAST_LEAF } from './sqlite-leaves.ts';

const PAGE_LEAVES = 4096;
const PAGE_BITS = 12;

interface Page {
  readonly places: Uint32Array;
  count: number;
}

/** Places by leaf. A place is a number from 1 to 2^32 - 1. */
export class PendingPlaces {
  readonly #pages = new Map<number, Page>();
  /** The numbers of the pages, ascending. */
  readonly #order: number[] = [];
  #spare: Uint32Array | undefined;

  /** The place of the newest word on that leaf; 0 if the log has none. */
  get(leaf: number): number {
    return this.#pages.get(leaf >>> PAGE_BITS)?.places[leaf & (PAGE_LEAVES - 1)] ?? 0;
  }

  set(leaf: number, place: number): void {
    const number = leaf >>> PAGE_BITS;
    const page = this.#pages.get(number) ?? this.#added(number);
    const at = leaf & (PAGE_LEAVES - 1);
    if (page.places[at] === 0) page.count += 1;
    page.places[at] = place;
  }

  clear(leaf: number): void {
    const number = leaf >>> PAGE_BITS;
    const page = this.#pages.get(number);
    const at = leaf & (PAGE_LEAVES - 1);
    if (page === undefined || page.places[at] === 0) return;
    page.places[at] = 0;
    page.count -= 1;
    if (page.count > 0) return;
    this.#pages.delete(number);
    this.#order.splice(this.#indexFrom(number), 1);
    this.#spare = page.places; // all zeros again
  }

  /** The least leaf from `leaf` on that has a place. */
  nextFrom(leaf: number): number | undefined {
    if (leaf > LAST_LEAF) return undefined; // `>>>` would begin again at 0
    const first = leaf >>> PAGE_BITS;
    for (let index = this.#indexFrom(first); index < this.#order.length; index += 1) {
      const number = this.#order[index] as number;
      const { places } = this.#pages.get(number) as Page;
      for (let at = number === first ? leaf & (PAGE_LEAVES - 1) : 0; at < PAGE_LEAVES; at += 1) {
        if (places[at] !== 0) return number * PAGE_LEAVES + at;
      }
    }
    return undefined;
  }

  /** The greatest leaf that has a place. */
  last(): number | undefined {
    const number = this.#order.at(-1);
    if (number === undefined) return undefined;
    const { places } = this.#pages.get(number) as Page;
    return number * PAGE_LEAVES + places.findLastIndex((place) => place !== 0);
  }

  #added(number: number): Page {
    const page = { places: this.#spare ?? new Uint32Array(PAGE_LEAVES), count: 0 };
    this.#spare = undefined;
    this.#pages.set(number, page);
    this.#order.splice(this.#indexFrom(number), 0, number);
    return page;
  }

  /** The index in the order of the first page that is not below `number`. */
  #indexFrom(number: number): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#order[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
