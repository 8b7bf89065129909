/**
 * Script: a schedule told step by step, for conflicts that chance alone comes upon rarely.
 *
 * A step says who makes a block, and on which. An honest producer is shown that block and nothing else: it must go over to it by
 * its own fork choice, and its lock must let it sign. A Byzantine one signs wherever it is told, with the least highest height that
 * rule 11 allows. If an honest producer declines a step, the script ends there. Source: protocol section 12, finality rules 16-19.
 */
import type { Address, Slot } from '../../core/units.ts';
import type { Rules } from '../wrong-rules.ts';
import { leastMhg } from './byzantine.ts';
import { type Block, type Conflict, headerTree } from './header-tree.ts';
import { learn, type Node, newNode, sign } from './node.ts';

/** One block: its name, its producer, and the name of its parent. `root` is genesis. */
export type Step = readonly [block: string, producer: string, parent: string];

export interface Script {
  readonly founders: readonly string[];
  readonly byzantine: readonly string[];
  readonly steps: readonly Step[];
}

export interface Played {
  readonly conflict: Conflict | undefined;
  /** The step at which an honest producer declined, if one did. */
  readonly declined: Step | undefined;
  /** Pairs of evidence that honest producers made of themselves. */
  readonly honestEvidence: number;
}

const ROUNDS = 9; // a window as long as the default

/** Plays a script under these rules. A parent that no step has made throws `Error`. */
export const playScript = ({ founders, byzantine, steps }: Script, rules: Rules): Played => {
  const names = founders as readonly Address[];
  const window = ROUNDS * names.length;
  const tree = headerTree({ agreement: rules.agreement, window, stallSlots: 0, seed: 1 }, names);
  const blocks = new Map<string, Block>([['root', tree.genesis]]);
  const nodes = new Map<string, Node>();
  for (const name of names)
    if (!byzantine.includes(name)) nodes.set(name, newNode(name, tree.genesis, steps.length + 1));
  let slot = 0;

  /** The next slot in which it is the producer's turn on top of the block. */
  const turnOf = (producer: string, parent: Block): Slot => {
    slot += 1;
    while (tree.producerAt(parent, slot) !== producer) slot += 1;
    return slot as Slot; // counted from 1
  };

  const make = (producer: string, parent: Block): Block | undefined => {
    const { elected, votes } = parent;
    const turn = turnOf(producer, parent);
    const node = nodes.get(producer);
    if (node === undefined) {
      const maxHeightGenerated = leastMhg(parent, producer as Address) as Block['height']; // of its last block, or 0
      const { maxHeightPrevoted } = votes;
      return tree.append(parent, { slot: turn, maxHeightGenerated, maxHeightPrevoted, elected });
    }
    learn(node, parent, rules);
    return node.tip === parent ? sign(node, tree, rules, turn, elected) : undefined;
  };

  const played = (declined: Step | undefined): Played => {
    let honestEvidence = 0;
    for (const { evidence } of nodes.values()) honestEvidence += evidence;
    return { conflict: tree.conflict(), declined, honestEvidence };
  };

  for (const step of steps) {
    const [name, producer, parentName] = step;
    const parent = blocks.get(parentName);
    if (parent === undefined) throw new Error(`no block ${parentName} for ${name} to stand on`);
    const block = make(producer, parent);
    if (block === undefined) return played(step);
    blocks.set(name, block);
  }
  return played(undefined);
};

/** Blocks of one chain on top of each other: their names are a letter and the height, counted up from `from`. */
const chain = (letter: string, from: number, parent: string, producers: string): readonly Step[] =>
  Array.from(producers, (producer, index) => [
    `${letter}${from + index}`,
    producer,
    index === 0 ? parent : `${letter}${from + index - 1}`,
  ]);

const four = { founders: ['p', 'q', 'r', 'z'], byzantine: ['z'] } as const;

/**
 * Why a block does not vote for its own height if its producer was as high before. p votes for A5 and, on B where more is
 * prevoted, makes block 5: were that a vote too, B5 would be prevoted although p goes on to make A4 final.
 */
export const ownHeightTwice: Script = {
  ...four,
  steps: [
    ['S1', 'p', 'root'],
    ...chain('A', 2, 'S1', 'rrrp'), // A5 by p, when nothing is prevoted on A
    ...chain('B', 2, 'S1', 'qzqp'), // 1 is prevoted on B, so p goes over: B5 states 5
    ...chain('A', 6, 'A5', 'zrpz'), // 4 is prevoted on A, so p goes back; A4 is final once z has made A9
    ...chain('B', 6, 'B5', 'qzqzpqzpq'), // B5 is prevoted if p's word in it counts; p goes over, which has not seen A9
  ],
};

/**
 * Why a producer states its highest height and not its last. p votes up to A6; its D5 is in vain; on B it would state 5 then, and
 * vote for B6 as if it had never signed A6. It states 6 after that, so its votes on A have no gap, and A4 is made final.
 */
export const lowBlockInVain: Script = {
  ...four,
  steps: [
    ['S1', 'p', 'root'],
    ...chain('A', 2, 'S1', 'rrrrp'), // A6 by p, when nothing is prevoted on A
    ...chain('B', 2, 'S1', 'qzq'), // 1 is prevoted on B
    ['B5', 'q', 'B4'],
    ['D5', 'p', 'B4'], // p goes over, has not seen B5, and nobody will ever build on what it makes
    ['B6', 'p', 'B5'], // B5 was earlier, so p goes over again
    ...chain('A', 7, 'A6', 'zrpz'), // p goes back: A5 is final once z has made A10
    ...chain('B', 7, 'B6', 'qzqzpqzpq'), // B6 is prevoted if p's word in it counts
  ],
};
