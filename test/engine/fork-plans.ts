/**
 * Fork plans: random trees of good blocks, as several producers make them when they hear of each other late or lie about what
 * they know.
 */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { bytesOf } from '../../src/core/bytes.ts';
import {
  type Address,
  beginTip,
  buildBlock,
  checkTransaction,
  compareForks,
  type ForkTip,
  type Founding,
  type Hash,
  type Height,
  producerAt,
  type Slot,
  type Tip,
} from '../../src/core/index.ts';
import { encodeBlock } from '../../src/core/wire/header.ts';
import { crypto, producers } from './small-chain.ts';

/** One block of a plan: on which of those before it (0: the genesis), how many slots later, and whether it says too much of its producer. */
export interface Step {
  readonly back: number;
  readonly skip: number;
  readonly boast: boolean;
}

export const anySteps = (maxLength: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.record({
      back: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(8) }),
      skip: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
      boast: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
    { minLength: 2, maxLength, size: 'max' },
  );

/** A block of the tree, and all that a plain reading needs of it. */
export interface Planned {
  readonly fork: ForkTip;
  readonly bytes: Uint8Array;
  readonly parentId: Hash;
  readonly finalHeight: Height;
  readonly root: Hash;
}

const keyOf = new Map(producers.map(({ address, privateKey }) => [address, privateKey]));

/** The blocks of a plan, in the order they were made; `offers` are tried in each. */
export const planted = (
  founding: Founding,
  steps: readonly Step[],
  offers: readonly Uint8Array[] = [],
): readonly Planned[] => {
  const { chain } = founding;
  const tips: Tip[] = [beginTip(founding)];
  const signed = new Map<Address, number>();
  const checked = offers.map((bytes) => checkTransaction(chain, bytes));
  return steps.map(({ back, skip, boast }) => {
    const parent = tips[Math.max(0, tips.length - 1 - back)] as Tip;
    const slot = (parent.slot + 1 + skip) as Slot;
    const producer = producerAt(chain, parent, slot);
    const height = parent.height + 1;
    const said = Math.max(signed.get(producer) ?? 0, boast ? height + 2 : 0);
    const built = buildBlock(chain, parent, { slot, lockOf: () => said as Height, offers: () => checked });
    if (E.isLeft(built)) throw new Error(`no block: ${built.left.code}`);
    signed.set(producer, Math.max(said, height));
    const { claim, id, transition } = built.right;
    const sign = crypto.sign(bytesOf(id), keyOf.get(producer) as Uint8Array);
    const transactions = transition.included.map((tx) => tx.bytes);
    tips.push(transition.tip);
    const { maxHeightPrevoted, parentId } = claim;
    return {
      fork: { id, height: claim.height, slot, maxHeightPrevoted },
      bytes: encodeBlock({ header: { ...claim, sign }, transactions }),
      parentId,
      finalHeight: transition.tip.votes.finalHeight,
      root: claim.stateRoot,
    };
  });
};

/** Where a node stands that has heard these blocks in this order, read plainly: a list of all, looked through from the beginning. */
export class NaiveNode {
  readonly #genesisId: Hash;
  readonly #heard = new Map<Hash, Planned>();
  readonly #connected = new Map<Hash, Planned>();
  tip: Planned | undefined;
  finalHeight = 0;
  #final: Hash;

  constructor(genesisId: Hash) {
    this.#genesisId = genesisId;
    this.#final = genesisId;
  }

  hear(block: Planned): void {
    this.#heard.set(block.fork.id, block);
    // What waited for a block follows after those that waited longer.
    const waiting = [block];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { id } = next.fork;
      if (this.#connect(next)) waiting.push(...[...this.#heard.values()].filter(({ parentId }) => parentId === id));
    }
  }

  /** The chain that ends in a block, from height 1 on. */
  chainOf(block: Planned | undefined): readonly Planned[] {
    const chain: Planned[] = [];
    for (let at = block; at !== undefined; at = this.#heard.get(at.parentId)) chain.unshift(at);
    return chain;
  }

  /** Whether the block is taken now. */
  #connect(block: Planned): boolean {
    const isOnFinal = (end: Planned): boolean =>
      this.#final === this.#genesisId || this.chainOf(end).some(({ fork }) => fork.id === this.#final);
    const isConnected = block.parentId === this.#genesisId || this.#connected.has(block.parentId);
    if (!isConnected || this.#connected.has(block.fork.id) || !isOnFinal(block)) return false;
    this.#connected.set(block.fork.id, block);
    if (this.tip === undefined || compareForks(block.fork, this.tip.fork) < 0) {
      this.tip = block;
      this.finalHeight = Math.max(this.finalHeight, block.finalHeight);
      this.#final = this.chainOf(block)[this.finalHeight - 1]?.fork.id ?? this.#genesisId;
    }
    return true;
  }
}
