/**
 * Verdict cache: what the signatures of transactions were found to be worth, by the SHA-256 of all their bytes.
 *
 * Pool, blocks, reorganisations and replays ask the same one, so that no signature is recovered twice. It holds verdicts that passed and
 * no others: a stranger must not push them out with signatures that cost no recovery to refuse. Whatever is forgotten is found again.
 *
 * PERF: flat memory. Verdicts lie in a ring as they come, the newest in place of the oldest, so that one after the other is written where the
 * one before ended; and buckets of sixteen places say where each is. A question looks at sixteen places at most, whatever hashes somebody
 * searches for; in a full bucket the oldest goes.
 */
import { hexOf, writeHex } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';
import { ADDRESS_BYTES, type Address, HASH_BYTES } from '../../core/units.ts';
import type { Passed } from '../../core/verdict.ts';

const WAYS = 16;
const SENDER_START = HASH_BYTES;
const PAYER_START = SENDER_START + ADDRESS_BYTES;
const ENTRY_BYTES = PAYER_START + ADDRESS_BYTES;
const FIRST_ROOM = 256;

/** How many verdicts are kept, if it is not told: 14 MB, some forty full blocks. */
export const DEFAULT_VERDICTS = 131_072;

/** The last four bytes of the hash at `at`. */
const tagOf = (hashes: Uint8Array, at: number): number =>
  ((hashes[at + 28] as number) |
    ((hashes[at + 29] as number) << 8) |
    ((hashes[at + 30] as number) << 16) |
    ((hashes[at + 31] as number) << 24)) >>>
  0;

const roomFor = (entries: number): number => {
  let room = WAYS;
  while (room < entries) room *= 2;
  return room;
};

/** No address begins with a zero. */
const addressAt = (entries: Uint8Array, at: number): Address | undefined =>
  entries[at] === 0 ? undefined : (hexOf(entries, at, at + ADDRESS_BYTES) as Address);

export class VerdictCache {
  readonly #maxRoom: number;
  /** How many verdicts the ring has room for: a power of two. */
  #room: number;
  #ring: Uint8Array;
  /** Of each place of a bucket the last bytes of a hash (the first ones are alike in a bucket), and the number of its verdict. */
  #index: Uint32Array;
  /** The number of the next verdict, modulo 2^32; what is 0 in the index is empty. */
  #next: number;
  /** How many of the latest are in the ring. */
  #count = 0;

  /** Holds `maxEntries`, rounded up to a power of two, at 106 bytes each; it begins small. `first` is the number of the first verdict. */
  constructor(maxEntries: number = DEFAULT_VERDICTS, first = 1) {
    invariant(
      Number.isSafeInteger(maxEntries) && maxEntries >= 1 && maxEntries <= 2 ** 24,
      'a cache of 1 to 2^24 entries',
    );
    this.#maxRoom = roomFor(maxEntries);
    this.#next = first;
    this.#room = Math.min(FIRST_ROOM, this.#maxRoom);
    this.#ring = new Uint8Array(this.#room * ENTRY_BYTES);
    this.#index = new Uint32Array(2 * this.#room);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#ring.length + this.#index.byteLength;
  }

  /** The first place of the bucket of the hash at `at`. */
  #bucketOf(hashes: Uint8Array, at: number): number {
    const number = (hashes[at] as number) | ((hashes[at + 1] as number) << 8) | ((hashes[at + 2] as number) << 16);
    return (number * WAYS) & (this.#room - 1);
  }

  /** Where the verdict of that number begins in the ring. */
  #startOf(number: number): number {
    return (number & (this.#room - 1)) * ENTRY_BYTES;
  }

  /** How many came since the verdict of that number, itself among them. */
  #ageOf(number: number): number {
    return (this.#next - number) >>> 0;
  }

  /** Where the verdict on the hash at `from` begins in the ring, or -1. */
  #find(hashes: Uint8Array, from: number): number {
    const bucket = this.#bucketOf(hashes, from);
    const tag = tagOf(hashes, from);
    for (let place = bucket; place < bucket + WAYS; place += 1) {
      if (this.#index[2 * place] !== tag) continue;
      const number = this.#index[2 * place + 1] as number;
      if (this.#ageOf(number) > this.#count) continue;
      const start = this.#startOf(number);
      let at = HASH_BYTES - 1;
      while (at >= 0 && this.#ring[start + at] === hashes[from + at]) at -= 1;
      if (at < 0) return start;
    }
    return -1;
  }

  /** Whether it has the verdict on the transaction whose bytes have the SHA-256 at `at`. */
  has(hashes: Uint8Array, at = 0): boolean {
    return this.#find(hashes, at) >= 0;
  }

  /** The verdict on the transaction whose bytes have the SHA-256 at `at`, if it is known. */
  get(hashes: Uint8Array, at = 0): Passed | undefined {
    const start = this.#find(hashes, at);
    if (start < 0) return undefined;
    const sender = addressAt(this.#ring, start + SENDER_START);
    if (sender === undefined) return undefined;
    return { code: undefined, sender, payer: addressAt(this.#ring, start + PAYER_START) };
  }

  /** Keeps the verdict on the transaction whose bytes have the SHA-256 at `at`. */
  set(hashes: Uint8Array, { sender, payer }: Passed, at = 0): void {
    if (this.#find(hashes, at) >= 0) return;
    // Half full, no bucket is but a few.
    if (2 * this.#count >= this.#room && this.#room < this.#maxRoom) this.#grow();
    const number = this.#next;
    const start = this.#startOf(number);
    // PERF: a loop is faster than making a `subarray` to copy.
    for (let byte = 0; byte < HASH_BYTES; byte += 1) this.#ring[start + byte] = hashes[at + byte] as number;
    writeHex(this.#ring, sender, start + SENDER_START);
    if (payer === undefined) this.#ring[start + PAYER_START] = 0;
    else writeHex(this.#ring, payer, start + PAYER_START);
    this.#next = (number + 1) >>> 0;
    this.#count = Math.min(this.#count + 1, this.#room);
    this.#enter(number, hashes, at);
  }

  /** Gives a verdict of the ring the place of the oldest in its bucket. */
  #enter(number: number, hashes: Uint8Array, at: number): void {
    const bucket = this.#bucketOf(hashes, at);
    let [oldest, age] = [bucket, 0];
    for (let place = bucket; place < bucket + WAYS; place += 1) {
      const other = this.#ageOf(this.#index[2 * place + 1] as number);
      if (other <= age) continue;
      oldest = place;
      age = other;
    }
    this.#index[2 * oldest] = tagOf(hashes, at);
    this.#index[2 * oldest + 1] = number;
  }

  /** Twice the room: verdicts keep their numbers, and those that a bucket had no place for have one again. */
  #grow(): void {
    const [ring, room] = [this.#ring, this.#room];
    this.#room *= 2;
    this.#ring = new Uint8Array(2 * ring.length);
    this.#index = new Uint32Array(2 * this.#room);
    for (let age = this.#count; age > 0; age -= 1) {
      const number = (this.#next - age) >>> 0;
      const from = (number & (room - 1)) * ENTRY_BYTES;
      this.#ring.set(ring.subarray(from, from + ENTRY_BYTES), this.#startOf(number));
      this.#enter(number, ring, from);
    }
  }
}
