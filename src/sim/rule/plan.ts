/**
 * Plan: how hard the weather is in one simulation of the rules, drawn from its seed.
 *
 * Who is honest, Byzantine, or a ghost (a candidate without a node); how messages travel; how often the voters elect
 * others and nodes start again. Fewer than a third of every set that is ever elected are Byzantine.
 */
import type { Chance } from '../../adapters/laws/chance.ts';
import type { Address } from '../../core/units.ts';

export const weathers = [
  'prompt',
  'scattered',
  'lossy',
  'partitions',
  'crossings',
  'targeted',
  'deciding',
  'bursts',
  'puppets',
  'rivals',
] as const;
export type Weather = (typeof weathers)[number];

/** Weathers in which nothing travels by itself: an adversary shows each producer what it wants. */
export const staged: readonly Weather[] = ['puppets', 'rivals'];

export interface Plan {
  readonly seed: number;
  /** Producers of a round. */
  readonly size: number;
  readonly honest: readonly Address[];
  readonly byzantine: readonly Address[];
  readonly ghosts: readonly Address[];
  readonly founders: readonly Address[];
  readonly window: number;
  readonly stallSlots: number;
  readonly weather: Weather;
  /** The longest that messages of this weather are under way. */
  readonly patience: number;
  /** Blocks of a thousand with which the voters elect others. */
  readonly changes: number;
  /** Slots of a thousand in which some node starts again. */
  readonly restarts: number;
  /** Turns of a hundred that an honest producer misses. */
  readonly misses: number;
  readonly chaosSlots: number;
}

/** What the caller may fix; all else is drawn. */
export interface PlanRange {
  readonly sizes: readonly [least: number, most: number];
  /** Ever elect others? */
  readonly changing?: boolean;
  readonly ghosts?: boolean;
  readonly restarting?: boolean;
  readonly byzantine?: boolean;
  /** Windows shorter than three rounds: as safe, but nothing may ever be final. */
  readonly smallWindows?: boolean;
  readonly roundsOfChaos?: readonly [least: number, most: number];
  readonly weather?: Weather;
}

/** The most Byzantine producers that a set of this size bears: fewer than a third. */
const mostByzantine = (size: number): number => Math.floor((size - 1) / 3);

const named = (letter: string, count: number): Address[] =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index).padStart(2, '0')}` as Address);

/** Some members of a list, in no order. */
export const someOf = <T>(chance: Chance, list: readonly T[], count: number): T[] => {
  const rest = [...list];
  const taken: T[] = [];
  while (taken.length < count && rest.length > 0) {
    const index = chance.below(rest.length);
    taken.push(rest[index] as T);
    rest[index] = rest.at(-1) as T;
    rest.pop();
  }
  return taken;
};

type People = Pick<Plan, 'honest' | 'byzantine' | 'ghosts'>;

const setOf = (chance: Chance, { honest, byzantine, ghosts }: People, size: number): readonly Address[] => {
  const most = Math.min(mostByzantine(size), byzantine.length);
  const evil = chance.below(3) === 0 ? chance.below(most + 1) : most;
  const absent = ghosts.length > 0 && chance.below(3) === 0 ? chance.below(Math.min(size, ghosts.length) + 1) : 0;
  const set = [...someOf(chance, byzantine, evil), ...someOf(chance, ghosts, Math.min(absent, size - evil))];
  set.push(...someOf(chance, honest, size - set.length));
  return set.sort((a, b) => (a < b ? -1 : 1));
};

/** A set that the voters may elect: often one seat of the last one is another's, sometimes nothing is as before. */
export const electOthers = (chance: Chance, plan: Plan, before: readonly Address[]): readonly Address[] => {
  const kind = chance.below(8);
  if (kind === 0) return plan.founders;
  if (kind === 1) return setOf(chance, plan, 1 + chance.below(plan.size));
  if (kind === 2) return setOf(chance, plan, plan.size);
  if (kind <= 4) {
    const others = plan.honest.filter((name) => !before.includes(name));
    return setOf(chance, { ...plan, honest: others.length < plan.size ? plan.honest : others }, plan.size);
  }
  const leaving = chance.oneOf(before);
  const pool = leaving.startsWith('b') ? [...plan.byzantine, ...plan.honest] : [...plan.honest, ...plan.ghosts];
  const coming = pool.filter((name) => !before.includes(name));
  if (coming.length === 0) return before;
  return [...before.filter((name) => name !== leaving), chance.oneOf(coming)].sort((a, b) => (a < b ? -1 : 1));
};

const windowOf = (chance: Chance, size: number): number => {
  const kind = chance.below(6);
  if (kind === 0) return 2 + chance.below(3 * size);
  return kind === 1 ? 3 * size : 9 * size;
};

/** The plan of a seed. */
export const planOf = (chance: Chance, seed: number, range: PlanRange): Plan => {
  const [least, most] = range.sizes;
  const size = least + chance.below(most - least + 1);
  const changing = (range.changing ?? true) && chance.below(2) === 0;
  const evil = (range.byzantine ?? true) && chance.below(5) > 0 ? mostByzantine(size) : 0;
  const people: People = {
    honest: named('h', size + (changing ? chance.oneOf([1, size, 2 * size]) : 0)),
    byzantine: named('b', evil + (changing && evil > 0 ? chance.below(evil + 1) : 0)),
    ghosts: (range.ghosts ?? true) && changing && chance.below(2) === 0 ? named('g', 1 + chance.below(size)) : [],
  };
  const founders = [...someOf(chance, people.byzantine, evil), ...someOf(chance, people.honest, size - evil)].sort(
    (a, b) => (a < b ? -1 : 1),
  );
  const [short, long] = range.roundsOfChaos ?? [6, changing ? 40 : 24];
  return {
    seed,
    size,
    ...people,
    founders,
    window: (range.smallWindows ?? true) ? windowOf(chance, size) : 9 * size,
    stallSlots: 0,
    weather: range.weather ?? (chance.below(2) === 0 ? 'puppets' : chance.oneOf(weathers)),
    patience: 2 + chance.below(chance.oneOf([size, 3 * size, 6 * size])),
    changes: changing ? chance.oneOf([5, 15, 40, 150]) : 0,
    restarts: (range.restarting ?? true) && chance.below(3) === 0 ? chance.oneOf([10, 40, 150]) : 0,
    misses: chance.oneOf([0, 0, 10, 30]),
    chaosSlots: size * (short + chance.below(long - short + 1)),
  };
};
