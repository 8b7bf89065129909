/**
 * medstate/adapters/workers: signatures looked at by worker threads, ahead of the reducer.
 */
export { type CheckPoolOptions, checkPool } from './check-pool.ts';
export type { Checker, Checking } from './checker.ts';
