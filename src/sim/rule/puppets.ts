/**
 * Puppets: the weather as an adversary who sees everything and shows each producer, when its turn comes, the fork it wants.
 *
 * It drives a few forks at once, its fronts. It can only add to what a node knows: whom a better chain was shown stays there,
 * and the lock does the rest. Nothing travels by itself, so this is the hardest of the weathers for safety.
 */
import type { Address, Slot } from '../../core/units.ts';
import type { Rules } from '../wrong-rules.ts';
import { make, type Stage } from './byzantine.ts';
import { ancestorAt, type Block } from './header-tree.ts';
import { learn, type Node, restart, sign } from './node.ts';
import { electOthers } from './plan.ts';

interface Front {
  tip: Block;
  /** Turns of a hundred that are used. */
  push: number;
  /** Whom the next block of the front elects. */
  wish: readonly Address[] | undefined;
}

export const puppeteer = ({ plan, tree, chance, nodes }: Stage, rules: Rules) => {
  const byName = new Map(nodes.map((node) => [node.name, node] as const));
  const most = 2 + chance.below(2);
  const pushes = [100, 90, 60, 30, 0];
  const wish = (parent: Block): Front['wish'] =>
    plan.changes > 0 && chance.below(2) === 0 ? electOthers(chance, plan, parent.elected) : undefined;
  const fronts: Front[] = Array.from({ length: most }, () => ({
    tip: tree.genesis,
    push: chance.oneOf(pushes),
    wish: wish(tree.genesis),
  }));
  const moodSlots = chance.oneOf([3, 8, 30, 100]);
  const forkOdds = chance.oneOf([20, 60, 200]);
  const reach = 1 + chance.below(9);

  /** One front begins anew somewhere below another one's tip, not below what is final there. */
  const fork = (): void => {
    const front = chance.oneOf(fronts);
    const { tip } = chance.oneOf(fronts);
    const lowest = Math.max(tip.final.height, tip.height - reach);
    front.tip = ancestorAt(tip, lowest + chance.below(tip.height - lowest + 1));
    front.wish = wish(front.tip);
  };

  const showTo = (node: Node, front: Front): boolean => {
    learn(node, front.tip, rules);
    if (node.tip === front.tip || plan.restarts === 0 || chance.below(1000) >= 3 * plan.restarts)
      return node.tip === front.tip;
    // It knows better; once it starts again, it does not.
    restart(node, rules);
    learn(node, front.tip, rules);
    return node.tip === front.tip;
  };

  return {
    /** Adds the block of a node that was sent to a front. */
    signOn: (stage: Stage, node: Node, front: Front, slot: Slot): void => {
      const elected = front.wish ?? stage.elect(front.tip);
      const block = sign(node, tree, rules, slot, elected);
      if (block === undefined) return;
      front.tip = block;
      front.wish = undefined;
    },
    /** The nodes that sign in this slot, each with the front it signs on. The Byzantine sign on all fronts. */
    direct: (stage: Stage, slot: number): ReadonlyMap<Node, Front> => {
      if (chance.below(forkOdds) === 0) fork();
      const chosen = new Map<Node, Front>();
      for (const front of fronts) {
        if (chance.below(moodSlots) === 0) front.push = chance.oneOf(pushes);
        if (front.tip.slot >= slot || chance.below(100) >= front.push) continue;
        const name = tree.producerAt(front.tip, slot);
        const node = byName.get(name);
        if (node === undefined) front.tip = make(stage, front.tip, slot, slot) ?? front.tip;
        else if (!chosen.has(node) && showTo(node, front)) chosen.set(node, front);
      }
      return chosen;
    },
  };
};
