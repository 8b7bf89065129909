/**
 * medstate/adapters/clock: the time of day, from the system or by hand.
 */
export type { Clock } from './clock.ts';
export { manualClock } from './manual.ts';
export { systemClock } from './system.ts';
