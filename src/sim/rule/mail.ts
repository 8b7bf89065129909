/**
 * Mail: when a block reaches whom, in each kind of weather.
 *
 * Nothing is lost for ever unless it is outrun: whoever gets a later block of a chain gets the chain.
 */
import type { Chance } from '../../adapters/laws/chance.ts';
import type { Block } from './header-tree.ts';
import type { Node } from './node.ts';
import type { Plan } from './plan.ts';

/** Far beyond the end of any simulation. */
const NEVER = 1 << 20;

interface Letter {
  readonly to: number;
  readonly block: Block;
}

/** A block that changed what is prevoted or final on its chain. */
const decides = ({ votes, parent }: Block): boolean =>
  parent !== undefined &&
  (votes.finalHeight > parent.votes.finalHeight || votes.maxHeightPrevoted > parent.votes.maxHeightPrevoted);

export const mailOf = (plan: Plan, chance: Chance, nodes: readonly Node[]) => {
  const { weather, patience } = plan;
  const boxes: Letter[][] = [];
  let sides = nodes.map(() => chance.below(2));
  let victims = nodes.map(() => chance.below(3) === 0);
  let turnsAt = patience;
  const late = (): number => 1 + chance.below(patience);

  /** Slots until a block of node `from` (-1: of a Byzantine producer, which stands on side `from` + 2) is with node `to`. */
  const delays: Readonly<Record<typeof weather, (block: Block, from: number, to: number) => number>> = {
    prompt: () => 1,
    scattered: late,
    lossy: () => (chance.below(4) === 0 ? late() : 1),
    partitions: ({ slot }, from, to) => (sides[from] === sides[to] ? 1 : turnsAt - slot + 1 + chance.below(2)),
    crossings: (_, from, to) => (sides[from] === sides[to] ? 1 : NEVER),
    targeted: (_, from, to) => (victims[to] === true || (victims[from] === true && chance.below(2) === 0) ? late() : 1),
    deciding: (block) => (decides(block) && chance.below(4) > 0 ? late() : 1),
    puppets: () => NEVER,
    rivals: () => NEVER,
    bursts: ({ slot }) => turnsAt - slot + 1 + chance.below(3),
  };

  const post = (to: number, block: Block, at: number): void => {
    if (at >= NEVER) return;
    let box = boxes[at];
    if (box === undefined) {
      box = [];
      boxes[at] = box;
    }
    box.push({ to, block });
  };

  const turn = (slot: number): void => {
    turnsAt = slot + 1 + late();
    sides = nodes.map(() => chance.below(2));
    victims = nodes.map(() => chance.below(3) === 0);
  };

  return {
    post,
    /** Sends a block of a node, or of nobody (-1), to all others. Some never get it by this alone. */
    send: (block: Block, from: number, now: number): void => {
      const delay = delays[weather];
      const stand = from >= 0 ? from : chance.below(nodes.length);
      for (let to = 0; to < nodes.length; to += 1)
        if (to !== from) post(to, block, now + Math.max(1, delay(block, stand, to)));
    },
    /** The letters of a slot. They are handed out once. */
    arriving: (slot: number): readonly Letter[] => {
      const letters = boxes[slot] ?? [];
      boxes[slot] = [];
      return letters;
    },
    /** Lets the weather change before a slot. */
    change: (slot: number): void => {
      if (slot >= turnsAt && weather !== 'crossings') turn(slot);
      if (weather !== 'crossings' || chance.below(patience) > 2) return;
      // One node crosses over to the other side, and learns where that stands.
      const index = chance.below(nodes.length);
      sides[index] = 1 - (sides[index] ?? 0);
      for (const [other, node] of nodes.entries()) if (sides[other] === sides[index]) post(index, node.tip, slot);
    },
  };
};

export type Mail = ReturnType<typeof mailOf>;
