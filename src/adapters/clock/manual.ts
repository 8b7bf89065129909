/**
 * Manual clock: time that passes when it is told to; for tests and simulations.
 */
import { invariant } from '../../core/refusal.ts';
import type { Seconds } from '../../core/units.ts';
import { type Clock, secondsOf } from './clock.ts';

export interface ManualClock extends Clock {
  /** Lets that many whole seconds pass; waits that fall due resolve, the earlier first, those of one second in their order. */
  advance(seconds: number): void;
  /** Lets time pass until `seconds`. Throws `InvariantViolation` if that is past: a clock does not go back. */
  set(seconds: number): void;
  /** When the next wait falls due; `undefined` if nobody waits. A simulation sets the clock to it and needs no ticks. */
  nextDue(): Seconds | undefined;
}

interface Wait {
  readonly due: Seconds;
  readonly resolve: () => void;
}

/** A clock that stands at `start` (whole Unix seconds). PERF: a step for each open wait when one begins or time passes. */
export const manualClock = (start: number): ManualClock => {
  let time = secondsOf(start);
  /** By due time, then in the order they began. */
  let waits: readonly Wait[] = [];

  const set = (seconds: number): void => {
    const next = secondsOf(seconds);
    invariant(next >= time, `a clock does not go back: it is ${time}, and was set to ${next}`);
    time = next;
    const due = waits.filter((wait) => wait.due <= next);
    waits = waits.filter((wait) => wait.due > next);
    for (const wait of due) wait.resolve();
  };

  const until = (seconds: Seconds, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const due = secondsOf(seconds);
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      if (due <= time) {
        resolve();
        return;
      }
      const abort = (): void => {
        waits = waits.filter((other) => other !== wait);
        reject(signal?.reason);
      };
      const wait: Wait = {
        due,
        resolve: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      const later = waits.findIndex((other) => other.due > due);
      waits = later < 0 ? [...waits, wait] : [...waits.slice(0, later), wait, ...waits.slice(later)];
    });

  return {
    now: () => time,
    until,
    advance: (seconds) => set(time + secondsOf(seconds)),
    set,
    nextDue: () => waits[0]?.due,
  };
};
