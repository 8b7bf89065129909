/**
 * Node: what one honest producer knows of the headers, on which chain it stands, and what it may sign.
 *
 * It keeps its final block and its lock for ever; the rest is lost when it starts again.
 * Source: protocol section 12, finality rules 16-21.
 */
import { contradictionOf } from '../../core/evidence.ts';
import { firstLock, type Lock } from '../../core/lock.ts';
import type { Address, Slot } from '../../core/units.ts';
import type { Rules } from '../wrong-rules.ts';
import { ancestorAt, type Block, type HeaderTree } from './header-tree.ts';

export interface Node {
  readonly name: Address;
  /** By a block's number: 1 if the node has it, and with it all blocks below. */
  readonly known: Uint8Array;
  tip: Block;
  /** Kept durably; never lower than before. */
  final: Block;
  lock: Lock;
  lastSigned: Block | undefined;
  /** How often a chain would have been preferred that does not hold the final block. */
  guardNeeded: number;
  /** Pairs of its blocks that are evidence against it. */
  evidence: number;
}

/** A node that knows genesis alone, in a simulation of at most `mostBlocks` blocks. */
export const newNode = (name: Address, genesis: Block, mostBlocks: number): Node => {
  const known = new Uint8Array(mostBlocks);
  known[genesis.number] = 1;
  const nothing = { lastSigned: undefined, guardNeeded: 0, evidence: 0 };
  return { name, known, tip: genesis, final: genesis, lock: firstLock, ...nothing };
};

/** The node hears of a block; what it lacks below, it asks for and gets. */
export const learn = (node: Node, block: Block, { agreement }: Rules): void => {
  const { known } = node;
  if (known[block.number] === 1) return;
  let below: Block | undefined = block;
  while (below !== undefined && known[below.number] !== 1) {
    known[below.number] = 1;
    below = below.parent;
  }
  if (agreement.compareForks(block, node.tip) >= 0) return;
  const follows = block.parent === node.tip || ancestorAt(block, node.final.height) === node.final;
  if (!follows) {
    node.guardNeeded += 1;
    return;
  }
  node.tip = block;
  if (block.final.height > node.final.height) node.final = block.final;
};

/** The node's block for a slot that is its turn on its chain, or nothing if its lock forbids it. */
export const sign = (
  node: Node,
  tree: HeaderTree,
  { agreement }: Rules,
  slot: Slot,
  elected: readonly Address[],
): Block | undefined => {
  const { tip, lock } = node;
  const maxHeightPrevoted = tip.votes.maxHeightPrevoted;
  const signing = { slot, height: tip.votes.height, maxHeightPrevoted };
  signing.height = (tip.height + 1) as typeof signing.height; // a parent's height plus one
  if (agreement.lockFault(lock, signing) !== undefined) return undefined;
  const block = tree.append(tip, { slot, maxHeightGenerated: lock.maxHeight, maxHeightPrevoted, elected });
  if (block === undefined) return undefined;
  node.lock = agreement.lockAfter(lock, signing);
  if (node.lastSigned !== undefined && contradictionOf(node.lastSigned, block) !== undefined) node.evidence += 1;
  node.lastSigned = block;
  node.known[block.number] = 1;
  node.tip = block;
  if (block.final.height > node.final.height) node.final = block.final;
  return block;
};

/** The node starts again with its final block, the blocks below it, and what the rules leave of its lock. */
export const restart = (node: Node, rules: Rules): void => {
  node.known.fill(0);
  node.tip = node.final;
  const signed: Block[] = [];
  let below: Block | undefined = node.final;
  while (below !== undefined) {
    node.known[below.number] = 1;
    if (below.producer === node.name) signed.push(below);
    below = below.parent;
  }
  const kept = signed.reverse().map(({ slot, height, parent }) => ({
    slot,
    height,
    maxHeightPrevoted: (parent ?? node.final).votes.maxHeightPrevoted,
  }));
  node.lock = rules.restart({ lock: node.lock, signed: kept });
};
