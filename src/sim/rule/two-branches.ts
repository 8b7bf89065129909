/**
 * Two branches: every order of blocks on two branches from genesis that the lock allows, all of them, up to a depth.
 *
 * A few producers, some perhaps Byzantine; static sets, no window. An honest producer may extend either branch whenever its lock
 * lets it; a Byzantine one always, with the least highest height that rule 11 allows, or with any. States that differ by who is
 * who, or by which branch is which, are one. If a rule lets both branches become final, the search finds it and says how.
 *
 * PERF breadth first, a few integers a state; some microseconds a step.
 */
import { agreement } from '../../core/agreement.ts';
import { firstLock, type Lock, type Signing } from '../../core/lock.ts';
import type { Height, Slot } from '../../core/units.ts';
import { type Rules, rightRules } from '../wrong-rules.ts';
import { type Branch, type Branches, branchesOf } from './branches.ts';
import { stateSet } from './state-set.ts';

export interface TwoBranches {
  readonly size: number;
  /** How many of them are Byzantine: the first ones. */
  readonly byzantine: number;
  /** Blocks on both branches together, at most 60. */
  readonly depth: number;
  /** Whether the Byzantine state every highest height, or the least alone. */
  readonly everyHeight?: boolean;
  /** No depth is begun after one with more states than this. */
  readonly mostStates?: number;
  readonly rules?: Rules;
  /**
   * Whether states that must go on alike are one; true unless the lock is a wrong one. A branch that is final ends: more blocks there
   * only raise locks. A lock that forbids nothing on either branch, now and later, is as none. Of a branch below the highest height its
   * producer ever signed, nothing is ever covered further.
   */
  readonly merge?: boolean;
  /** How many phases the count surely has: states too far from two final blocks for the rest of the depth are left out. */
  readonly phases?: 1 | 2;
  readonly onDepth?: (depth: number, states: number) => void;
}

/** One block: who, on which branch, stating which highest height. */
export interface Move {
  readonly producer: number;
  readonly branch: 0 | 1;
  readonly maxHeightGenerated: number;
}

export interface TwoBranchesResult {
  /** States of each depth from 1, names and sides apart. */
  readonly states: readonly number[];
  /** A shortest way to two final blocks in conflict, if there is one within the depth. */
  readonly conflict: readonly Move[] | undefined;
}

/** All orders of 0..count-1 that keep the first `apart` among themselves; the first order changes nothing. */
const ordersOf = (apart: number, count: number): readonly (readonly number[])[] => {
  const orders = (names: readonly number[]): number[][] =>
    names.length === 0
      ? [[]]
      : names.flatMap((first) => orders(names.filter((name) => name !== first)).map((rest) => [first, ...rest]));
  const names = Array.from({ length: count }, (_, index) => index);
  return orders(names.slice(0, apart)).flatMap((a) => orders(names.slice(apart)).map((b) => [...a, ...b]));
};

// A lock as an integer: M, m and g in six bits each. Slots are left out, since every block here has a later one.
const packLock = ({ maxHeight, maxHeightPrevoted, height }: Lock): number =>
  (maxHeight << 12) | (maxHeightPrevoted << 6) | height;

const unpackLock = (packed: number): Lock => ({
  slot: 0 as Slot,
  maxHeight: (packed >> 12) as Height, // as packed
  maxHeightPrevoted: ((packed >> 6) & 63) as Height, // as packed
  height: (packed & 63) as Height, // as packed
});

/** The states of one depth. A state is the two branches, then the lock of each honest producer. */
interface Layer {
  readonly states: number[];
  /** By state, the place of the one before it, and the move in between. */
  readonly before: number[];
  readonly moves: Move[];
}

const emptyLayer = (): Layer => ({ states: [], before: [], moves: [] });

/** The least of all namings of a state, into `out`. */
const canonise = (
  branches: Branches,
  orders: readonly (readonly number[])[],
  state: Int32Array,
  out: Int32Array,
  byzantine: number,
): void => {
  const width = state.length;
  const trial = new Int32Array(width);
  for (let order = 0; order < orders.length; order += 1) {
    const names = orders[order] ?? [];
    const a = branches.renamed(state[0] ?? 0, order);
    const b = branches.renamed(state[1] ?? 0, order);
    trial[0] = Math.min(a, b);
    trial[1] = Math.max(a, b);
    for (let honest = 2; honest < width; honest += 1) {
      const name = names[honest - 2 + byzantine] ?? 0;
      trial[name - byzantine + 2] = state[honest] ?? 0;
    }
    let index = 0;
    if (order > 0) while (index < width && trial[index] === out[index]) index += 1;
    if (order === 0 || (trial[index] ?? 0) < (out[index] ?? 0)) out.set(trial);
  }
};

const pathTo = (layers: readonly Layer[], last: Move, place: number): readonly Move[] => {
  const path = [last];
  let at = place;
  for (const layer of layers.toReversed()) {
    const move = layer.moves[at];
    if (move === undefined) break;
    path.push(move);
    at = layer.before[at] ?? 0;
  }
  return path.reverse();
};

interface Choice {
  readonly stated: number;
  readonly lock: number;
}

/** What producers may do under the rules, and which states go on alike. */
const playOf = (options: TwoBranches) => {
  const { size, byzantine, everyHeight = false, rules = rightRules, phases = 2 } = options;
  const { lockFault, lockAfter } = rules.agreement;
  const rightLock = lockFault === agreement.lockFault && lockAfter === agreement.lockAfter;
  const { merge = rightLock } = options;
  const orders = ordersOf(byzantine, size);
  const branches = branchesOf(rules.agreement, size, orders, { mergeFinal: merge, phases });

  const signingOn = ({ height, prevoted }: Branch): Signing => ({
    slot: 1 as Slot, // after that of every unpacked lock
    height: (height + 1) as Height, // a parent's height plus one
    maxHeightPrevoted: prevoted as Height, // as counted
  });

  /** Makes states that must go on alike the same. */
  const mergeAlike = (state: Int32Array): void => {
    for (let seat = 2; seat < state.length; seat += 1) {
      const producer = seat - 2 + byzantine;
      const lock = unpackLock(state[seat] ?? 0);
      let isFree = true;
      for (const side of [0, 1]) {
        const branch = branches.at(state[side] ?? 0);
        if (branch.isFinal) continue;
        isFree &&= lockFault(lock, signingOn(branch)) === undefined;
        if (branch.tops[producer] !== lock.maxHeight) state[side] = branches.forget(branch.number, producer).number;
      }
      if (isFree) state[seat] = packLock({ ...firstLock, maxHeight: lock.maxHeight });
    }
  };

  /** What a producer may state on top of a branch, and its lock afterwards; nothing if it may not sign. */
  const choices = (producer: number, branch: Branch, packed: number): readonly Choice[] => {
    if (producer < byzantine) {
      const from = branch.least[producer] ?? 0;
      const most = everyHeight ? Math.max(from, branch.height + 1) : from;
      return Array.from({ length: most - from + 1 }, (_, more) => ({ stated: from + more, lock: 0 }));
    }
    const lock = unpackLock(packed);
    const signing = signingOn(branch);
    if (lockFault(lock, signing) !== undefined) return [];
    return [{ stated: lock.maxHeight, lock: packLock(lockAfter(lock, signing)) }];
  };

  return {
    branches,
    merge,
    choices,
    /** The least naming of a state, into `out`; the state itself may become one that goes on alike. */
    settle: (state: Int32Array, out: Int32Array): void => {
      if (merge) mergeAlike(state);
      canonise(branches, orders, state, out, byzantine);
    },
  };
};

interface Reached {
  readonly move: Move;
  readonly lock: number;
  readonly next: Branch;
  readonly there: Branch;
}

/** Every move from a state. */
const movesFrom = (play: ReturnType<typeof playOf>, options: TwoBranches, from: Int32Array): readonly Reached[] => {
  const { size, byzantine } = options;
  const { branches, merge, choices } = play;
  const found: Reached[] = [];
  for (const branch of [0, 1] as const) {
    const here = branches.at(from[branch] ?? 0);
    const there = branches.at(from[1 - branch] ?? 0);
    if (merge && here.isFinal) continue;
    for (let producer = 0; producer < size; producer += 1) {
      for (const { stated, lock } of choices(producer, here, from[producer - byzantine + 2] ?? 0)) {
        const next = branches.step(here.number, producer, stated);
        if (next !== undefined)
          found.push({ move: { producer, branch, maxHeightGenerated: stated }, lock, next, there });
      }
    }
  }
  return found;
};

const firstLayer = ({ size, byzantine }: TwoBranches, root: number): Layer => {
  const layer = emptyLayer();
  layer.states.push(root, root);
  for (let honest = byzantine; honest < size; honest += 1) layer.states.push(packLock(firstLock));
  return layer;
};

/** Searches all orders. Blocks are not played in slots: each is later than the one before it. */
export const searchTwoBranches = (options: TwoBranches): TwoBranchesResult => {
  const { size, byzantine, depth, mostStates = 50_000_000 } = options;
  const play = playOf(options);
  const width = 2 + size - byzantine;
  const from = new Int32Array(width);
  const state = new Int32Array(width);
  const least = new Int32Array(width);
  const layers = [firstLayer(options, play.branches.root.number)];
  const counts: number[] = [];

  /** All moves from one state of the last layer; the one that ends in a conflict, if any does. */
  const expand = (place: number, into: Layer, seen: ReturnType<typeof stateSet>): Move | undefined => {
    const left = depth - layers.length;
    for (const { move, lock, next, there } of movesFrom(play, options, from)) {
      if (next.isFinal && there.isFinal) return move;
      if (next.blocksToFinal + there.blocksToFinal > left) continue;
      state.set(from);
      state[move.branch] = next.number;
      if (move.producer >= byzantine) state[move.producer - byzantine + 2] = lock;
      play.settle(state, least);
      if (!seen.add(least)) continue;
      for (const part of state) into.states.push(part);
      into.before.push(place);
      into.moves.push(move);
    }
    return undefined;
  };

  while (layers.length <= depth && (counts.at(-1) ?? 0) <= mostStates) {
    const { states } = layers.at(-1) as Layer; // there is a first one
    const into = emptyLayer();
    const seen = stateSet(width);
    for (let place = 0; place * width < states.length; place += 1) {
      for (let part = 0; part < width; part += 1) from[part] = states[place * width + part] ?? 0;
      const move = expand(place, into, seen);
      if (move !== undefined) return { states: counts, conflict: pathTo(layers, move, place) };
    }
    counts.push(seen.size());
    options.onDepth?.(layers.length, seen.size());
    layers.push(into);
  }
  return { states: counts, conflict: undefined };
};
