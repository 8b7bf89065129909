/**
 * Header tree: every header that anybody made in a simulation, each counted once by the rules of agreement.
 *
 * All nodes of a simulation share the tree; what a node knows of it is the node's affair. The tree watches the one promise of
 * finality: as soon as two final blocks are in conflict, on any two of its chains, it holds the pair.
 * Source: protocol section 12, finality rules 1-15; section 9 for rounds.
 */
import { chanceFrom } from '../../adapters/laws/chance.ts';
import type { Agreement } from '../../core/agreement.ts';
import { noVotes, producersInWindow, type VoteHeader, type Votes } from '../../core/finality.ts';
import type { ForkTip } from '../../core/fork-choice.ts';
import { firstOffice, type Office, roundProducers } from '../../core/office.ts';
import type { Address, Hash, Height, Slot } from '../../core/units.ts';

interface Round {
  readonly number: number;
  readonly start: number;
  /** The producers in the order of the round's slots. */
  readonly order: readonly Address[];
}

export interface Block extends VoteHeader, ForkTip {
  /** Its place among all blocks of the tree; 0 is genesis. */
  readonly number: number;
  readonly id: Hash;
  readonly parent: Block | undefined;
  /** The chain up to the block. */
  readonly votes: Votes;
  readonly office: Office;
  readonly sinceSlot: Slot;
  readonly round: Round;
  /** E(block). */
  readonly elected: readonly Address[];
  /** The block at the final height of its own chain. */
  readonly final: Block;
}

/** What a producer decides of a block. */
export interface Draft {
  readonly slot: Slot;
  readonly maxHeightGenerated: Height;
  readonly maxHeightPrevoted: Height;
  /** Whom the voters elect by the transactions of this block. */
  readonly elected: readonly Address[];
}

export interface TreeRules {
  readonly agreement: Agreement;
  readonly window: number;
  readonly stallSlots: number;
  /** Decides the order of the slots of each round. */
  readonly seed: number;
}

interface Begun {
  readonly office: Office;
  readonly producers: readonly Address[];
}

interface Ahead {
  readonly round: Round;
  readonly office: Office;
}

/** The block at this height of the chain that ends in `block`, which is not lower. */
export const ancestorAt = (block: Block, height: number): Block => {
  let found = block;
  while (found.height > height && found.parent !== undefined) found = found.parent;
  return found;
};

const NOBODY = 'nobody' as Address; // no producer has this name
const GENESIS_ID = '' as Hash; // below every other id; never compared with another block of its height

const WORDS = Array.from({ length: 4096 }, (_, word) => word.toString(16).padStart(3, '0'));

/** Unique by its number; in an order that the seed decides and nobody can work for. */
const idOf = (seed: number, number: number): Hash => {
  const mixed = Math.imul(Math.imul(number + 1, 0x9e3779b1) ^ seed, 0x85ebca6b);
  return `${WORDS[mixed >>> 20]}-${number}` as Hash;
};

/** Two final blocks, neither above the other. */
export interface Conflict {
  readonly first: Block;
  readonly second: Block;
}

/** The rounds of all chains of a tree, each looked up once. */
const roundsOf = ({ agreement, stallSlots, seed }: TreeRules) => {
  const begun: (Begun | undefined)[] = [];
  const ahead: (Ahead | undefined)[] = [];

  const roundOf = (number: number, start: number, producers: readonly Address[]): Round => {
    const chance = chanceFrom(Math.imul(seed, 0x85ebca6b) + number);
    const order = [...producers];
    for (let index = order.length - 1; index > 0; index -= 1) {
      const other = chance.below(index + 1);
      const moved = order[index] as Address;
      order[index] = order[other] as Address;
      order[other] = moved;
    }
    return { number, start, order };
  };

  /** The office and the producers of the first round after the block's; later rounds without blocks have the same. */
  const beginAfter = (parent: Block, firstSlot: Slot): Begun => {
    const known = begun[parent.number];
    if (known !== undefined) return known;
    const elected = parent.elected.length === 0 ? parent.office.new : parent.elected;
    const next = agreement.nextOffice({
      office: parent.office,
      elected,
      finalHeight: parent.votes.finalHeight,
      firstSlot,
      sinceSlot: parent.sinceSlot,
      height: (parent.height + 1) as Height, // a parent's height plus one
      stallSlots,
      // Only a change of office asks, so it is looked up when it is asked.
      get recentProducers() {
        return producersInWindow(parent.votes);
      },
    });
    const result = { office: next, producers: roundProducers(next, elected) };
    begun[parent.number] = result;
    return result;
  };

  /** The round that a child of the block in this slot, after the block's, would stand in. */
  const aheadOf = (parent: Block, slot: number): Ahead => {
    const last = ahead[parent.number] ?? parent;
    const { start, order } = last.round;
    if (slot >= start && slot < start + order.length) return last;
    const firstSlot = parent.round.start + parent.round.order.length;
    if (slot < firstSlot) return parent;
    const next = beginAfter(parent, firstSlot as Slot); // the slot after a round's last
    const rounds = Math.floor((slot - firstSlot) / next.producers.length);
    const round = roundOf(parent.round.number + 1 + rounds, firstSlot + rounds * next.producers.length, next.producers);
    const found = { round, office: next.office };
    ahead[parent.number] = found;
    return found;
  };

  /** Whose turn a slot after the block's is, on the chain that ends in the block. */
  const producerAt = (parent: Block, slot: number): Address => {
    const { start, order } = aheadOf(parent, slot).round;
    return order[slot - start] as Address;
  };

  return { roundOf, aheadOf, producerAt };
};

const genesisOf = (
  window: number,
  founders: readonly Address[],
  roundOf: ReturnType<typeof roundsOf>['roundOf'],
): Block => {
  const firstHeader = { height: 0, slot: 0, maxHeightGenerated: 0, maxHeightPrevoted: 0 } as const;
  const office = firstOffice(founders);
  const genesis = {
    ...(firstHeader as unknown as {
      height: Height;
      slot: Slot;
      maxHeightGenerated: Height;
      maxHeightPrevoted: Height;
    }),
    number: 0,
    id: GENESIS_ID,
    producer: NOBODY,
    parent: undefined,
    votes: noVotes(window),
    office,
    sinceSlot: 0 as Slot,
    round: roundOf(0, 1, roundProducers(office, founders)),
    elected: founders,
  } as unknown as Block & { final: Block };
  genesis.final = genesis;
  return genesis;
};

/** A tree that holds genesis alone. One tree serves one simulation: it grows, and nothing leaves it. */
export const headerTree = (rules: TreeRules, founders: readonly Address[]) => {
  const { agreement, window, seed } = rules;
  const blocks: Block[] = [];
  let conflict: Conflict | undefined;
  let officeChanges = 0;

  const { roundOf, aheadOf, producerAt } = roundsOf(rules);
  const genesis = genesisOf(window, founders, roundOf);
  blocks.push(genesis);
  let highestFinal: Block = genesis;

  const watch = (final: Block): void => {
    const [low, high] = final.height < highestFinal.height ? [final, highestFinal] : [highestFinal, final];
    if (ancestorAt(high, low.height) === low) highestFinal = high;
    else conflict ??= { first: highestFinal, second: final };
  };

  /** Adds the child that the producer of its slot makes of this draft, or says nothing if a header of it is invalid. */
  const append = (parent: Block, draft: Draft): Block | undefined => {
    const { round, office: counted } = aheadOf(parent, draft.slot);
    const { slot, maxHeightGenerated, maxHeightPrevoted, elected } = draft;
    const number = blocks.length;
    const height = (parent.height + 1) as Height; // a parent's height plus one
    const producer = round.order[slot - round.start] as Address; // the caller looked whose turn it is
    const header = { height, slot, producer, maxHeightGenerated, maxHeightPrevoted };
    if (agreement.headerFault(parent.votes, header) !== undefined) return undefined;
    const votes = agreement.countVotes(parent.votes, header, counted);
    const changed = counted.since !== parent.office.since;
    // PERF one literal, and no spread: this runs once a block of the whole simulation.
    const block = {
      number,
      id: idOf(seed, number),
      parent,
      height,
      slot,
      producer,
      maxHeightGenerated,
      maxHeightPrevoted,
      votes,
      office: counted,
      sinceSlot: changed ? slot : parent.sinceSlot,
      round,
      elected,
      final: parent.final,
    };
    if (changed) officeChanges += 1;
    if (votes.finalHeight > parent.votes.finalHeight) {
      block.final = ancestorAt(block, votes.finalHeight);
      watch(block.final);
    }
    blocks.push(block);
    return block;
  };

  return {
    genesis,
    blocks: blocks as readonly Block[],
    producerAt,
    append,
    /** The first two final blocks found in conflict. */
    conflict: (): Conflict | undefined => conflict,
    highestFinal: (): Block => highestFinal,
    /** Blocks with which an office began, on all chains. */
    officeChanges: (): number => officeChanges,
  };
};

export type HeaderTree = ReturnType<typeof headerTree>;
