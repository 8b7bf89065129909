/**
 * Shrink: the least plan that still goes wrong in the same way, by leaving out one thing after the other.
 */
import type { ViolationCode } from './checker.ts';
import type { NetworkPlan } from './plan.ts';
import type { NetworkRun } from './run.ts';

/** With less of a calm anything fails that the calm is for. */
const needsCalm = (code: ViolationCode): boolean => code === 'not_final_again' || code === 'no_agreement';

/** The chaos ends sooner, and with it what happens to nodes. */
const withChaos = (plan: NetworkPlan, chaosSlots: number): NetworkPlan => ({
  ...plan,
  chaosSlots,
  restarts: plan.restarts.filter(({ atSlot }) => atSlot <= chaosSlots),
});

/** Every plan that is a little less than this one, the boldest first. */
const lesser = function* (plan: NetworkPlan, code: ViolationCode): Generator<NetworkPlan> {
  const lists = ['faults', 'restarts', 'elections', 'byzantine'] as const;
  for (const list of lists) if (plan[list].length > 1) yield { ...plan, [list]: [] };
  for (const list of lists)
    for (const index of plan[list].keys())
      yield { ...plan, [list]: (plan[list] as readonly unknown[]).filter((_, at) => at !== index) };
  if (plan.transfersPerThousandSlots > 0) yield { ...plan, transfersPerThousandSlots: 0 };
  if (plan.skewSeconds.some((skew) => skew !== 0)) yield { ...plan, skewSeconds: plan.skewSeconds.map(() => 0) };
  const { chaosSlots, calmSlots } = plan;
  if (chaosSlots > 1) yield withChaos(plan, Math.ceil(chaosSlots / 2));
  if (chaosSlots > 1) yield withChaos(plan, chaosSlots - 1);
  if (needsCalm(code)) return;
  if (calmSlots > 1) yield { ...plan, calmSlots: Math.ceil(calmSlots / 2) };
  if (calmSlots > 1) yield { ...plan, calmSlots: calmSlots - 1 };
};

/**
 * Shrinks a plan whose run shows this violation; at most `tries` runs. PERF: that many runs, each shorter than the first.
 */
export const shrinkPlan = async (
  plan: NetworkPlan,
  code: ViolationCode,
  run: (plan: NetworkPlan) => Promise<NetworkRun>,
  tries = 200,
): Promise<NetworkPlan> => {
  let least = plan;
  let left = tries;
  for (let isLess = true; isLess; ) {
    isLess = false;
    for (const candidate of lesser(least, code)) {
      if (left === 0) return least;
      left -= 1;
      const { violations } = await run(candidate);
      if (!violations.some((violation) => violation.code === code)) continue;
      least = candidate;
      isLess = true;
      break;
    }
  }
  return least;
};
