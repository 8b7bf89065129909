/**
 * Branches: chains from genesis of a few producers, all that will ever act alike being one.
 *
 * What can still matter of a chain is a handful of numbers: its height, V and F, who voted above F, and of each producer how far
 * down its latest block on the chain covers without a gap, and the least height that rule 11 lets it state next. Two chains that
 * agree in these go on alike, so a step is counted once by the rules of agreement, and then looked up.
 */
import type { Agreement } from '../../core/agreement.ts';
import { noVotes, type Votes } from '../../core/finality.ts';
import { firstOffice } from '../../core/office.ts';
import { isPrevoted } from '../../core/tally.ts';
import type { Address, Height, Slot } from '../../core/units.ts';

export interface Branch {
  readonly number: number;
  readonly height: number;
  readonly prevoted: number;
  readonly isFinal: boolean;
  /** By producer, the least height that rule 11 lets it state on top. */
  readonly least: readonly number[];
  /** The fewest blocks after which anything here can be final. */
  readonly blocksToFinal: number;
  /** By producer, the height of its last block here if that covers itself, else 0. */
  readonly tops: readonly number[];
}

interface Grown extends Branch {
  readonly votes: Votes;
  readonly facts: Facts;
  readonly steps: Map<number, Grown | undefined>;
  /** By order of names, the number of this branch with its producers renamed. */
  readonly renamed: number[];
  readonly forgotten: (Grown | undefined)[];
}

/** Of a producer: the least height it may state, and the stretch its latest block covers with those right below it. */
interface Stretch {
  readonly least: number;
  readonly from: number;
  readonly to: number;
}

interface Facts {
  readonly whole: string;
  /** By open height, the masks of those that prevoted and precommitted. */
  readonly masks: readonly (readonly [prevotes: number, precommits: number])[];
  readonly stretches: readonly Stretch[];
}

const WINDOW = 1 << 20; // no chain here is as long
const MOST_HEIGHT = 64;
const FORGOTTEN = 'forgotten' as Address; // no producer has this name

const NOTHING: Stretch = { least: 0, from: 0, to: 0 };

const stretchOf = ({ blocks, finalHeight }: Votes, producer: Address): Stretch => {
  const own = blocks.filter((block) => block.producer === producer).reverse();
  const last = own[0];
  if (last === undefined) return NOTHING;
  const least = Math.max(last.height, last.maxHeightGenerated);
  if (last.maxHeightGenerated >= last.height) return { least, from: 0, to: 0 };
  let from: number = last.height + 1;
  for (const block of own) {
    if (block.height !== from - 1 && block !== last) break;
    if (block.maxHeightGenerated >= block.height) break;
    from = block.maxHeightGenerated + 1;
  }
  // What is covered up to the final height makes no difference any more.
  return { least, from: Math.max(from, finalHeight + 1), to: last.height };
};

const factsOf = (votes: Votes, names: readonly Address[]): Facts => ({
  whole: `${votes.height} ${votes.maxHeightPrevoted} ${votes.finalHeight}`,
  masks: votes.tallies
    .filter(({ height }) => height > votes.finalHeight)
    // Once a height is prevoted, who else prevotes it makes no difference.
    .map((tally) => [isPrevoted(tally) ? -1 : Number(tally.prevotes.voters), Number(tally.precommits.voters)] as const),
  stretches: names.map((name) => stretchOf(votes, name)),
});

/**
 * A height needs a block of each prevoter that it lacks, and then, since precommits are counted before the block's own prevotes,
 * another of each precommitter that it lacks. A height to come lacks all. If the count is a wrong one, one phase may do.
 */
const blocksToFinal = ({ finalHeight, tallies }: Votes, phases: 1 | 2): number => {
  if (finalHeight > 0) return 0;
  const lacking = tallies.map((tally) => {
    const { prevotes, precommits, seats } = tally;
    const second = phases === 1 ? 0 : seats.precommitQuorum.old;
    if (isPrevoted(tally)) return Math.max(1, second - precommits.old);
    return seats.prevoteQuorum.old - prevotes.old + second;
  });
  const { prevoteQuorum, precommitQuorum } = tallies[0]?.seats ?? {
    prevoteQuorum: { old: 1 },
    precommitQuorum: { old: 0 },
  };
  return Math.min(prevoteQuorum.old + (phases === 1 ? 0 : precommitQuorum.old), ...lacking);
};

const renameMask = (mask: number, order: readonly number[]): number => {
  if (mask < 0) return mask;
  let renamed = 0;
  for (let name = 0; name < order.length; name += 1) if (((mask >> name) & 1) === 1) renamed |= 1 << (order[name] ?? 0);
  return renamed;
};

const keyOf = ({ whole, masks, stretches }: Facts, order: readonly number[]): string => {
  const renamed: Stretch[] = [...stretches];
  for (const [name, stretch] of stretches.entries()) renamed[order[name] ?? 0] = stretch;
  const votes = masks.map(([a, b]) => `${renameMask(a, order)}.${renameMask(b, order)}`);
  return `${whole}|${votes.join(' ')}|${renamed.map(({ least, from, to }) => `${least}.${from}.${to}`).join(' ')}`;
};

/**
 * All branches of `size` producers under these rules of agreement. `orders` are the ways to rename producers that count as
 * no difference; the first leaves all as they are. `mergeFinal`: all branches with a final block are one, and end there. `phases`: how many
 * the count surely has.
 */
export const branchesOf = (
  agreement: Agreement,
  size: number,
  orders: readonly (readonly number[])[],
  { mergeFinal, phases }: { readonly mergeFinal: boolean; readonly phases: 1 | 2 },
) => {
  const names = Array.from({ length: size }, (_, index) => `p${index}` as Address);
  const office = firstOffice(names);
  const numbers = new Map<string, number>();
  const grown: (Grown | undefined)[] = [];
  const same = orders[0] ?? [];

  const numberOf = (key: string): number => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(key, number);
    grown.push(undefined);
    return number;
  };

  const branchOf = (votes: Votes): Grown => {
    const facts = factsOf(votes, names);
    const isFinal = votes.finalHeight > 0;
    const number = numberOf(isFinal && mergeFinal ? 'final' : keyOf(facts, same));
    const known = grown[number];
    if (known !== undefined) return known;
    const { height, maxHeightPrevoted: prevoted } = votes;
    const least = facts.stretches.map((stretch) => stretch.least);
    const tops = facts.stretches.map((stretch) => stretch.to);
    const plain = { number, height, prevoted, isFinal, least, tops, blocksToFinal: blocksToFinal(votes, phases) };
    const branch: Grown = { ...plain, votes, facts, steps: new Map(), renamed: [], forgotten: [] };
    grown[number] = branch;
    return branch;
  };

  const root = branchOf(noVotes(WINDOW));
  const at = (number: number): Grown => grown[number] ?? root; // only branches that were grown are asked for

  const count = ({ votes }: Grown, producer: number, maxHeightGenerated: number): Grown | undefined => {
    const header = {
      height: (votes.height + 1) as Height, // a parent's height plus one
      slot: (votes.height + 1) as Slot, // the count reads no slot
      producer: names[producer] as Address,
      maxHeightGenerated: maxHeightGenerated as Height, // below MOST_HEIGHT
      maxHeightPrevoted: votes.maxHeightPrevoted,
    };
    if (agreement.headerFault(votes, header) !== undefined) return undefined;
    return branchOf(agreement.countVotes(votes, header, office));
  };

  return {
    root: root as Branch,
    at: (number: number): Branch => at(number),
    /** The branch with one more block of a producer, or nothing if its header is invalid. */
    step: (number: number, producer: number, maxHeightGenerated: number): Branch | undefined => {
      const branch = at(number);
      const key = producer * MOST_HEIGHT + maxHeightGenerated;
      if (!branch.steps.has(key)) branch.steps.set(key, count(branch, producer, maxHeightGenerated));
      return branch.steps.get(key);
    },
    /** The branch as it acts if a producer never again states the height of its last block here, but a greater one. */
    forget: (number: number, producer: number): Branch => {
      const branch = at(number);
      if (branch.least[producer] === 0) return branch;
      let known = branch.forgotten[producer];
      if (known === undefined) {
        const { votes } = branch;
        const mine = names[producer];
        const blocks = votes.blocks.map((block) =>
          block.producer === mine ? { ...block, producer: FORGOTTEN } : block,
        );
        known = branchOf({ ...votes, blocks });
        branch.forgotten[producer] = known;
      }
      return known;
    },
    /** The number of a branch with its producers renamed by an order. */
    renamed: (number: number, order: number): number => {
      const branch = at(number);
      let known = branch.renamed[order];
      if (known === undefined) {
        known = branch.isFinal && mergeFinal ? number : numberOf(keyOf(branch.facts, orders[order] ?? same));
        branch.renamed[order] = known;
      }
      return known;
    },
    /** How many there are by now. */
    count: (): number => numbers.size,
  };
};

export type Branches = ReturnType<typeof branchesOf>;
