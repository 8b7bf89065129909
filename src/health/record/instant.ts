/**
 * Instant: a second of UTC as text, in the one form that documents of our own have.
 *
 * Source: RFC 3339, without fractions and offsets; a leap second has no form, as in block times.
 */
import type { Seconds } from '../../core/units.ts';

const FORM = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
const LAST = 253_402_300_799;

/** The text of a second from 1970 to the end of 9999, or `undefined`. */
export const instantOf = (seconds: number): string | undefined =>
  Number.isInteger(seconds) && seconds >= 0 && seconds <= LAST
    ? new Date(1000 * seconds).toISOString().replace('.000Z', 'Z')
    : undefined;

/** The second that a text names, from 1970 on, or `undefined`: another form, or no day of the calendar. */
export const secondsOf = (text: string): Seconds | undefined => {
  if (!FORM.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  return instantOf(seconds) === text ? (seconds as Seconds) : undefined; // whole, because it has its text again
};

/** Whether a text names a second. */
export const isInstant = (text: string): boolean => secondsOf(text) !== undefined;
