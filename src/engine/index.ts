/**
 * medstate/engine: opens a chain in a store and drives it.
 */
export {
  type Accepted,
  type Answer,
  type BlockListener,
  type Engine,
  type EngineOptions,
  openEngine,
  type Signer,
} from './engine.ts';
export type { HistoryPolicy } from './history.ts';
export { EngineError, type EngineErrorCode, type EngineRefusalCode, engineMessages } from './outcome.ts';
export { defaultPoolLimits, type PoolLimits } from './pool.ts';
