/**
 * Run: one simulation of the rule alone, headers without state, all of it from one seed.
 *
 * Chaos first: slots pass, honest producers sign on what they know, Byzantine ones on whatever they like, the weather delays
 * and hides. Then, if asked, calm: all is delivered within a slot and the Byzantine are silent, and it is counted how long it
 * takes until something new is final for every honest node.
 */
import { chanceFrom } from '../../adapters/laws/chance.ts';
import { HeaderLog } from '../../core/header-log.ts';
import type { Address, Slot } from '../../core/units.ts';
import { type Rules, rightRules } from '../wrong-rules.ts';
import { actByzantine, type Stage } from './byzantine.ts';
import { type Block, type Conflict, headerTree } from './header-tree.ts';
import { mailOf } from './mail.ts';
import { learn, type Node, newNode, restart, sign } from './node.ts';
import { electOthers, type Plan, type PlanRange, planOf } from './plan.ts';
import { puppeteer } from './puppets.ts';
import { rivalry } from './rivals.ts';

export interface RunOptions extends PlanRange {
  readonly seed: number;
  readonly rules?: Rules;
  /** The longest calm to wait for new final blocks; without it the run ends with the chaos. */
  readonly roundsOfCalm?: number;
}

export interface RunResult {
  readonly seed: number;
  readonly plan: Plan;
  readonly conflict: Conflict | undefined;
  /** Producers whose headers are evidence against them. */
  readonly convicted: readonly Address[];
  /** Pairs of evidence that honest producers made of themselves. */
  readonly honestEvidence: number;
  readonly blocks: number;
  readonly officeChanges: number;
  /** How often an honest node needed its final block to stay on its chain. */
  readonly guardNeeded: number;
  readonly finalHeight: number;
  /** Rounds of calm until something new was final for all; `undefined` if there was no calm or it was too short. */
  readonly roundsUntilFinal: number | undefined;
  /** How far the chain that all go on with is below the highest height that an honest producer ever signed, when calm begins. */
  readonly heightsBehind: number;
}

/** Most blocks a slot of chaos, on the average, whatever the Byzantine do. */
const BLOCKS_A_SLOT = 6;

const convictedOf = (blocks: readonly Block[]): readonly Address[] => {
  const log = new HeaderLog<Block>();
  for (const block of blocks.slice(1)) log.add(block);
  return log.evidence().map(({ producer }) => producer);
};

/** In a weather that shows each producer what it wants: lets sign who shall sign in a slot. */
const directorOf = (stage: Stage, rules: Rules): ((slot: Slot) => void) | undefined => {
  const { weather } = stage.plan;
  if (weather === 'puppets') {
    const { direct, signOn } = puppeteer(stage, rules);
    return (slot) => {
      for (const [node, front] of direct(stage, slot)) signOn(stage, node, front, slot);
    };
  }
  return weather === 'rivals' ? rivalry(stage, rules) : undefined;
};

/** Runs the plan of a seed. The same options give the same result. */
export const runRule = (options: RunOptions): RunResult => {
  const { seed, rules = rightRules } = options;
  const chance = chanceFrom(seed);
  const plan = planOf(chance, seed, options);
  const { window, stallSlots } = plan;
  const tree = headerTree({ agreement: rules.agreement, window, stallSlots, seed }, plan.founders);
  const calmSlots = (options.roundsOfCalm ?? 0) * plan.size;
  const mostBlocks = BLOCKS_A_SLOT * (plan.chaosSlots + calmSlots);
  const nodes = plan.honest.map((name) => newNode(name, tree.genesis, mostBlocks));
  const mail = mailOf(plan, chance, nodes);
  const elect = (parent: Block): readonly Address[] =>
    plan.changes > 0 && chance.below(1000) < plan.changes ? electOthers(chance, plan, parent.elected) : parent.elected;
  const stage: Stage = { plan, tree, chance, nodes, mail, elect, withheld: [] };

  const director = directorOf(stage, rules);

  const produce = (slot: number, send: (block: Block, from: number) => void): void => {
    for (const [index, node] of nodes.entries()) {
      if (tree.producerAt(node.tip, slot) !== node.name || chance.below(100) < plan.misses) continue;
      const block = sign(node, tree, rules, slot as Slot, elect(node.tip)); // slots count up from 1
      if (block !== undefined) send(block, index);
    }
  };

  const mayGoOn = (): boolean => tree.conflict() === undefined && tree.blocks.length < mostBlocks - 3 * nodes.length;

  const restartOne = (slot: number): void => {
    const index = chance.below(nodes.length);
    restart(nodes[index] as Node, rules);
    mail.post(index, chance.oneOf(nodes).tip, slot + chance.below(plan.patience));
  };

  let slot = 1;
  for (; slot <= plan.chaosSlots && mayGoOn(); slot += 1) {
    mail.change(slot);
    for (const { to, block } of mail.arriving(slot)) learn(nodes[to] as Node, block, rules);
    if (plan.restarts > 0 && chance.below(1000) < plan.restarts) restartOne(slot);
    if (plan.byzantine.length > 0) actByzantine(stage, slot);
    if (director === undefined) produce(slot, (block, from) => mail.send(block, from, slot));
    else director(slot as Slot); // slots count up from 1
  }

  let heightsBehind = 0;
  const waitForFinal = (begin: number): number | undefined => {
    const before = tree.highestFinal().height;
    for (const node of nodes) for (const block of tree.blocks) learn(node, block, rules);
    for (const { lock, tip } of nodes) heightsBehind = Math.max(heightsBehind, lock.maxHeight - tip.height);
    for (let now = begin; now < begin + calmSlots && mayGoOn(); now += 1) {
      produce(now, (block) => {
        for (const node of nodes) learn(node, block, rules);
      });
      if (nodes.every((node) => node.final.height > before)) return (now + 1 - begin) / plan.size;
    }
    return undefined;
  };
  const roundsUntilFinal = calmSlots > 0 && mayGoOn() ? waitForFinal(slot) : undefined;

  const conflict = tree.conflict();
  return {
    seed,
    plan,
    conflict,
    convicted: conflict === undefined ? [] : convictedOf(tree.blocks),
    honestEvidence: nodes.reduce((sum, { evidence }) => sum + evidence, 0),
    blocks: tree.blocks.length - 1,
    officeChanges: tree.officeChanges(),
    guardNeeded: nodes.reduce((sum, { guardNeeded }) => sum + guardNeeded, 0),
    finalHeight: tree.highestFinal().height,
    roundsUntilFinal,
    heightsBehind,
  };
};
