/**
 * SQLite order: rows in the order of their leaves, in which the file keeps them.
 */
import type { RowChange } from './storage.ts';

const MAX_JOINED = 2 ** 21;

/**
 * The indices of numbers in 0..2^32-1, so that the numbers ascend, and of equal ones the first comes first. PERF: sorts flat
 * numbers without a comparing function, as long as an index fits behind its number in 53 bits.
 */
export const inOrder = (numbers: readonly number[]): ArrayLike<number> => {
  if (numbers.length > MAX_JOINED) {
    const indices = Uint32Array.from(numbers, (_, index) => index);
    return indices.sort((a, b) => (numbers[a] as number) - (numbers[b] as number) || a - b);
  }
  const joined = new Float64Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1)
    joined[index] = (numbers[index] as number) * MAX_JOINED + index;
  joined.sort();
  for (let index = 0; index < joined.length; index += 1) joined[index] = (joined[index] as number) % MAX_JOINED;
  return joined;
};

const isAscending = (rows: readonly RowChange[]): boolean => {
  for (let index = 1; index < rows.length; index += 1)
    if ((rows[index - 1] as RowChange).leaf >= (rows[index] as RowChange).leaf) return false;
  return true;
};

/** The last word on each leaf, ascending by leaf. PERF: an engine's come so. */
export const lastWords = (rows: readonly RowChange[]): readonly RowChange[] => {
  if (isAscending(rows)) return rows;
  const order = inOrder(rows.map(({ leaf }) => leaf));
  const words: RowChange[] = [];
  for (let at = 0; at < order.length; at += 1) {
    const word = rows[order[at] as number] as RowChange;
    if (words.at(-1)?.leaf === word.leaf) words.pop();
    words.push(word);
  }
  return words;
};
