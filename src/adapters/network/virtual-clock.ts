/**
 * Virtual clock: one node's clock on a virtual time, which may be early or late and go too fast or too slow.
 *
 * Many of them run on one time, each wrong in its own way, as the clocks of a network are.
 */
import { invariant } from '../../core/refusal.ts';
import { MAX_SAFE } from '../../core/units.ts';
import { type Clock, secondsOf } from '../clock/clock.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ClockFaults {
  /** How much it is ahead, in seconds; less than 0 is behind. Default 0. */
  readonly skewSeconds?: number;
  /** How much faster it goes, in millionths; less than 0 is slower. At most 500 000 either way, default 0. */
  readonly driftPerMillion?: number;
}

const MS = 1_000;
const MILLION = 1_000_000;
const MOST_DRIFT = 500_000;

/** A clock of Unix seconds over the milliseconds of `time`. It never goes back, and its waits are events of that time. */
export const clockOf = (time: VirtualTime, { skewSeconds = 0, driftPerMillion = 0 }: ClockFaults = {}): Clock => {
  invariant(
    Math.abs(driftPerMillion) <= MOST_DRIFT && Number.isFinite(skewSeconds),
    `a clock drifts by at most ${MOST_DRIFT} millionths from a skew in seconds, not by ${driftPerMillion} from ${skewSeconds}`,
  );
  const firstMs = time.startMs + Math.round(skewSeconds * MS);
  /** What it shows, in milliseconds, that long after the start. Grows with it, for each step does. */
  const shown = (elapsedMs: number): number =>
    firstMs + elapsedMs + Math.floor((elapsedMs * driftPerMillion) / MILLION);
  const now = () => secondsOf(Math.max(0, Math.floor(shown(time.nowMs() - time.startMs) / MS)));

  /** The first millisecond of the time at which it shows that many; the last there is, if that is beyond all time. */
  const dueMs = (showsMs: number): number => {
    const guess = Math.floor(((showsMs - firstMs) * MILLION) / (MILLION + driftPerMillion));
    if (guess >= MAX_SAFE - time.startMs) return MAX_SAFE;
    let elapsedMs = Math.max(guess, time.nowMs() - time.startMs);
    while (shown(elapsedMs) < showsMs) elapsedMs += 1;
    while (elapsedMs > 0 && shown(elapsedMs - 1) >= showsMs) elapsedMs -= 1;
    return Math.max(time.startMs + elapsedMs, time.nowMs());
  };

  /** Whoever waited goes on before the next event, also where the event loop takes no turn after each. */
  const wake = (): void => time.hold()();

  return {
    now,
    until: (seconds, signal) =>
      new Promise((resolve, reject) => {
        const due = secondsOf(seconds);
        if (signal?.aborted === true) {
          reject(signal.reason);
          return;
        }
        if (due <= now()) {
          resolve();
          return;
        }
        const abort = (): void => {
          takeBack();
          reject(signal?.reason);
          wake();
        };
        const takeBack = time.at(dueMs(due * MS), () => {
          signal?.removeEventListener('abort', abort);
          resolve();
          wake();
        });
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };
};
