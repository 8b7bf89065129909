/**
 * Chance: numbers that look random and are the same for the same seed, on every machine and in every run.
 *
 * For laws and hostile adapters; it has no secrets to keep, so it is no source of keys.
 */

export interface Chance {
  /** An integer in 0..limit-1, for a limit in 1..2^32. */
  below(limit: number): number;
  /** That many bytes. */
  bytes(length: number): Uint8Array;
  /** One of `choices`, which are not empty. */
  oneOf<T>(choices: readonly T[]): T;
}

/** The chance of a seed, an integer. Two of one seed give the same numbers in the same order. */
export const chanceFrom = (seed: number): Chance => {
  let state = seed | 0;
  // Mulberry32: one 32-bit word of state, period 2^32, enough to scatter test inputs.
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  // The remainder is uneven by limit / 2^32, which no test can see.
  const below = (limit: number): number => word() % limit;
  return {
    below,
    bytes: (length) => Uint8Array.from({ length }, () => word() & 0xff),
    oneOf: (choices) => choices[below(choices.length)] as (typeof choices)[number],
  };
};
