/**
 * Campaign: runs of one rule, seed after seed, until it breaks or the runs are used up.
 *
 * A rule that loses safety breaks by two final blocks in conflict; one that loses liveness by a calm of sixty rounds in which
 * nothing new becomes final. The seed it broke at is enough to see it again.
 */
import { rightRules, type WrongRule, type WrongRuleName, wrongRules } from '../wrong-rules.ts';
import type { PlanRange } from './plan.ts';
import { type RunResult, runRule } from './run.ts';

export interface Campaign {
  readonly firstSeed: number;
  readonly runs: number;
  readonly range: PlanRange;
}

export interface Broken {
  /** How many runs it took. */
  readonly runs: number;
  readonly result: RunResult;
}

/** Rounds of calm after which a run that has made nothing new final is taken to be stuck. */
const CALM_ROUNDS = 60;

/**
 * Weather in which the right rules must make something final again: no window is too short. With Byzantine producers there are no
 * ghosts, since both together can be a third that is silent.
 */
export const liveRanges = {
  byzantine: { ghosts: false, smallWindows: false },
  ghosts: { byzantine: false, smallWindows: false },
} as const;

/** Four producers and two forks that overtake one another, for long: some guards are needed there alone. */
export const rivalRange: PlanRange = {
  sizes: [4, 4],
  changing: false,
  restarting: false,
  weather: 'rivals',
  roundsOfChaos: [40, 120],
};

/** Where a wrong rule is looked for, if the usual range of these sizes shows nothing. */
export const rangeOf = (name: WrongRuleName, sizes: PlanRange['sizes']): PlanRange => {
  if (name === 'own-height-always' || name === 'last-height-for-highest') return rivalRange;
  if (name === 'no-readiness-test') return { sizes, ...liveRanges.ghosts };
  return wrongRules[name].loses === 'liveness' ? { sizes, ...liveRanges.byzantine } : { sizes };
};

/** The first run that breaks the rule; nothing if none does. */
export const firstBroken = (rule: WrongRule, { firstSeed, runs, range }: Campaign): Broken | undefined => {
  const isSafe = rule.loses === 'liveness';
  for (let run = 1; run <= runs; run += 1) {
    const seed = firstSeed + run - 1;
    const result = runRule({ ...range, seed, rules: rule, ...(isSafe ? { roundsOfCalm: CALM_ROUNDS } : {}) });
    const isBroken = isSafe ? result.roundsUntilFinal === undefined : result.conflict !== undefined;
    if (isBroken) return { runs: run, result };
  }
  return undefined;
};

export interface Campaigned {
  readonly runs: number;
  readonly blocks: number;
  readonly officeChanges: number;
  readonly guardNeeded: number;
  readonly honestEvidence: number;
  /** The seeds that ended in a conflict. */
  readonly conflicts: readonly number[];
  /** Of runs with a calm, the rounds until something new was final. */
  readonly rounds: readonly number[];
  /** The same, of runs alone in which no honest producer had ever signed above the chain that all went on with. */
  readonly roundsOfUnbound: readonly number[];
  /** The seeds whose calm was too short. */
  readonly stuck: readonly number[];
}

/** Runs the right rules. With `calm`, each run ends with one. */
export const campaign = ({ firstSeed, runs, range }: Campaign, calm: boolean): Campaigned => {
  const sum = { blocks: 0, officeChanges: 0, guardNeeded: 0, honestEvidence: 0 };
  const conflicts: number[] = [];
  const rounds: number[] = [];
  const roundsOfUnbound: number[] = [];
  const stuck: number[] = [];
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const result = runRule({ ...range, seed, rules: rightRules, ...(calm ? { roundsOfCalm: CALM_ROUNDS } : {}) });
    sum.blocks += result.blocks;
    sum.officeChanges += result.officeChanges;
    sum.guardNeeded += result.guardNeeded;
    sum.honestEvidence += result.honestEvidence;
    if (result.conflict !== undefined) conflicts.push(seed);
    if (calm && result.roundsUntilFinal === undefined) stuck.push(seed);
    if (result.roundsUntilFinal === undefined) continue;
    rounds.push(result.roundsUntilFinal);
    if (result.heightsBehind === 0) roundsOfUnbound.push(result.roundsUntilFinal);
  }
  return { runs, ...sum, conflicts, rounds, roundsOfUnbound, stuck };
};
