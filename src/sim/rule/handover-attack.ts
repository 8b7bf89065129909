/**
 * Handover attack: two forks that elect different sets, built on purpose so that each makes its own block final.
 *
 * The founders go on with one fork; on the other the voters give `differing` of the seats to others. Each honest producer stays on
 * one fork and is true to its lock; the Byzantine sign on both. If each height were counted in the set of its own round, this would
 * succeed as soon as 2 T - n - f seats differ. Source: protocol section 12, why office rules 1-5 are as they are.
 */
import type { Address, Height, Slot } from '../../core/units.ts';
import { type Rules, rightRules } from '../wrong-rules.ts';
import { type Block, type Conflict, headerTree } from './header-tree.ts';

export interface HandoverAttack {
  /** Producers of each set. */
  readonly size: number;
  readonly byzantine: number;
  /** Seats in which the two sets differ. */
  readonly differing: number;
  readonly rules?: Rules;
}

const ROUNDS = 12; // a fork that is not final by then never will be

const named = (letter: string, count: number): readonly Address[] =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index).padStart(2, '0')}` as Address);

/** Carries the attack out. The two final blocks in conflict, or nothing if the rules bear it. */
export const attackHandover = ({
  size,
  byzantine,
  differing,
  rules = rightRules,
}: HandoverAttack): Conflict | undefined => {
  const shared = named('s', size - differing);
  const evil = shared.slice(0, byzantine);
  const honest = shared.slice(byzantine);
  const half = Math.ceil(honest.length / 2);
  const stayers = named('a', differing);
  const comers = named('b', differing);
  const founders = [...stayers, ...shared];
  const forks = [
    { elected: founders, signs: new Set([...stayers, ...evil, ...honest.slice(0, half)]) },
    { elected: [...comers, ...shared], signs: new Set([...comers, ...evil, ...honest.slice(half)]) },
  ];
  const { agreement } = rules;
  const tree = headerTree({ agreement, window: 9 * size, stallSlots: 0, seed: 1 }, founders);
  for (const { elected, signs } of forks) {
    const signed = new Map<Address, Height>();
    let tip: Block = tree.genesis;
    for (let slot = 1; slot <= ROUNDS * 2 * size; slot += 1) {
      const producer = tree.producerAt(tip, slot);
      if (!signs.has(producer)) continue;
      const block: Block | undefined = tree.append(tip, {
        slot: slot as Slot, // counted from 1
        maxHeightGenerated: signed.get(producer) ?? (0 as Height), // a fork's own, since nobody honest is on both
        maxHeightPrevoted: tip.votes.maxHeightPrevoted,
        elected,
      });
      if (block === undefined) continue;
      signed.set(producer, block.height);
      tip = block;
    }
  }
  return tree.conflict();
};

/** In how many seats the two sets must differ at least for the attack to succeed; nothing if it never does. */
export const leastBreaking = (attack: Omit<HandoverAttack, 'differing'>): number | undefined => {
  for (let differing = 0; differing <= attack.size; differing += 1)
    if (attackHandover({ ...attack, differing }) !== undefined) return differing;
  return undefined;
};

/** The sizes of sets that the attack is tried on, each with every number of Byzantine producers that it bears. */
export const handoverCases: readonly { readonly size: number; readonly byzantine: number }[] = [
  4, 5, 6, 7, 10, 13, 19, 20, 21,
].flatMap((size) => Array.from({ length: Math.floor((size - 1) / 3) + 1 }, (_, byzantine) => ({ size, byzantine })));
