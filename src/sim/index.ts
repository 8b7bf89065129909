/**
 * medstate/sim: networks of real engines simulated in one process, by seed, and rules of agreement with a guard taken away.
 */
export type { Violation, ViolationCode } from './network/checker.ts';
export {
  type FaultKind,
  faultKinds,
  type NetworkPlan,
  type PlanRange,
  planOf,
  type Villainy,
  villainies,
} from './network/plan.ts';
export { type PlanFile, planFileText, readPlanFile } from './network/plan-file.ts';
export { type NetworkRun, type RunOptions, runNetwork } from './network/run.ts';
export { shrinkPlan } from './network/shrink.ts';
export { type WrongRuleName, wrongRuleNames, wrongRules } from './wrong-rules.ts';
