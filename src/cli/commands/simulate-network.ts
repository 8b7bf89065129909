/**
 * Simulate network: networks of real engines by seed, in which much goes wrong, and what must hold of them whatever does.
 */
import { writeFile } from 'node:fs/promises';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../adapters/crypto/best.ts';
import type { Hasher } from '../../core/index.ts';
import {
  type FaultKind,
  faultKinds,
  type NetworkRun,
  type PlanFile,
  type PlanRange,
  planFileText,
  planOf,
  readPlanFile,
  runNetwork,
  shrinkPlan,
  type WrongRuleName,
  wrongRuleNames,
} from '../../sim/index.ts';
import { defineCommand, type Io, UsageError, wholeNumber } from '../command.ts';
import { faultsError, readJsonInput } from '../input.ts';
import { duration, grouped, showProgress } from '../progress.ts';

const MOST_SEED = 2 ** 31 - 1;
const MOST_PRODUCERS = 40;

/** `A..B`, or one number. */
const seedsOf = (text: string): readonly [number, number] => {
  const [from = '', to = from] = text.split('..');
  const range = [wholeNumber('seeds', from, [0, MOST_SEED]), wholeNumber('seeds', to, [0, MOST_SEED])] as const;
  if (range[0] > range[1]) throw new UsageError(`--seeds: found '${text}', wanted the lower seed first`);
  return range;
};

const kindsOf = (text: string): readonly FaultKind[] => {
  if (text === 'none') return [];
  return text.split(',').map((word) => {
    const kind = faultKinds.find((known) => known === word);
    if (kind === undefined)
      throw new UsageError(`--faults: found '${word}', wanted none, or some of ${faultKinds.join()}`);
    return kind;
  });
};

const ruleOf = (text: string): WrongRuleName => {
  const rule = wrongRuleNames.find((name) => name === text);
  if (rule === undefined) throw new UsageError(`--rule: found '${text}', wanted one of ${wrongRuleNames.join(', ')}`);
  return rule;
};

/** What is simulated, and by which rules. */
interface Task {
  readonly hasher: Hasher;
  readonly wrongRule: WrongRuleName | undefined;
  readonly untilFinal: boolean;
}

const runOf = ({ hasher, wrongRule, untilFinal }: Task, plan: PlanFile['plan']): Promise<NetworkRun> =>
  runNetwork(plan, { hasher, untilFinal, ...(wrongRule === undefined ? {} : { wrongRule }) });

/** Under a wrong rule much is to be expected; what is looked for is the loss that it is named for. */
const isFound = ({ wrongRule }: Task, { violations }: NetworkRun): boolean =>
  wrongRule === undefined ? violations.length > 0 : violations.some(({ code }) => code === 'final_conflict');

const totalsOf = () => ({
  runs: 0,
  nodeBlocks: 0,
  reorganisations: 0,
  resumed: 0,
  convicted: 0,
  settled: [] as number[],
});
type Totals = ReturnType<typeof totalsOf>;

const addTo = (totals: Totals, run: NetworkRun): void => {
  totals.runs += 1;
  totals.nodeBlocks += run.nodeBlocks;
  totals.reorganisations += run.reorganisations;
  totals.resumed += run.resumed;
  totals.convicted += run.convicted;
  if (run.settledSlots !== undefined) totals.settled.push(run.settledSlots);
};

const linesOf = (totals: Totals, elapsedMs: number): readonly string[] => [
  `runs             ${grouped(totals.runs)}`,
  `node-blocks      ${grouped(totals.nodeBlocks)}`,
  `reorganisations  ${grouped(totals.reorganisations)}`,
  `resumed blocks   ${grouped(totals.resumed)}`,
  `convicted        ${grouped(totals.convicted)}`,
  `final again      ${settledText(totals.settled)}`,
  `time             ${duration(elapsedMs)}`,
];

const settledText = (settled: readonly number[]): string => {
  if (settled.length === 0) return 'never seen';
  const sorted = [...settled].sort((a, b) => a - b);
  return `after ${sorted[Math.floor(sorted.length / 2)]} slots of calm (median), ${sorted.at(-1)} (most)`;
};

/** Shrinks what went wrong, writes it, and says so. */
const keep = async (
  task: Task,
  { plan, run, out }: { plan: PlanFile['plan']; run: NetworkRun; out: string },
  io: Io,
) => {
  const [first] = run.violations;
  const code = task.wrongRule === undefined ? (first?.code ?? 'final_conflict') : 'final_conflict';
  const least = await shrinkPlan(plan, code, (candidate) => runOf(task, candidate));
  const found = (await runOf(task, least)).violations;
  await writeFile(out, planFileText({ wrongRule: task.wrongRule, untilFinal: task.untilFinal, plan: least, found }));
  for (const { code: what, what: told } of found) io.stdout.write(`seed ${plan.seed}: ${what}: ${told}\n`);
  io.stdout.write(`seed ${plan.seed}: written to ${out}; --replay ${out} runs it again\n`);
};

const replay = async (file: string, hasher: Hasher, io: Io): Promise<0 | 1> => {
  const read = readPlanFile(await readJsonInput(file, io));
  if (E.isLeft(read)) throw faultsError(file, read.left);
  const { plan, wrongRule, untilFinal } = read.right;
  const run = await runOf({ hasher, wrongRule, untilFinal }, plan);
  for (const { code, what } of run.violations) io.stdout.write(`${code}: ${what}\n`);
  io.stdout.write(`height ${run.height}, final ${run.finalHeight}, ${run.violations.length} violations\n`);
  return run.violations.length === 0 ? 0 : 1;
};

export const simulateNetwork = defineCommand({
  name: 'simulate-network',
  summary: 'run networks of real engines by seed, with much going wrong, and check what must hold',
  usage: '[--seed <n> | --seeds <a..b> | --replay <file>] [--producers <n>] [--faults <kinds>] [--rule <name>]',
  options: {
    seed: { type: 'string', value: 'n', description: 'the one seed to run; 1 if none is given' },
    seeds: { type: 'string', value: 'a..b', description: 'all seeds from a to b' },
    producers: { type: 'string', value: 'n', description: 'producers of a round; drawn from 4 to 21 if not given' },
    faults: { type: 'string', value: 'kinds', description: `none, or some of ${faultKinds.join()}; all if not given` },
    rule: {
      type: 'string',
      value: 'name',
      description: 'a wrong rule of agreement, to see it fail; see docs/finality.md',
    },
    'until-final': { type: 'boolean', description: 'a calm long enough that something new must become final in it' },
    out: {
      type: 'string',
      value: 'file',
      description: 'where a failing plan goes, shrunk; failing-network.json if not given',
    },
    replay: { type: 'string', value: 'file', description: 'run the plan of a file again' },
  },
  run: async ({ values, quiet }, io) => {
    const hasher = await bestCrypto();
    if (values.replay !== undefined) return replay(values.replay, hasher, io);
    if (values.seed !== undefined && values.seeds !== undefined)
      throw new UsageError('--seed and --seeds: give one of them');
    const [from, to] = seedsOf(values.seeds ?? values.seed ?? '1');
    const range: PlanRange = {
      ...(values.producers === undefined
        ? {}
        : { producers: wholeNumber('producers', values.producers, [1, MOST_PRODUCERS]) }),
      ...(values.faults === undefined ? {} : { kinds: kindsOf(values.faults) }),
      untilFinal: values['until-final'] ?? false,
    };
    const wrongRule = values.rule === undefined ? undefined : ruleOf(values.rule);
    const task = { hasher, wrongRule, untilFinal: values['until-final'] ?? false };
    const progress = showProgress(io, { label: 'simulating', unit: 'runs', total: to - from + 1, quiet });
    const startedMs = performance.now();
    const totals = totalsOf();
    for (let seed = from; seed <= to; seed += 1) {
      const plan = planOf(seed, range);
      const run = await runOf(task, plan);
      addTo(totals, run);
      progress.advance(totals.runs);
      if (!isFound(task, run)) continue;
      progress.finish();
      await keep(task, { plan, run, out: values.out ?? 'failing-network.json' }, io);
      return 1;
    }
    progress.finish();
    io.stdout.write(`${linesOf(totals, performance.now() - startedMs).join('\n')}\nviolations       none\n`);
    return 0;
  },
});
