/**
 * Two branches: every order of blocks on two branches from genesis that the lock allows, all of them, up to a depth.
 *
 * A few producers, some perhaps Byzantine; static sets, no window. An honest producer may extend either branch whenever its lock
 * lets it; a Byzantine one always, with the least highest height that rule 11 allows, or with any. States that differ by who is
 * who, or by which branch is which, are one. If a rule lets both branches become final, the search finds it and says how.
 *
 * PERF breadth first, a few integers a state; some microseconds a step.
 */
import { firstLock, type Lock } from '../../core/lock.ts';
import type { Height, Slot } from '../../core/units.ts';
import { type Rules, rightRules } from '../wrong-rules.ts';
import { type Branches, branchesOf } from './branches.ts';
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

/** Searches all orders. Blocks are not played in slots: each is later than the one before it. */
export const searchTwoBranches = (options: TwoBranches): TwoBranchesResult => {
  const { size, byzantine, depth, everyHeight = false, mostStates = 50_000_000, rules = rightRules } = options;
  const { lockFault, lockAfter } = rules.agreement;
  const orders = ordersOf(byzantine, size);
  const branches = branchesOf(rules.agreement, size, orders);
  const width = 2 + size - byzantine;
  const state = new Int32Array(width);
  const least = new Int32Array(width);

  /** What a producer may state on top of a branch, and its lock afterwards; nothing if it may not sign. */
  const choices = (producer: number, number: number, packed: number): { stated: number; lock: number }[] => {
    const branch = branches.at(number);
    const height = (branch.height + 1) as Height; // a parent's height plus one
    if (producer < byzantine) {
      const from = branch.least[producer] ?? 0;
      const most = everyHeight ? Math.max(from, height) : from;
      return Array.from({ length: most - from + 1 }, (_, more) => ({ stated: from + more, lock: 0 }));
    }
    const lock = unpackLock(packed);
    const signing = { slot: 1 as Slot, height, maxHeightPrevoted: branch.prevoted as Height };
    if (lockFault(lock, signing) !== undefined) return [];
    return [{ stated: lock.maxHeight, lock: packLock(lockAfter(lock, signing)) }];
  };

  const first = emptyLayer();
  first.states.push(branches.root.number, branches.root.number);
  for (let honest = byzantine; honest < size; honest += 1) first.states.push(packLock(firstLock));
  const layers = [first];
  const counts: number[] = [];

  /** All moves from the state at a place of a layer; the one that ends in a conflict, if any does. */
  const expand = (from: Layer, place: number, into: Layer, seen: ReturnType<typeof stateSet>): Move | undefined => {
    const offset = place * width;
    for (const branch of [0, 1] as const) {
      const here = from.states[offset + branch] ?? 0;
      const there = from.states[offset + 1 - branch] ?? 0;
      for (let producer = 0; producer < size; producer += 1) {
        const seat = producer - byzantine + 2;
        for (const { stated, lock } of choices(producer, here, from.states[offset + seat] ?? 0)) {
          const next = branches.step(here, producer, stated);
          if (next === undefined) continue;
          const move: Move = { producer, branch, maxHeightGenerated: stated };
          if (next.isFinal && branches.at(there).isFinal) return move;
          for (let index = 2; index < width; index += 1) state[index] = from.states[offset + index] ?? 0;
          state[branch] = next.number;
          state[1 - branch] = there;
          if (producer >= byzantine) state[seat] = lock;
          canonise(branches, orders, state, least, byzantine);
          if (!seen.add(least)) continue;
          into.states.push(...state);
          into.before.push(place);
          into.moves.push(move);
        }
      }
    }
    return undefined;
  };

  for (let reached = 1; reached <= depth; reached += 1) {
    const from = layers.at(-1) ?? first;
    const into = emptyLayer();
    const seen = stateSet(width);
    for (let place = 0; place * width < from.states.length; place += 1) {
      const move = expand(from, place, into, seen);
      if (move !== undefined) return { states: counts, conflict: pathTo(layers, move, place) };
    }
    counts.push(seen.size());
    options.onDepth?.(reached, seen.size());
    layers.push(into);
    if (seen.size() > mostStates) break;
  }
  return { states: counts, conflict: undefined };
};
