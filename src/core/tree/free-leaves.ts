/**
 * Free leaves: which leaf numbers no entry holds, the lowest first.
 *
 * A bitmap with one bit a number, set while the number is free, and over it one bit a word, set while the word has a
 * free number, up to a single word. Taking, giving back and asking cost a step a level, and both directions are the
 * same, so a change can be undone and redone for ever without anything stale being left (as it would be in a heap).
 */

/** Leaf numbers are below this. */
export const MAX_LEAVES = 2 ** 28;

const WORD_SHIFT = 5;
const WORD_MASK = 31;
const ALL_FREE = -1;
const FIRST_WORDS = 4;

/** The bitmap and the summaries over it, up to the one that is a single word. */
const summarise = (bitmap: Int32Array): Int32Array[] => {
  const levels = [bitmap];
  let below = bitmap;
  while (below.length > 1) {
    const summary = new Int32Array((below.length + WORD_MASK) >> WORD_SHIFT);
    for (let index = 0; index < below.length; index += 1) {
      if (below[index] !== 0)
        summary[index >> WORD_SHIFT] = (summary[index >> WORD_SHIFT] as number) | (1 << (index & WORD_MASK));
    }
    levels.push(summary);
    below = summary;
  }
  return levels;
};

export class FreeLeaves {
  #levels: Int32Array[] = summarise(new Int32Array(FIRST_WORDS).fill(ALL_FREE));

  /** Whether nobody holds `leaf`. */
  has(leaf: number): boolean {
    const word = this.#bitmap()[leaf >> WORD_SHIFT] ?? ALL_FREE;
    return ((word >> (leaf & WORD_MASK)) & 1) === 1;
  }

  /** The lowest free number. */
  lowest(): number {
    let index = 0;
    for (let level = this.#levels.length - 1; level >= 0; level -= 1) {
      const word = (this.#levels[level] as Int32Array)[index] as number;
      // Only the top can be empty here, and then every number of the bitmap is held.
      if (word === 0) return this.#bitmap().length << WORD_SHIFT;
      index = (index << WORD_SHIFT) | (WORD_MASK - Math.clz32(word & -word));
    }
    return index;
  }

  /** The number is held from now on. */
  hold(leaf: number): void {
    this.#reserve(leaf);
    let index = leaf;
    for (const level of this.#levels) {
      const left = (level[index >> WORD_SHIFT] as number) & ~(1 << (index & WORD_MASK));
      level[index >> WORD_SHIFT] = left;
      if (left !== 0) return;
      index >>= WORD_SHIFT;
    }
  }

  /** The number is free from now on. */
  release(leaf: number): void {
    let index = leaf;
    for (const level of this.#levels) {
      const before = level[index >> WORD_SHIFT] as number;
      level[index >> WORD_SHIFT] = before | (1 << (index & WORD_MASK));
      if (before !== 0) return;
      index >>= WORD_SHIFT;
    }
  }

  /** 1 + the greatest held number below `limit`, or 0. PERF: a step for 32 numbers that are free at the top. */
  heldSize(limit: number): number {
    const bitmap = this.#bitmap();
    let size = limit;
    while (size > 0) {
      const last = size - 1;
      // The held numbers of this word, those above `last` shifted out.
      const held = ~(bitmap[last >> WORD_SHIFT] ?? ALL_FREE) << (WORD_MASK - (last & WORD_MASK));
      if (held !== 0) return size - Math.clz32(held);
      size = last & ~WORD_MASK;
    }
    return 0;
  }

  #bitmap(): Int32Array {
    return this.#levels[0] as Int32Array;
  }

  #reserve(leaf: number): void {
    const bitmap = this.#bitmap();
    let words = bitmap.length;
    if (leaf >> WORD_SHIFT < words) return;
    while (leaf >> WORD_SHIFT >= words) words *= 2;
    const grown = new Int32Array(words).fill(ALL_FREE, bitmap.length);
    grown.set(bitmap);
    this.#levels = summarise(grown);
  }
}
