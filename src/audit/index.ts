/**
 * medstate/audit: replays a stored chain, and checks every part of a store against the rest.
 */
export { type CheckOptions, type CheckReport, type CheckStep, checkStore } from './check.ts';
export { type RowSource, rowsOfStore } from './check-against.ts';
export { type Finding, findingText } from './check-findings.ts';
export { type Parting, type Replayed, type ReplayOptions, replay } from './replay.ts';
