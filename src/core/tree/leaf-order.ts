/**
 * Leaf order: sorting leaf numbers in linear time.
 *
 * Three passes over the eight-bit digits of the numbers, least digit first; each pass keeps the order of the one before.
 */

/** Leaf numbers are below this: as many as a `Map` can hold keys. */
export const MAX_LEAVES = 2 ** 24;

const DIGIT_BITS = 8;
const DIGITS = 2 ** DIGIT_BITS;
const LAST_SHIFT = 16;

/** Where the numbers stand in ascending order: `leaves[order[0]]` is the least. Equal numbers keep their order. */
export const orderOf = (leaves: Uint32Array): Uint32Array => {
  let order = Uint32Array.from(leaves, (_, index) => index);
  let spare = new Uint32Array(leaves.length);
  const starts = new Uint32Array(DIGITS);
  for (let shift = 0; shift <= LAST_SHIFT; shift += DIGIT_BITS) {
    starts.fill(0);
    for (const leaf of leaves) {
      const digit = (leaf >> shift) & (DIGITS - 1);
      starts[digit] = (starts[digit] as number) + 1;
    }
    let start = 0;
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const count = starts[digit] as number;
      starts[digit] = start;
      start += count;
    }
    for (const index of order) {
      const digit = ((leaves[index] as number) >> shift) & (DIGITS - 1);
      const to = starts[digit] as number;
      spare[to] = index;
      starts[digit] = to + 1;
    }
    [order, spare] = [spare, order];
  }
  return order;
};

/** The numbers below `size`, ascending, each once. */
export const sortedBelow = (leaves: Uint32Array, size: number): Uint32Array => {
  const sorted = new Uint32Array(leaves.length);
  let kept = 0;
  for (const index of orderOf(leaves)) {
    const leaf = leaves[index] as number;
    if (leaf < size && (kept === 0 || leaf !== sorted[kept - 1])) sorted[kept++] = leaf;
  }
  return sorted.subarray(0, kept);
};
