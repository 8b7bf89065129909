/**
 * Leaf order: sorting leaf numbers in linear time.
 *
 * A pass for each eight-bit digit that the numbers have, least digit first; each keeps the order of the one before.
 */

const DIGIT_BITS = 8;
const DIGITS = 2 ** DIGIT_BITS;

/** Up to so many numbers are sorted by insertion: the leaves of an empty block are nine. */
const FEW = 24;

const orderOfFew = (leaves: Uint32Array): Uint32Array => {
  const order = new Uint32Array(leaves.length);
  for (let index = 1; index < order.length; index += 1) {
    const leaf = leaves[index] as number;
    let at = index;
    for (; at > 0 && (leaves[order[at - 1] as number] as number) > leaf; at -= 1) order[at] = order[at - 1] as number;
    order[at] = index;
  }
  return order;
};

/** Where the numbers stand in ascending order: `leaves[order[0]]` is the least. Equal numbers keep their order. */
export const orderOf = (leaves: Uint32Array): Uint32Array => {
  if (leaves.length <= FEW) return orderOfFew(leaves);
  let order = new Uint32Array(leaves.length);
  let greatest = 0;
  for (let index = 0; index < order.length; index += 1) {
    order[index] = index;
    greatest = Math.max(greatest, leaves[index] as number);
  }
  let spare = new Uint32Array(leaves.length);
  const starts = new Uint32Array(DIGITS);
  for (let shift = 0; greatest >> shift > 0; shift += DIGIT_BITS) {
    starts.fill(0);
    for (let place = 0; place < leaves.length; place += 1) {
      const digit = ((leaves[place] as number) >> shift) & (DIGITS - 1);
      starts[digit] = (starts[digit] as number) + 1;
    }
    let start = 0;
    for (let digit = 0; digit < DIGITS; digit += 1) {
      const count = starts[digit] as number;
      starts[digit] = start;
      start += count;
    }
    for (let place = 0; place < order.length; place += 1) {
      const index = order[place] as number;
      const digit = ((leaves[index] as number) >> shift) & (DIGITS - 1);
      const to = starts[digit] as number;
      spare[to] = index;
      starts[digit] = to + 1;
    }
    [order, spare] = [spare, order];
  }
  return order;
};

/** The numbers at these places. PERF: the host's `map` calls out for each, half a millisecond for 6 000. */
export const numbersAt = (numbers: Uint32Array, places: Uint32Array): Uint32Array => {
  const found = new Uint32Array(places.length);
  for (let index = 0; index < places.length; index += 1) found[index] = numbers[places[index] as number] as number;
  return found;
};

/** The numbers of all lists that are below `size`, ascending, each once. */
export const sortedBelow = (lists: readonly Uint32Array[], size: number): Uint32Array => {
  let length = 0;
  for (const list of lists) length += list.length;
  const leaves = new Uint32Array(length);
  let start = 0;
  for (const list of lists) {
    leaves.set(list, start);
    start += list.length;
  }
  const sorted = new Uint32Array(length);
  let kept = 0;
  for (const index of orderOf(leaves)) {
    const leaf = leaves[index] as number;
    if (leaf < size && (kept === 0 || leaf !== sorted[kept - 1])) sorted[kept++] = leaf;
  }
  return sorted.subarray(0, kept);
};
