/**
 * Leaf hints: where the leaf of a key probably is, by a few bits of the key: one line of the processor's cache, where a search in the
 * order of keys goes through dozens.
 *
 * A table of small buckets. Each place has a leaf and four bits of the key, so that few wrong rows are looked at. It may forget
 * and be wrong: whoever asks compares the key, and searches if no hint is right.
 */
import type { Probe } from './probe.ts';

const WAYS = 4;
const TAG_SHIFT = 28;
const LEAF_MASK = 2 ** TAG_SHIFT - 1;
const FIRST_BITS = 8;
/** 64 MiB: as many as ten million keys need. */
const MAX_BITS = 24;

/** The hash of a key, by its first eight bytes. */
export const hintHash = (high: number, low: number): number => {
  const word = Math.imul(low ^ Math.imul(high, 0x85eb_ca6b), 0x9e37_79b1);
  return Math.imul(word ^ (word >>> 15), 0xc2b2_ae35) >>> 0;
};

export class LeafHints {
  #bits = FIRST_BITS;
  /** Leaf + 1 and the tag above it; 0 is empty. The last leaf of all has no room, and no hint. */
  #slots = new Uint32Array(2 ** FIRST_BITS);

  /** Makes room for so many keys. Whether that took a larger table, which knows nothing yet. */
  reserve(count: number): boolean {
    if (count <= this.#slots.length >> 1 || this.#bits === MAX_BITS) return false;
    while (count > 2 ** (this.#bits - 2) && this.#bits < MAX_BITS) this.#bits += 1;
    this.#slots = new Uint32Array(2 ** this.#bits);
    return true;
  }

  /** The leaf whose row `isRight` says is that of the key, or -1. */
  find(probe: Probe, isRight: (leaf: number, probe: Probe) => boolean): number {
    const hash = hintHash(probe.high, probe.low);
    const start = (hash >>> (32 - this.#bits)) & -WAYS;
    const tag = hash & 15;
    for (let at = start; at < start + WAYS; at += 1) {
      const slot = this.#slots[at] as number;
      if (slot === 0) return -1;
      if (slot >>> TAG_SHIFT !== tag) continue;
      const leaf = (slot & LEAF_MASK) - 1;
      if (isRight(leaf, probe)) return leaf;
    }
    return -1;
  }

  /** Overwrites each of the first `count` hashes with a leaf that its key may have, or -1. */
  guess(hashes: Int32Array, count: number): void {
    const slots = this.#slots;
    const shift = 32 - this.#bits;
    for (let index = 0; index < count; index += 1) {
      const hash = hashes[index] as number;
      const start = (hash >>> shift) & -WAYS;
      const tag = hash & 15;
      let leaf = -1;
      for (let at = start; at < start + WAYS; at += 1) {
        const slot = slots[at] as number;
        if (slot >>> TAG_SHIFT === tag) leaf = (slot & LEAF_MASK) - 1;
      }
      hashes[index] = leaf;
    }
  }

  /** The key whose first bytes are these has a leaf now. Of a full bucket the oldest is forgotten. */
  add(high: number, low: number, leaf: number): void {
    if (leaf + 1 > LEAF_MASK) return;
    const hash = hintHash(high, low);
    const start = (hash >>> (32 - this.#bits)) & -WAYS;
    const slots = this.#slots;
    let at = start;
    while (at < start + WAYS && slots[at] !== 0) at += 1;
    if (at === start + WAYS) {
      slots.copyWithin(start, start + 1, start + WAYS);
      at -= 1;
    }
    slots[at] = (((hash & 15) << TAG_SHIFT) | (leaf + 1)) >>> 0;
  }
}
