/**
 * Rivals: the weather as an adversary who lets two forks overtake one another.
 *
 * It works on one fork until that one leads, a little longer, and then on the other. Some producers are shown one of the two alone;
 * the rest float, going over each time the other one leads, which is when an honest producer votes on both. Now and then it lets
 * nobody see what a producer has signed. Once a fork is beaten for good, the next two begin from the one that won.
 */
import type { Slot } from '../../core/units.ts';
import type { Rules } from '../wrong-rules.ts';
import { make, type Stage } from './byzantine.ts';
import { ancestorAt, type Block } from './header-tree.ts';
import { learn, type Node, sign } from './node.ts';

/** After that many rounds of work on one fork without a lead, it is left. */
const MOST_ROUNDS = 12;

interface Rival {
  tip: Block;
}

/** The highest block that is on both chains. */
const meeting = (a: Block, b: Block): Block => {
  let [high, low] = [a, b];
  while (high !== low) {
    if (high.height < low.height) [high, low] = [low, high];
    high = high.parent ?? low;
  }
  return high;
};

export const rivalry = (stage: Stage, rules: Rules) => {
  const { plan, tree, chance, nodes } = stage;
  const byName = new Map(nodes.map((node) => [node.name, node] as const));
  const rivals: readonly [Rival, Rival] = [{ tip: tree.genesis }, { tip: tree.genesis }];
  const lingers = [0, 1, 2, 4, 8, 12, 10 * plan.size];
  const vainOdds = chance.oneOf([1000, 8, 2]);
  const reach = 1 + chance.below(4);
  const loyal = new Map<Node, Rival>();
  let active = rivals[0];
  let withEvil = true;
  let lingering = chance.oneOf(lingers);
  let slotsLeft = MOST_ROUNDS * plan.size;
  let isSettled = false;
  const signed = new Set<Node>();

  const other = (): Rival => (active === rivals[0] ? rivals[1] : rivals[0]);

  const draw = (): void => {
    loyal.clear();
    for (const node of nodes) if (chance.below(3) > 0) loyal.set(node, chance.oneOf(rivals));
  };

  const turn = (): void => {
    active = other();
    withEvil = chance.below(8) > 0;
    lingering = chance.oneOf(lingers);
    slotsLeft = MOST_ROUNDS * plan.size;
    signed.clear();
  };

  /** Both begin from the end of the active one, or a little below. */
  const begin = (): void => {
    const { tip } = active;
    const lowest = Math.max(tip.final.height, tip.height - reach);
    other().tip = ancestorAt(tip, lowest + chance.below(tip.height - lowest + 1));
    draw();
    turn();
    withEvil = chance.below(2) === 0;
  };

  const isBeaten = (rival: Rival, winner: Rival): boolean =>
    meeting(rival.tip, winner.tip).height < winner.tip.final.height;

  draw();
  /** Lets sign whose turn it is in a slot on the active one, if it shall and will. */
  return (slot: Slot): void => {
    if (isBeaten(other(), active)) {
      // Whoever has not seen that may still make the other one win.
      if (isSettled || chance.below(3) === 0) begin();
      else turn();
      isSettled = !isSettled;
    }
    if (rules.agreement.compareForks(active.tip, other().tip) < 0) lingering -= 1;
    slotsLeft -= 1;
    if (lingering < 0 || slotsLeft < 0) turn();
    const { tip } = active;
    const node = byName.get(tree.producerAt(tip, slot));
    if (node === undefined) {
      if (withEvil) active.tip = make(stage, tip, slot, slot) ?? tip;
      return;
    }
    if ((loyal.get(node) ?? active) !== active) return;
    learn(node, tip, rules);
    const block = node.tip === tip ? sign(node, tree, rules, slot, stage.elect(tip)) : undefined;
    if (block === undefined) return;
    // The first word of one that has just gone over is the one to lose.
    const isVain = chance.below(signed.has(node) ? 8 * vainOdds : vainOdds) === 0;
    signed.add(node);
    if (!isVain) active.tip = block;
  };
};
