/**
 * Steady: a network whose messages arrive within a slot, to see how long it takes until a block is final.
 *
 * All honest producers know the same blocks at the beginning of each slot, so one view stands for all of them; each has its own
 * lock. The rest are offline, or Byzantine: those fork from recent blocks and often vote for nothing, or keep their blocks back.
 */
import { type Chance, chanceFrom } from '../../adapters/laws/chance.ts';
import { firstLock, type Lock } from '../../core/lock.ts';
import type { Address, Height, Slot } from '../../core/units.ts';
import { rightRules } from '../wrong-rules.ts';
import { leastMhg } from './byzantine.ts';
import { ancestorAt, type Block, headerTree } from './header-tree.ts';
import { learn, newNode } from './node.ts';
import { someOf } from './plan.ts';

export interface Steady {
  readonly seed: number;
  readonly size: number;
  readonly slots: number;
  /** Who of the founders is not there, from which slot on. */
  readonly offline?: number;
  readonly offlineFrom?: number;
  readonly byzantine?: number;
  /** Slots for which the Byzantine keep their blocks back, at most; without it they fork instead. */
  readonly withholdSlots?: number;
  /** Of a hundred blocks of theirs that fork, how many vote. */
  readonly votesOfHundred?: number;
  /** Of a hundred turns at which they keep blocks back, at how many they build on those. */
  readonly secretOfHundred?: number;
  /** Seats that change in one block of `changeBlocks`, on the average. */
  readonly changingSeats?: number;
  readonly changeBlocks?: number;
  /** From this slot on, the voters elect a set of producers that are all there. */
  readonly replaceFrom?: number;
  readonly stallSlots?: number;
}

export interface SteadyResult {
  /** Of each block that became final, the slots from its own to that of the block that made it final. */
  readonly lags: readonly number[];
  /** By slot, the final height. */
  readonly finalHeights: readonly number[];
  readonly blocks: number;
  readonly officeChanges: number;
}

const BLOCKS_A_SLOT = 4;

const named = (letter: string, count: number): readonly Address[] =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index).padStart(2, '0')}` as Address);

const byName = (a: Address, b: Address): number => (a < b ? -1 : 1);

/** Whom the voters elect after a block. */
const electorate = (options: Steady, chance: Chance, founders: readonly Address[]) => {
  const { size, changingSeats = 0, changeBlocks = 50, replaceFrom = options.slots + 1 } = options;
  const spare = named('h', size + 3 * changingSeats);
  const replaced = [...founders.filter((name) => !name.startsWith('o')), ...named('r', size)]
    .slice(0, size)
    .sort(byName);
  return (parent: Block, slot: number): readonly Address[] => {
    if (slot >= replaceFrom) return replaced;
    if (changingSeats === 0 || chance.below(changeBlocks) > 0) return parent.elected;
    const staying = someOf(chance, parent.elected, size - changingSeats);
    const coming = spare.filter((name) => !parent.elected.includes(name));
    return [...staying, ...someOf(chance, coming, changingSeats)].sort(byName);
  };
};

/** Runs a network for some slots. */
export const runSteady = (options: Steady): SteadyResult => {
  const { seed, size, slots, offline = 0, byzantine = 0, offlineFrom = 0, withholdSlots, stallSlots = 0 } = options;
  const { votesOfHundred = 50, secretOfHundred = 50 } = options;
  const chance = chanceFrom(seed);
  const founders = [...named('b', byzantine), ...named('h', size - byzantine - offline), ...named('o', offline)];
  const { agreement } = rightRules;
  const tree = headerTree({ agreement, window: 9 * size, stallSlots, seed }, founders);
  const view = newNode('view' as Address, tree.genesis, BLOCKS_A_SLOT * slots + 8);
  const locks = new Map<Address, Lock>();
  const elect = electorate(options, chance, founders);
  const kept: { readonly block: Block; readonly until: number }[] = [];

  const signHonest = (producer: Address, slot: Slot): void => {
    const { tip } = view;
    const maxHeightPrevoted = tip.votes.maxHeightPrevoted;
    const lock = locks.get(producer) ?? firstLock;
    const signing = { slot, height: (tip.height + 1) as Height, maxHeightPrevoted }; // a parent's height plus one
    if (agreement.lockFault(lock, signing) !== undefined) return;
    const draft = { slot, maxHeightGenerated: lock.maxHeight, maxHeightPrevoted, elected: elect(tip, slot) };
    const block = tree.append(tip, draft);
    if (block === undefined) return;
    locks.set(producer, agreement.lockAfter(lock, signing));
    learn(view, block, rightRules);
  };

  const signByzantine = (parent: Block, slot: Slot): void => {
    const producer = tree.producerAt(parent, slot);
    if (!producer.startsWith('b')) return;
    // Whoever only wants to delay takes a slot and votes for nothing.
    const votes = withholdSlots !== undefined || chance.below(100) < votesOfHundred;
    const block = tree.append(parent, {
      slot,
      maxHeightGenerated: (votes ? leastMhg(parent, producer) : parent.height + 1) as Height, // at least what rule 11 asks
      maxHeightPrevoted: parent.votes.maxHeightPrevoted,
      elected: parent.elected,
    });
    if (block === undefined) return;
    if (withholdSlots === undefined) learn(view, block, rightRules);
    else kept.push({ block, until: slot + 1 + chance.below(withholdSlots) });
  };

  const lags: number[] = [];
  const finalHeights: number[] = [0];
  for (let slot = 1; slot <= slots; slot += 1) {
    const before = view.final;
    for (const { block } of kept.filter(({ until }) => until === slot)) learn(view, block, rightRules);
    const producer = tree.producerAt(view.tip, slot);
    if (producer.startsWith('b')) {
      const tips = kept.filter(({ until }) => until > slot).map(({ block }) => block);
      const back = ancestorAt(view.tip, Math.max(view.final.height, view.tip.height - chance.below(3)));
      const parent = tips.length > 0 && chance.below(100) < secretOfHundred ? chance.oneOf(tips) : view.tip;
      signByzantine(parent, slot as Slot); // counted from 1
      if (withholdSlots === undefined && back.slot < slot && chance.below(2) === 0) signByzantine(back, slot as Slot);
    } else if (!producer.startsWith('o') || slot < offlineFrom) signHonest(producer, slot as Slot);
    for (let block = view.final; block !== before && block.parent !== undefined; block = block.parent)
      lags.push(slot - block.slot);
    finalHeights.push(view.final.height);
  }
  return { lags, finalHeights, blocks: tree.blocks.length - 1, officeChanges: tree.officeChanges() };
};

/** The value below which this share of the values is, in percent; 0 of none, 100 of the greatest. */
export const percentile = (values: readonly number[], percent: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent * sorted.length) / 100))] ?? 0;
};

/** The networks whose lag is told, by name. */
export const steadyNetworks: readonly (readonly [name: string, network: Omit<Steady, 'seed' | 'slots'>])[] = [
  ['21 online', { size: 21 }],
  ['21, 6 offline', { size: 21, offline: 6 }],
  ['21, 6 Byzantine, active', { size: 21, byzantine: 6 }],
  ['21, 6 Byzantine, active, a fifth of their blocks vote', { size: 21, byzantine: 6, votesOfHundred: 20 }],
  ['21, 6 Byzantine, withholding up to 21 slots', { size: 21, byzantine: 6, withholdSlots: 21 }],
  [
    '21, 6 Byzantine, withholding up to 21 slots, always on one of those',
    { size: 21, byzantine: 6, withholdSlots: 21, secretOfHundred: 100 },
  ],
  ['21 online, 3 seats changing about every 50 blocks', { size: 21, changingSeats: 3 }],
  ['21 online, 3 seats changing about every 100 blocks', { size: 21, changingSeats: 3, changeBlocks: 100 }],
  ['4 online', { size: 4 }],
  ['4, 1 offline', { size: 4, offline: 1 }],
  ['4, 1 Byzantine, withholding up to 4 slots', { size: 4, byzantine: 1, withholdSlots: 4 }],
  ['3 online', { size: 3 }],
  ['2 online', { size: 2 }],
  ['1 online', { size: 1 }],
];
