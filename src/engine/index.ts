/**
 * medstate/engine: opens a chain in a store and drives it.
 */
export {
  type Answer,
  type BoundBroken,
  type ChainMoved,
  type Engine,
  type EngineEvent,
  type EngineListener,
  type EngineOptions,
  type EvidenceFound,
  type FinalityResumed,
  type FinalityStalled,
  type Followed,
  type ForkSeen,
  openEngine,
  type ProduceOptions,
} from './engine.ts';
export { type AsideLimits, defaultAsideLimits } from './fork/aside.ts';
export { defaultForkLimits, type ForkLimits } from './fork/block-tree.ts';
export type { Accepted, BranchBlock } from './fork/kept.ts';
export type { BlockName } from './fork/locator.ts';
export type { HistoryPolicy } from './history.ts';
export type { InboxLimits } from './node/inbox.ts';
export { type Node, type NodeOptions, type NodeReport, startNode } from './node/node.ts';
export { EngineError, type EngineErrorCode, type EngineRefusalCode, engineMessages } from './outcome.ts';
export type { Estimate } from './pool/estimate.ts';
export { defaultPoolLimits, type PoolLimits } from './pool/limits.ts';
export { VerdictCache } from './verdicts/verdict-cache.ts';
