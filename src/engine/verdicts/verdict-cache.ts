/**
 * Verdict cache: what the signatures of transactions were found to be worth, by the SHA-256 of all their bytes.
 *
 * Pool, blocks, reorganisations and replays ask the same one, so that no signature is recovered twice. It holds verdicts that passed and
 * no others: a stranger must not push them out with signatures that cost no recovery to refuse. Whatever is forgotten is found again.
 *
 * PERF: flat memory in buckets of sixteen. It looks at sixteen places at most, whatever hashes somebody searches for; in a full bucket
 * the one that was not asked for longest goes.
 */
import { hexOf, writeHex } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';
import { ADDRESS_BYTES, type Address, HASH_BYTES } from '../../core/units.ts';
import type { Passed } from '../../core/verdict.ts';

const WAYS = 16;
const SENDER_START = HASH_BYTES;
const PAYER_START = SENDER_START + ADDRESS_BYTES;
const ENTRY_BYTES = PAYER_START + ADDRESS_BYTES;
const FIRST_BUCKETS = 16;

/** How many verdicts are kept, if it is not told: 14 MiB, some forty full blocks. */
export const DEFAULT_VERDICTS = 131_072;

/** The last four bytes of the hash at `at`. */
const tagOf = (hashes: Uint8Array, at: number): number =>
  ((hashes[at + 28] as number) |
    ((hashes[at + 29] as number) << 8) |
    ((hashes[at + 30] as number) << 16) |
    ((hashes[at + 31] as number) << 24)) >>>
  0;

const bucketsFor = (entries: number): number => {
  let buckets = 1;
  while (buckets * WAYS < entries) buckets *= 2;
  return buckets;
};

/** No address begins with a zero. */
const addressAt = (entries: Uint8Array, at: number): Address | undefined =>
  entries[at] === 0 ? undefined : (hexOf(entries, at, at + ADDRESS_BYTES) as Address);

export class VerdictCache {
  readonly #maxBuckets: number;
  #buckets: number;
  #entries: Uint8Array;
  /** The last bytes of the hash of each place: the first ones are alike in a bucket. */
  #tags: Uint32Array;
  /** When each place was last asked for, in questions; 0 of a place that is empty. */
  #stamps: Float64Array;
  #now = 0;
  #count = 0;

  /** Holds `maxEntries`, rounded up to a power of two, at 110 bytes each; it begins small. */
  constructor(maxEntries: number = DEFAULT_VERDICTS) {
    invariant(
      Number.isSafeInteger(maxEntries) && maxEntries >= 1 && maxEntries <= 2 ** 24,
      'a cache of 1 to 2^24 entries',
    );
    this.#maxBuckets = bucketsFor(maxEntries);
    this.#buckets = Math.min(FIRST_BUCKETS, this.#maxBuckets);
    this.#entries = new Uint8Array(this.#buckets * WAYS * ENTRY_BYTES);
    this.#tags = new Uint32Array(this.#buckets * WAYS);
    this.#stamps = new Float64Array(this.#buckets * WAYS);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#entries.length + this.#tags.byteLength + this.#stamps.byteLength;
  }

  /** The first place of the bucket of the hash at `at`. */
  #bucketOf(hashes: Uint8Array, at: number): number {
    const number = (hashes[at] as number) | ((hashes[at + 1] as number) << 8) | ((hashes[at + 2] as number) << 16);
    return (number & (this.#buckets - 1)) * WAYS;
  }

  /** The place of the hash at `from`, or -1. PERF: the tags of a bucket are one cache line, its entries are many. */
  #placeOf(hashes: Uint8Array, from: number, bucket: number): number {
    const tag = tagOf(hashes, from);
    for (let place = bucket; place < bucket + WAYS; place += 1) {
      if (this.#tags[place] !== tag || this.#stamps[place] === 0) continue;
      const start = place * ENTRY_BYTES;
      let at = HASH_BYTES - 1;
      while (at >= 0 && this.#entries[start + at] === hashes[from + at]) at -= 1;
      if (at < 0) return place;
    }
    return -1;
  }

  /** Whether it has the verdict on the transaction whose bytes have the SHA-256 at `at`. */
  has(hashes: Uint8Array, at = 0): boolean {
    return this.#placeOf(hashes, at, this.#bucketOf(hashes, at)) >= 0;
  }

  /** The verdict on the transaction whose bytes have the SHA-256 at `at`, if it is known. */
  get(hashes: Uint8Array, at = 0): Passed | undefined {
    const place = this.#placeOf(hashes, at, this.#bucketOf(hashes, at));
    if (place < 0) return undefined;
    this.#now += 1;
    this.#stamps[place] = this.#now;
    const start = place * ENTRY_BYTES;
    const sender = addressAt(this.#entries, start + SENDER_START);
    if (sender === undefined) return undefined;
    return { code: undefined, sender, payer: addressAt(this.#entries, start + PAYER_START) };
  }

  /** Keeps the verdict on the transaction whose bytes have the SHA-256 at `at`. */
  set(hashes: Uint8Array, { sender, payer }: Passed, at = 0): void {
    const place = this.#roomFor(hashes, at);
    if (this.#stamps[place] === 0) this.#count += 1;
    this.#now += 1;
    this.#stamps[place] = this.#now;
    const start = place * ENTRY_BYTES;
    this.#tags[place] = tagOf(hashes, at);
    // PERF: a loop is faster than making a `subarray` to copy.
    for (let byte = 0; byte < HASH_BYTES; byte += 1) this.#entries[start + byte] = hashes[at + byte] as number;
    writeHex(this.#entries, sender, start + SENDER_START);
    if (payer === undefined) this.#entries[start + PAYER_START] = 0;
    else writeHex(this.#entries, payer, start + PAYER_START);
  }

  /** Its own place, an empty one, one that growing makes, or that of the verdict that was not asked for longest. */
  #roomFor(hashes: Uint8Array, at: number): number {
    for (;;) {
      const bucket = this.#bucketOf(hashes, at);
      const own = this.#placeOf(hashes, at, bucket);
      if (own >= 0) return own;
      let oldest = bucket;
      for (let place = bucket; place < bucket + WAYS; place += 1) {
        if ((this.#stamps[place] as number) < (this.#stamps[oldest] as number)) oldest = place;
      }
      if (this.#stamps[oldest] === 0 || this.#buckets === this.#maxBuckets) return oldest;
      this.#grow();
    }
  }

  /** Twice the buckets. Each old one goes into two, so all that is in it has room. */
  #grow(): void {
    const [entries, stamps] = [this.#entries, this.#stamps];
    this.#buckets *= 2;
    this.#entries = new Uint8Array(2 * entries.length);
    this.#tags = new Uint32Array(2 * stamps.length);
    this.#stamps = new Float64Array(2 * stamps.length);
    for (let place = 0; place < stamps.length; place += 1) {
      const stamp = stamps[place] as number;
      if (stamp === 0) continue;
      const start = place * ENTRY_BYTES;
      let to = this.#bucketOf(entries, start);
      while (this.#stamps[to] !== 0) to += 1;
      this.#stamps[to] = stamp;
      this.#tags[to] = tagOf(entries, start);
      this.#entries.set(entries.subarray(start, start + ENTRY_BYTES), to * ENTRY_BYTES);
    }
  }
}
