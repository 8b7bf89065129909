/**
 * Byzantine producers: they see every block at once, sign on any fork in any slot of theirs, past ones too, state any valid
 * highest height, and show their blocks to whom and when they like.
 */
import type { Chance } from '../../adapters/laws/chance.ts';
import type { Address, Height, Slot } from '../../core/units.ts';
import type { Block, HeaderTree } from './header-tree.ts';
import type { Mail } from './mail.ts';
import type { Node } from './node.ts';
import { type Plan, staged } from './plan.ts';

export interface Stage {
  readonly plan: Plan;
  readonly tree: HeaderTree;
  readonly chance: Chance;
  readonly nodes: readonly Node[];
  readonly mail: Mail;
  readonly elect: (parent: Block) => readonly Address[];
  /** Blocks kept back. */
  readonly withheld: Block[];
}

const isByzantine = (name: Address): boolean => name.charCodeAt(0) === 98; // b

/** The least highest height that rule 11 lets a producer state on top of a block. */
export const leastMhg = (parent: Block, producer: Address): number => {
  const { blocks } = parent.votes;
  for (let index = blocks.length - 1; index >= 0; index -= 1) {
    const block = blocks[index];
    if (block?.producer === producer) return Math.max(block.height, block.maxHeightGenerated);
  }
  return 0;
};

const mhgOf = (chance: Chance, parent: Block, producer: Address): number => {
  const least = leastMhg(parent, producer);
  const kind = chance.below(10);
  if (kind < 8) return least;
  return kind === 8 ? least + chance.below(parent.height + 2) : parent.height;
};

const show = ({ chance, mail, nodes, withheld, plan }: Stage, block: Block, now: number): void => {
  if (staged.includes(plan.weather)) return;
  const kind = chance.below(6);
  if (kind === 0) withheld.push(block);
  else if (kind <= 2) mail.send(block, -1, now);
  else for (let to = 0; to < nodes.length; to += 1) if (chance.below(2) === 0) mail.post(to, block, now + 1);
};

/** The block of a Byzantine producer in a slot of its turn, shown to whom chance says; nothing if the turn is another's. */
export const make = (stage: Stage, parent: Block, slot: number, now: number): Block | undefined => {
  const { tree, chance } = stage;
  const producer = tree.producerAt(parent, slot);
  if (!isByzantine(producer)) return undefined;
  const truth = parent.votes.maxHeightPrevoted;
  // A lie about what is prevoted is refused, unless the rule at trial takes it.
  const stated = chance.below(32) === 0 ? truth + 1 + chance.below(9) : truth;
  const block = tree.append(parent, {
    slot: slot as Slot, // after the parent's, and not after the present one
    maxHeightGenerated: mhgOf(chance, parent, producer) as Height, // at least that of its last block
    maxHeightPrevoted: stated as Height, // or invalid
    elected: stage.elect(parent),
  });
  if (block !== undefined) show(stage, block, now);
  return block;
};

/** What the Byzantine do in a slot. */
export const actByzantine = (stage: Stage, now: number): void => {
  const { tree, chance, nodes, mail, withheld } = stage;
  let last: Block | undefined;
  for (const { tip } of nodes) {
    if (tip === last || tip.slot >= now) continue;
    last = tip;
    if (isByzantine(tree.producerAt(tip, now)) && chance.below(8) > 0) make(stage, tip, now, now);
  }
  if (chance.below(3) === 0) {
    const { blocks } = tree;
    const parent = blocks[blocks.length - 1 - chance.below(Math.min(blocks.length, 3 * nodes.length))];
    if (parent !== undefined && parent.slot < now)
      make(stage, parent, parent.slot + 1 + chance.below(now - parent.slot), now);
  }
  if (withheld.length > 0 && chance.below(nodes.length * 2) === 0) {
    for (const block of withheld.splice(0)) mail.send(block, -1, now);
  }
};
