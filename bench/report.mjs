/**
 * Report: what a bench says: rows of a figure, what it is held against, the ratio of both, and the mark if there is one.
 *
 * Rows are printed as they come. With BENCH_JSON they are also added to that file, a line of JSON each, for the one who runs all.
 */
import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';

/** A mark, and whether a number reaches it. */
export const atLeast = (mark) => ({ text: `at least ${mark}`, isReached: (value) => value >= mark });
export const atMost = (mark) => ({ text: `at most ${mark}`, isReached: (value) => value <= mark });

const digitsOf = (value) => (Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 20 ? 1 : 2);

/** A number as people read it: `12 345`, `45.1`, `0.87`. */
export const text = (value) => {
  if (typeof value !== 'number') return String(value ?? '');
  const [whole, ...rest] = value.toFixed(Number.isInteger(value) ? 0 : digitsOf(value)).split('.');
  return [whole.replace(/\B(?=(?:\d{3})+$)/g, ' '), ...rest].join('.');
};

const lineOf = ({ what, figure, unit, against, limit, ratio, mark, isReached, note }) => {
  const parts = [`${what}: ${text(figure)} ${unit}`];
  if (against !== undefined) parts.push(`${against} ${text(limit)}`);
  if (ratio !== undefined) parts.push(`ratio ${text(ratio)}`);
  if (mark !== undefined) parts.push(`${isReached ? 'reached' : 'NOT REACHED'}: ${mark}`);
  if (note !== undefined) parts.push(note);
  return parts.join('; ');
};

/**
 * The report of the bench at this URL. `row` takes: `what` was measured at which size; its `figure` and `unit`; `against` what, and that
 * one's figure as `limit`; the `ratio` of both; the `mark` and, if it is not the ratio that is held to it, `marked`, the number that is;
 * a `note`.
 */
export const reportOf = (url, question) => {
  const bench = basename(new URL(url).pathname).replace(/\.bench\.mjs$/, '');
  console.log(`${bench}: ${question}`);
  return {
    row({ mark, marked, ...row }) {
      const held = marked ?? row.ratio ?? row.figure;
      const full = mark === undefined ? row : { ...row, mark: mark.text, isReached: mark.isReached(held) };
      console.log(`  ${lineOf(full)}`);
      const { BENCH_JSON } = process.env;
      if (BENCH_JSON !== undefined) appendFileSync(BENCH_JSON, `${JSON.stringify({ bench, ...full })}\n`);
    },
    /** Something that has no figure. */
    note(line) {
      console.log(`  ${line}`);
    },
  };
};
