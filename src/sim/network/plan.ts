/**
 * Plan: all that is to go wrong in one simulated network, as a plain value: drawn from a seed, written to a file, shrunk, run again.
 *
 * Fewer than a third of the producers are Byzantine or have no node, whoever is elected. After the chaos comes a calm, in which the
 * network is settled and the Byzantine are silent: then everybody must agree.
 */
import { type Chance, chanceFrom } from '../../adapters/laws/chance.ts';
import type { NetworkFault, NetworkFaults } from '../../adapters/network/faults.ts';

/** What a Byzantine producer does with its turns. */
export const villainies = ['equivocate', 'fork', 'withhold', 'understate', 'overstate', 'mute'] as const;
export type Villainy = (typeof villainies)[number];

export interface Restart {
  readonly node: number;
  readonly atSlot: number;
  readonly downSlots: number;
  /** The store dies at a write, before or after it; else the node just stops between two events. */
  readonly how: 'stop' | 'before_commit' | 'after_commit';
  /** At which of its writes from then on, from 1. A producer's own block takes two: one before it is signed, one with the signature. */
  readonly atWrite: number;
}

export interface Election {
  readonly atSlot: number;
  /** Which of the voters votes, and for which candidates. */
  readonly voter: number;
  readonly candidates: readonly number[];
}

/** Candidates are numbered; those from `nodes` on have none. The first `seats` are elected at genesis. */
export interface NetworkPlan {
  readonly seed: number;
  readonly seats: number;
  readonly nodes: number;
  readonly ghosts: number;
  /** Numbers of the Byzantine among the nodes, and what they do. */
  readonly byzantine: readonly { readonly node: number; readonly villainies: readonly Villainy[] }[];
  readonly stallSlots: number;
  readonly chaosSlots: number;
  readonly calmSlots: number;
  /** Seconds that the clock of each node is ahead. */
  readonly skewSeconds: readonly number[];
  /** Times are milliseconds from genesis. */
  readonly faults: NetworkFaults;
  readonly restarts: readonly Restart[];
  readonly elections: readonly Election[];
  /** Transfers offered in a thousand slots. */
  readonly transfersPerThousandSlots: number;
}

export const SLOT_MS = 3_000;

/** Voters that hold more than all producers together, so that each of their votes changes the set. */
export const VOTERS = 3;

/** The kinds of faults that a plan may have. */
export const faultKinds = [
  'delay',
  'loss',
  'duplication',
  'reordering',
  'corruption',
  'partition',
  'silence',
  'slowness',
  'bursts',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What the caller fixes; all else is drawn. */
export interface PlanRange {
  readonly producers?: number;
  readonly kinds?: readonly FaultKind[];
  readonly byzantine?: boolean;
  readonly elections?: boolean;
  readonly restarts?: boolean;
  /** Whether the calm is long enough for something new to become final. */
  readonly untilFinal?: boolean;
}

/** The most Byzantine producers that a set of this size bears. */
const mostByzantine = (size: number): number => Math.floor((size - 1) / 3);

export const nameOf = (node: number): string => `p${node}`;

const someOf = <T>(chance: Chance, all: readonly T[], least: number): readonly T[] => {
  const picked = all.filter(() => chance.below(2) === 0);
  return picked.length >= least ? picked : all.slice(0, least);
};

const sizeOf = (chance: Chance): number => {
  const luck = chance.below(100);
  if (luck < 70) return 4;
  if (luck < 92) return 4 + chance.below(4);
  return luck < 98 ? 7 + chance.below(7) : 14 + chance.below(8);
};

const span = (chance: Chance, chaosMs: number, mostMs: number) => {
  const fromMs = chance.below(chaosMs);
  return { fromMs, untilMs: Math.min(chaosMs, fromMs + 1 + chance.below(mostMs)) };
};

const faultOf = (chance: Chance, kind: FaultKind, names: readonly string[], chaosMs: number): NetworkFault => {
  const whole = { fromMs: 0, untilMs: chaosMs };
  const part = span(chance, chaosMs, 20 * SLOT_MS);
  const links = () => ({ from: someOf(chance, names, 1), to: someOf(chance, names, 1) });
  switch (kind) {
    case 'delay':
      return {
        kind,
        ...whole,
        minMs: 1,
        maxMs: 10 + chance.below(chance.oneOf([200, 3_000, 30_000])),
        shape: chance.oneOf(['even', 'tail'] as const),
      };
    case 'loss':
      return { kind, ...part, ...links(), thousandths: 50 + chance.below(900) };
    case 'duplication':
      return { kind, ...whole, thousandths: chance.below(300) };
    case 'reordering':
      return { kind, ...whole, thousandths: chance.below(600), holdMs: 1 + chance.below(20_000) };
    case 'corruption':
      return {
        kind,
        ...part,
        thousandths: 1 + chance.below(100),
        how: chance.oneOf(['flip', 'cut', 'garbage'] as const),
      };
    case 'partition':
      return { kind, ...span(chance, chaosMs, 40 * SLOT_MS), sides: [someOf(chance, names, 1)] };
    case 'silence':
      return { kind, ...part, ...links() };
    case 'slowness':
      return { kind, ...part, peers: someOf(chance, names, 1), perMessageMs: 1 + chance.below(500) };
    case 'bursts':
      return { kind, ...whole, everyMs: 1 + chance.below(10_000) };
  }
};

const restartOf = (chance: Chance, node: number, chaosSlots: number): Restart => ({
  node,
  atSlot: 1 + chance.below(chaosSlots),
  downSlots: 1 + chance.below(12),
  how: chance.oneOf(['stop', 'before_commit', 'after_commit'] as const),
  atWrite: 1 + chance.below(3),
});

const electionOf = (chance: Chance, seats: number, candidates: number, chaosSlots: number): Election => {
  const all = Array.from({ length: candidates }, (_, index) => index);
  const wanted = new Set<number>();
  while (wanted.size < Math.min(seats, 15)) wanted.add(chance.oneOf(all));
  return { atSlot: 1 + chance.below(chaosSlots), voter: chance.below(VOTERS), candidates: [...wanted] };
};

const listOf = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** The plan of a seed, an integer. */
export const planOf = (seed: number, range: PlanRange = {}): NetworkPlan => {
  const chance = chanceFrom(seed);
  const seats = range.producers ?? sizeOf(chance);
  const most = mostByzantine(seats);
  const villains = range.byzantine === false ? 0 : chance.below(most + 1);
  const changes = range.elections !== false && chance.below(2) === 0;
  const ghosts = changes ? chance.below(most - villains + 1) : 0;
  const spare = changes ? 1 + chance.below(3) : 0;
  const nodes = seats + spare;
  const chaosSlots = 8 + chance.below(24);
  const chaosMs = chaosSlots * SLOT_MS;
  const names = listOf(nodes, nameOf);
  const honest = listOf(nodes, (node) => node);
  const byzantine = listOf(villains, () => {
    const node = honest[chance.below(honest.length)] as number;
    return { node, villainies: someOf(chance, villainies, 1) };
  });
  const kinds = range.kinds ?? faultKinds;
  const faults =
    kinds.length === 0 ? [] : listOf(chance.below(6), () => faultOf(chance, chance.oneOf(kinds), names, chaosMs));
  const restarts = range.restarts === false ? 0 : chance.below(4);
  const rounds = range.untilFinal === true ? 12 : 2;
  return {
    seed,
    seats,
    nodes,
    ghosts,
    byzantine: byzantine.filter(({ node }, index) => byzantine.findIndex((other) => other.node === node) === index),
    stallSlots: 0,
    chaosSlots,
    calmSlots: rounds * (seats + spare + ghosts) + 4,
    skewSeconds: names.map(() => (chance.below(4) === 0 ? chance.below(3) - 1 : 0)),
    faults,
    restarts: listOf(restarts, () => restartOf(chance, chance.below(nodes), chaosSlots)),
    elections: changes ? listOf(1 + chance.below(3), () => electionOf(chance, seats, nodes + ghosts, chaosSlots)) : [],
    transfersPerThousandSlots: chance.oneOf([0, 200, 1_000]),
  };
};
