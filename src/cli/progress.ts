/**
 * Progress: how far a long command is, on stderr, so that answers on stdout stay clean.
 *
 * A terminal gets one line, drawn again at most ten times a second: bar, count, rate, time left. Anything else (a file,
 * a continuous integration log) gets plain lines, one when another tenth is done or five seconds have gone by, and none
 * in the first second. With `quiet` nothing is written.
 */
import type { Io } from './command.ts';

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const FIRST_LINE_MS = 1_000;
const LINE_SHARE = 0.1;
const BAR_CELLS = 20;
const CLEAR_TO_END = '\u001b[K';

/** How a task is told. */
export interface ProgressTask {
  /** What is being done: `replaying`. */
  readonly label: string;
  /** What is counted, in the plural: `blocks`. */
  readonly unit: string;
  /** How many there will be; absent if nobody knows. */
  readonly total?: number;
  readonly quiet?: boolean;
  /** A clock in milliseconds that never goes back. */
  readonly nowMs?: () => number;
}

export interface Progress {
  /** `done` of the task are done so far; it never falls. Costs a clock reading, writes rarely. */
  advance(done: number): void;
  /** The task is over, well or not: the last count is written and the line ended. Later calls do nothing. */
  finish(): void;
}

/** A whole number with a space between groups of three digits. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3})+$)/g, ' ');

/** A time for people: `0 s`, `59 s`, `1 min 05 s`, `2 h 03 min`. */
export const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
};

const rateText = (perSecond: number): string =>
  `${perSecond >= 10 ? grouped(Math.round(perSecond)) : perSecond.toFixed(1)}/s`;

const shareOf = (done: number, total: number): number => (total === 0 ? 1 : Math.min(1, done / total));

const bar = (share: number): string => {
  const full = Math.floor(share * BAR_CELLS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CELLS - full)}]`;
};

/** The words of one report, without bar or label. */
const reportOf = (task: ProgressTask, done: number, elapsedMs: number, isOver: boolean): string => {
  const { total, unit } = task;
  const words = [`${grouped(done)}${total === undefined ? '' : ` of ${grouped(total)}`} ${unit}`];
  const perSecond = elapsedMs > 0 ? (done * 1_000) / elapsedMs : 0;
  if (total !== undefined && !isOver) words.unshift(`${Math.floor(shareOf(done, total) * 100)} %`);
  if (perSecond > 0) words.push(rateText(perSecond));
  if (isOver) words.push(duration(elapsedMs));
  else if (total !== undefined && perSecond > 0) {
    words.push(`${duration((Math.max(0, total - done) / perSecond) * 1_000)} left`);
  }
  return words.join(', ');
};

const SILENT: Progress = { advance: () => undefined, finish: () => undefined };

const onTerminal = (io: Io, task: ProgressTask, nowMs: () => number): Progress => {
  const startMs = nowMs();
  let done = 0;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let isOver = false;
  const draw = (): void => {
    const head = task.total === undefined || isOver ? task.label : `${task.label} ${bar(shareOf(done, task.total))}`;
    const line = `${head} ${reportOf(task, done, nowMs() - startMs, isOver)}`;
    io.stderr.write(`\r${line.slice(0, Math.max(1, io.columns - 1))}${CLEAR_TO_END}${isOver ? '\n' : ''}`);
  };
  return {
    advance: (count) => {
      done = count;
      const now = nowMs();
      if (isOver || now - drawnMs < REDRAW_MS) return;
      drawnMs = now;
      draw();
    },
    finish: () => {
      if (isOver) return;
      isOver = true;
      draw();
    },
  };
};

const inLines = (io: Io, task: ProgressTask, nowMs: () => number): Progress => {
  const startMs = nowMs();
  let done = 0;
  let toldMs = startMs;
  let toldShare = 0;
  let isOver = false;
  const tell = (now: number): void => {
    io.stderr.write(`${task.label}: ${reportOf(task, done, now - startMs, isOver)}\n`);
  };
  return {
    advance: (count) => {
      done = count;
      const now = nowMs();
      if (isOver || now - startMs < FIRST_LINE_MS) return;
      const share = task.total === undefined ? 0 : shareOf(done, task.total);
      if (share - toldShare < LINE_SHARE && now - toldMs < LINE_MS) return;
      toldMs = now;
      toldShare = share;
      tell(now);
    },
    finish: () => {
      if (isOver) return;
      isOver = true;
      tell(nowMs());
    },
  };
};

/** Shows how far a task is, as the terminal allows. The caller calls `finish` in a `finally`. */
export const showProgress = (io: Io, task: ProgressTask): Progress => {
  if (task.quiet === true) return SILENT;
  const nowMs = task.nowMs ?? (() => performance.now());
  return io.isTerminal ? onTerminal(io, task, nowMs) : inLines(io, task, nowMs);
};
