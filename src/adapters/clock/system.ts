/**
 * System clock: the time of the machine.
 *
 * When the machine's clock is set back, now() stands still until it has caught up: a node must not live through a slot
 * twice. When it was wrongly set far ahead and corrected, that can be long; a new object starts from the machine's time.
 */
import type { Seconds } from '../../core/units.ts';
import { type Clock, secondsOf } from './clock.ts';

export interface SystemClockOptions {
  /** Whether a wait keeps the process alive, as timers do; default true. */
  readonly keepsProcessAlive?: boolean;
}

/** Looked at least this often, so that a clock that was set or a machine that slept is noticed; and setTimeout knows no more than 2^31 ms. */
const MAX_WAIT_MS = 60_000;
const MS = 1_000;

/** A clock on `Date` and `setTimeout`. Waits end up to a few milliseconds after the second begins, never before. */
export const systemClock = ({ keepsProcessAlive = true }: SystemClockOptions = {}): Clock => {
  let latest = 0;
  const now = (): Seconds => {
    latest = Math.max(latest, Math.floor(Date.now() / MS));
    return secondsOf(latest);
  };

  const until = (seconds: Seconds, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const due = secondsOf(seconds);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        settle();
        reject(signal?.reason);
      };
      const look = (): void => {
        if (now() >= due) {
          settle();
          resolve();
          return;
        }
        const leftMs = due * MS - Date.now();
        timer = setTimeout(look, Math.min(Math.max(leftMs, 1), MAX_WAIT_MS));
        if (!keepsProcessAlive) timer.unref();
      };
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      signal?.addEventListener('abort', abort);
      look();
    });

  return { now, until };
};
