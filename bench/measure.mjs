/**
 * Measure: clocks and medians for the benches.
 *
 * Two clocks: CPU time of the process, threads of the garbage collector included, is what a piece of work costs and hardly sees the
 * neighbours; the time that passes is what a user waits, the disk's time included. Machines are noisy, so benches compare things that
 * take turns in one run, round by round, and tell ratios.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/**
 * How benches are started, peers too. A young generation of 64 MiB (`YOUNG_MIB`), as the README advises: with Node's own 16 MiB what a full block keeps
 * alive is copied several times. No bench collects garbage by force before what it measures: V8 then drops the optimised code whose
 * object shapes nobody holds at that moment, and what follows is measured half in the interpreter.
 */
export const NODE_FLAGS = [
  '--expose-gc',
  '--max-old-space-size=8192',
  `--max-semi-space-size=${process.env.YOUNG_MIB ?? 64}`,
];

/** CPU microseconds of this process. */
const cpuMicros = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};

/** CPU microseconds of a call, those that passed, and its result. */
export const timed = (work) => {
  const [before, started] = [cpuMicros(), performance.now()];
  const result = work();
  return { micros: cpuMicros() - before, wall: (performance.now() - started) * 1000, result };
};

/** The same of a promise. */
export const timedAsync = async (work) => {
  const [before, started] = [cpuMicros(), performance.now()];
  const result = await work();
  return { micros: cpuMicros() - before, wall: (performance.now() - started) * 1000, result };
};

/** The median of `top / bottom`, round by round: what slows down both of a round leaves it as it is. */
export const ratioOf = (tops, bottoms) => median(tops.map((top, round) => top / bottoms[round]));

/**
 * Numbers from 0 to below `limit` that look random and are the same each time, by a linear congruential generator; only its high bits
 * are used.
 */
export const seededBelow = (seed) => {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

/**
 * Starts the bench again on one core alone, its garbage collector's threads too, and ends with its exit code; goes on if it is there
 * already. Where there is no `taskset` it goes on as it is, and says so: then CPU time counts, the time that passed does not.
 */
export const onOneCore = (url) => {
  if (process.env.BENCH_PINNED !== undefined) return;
  const core = String(availableParallelism() - 1);
  const env = { ...process.env, BENCH_PINNED: core };
  const args = ['-c', core, process.execPath, ...NODE_FLAGS, fileURLToPath(url), ...process.argv.slice(2)];
  const { status, error } = spawnSync('taskset', args, { env, stdio: 'inherit' });
  if (error === undefined) process.exit(status ?? 1);
  console.log('taskset is not here: other cores may help');
};
