/**
 * Shares: who holds how many, and who holds most.
 *
 * PERF: counts change by one, so members lie in buckets by count and every question takes the same time, however many there are.
 */
export class Shares<M> {
  readonly #counts = new Map<M, number>();
  /** Members by count; within a count, who came to it first is first. */
  readonly #buckets: (Set<M> | undefined)[] = [];
  #top = 0;

  /** The greatest count. */
  get top(): number {
    return this.#top;
  }

  of(member: M): number {
    return this.#counts.get(member) ?? 0;
  }

  add(member: M): void {
    this.#move(member, this.of(member) + 1);
  }

  remove(member: M): void {
    this.#move(member, this.of(member) - 1);
  }

  /** Who holds most: `preferred` if it does, else who has done so for longest; `undefined` if nobody holds anything. */
  heaviest(preferred: M | undefined): M | undefined {
    if (this.#top === 0) return undefined;
    if (preferred !== undefined && this.of(preferred) === this.#top) return preferred;
    return this.#buckets[this.#top]?.values().next().value;
  }

  #move(member: M, count: number): void {
    const before = this.of(member);
    const old = this.#buckets[before];
    old?.delete(member);
    if (old?.size === 0) this.#buckets[before] = undefined;
    if (count === 0) this.#counts.delete(member);
    else {
      this.#counts.set(member, count);
      const bucket = this.#buckets[count] ?? new Set<M>();
      this.#buckets[count] = bucket.add(member);
    }
    if (count > this.#top) this.#top = count;
    else if (before === this.#top && this.#buckets[before] === undefined) this.#top = count;
  }
}
