/**
 * Clock: the door to the time of day. Only the engine asks it; the core reads time from block headers alone.
 *
 * Source: protocol section 1 (whole Unix seconds), section 9 (a slot begins by the node's clock).
 */
import { invariant } from '../../core/refusal.ts';
import { MAX_SAFE, type Seconds } from '../../core/units.ts';

export interface Clock {
  /** Whole Unix seconds, rounded down. Never less than an earlier answer of the same object. */
  now(): Seconds;
  /**
   * Resolves when now() >= seconds, however far that is; at once if it is so already. Rejects with the signal's reason
   * when that aborts first, and leaves no timer and no listener behind either way.
   */
  until(seconds: Seconds, signal?: AbortSignal): Promise<void>;
}

/** A number as Seconds. Throws `InvariantViolation` if it is no whole number from 0 to 2^53-1. */
export const secondsOf = (value: number): Seconds => {
  invariant(
    Number.isInteger(value) && value >= 0 && value <= MAX_SAFE,
    `a time is whole seconds below 2^53, not ${value}`,
  );
  return value as Seconds;
};
