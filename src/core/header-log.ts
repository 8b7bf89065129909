/**
 * Header log: the headers that a node has seen, by producer and slot, so that it finds evidence as soon as it has both halves.
 *
 * All pairs are clean if all neighbours are, so a header is compared with the two that it comes to stand between. Once there is
 * evidence against a producer nothing more is kept of it: one pair convicts. Below the final block one header a producer is kept,
 * the last, against which everything later is held.
 *
 * Give it headers whose signature is that of a producer who may produce, and no others: whoever may fill it may push others out.
 * Source: protocol section 12, finality rules 22 and 23.
 */
import { type Evidence, evidenceOf, type Statement } from './evidence.ts';
import type { Address, Slot } from './units.ts';

export interface HeaderLogLimits {
  /** Of so many producers headers are kept; for one more, those of who was silent for longest are given up. */
  readonly producers: number;
  /** So many headers are kept of one producer; for one more, the oldest is given up. */
  readonly headers: number;
}

/** A week of three-second slots without finality, of 21 producers, is 9 600 headers each. */
const LIMITS: HeaderLogLimits = { producers: 1024, headers: 16_384 };

/** The first place in a list by slot whose statement is of this slot or a later one. */
const placeOf = (list: readonly Statement[], slot: number): number => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as Statement).slot < slot) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** PERF: an insertion is a binary search, two comparisons and, of a late header, a move of the pointers behind it. */
export class HeaderLog<T extends Statement = Statement> {
  readonly #limits: HeaderLogLimits;
  /** By slot; no two neighbours contradict each other. */
  readonly #lists = new Map<Address, T[]>();
  readonly #convicted = new Map<Address, Evidence<T>>();
  #finalSlot = 0;

  constructor(limits: HeaderLogLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Keeps the statement. Gives the evidence that it is with one kept before, once for each producer. */
  add(statement: T): Evidence<T> | undefined {
    const { producer } = statement;
    if (this.#convicted.has(producer)) return undefined;
    const list = this.#listOf(producer);
    const at = placeOf(list, statement.slot);
    const [before, after] = [list[at - 1], list[at]];
    if (after?.id === statement.id) return undefined;
    const evidence =
      (after === undefined ? undefined : evidenceOf(statement, after)) ??
      (before === undefined ? undefined : evidenceOf(before, statement));
    if (evidence !== undefined) this.convict(evidence);
    else if (after === undefined || after.slot > this.#finalSlot) this.#insert(list, at, statement);
    return evidence;
  }

  /** Takes evidence that was found elsewhere, and verified. The first against a producer is kept. */
  convict(evidence: Evidence<T>): void {
    this.#lists.delete(evidence.producer);
    if (!this.#convicted.has(evidence.producer)) this.#convicted.set(evidence.producer, evidence);
  }

  /** The evidence kept, in the order in which it was found. */
  evidence(): readonly Evidence<T>[] {
    return [...this.#convicted.values()];
  }

  /** Gives up all headers before the last one of each producer in this slot or before it: that of the final block. */
  prune(finalSlot: Slot): void {
    this.#finalSlot = Math.max(this.#finalSlot, finalSlot);
    for (const list of this.#lists.values()) {
      const above = placeOf(list, this.#finalSlot + 1);
      if (above > 1) list.splice(0, above - 1);
    }
  }

  /** How many headers are kept, those of evidence not counted. */
  get size(): number {
    let size = 0;
    for (const list of this.#lists.values()) size += list.length;
    return size;
  }

  #insert(list: T[], at: number, statement: T): void {
    list.splice(at, 0, statement);
    if (list.length > this.#limits.headers) list.shift();
  }

  #listOf(producer: Address): T[] {
    const present = this.#lists.get(producer);
    if (present !== undefined) return present;
    if (this.#lists.size >= this.#limits.producers) this.#giveUpTheSilent();
    const list: T[] = [];
    this.#lists.set(producer, list);
    return list;
  }

  #giveUpTheSilent(): void {
    let [silent, since]: [Address | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const [producer, list] of this.#lists) {
      const slot = list.at(-1)?.slot ?? 0;
      if (slot < since) [silent, since] = [producer, slot];
    }
    if (silent !== undefined) this.#lists.delete(silent);
  }
}
