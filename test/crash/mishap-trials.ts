/**
 * Mishap trials: what is tried on a hostile store, and what came of it.
 */
import type { Chance } from '../../src/adapters/laws/chance.ts';
import type { CommitMishap, HostilePlan, Mishap } from '../../src/adapters/storage/hostile.ts';

/** What one seed tries; only where it `rots` values come back that were never written. */
export const TRIALS = ['fails', 'dies', 'is full', 'tears', 'rots', 'rots later'] as const;
export type Trial = (typeof TRIALS)[number];

/** What happened over all seeds. */
export interface Toll {
  readonly trials: Record<Trial, number>;
  readonly mishaps: Record<Mishap, number>;
  /** How often an engine was opened or tried to. */
  openings: number;
  /** Refusals as damaged: at the opening, at a block, at an old state. */
  readonly damaged: Record<'opening' | 'block' | 'past', number>;
  /** Torn stores that were whole after all: what is missing follows from the block that is in. */
  mended: number;
}

export const emptyToll = (): Toll => ({
  trials: { fails: 0, dies: 0, 'is full': 0, tears: 0, rots: 0, 'rots later': 0 },
  mishaps: { before_commit: 0, after_commit: 0, torn_commit: 0, full: 0, read: 0, rot: 0 },
  openings: 0,
  damaged: { opening: 0, block: 0, past: 0 },
  mended: 0,
});

/** After so many engines nothing goes wrong any more, so that every seed comes to an end. */
export const LIVES: Readonly<Record<Trial, number>> = {
  fails: 12,
  dies: 4,
  'is full': 4,
  tears: 1,
  rots: 1,
  'rots later': 1,
};
const SEEDS_APART = 100;
const MAX_ROT = 30;

const STRIKES: Readonly<Record<Trial, readonly CommitMishap[]>> = {
  fails: [],
  dies: ['before_commit', 'after_commit'],
  'is full': ['full'],
  tears: ['torn_commit'],
  rots: [],
  'rots later': [],
};

/** Where the seed stands when another engine is about to be opened. */
export interface Outset {
  readonly seed: number;
  readonly life: number;
  /** Commits that are left until the chain is at its end. */
  readonly commits: number;
  readonly chance: Chance;
}

/** What goes wrong in this life. The first strikes of successive seeds go through all commits in turn. */
export const planOf = (trial: Trial, { seed, life, commits, chance }: Outset): HostilePlan => {
  const own = { seed: seed * SEEDS_APART + life };
  if (life > LIVES[trial]) return own;
  if (trial === 'fails') return { ...own, beforeCommit: 60, afterCommit: 60, full: 30, read: 15 };
  if (STRIKES[trial].length === 0) return { ...own, rot: 1 + chance.below(MAX_ROT) };
  const turn = Math.floor(seed / TRIALS.length);
  const commit = 1 + (life === 1 ? turn % commits : chance.below(commits));
  return { ...own, isMortal: true, strikeAt: { commit, mishap: chance.oneOf(STRIKES[trial]) } };
};

/** For people. */
export const toldToll = ({ trials, mishaps, openings, damaged, mended }: Toll): string =>
  [
    Object.entries(trials)
      .map(([trial, count]) => `${trial} ${count}`)
      .join(', '),
    `mishaps: ${Object.entries(mishaps)
      .map(([mishap, count]) => `${mishap} ${count}`)
      .join(', ')}`,
    `${openings} openings`,
    `refused as damaged: ${damaged.opening} at the opening, ${damaged.block} at a block, ${damaged.past} at an old state`,
    `${mended} torn stores mended`,
  ].join('; ');
