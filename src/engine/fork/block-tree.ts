/**
 * Block tree: the valid blocks above the final one, and the chain among them that the node stands on.
 *
 * Every branch grows from the final block; a branch costs the differences of its blocks, since their states are versions of one
 * body. When a block becomes final, all that does not stand on it goes. Source: protocol section 12, finality rules 16 to 18.
 *
 * PERF: a block that extends the chosen chain costs O(1); a reorganisation, the blocks that it undoes and does.
 */
import type { Tip } from '../../core/chain.ts';
import type { ForkTip } from '../../core/fork-choice.ts';
import type { Hash } from '../../core/units.ts';
import { type Accepted, heldBy, type Kept, keptOf } from './kept.ts';

/** How many unfinal blocks a node holds in memory, and how many bytes of blocks and of their changes. */
export interface ForkLimits {
  readonly maxBlocks: number;
  readonly maxBytes: number;
}

/** Seven days of the blocks of 14 in 21 slots, as long as `stallSlots` lets finality stand still: 134 400, which take 1.8 GB. */
export const defaultForkLimits: ForkLimits = { maxBlocks: 260_000, maxBytes: 2 ** 31 };

/** What a new block would do to the chosen chain. Blocks are in the order of their heights. */
export interface KeptMove {
  /** The block. */
  readonly kept: Kept;
  /** Whether the block becomes the tip of the chosen chain. If not, nothing is undone or done, and nothing becomes final. */
  readonly isChosen: boolean;
  readonly undone: readonly Kept[];
  readonly done: readonly Kept[];
  /** The blocks that become final, some of `done` among them. */
  readonly final: readonly Kept[];
}

/** The same of a block that comes now. */
export interface Move extends KeptMove {
  readonly block: Accepted;
}

interface Node extends Kept {
  /** `undefined` on the final block, however many came before: a chain of parents would hold every block there ever was. */
  parent: Node | undefined;
  readonly fork: ForkTip;
  readonly bytesHeld: number;
  readonly children: Set<Node>;
}

export class BlockTree {
  readonly #compare: (a: ForkTip, b: ForkTip) => number;
  readonly #limits: ForkLimits;
  readonly #nodes = new Map<Hash, Node>();
  /** Blocks that nothing stands on yet. */
  readonly #leaves = new Set<Node>();
  #root: Tip;
  /** The blocks that stand on the final one itself. */
  readonly #first = new Set<Node>();
  /** The chosen chain above the final block, by height. */
  readonly #chosen: Node[] = [];
  #bytes = 0;

  constructor(compare: (a: ForkTip, b: ForkTip) => number, final: Tip, limits: ForkLimits) {
    this.#compare = compare;
    this.#root = final;
    this.#limits = limits;
  }

  /** The final block. */
  get root(): Tip {
    return this.#root;
  }

  /** Where the chosen chain ends. */
  get tip(): Tip {
    return this.#chosen.at(-1)?.transition.tip ?? this.#root;
  }

  get count(): number {
    return this.#nodes.size;
  }

  /** Bytes of blocks and of their changes, and what they hold beside; an estimate. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: Hash): boolean {
    return this.#nodes.has(id);
  }

  /** The end of the branch that this block is the last of; `undefined` if it is neither final nor here. */
  tipOf(id: Hash): Tip | undefined {
    return id === this.#root.id ? this.#root : this.#nodes.get(id)?.transition.tip;
  }

  /** The block at a height of the chosen chain above the final one. */
  chosenAt(height: number): Kept | undefined {
    return this.#chosen[height - this.#root.height - 1];
  }

  /** What taking this block would do; it stands on a block of the tree. Changes nothing. */
  moveBy(block: Accepted, fork: ForkTip, parentId: Hash): Move {
    return { block, ...this.moveKept(keptOf(block), fork, parentId) };
  }

  /** The same of a block that was taken before. */
  moveKept(kept: Kept, fork: ForkTip, parentId: Hash): KeptMove {
    const tip = this.#chosen.at(-1);
    const isChosen = tip === undefined || this.#compare(fork, tip.fork) < 0;
    if (!isChosen) return { kept, isChosen, undone: [], done: [], final: [] };
    const done: Kept[] = [kept];
    let parent = this.#nodes.get(parentId);
    while (parent !== undefined && !this.#isChosen(parent)) {
      done.push(parent);
      parent = parent.parent;
    }
    done.reverse();
    const common = parent === undefined ? 0 : this.#placeOf(parent) + 1;
    const { finalHeight } = kept.transition.tip.votes;
    const isFinal = ({ transition }: Kept): boolean => transition.tip.height <= finalHeight;
    const firstOpen = Math.max(0, Math.min(common, finalHeight - this.#root.height));
    const final = [...this.#chosen.slice(0, firstOpen), ...(firstOpen === common ? done.filter(isFinal) : [])];
    return { kept, isChosen, undone: this.#chosen.slice(common), done, final };
  }

  /**
   * Whether there is room for one more block; makes it, if there is not, by letting go of the worst branch's end, if the new block is
   * better than that. The chosen chain stays whole.
   */
  makeRoomFor(block: Kept, fork: ForkTip, parentId: Hash): boolean {
    const { maxBlocks, maxBytes } = this.#limits;
    while (this.#nodes.size >= maxBlocks || this.#bytes + heldBy(block) > maxBytes) {
      const worst = this.#worstEnd(parentId);
      if (worst === undefined || this.#compare(fork, worst.fork) >= 0) return false;
      this.#remove(worst);
    }
    return true;
  }

  /** Takes the block, which moves the chosen chain as `moveBy` has said. */
  apply({ kept, isChosen, undone, done, final }: KeptMove, fork: ForkTip, parentId: Hash): void {
    const parent = this.#nodes.get(parentId);
    const node: Node = { ...kept, parent, fork, bytesHeld: heldBy(kept), children: new Set() };
    this.#nodes.set(kept.id, node);
    this.#bytes += node.bytesHeld;
    (parent?.children ?? this.#first).add(node);
    if (parent !== undefined) this.#leaves.delete(parent);
    this.#leaves.add(node);
    if (!isChosen) return;
    if (undone.length > 0) this.#chosen.length -= undone.length;
    for (const { id } of done) this.#chosen.push(this.#nodes.get(id) as Node);
    if (final.length > 0) this.#finalise(final.length);
  }

  /** The first `count` blocks of the chosen chain become final; what does not stand on the last of them goes. */
  #finalise(count: number): void {
    const final = this.#chosen.splice(0, count);
    for (const block of final) {
      for (const sibling of [...(block.parent?.children ?? this.#first)])
        if (sibling !== block) this.#removeBranch(sibling);
    }
    const last = final.at(-1) as Node;
    const above = [...last.children];
    for (const block of final) this.#forget(block);
    this.#root = last.transition.tip;
    this.#first.clear();
    for (const child of above) {
      child.parent = undefined;
      this.#first.add(child);
    }
  }

  #isChosen(node: Node): boolean {
    return this.#chosen[this.#placeOf(node)] === node;
  }

  #placeOf({ fork }: Node): number {
    return fork.height - this.#root.height - 1;
  }

  #worstEnd(parentId: Hash): Node | undefined {
    let worst: Node | undefined;
    for (const leaf of this.#leaves) {
      if (leaf.id === parentId || this.#isChosen(leaf)) continue;
      if (worst === undefined || this.#compare(leaf.fork, worst.fork) > 0) worst = leaf;
    }
    return worst;
  }

  /** Nothing leads from it to what came after it: a listener may keep it. */
  #forget(node: Node): void {
    node.children.clear();
    this.#nodes.delete(node.id);
    this.#leaves.delete(node);
    this.#bytes -= node.bytesHeld;
  }

  #remove(node: Node): void {
    this.#forget(node);
    const siblings = node.parent?.children ?? this.#first;
    siblings.delete(node);
    if (node.parent !== undefined && node.parent.children.size === 0) this.#leaves.add(node.parent);
  }

  #removeBranch(first: Node): void {
    const branch = [first];
    for (let node = branch.pop(); node !== undefined; node = branch.pop()) {
      branch.push(...node.children);
      this.#forget(node);
    }
    (first.parent?.children ?? this.#first).delete(first);
  }
}
