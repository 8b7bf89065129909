/**
 * Finality accounts: the vectors of finality, and the words in which the vectors, the twin and the live count are compared.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Votes, votesAt } from '../../src/core/finality.ts';
import { type Live, liveAppend, liveGenesis } from './finality-chains.ts';
import type { FinalityTwin, TwinBlock, TwinRules } from './finality-twin.ts';

export interface Vector {
  readonly params: { readonly producersPerRound: number; readonly finalityWindow: number; readonly stallSlots: number };
  readonly genesis: { readonly elected: readonly string[] };
  readonly blocks: readonly {
    readonly header: {
      readonly height: number;
      readonly slot: number;
      readonly round: number;
      readonly producer: string;
      readonly maxHeightGenerated: number;
      readonly maxHeightPrevoted: number;
    };
    readonly roundStart: number;
    readonly roundLength: number;
    readonly electedAfter: readonly string[];
    readonly expect: {
      readonly office: { readonly old: readonly string[]; readonly new: readonly string[]; readonly since: number };
      readonly maxHeightPrevotedAfter: number;
      readonly finalHeight: number;
    };
  }[];
  readonly windowAtTip: readonly {
    readonly height: number;
    readonly prevotes: string[];
    readonly precommits: string[];
  }[];
  readonly nextHeader: {
    readonly height: number;
    readonly maxHeightPrevoted: number;
    readonly smallestValidMaxHeightGenerated: Readonly<Record<string, number>>;
  };
}

const folder = new URL('../vectors/finality/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort((a, b) => (a < b ? -1 : 1));
export const vectors = files.map((name) => ({
  name,
  vector: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector,
}));

export const vectorRulesOf = ({ params, genesis }: Vector): TwinRules => ({
  window: params.finalityWindow,
  stallSlots: params.stallSlots,
  elected: genesis.elected,
});
export const blocksOf = ({ blocks }: Vector) => blocks.map(({ header, electedAfter }) => ({ ...header, electedAfter }));
const sorted = (set: Iterable<string>): string[] => [...set].sort((a, b) => (a < b ? -1 : 1));

/** A block's office, round, V and F in the words of the vectors. */
export const accountOf = (twin: FinalityTwin) =>
  twin.blocks.map((b) => ({
    round: [b.round, b.start, b.producers.length],
    office: b.office,
    maxHeightPrevotedAfter: b.maxHeightPrevotedAfter,
    finalHeight: b.finalHeight,
  }));
export const expectedOf = (vector: Vector) =>
  vector.blocks.map(({ header, roundStart, roundLength, expect: wanted }) => ({
    round: [header.round, roundStart, roundLength],
    office: wanted.office,
    maxHeightPrevotedAfter: wanted.maxHeightPrevotedAfter,
    finalHeight: wanted.finalHeight,
  }));
export const windowOf = (twin: FinalityTwin, window: number) => {
  const tip = twin.blocks.length;
  return twin.blocks
    .filter(({ height }) => height > tip - window)
    .map(({ height }) => ({
      height,
      prevotes: sorted(twin.prevoters(tip, height)),
      precommits: sorted(twin.precommitters(tip, height)),
    }));
};

/** The live account after each block, from genesis on. */
export const livesOf = (rules: TwinRules, blocks: readonly TwinBlock[]): Live[] => {
  let live = liveGenesis(rules);
  return blocks.map((block) => {
    live = liveAppend(live, block, rules.stallSlots);
    return live;
  });
};
export const liveAccountOf = (lives: readonly Live[]) =>
  lives.map(({ round, start, producers, office, votes }) => ({
    round: [round, start, producers.length],
    office,
    maxHeightPrevotedAfter: votes.maxHeightPrevoted,
    finalHeight: votes.finalHeight,
  }));

/** All votes that the live account keeps: those of members, at heights that are not final, inside the window. */
export const keptOf = (votes: Votes) => votes.tallies.map(({ height }) => ({ height, ...votesAt(votes, height) }));
export const memberVotesOf = (twin: FinalityTwin, tip: number, window: number) => {
  const final = twin.blocks[tip - 1]?.finalHeight ?? 0;
  return twin.blocks
    .filter(({ height }) => height <= tip && height > Math.max(final, tip - window))
    .map(({ height, office }) => {
      const members = new Set([...office.old, ...office.new]);
      const only = (voters: Set<string>) => sorted(voters).filter((voter) => members.has(voter));
      return { height, prevotes: only(twin.prevoters(tip, height)), precommits: only(twin.precommitters(tip, height)) };
    });
};

/** Everything by which two accounts of one chain can differ, as one text. */
export const fingerprint = (twin: FinalityTwin, window: number): string =>
  JSON.stringify([accountOf(twin), windowOf(twin, window)]);
