/**
 * Plan file: a plan with what its run has shown, as JSON, so that a failing run can be kept, sent and run again.
 */
import * as E from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { checkFaults, type NetworkFaults } from '../../adapters/network/faults.ts';
import { closed, type Fault, readJson } from '../../core/json.ts';
import { type WrongRuleName, wrongRuleNames } from '../wrong-rules.ts';
import type { Violation } from './checker.ts';
import { type NetworkPlan, type Villainy, villainies } from './plan.ts';

const PLAN_FORMAT = 'medstate simulated network 1';

/** Nodes and candidates that a plan from outside may have; more would only fill the memory. */
const MOST_NODES = 64;
const MOST_SLOTS = 100_000;
const MOST_ENTRIES = 4_096;

export interface PlanFile {
  readonly wrongRule: WrongRuleName | undefined;
  readonly untilFinal: boolean;
  readonly plan: NetworkPlan;
  /** What went wrong when it was written. */
  readonly found: readonly Violation[];
}

const whole = (least: number, most: number) =>
  new t.Type<number, number, unknown>(
    `a whole number from ${least} to ${most}`,
    (value): value is number => typeof value === 'number',
    (value, context) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? t.success(value)
        : t.failure(value, context, `a whole number from ${least} to ${most}`),
    t.identity,
  );

const oneOf = <T extends string>(words: readonly T[]) => {
  const isWord = (value: unknown): value is T => words.some((word) => word === value);
  return new t.Type<T, T, unknown>(
    words.join(' | '),
    isWord,
    (value, context) => (isWord(value) ? t.success(value) : t.failure(value, context, `one of ${words.join(', ')}`)),
    t.identity,
  );
};

const Node = whole(0, MOST_NODES);
const SlotNumber = whole(0, MOST_SLOTS);

const PlanJson = closed({
  seed: whole(-(2 ** 52), 2 ** 52),
  seats: whole(1, MOST_NODES),
  nodes: whole(1, MOST_NODES),
  ghosts: whole(0, MOST_NODES),
  byzantine: t.readonlyArray(closed({ node: Node, villainies: t.readonlyArray(oneOf<Villainy>(villainies)) })),
  stallSlots: whole(0, 2 ** 52),
  chaosSlots: SlotNumber,
  calmSlots: SlotNumber,
  skewSeconds: t.readonlyArray(whole(-3_600, 3_600)),
  faults: t.readonlyArray(t.UnknownRecord),
  restarts: t.readonlyArray(
    closed({
      node: Node,
      atSlot: SlotNumber,
      downSlots: SlotNumber,
      how: oneOf(['stop', 'before_commit', 'after_commit'] as const),
      atWrite: whole(1, MOST_SLOTS),
    }),
  ),
  elections: t.readonlyArray(closed({ atSlot: SlotNumber, voter: whole(0, 2), candidates: t.readonlyArray(Node) })),
  transfersPerThousandSlots: whole(0, 1_000),
});

const FileJson = closed(
  {
    format: oneOf([PLAN_FORMAT]),
    untilFinal: t.boolean,
    plan: PlanJson,
  },
  { wrongRule: oneOf(wrongRuleNames), found: t.readonlyArray(t.UnknownRecord) },
);

const faultOfPlan = (plan: NetworkPlan): Fault | undefined => {
  const lists = [plan.faults, plan.restarts, plan.elections, plan.byzantine];
  if (lists.some(({ length }) => length > MOST_ENTRIES))
    return { path: 'plan', found: 'a list of many entries', wanted: `at most ${MOST_ENTRIES} in each` };
  if (plan.nodes < plan.seats || plan.byzantine.some(({ node }) => node >= plan.nodes))
    return {
      path: 'plan.nodes',
      found: String(plan.nodes),
      wanted: 'a node for each seat and each Byzantine producer',
    };
  try {
    checkFaults(plan.faults);
  } catch (error) {
    return { path: 'plan.faults', found: (error as Error).message, wanted: 'faults of a network' };
  }
  return undefined;
};

/** The plan in a JSON value, or what is wrong with it. What was found is not read: a run shows it again. */
export const readPlanFile = (json: unknown): E.Either<readonly Fault[], PlanFile> => {
  const read = readJson(FileJson, json);
  if (E.isLeft(read)) return read;
  const { untilFinal, wrongRule } = read.right;
  const plan: NetworkPlan = { ...read.right.plan, faults: read.right.plan.faults as unknown as NetworkFaults };
  const fault = faultOfPlan(plan);
  return fault === undefined ? E.right({ wrongRule, untilFinal, plan, found: [] }) : E.left([fault]);
};

/** The JSON text of a plan. */
export const planFileText = ({ wrongRule, untilFinal, plan, found }: PlanFile): string =>
  `${JSON.stringify({ format: PLAN_FORMAT, ...(wrongRule === undefined ? {} : { wrongRule }), untilFinal, plan, found }, null, 2)}\n`;
