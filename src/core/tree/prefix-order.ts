/**
 * Prefix order: sorting millions of eight-byte prefixes in linear time, 16 bits a pass, least digit first.
 */
const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;
const MASK = DIGITS - 1;

/** Sorts few entries without the tables of digits. */
const FEW = 4096;

const sortFew = (highs: Uint32Array, lows: Uint32Array): Uint32Array =>
  Uint32Array.from(highs.keys()).sort(
    (a, b) => (highs[a] as number) - (highs[b] as number) || (lows[a] as number) - (lows[b] as number) || a - b,
  );

/** Where the prefixes stand in ascending order; equal ones keep their order. */
export const prefixOrder = (highs: Uint32Array, lows: Uint32Array): Uint32Array => {
  const count = highs.length;
  if (count <= FEW) return sortFew(highs, lows);
  let order = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) order[index] = index;
  let spare = new Uint32Array(count);
  const starts = new Uint32Array(DIGITS);
  for (const words of [lows, highs]) {
    for (const shift of [0, DIGIT_BITS]) {
      starts.fill(0);
      for (let index = 0; index < count; index += 1) {
        const digit = ((words[index] as number) >>> shift) & MASK;
        starts[digit] = (starts[digit] as number) + 1;
      }
      for (let digit = 0, start = 0; digit < DIGITS; digit += 1) {
        const own = starts[digit] as number;
        starts[digit] = start;
        start += own;
      }
      for (let at = 0; at < count; at += 1) {
        const index = order[at] as number;
        const digit = ((words[index] as number) >>> shift) & MASK;
        spare[starts[digit] as number] = index;
        starts[digit] = (starts[digit] as number) + 1;
      }
      [order, spare] = [spare, order];
    }
  }
  return order;
};
