/**
 * Wrong rules: the rules of agreement with one guard taken away, each under a name.
 *
 * That each guard is needed is shown by a simulation that breaks without it. A wrong rule is the right one but for what
 * its line says. Two of the guards concern what a producer finds after a restart, so a rule is an agreement and a restart.
 * Source: protocol section 12; the first network's count of distinct producers above a block.
 */
import { type Agreement, agreement } from '../core/agreement.ts';
import { countVotes, headerFault, type VoteHeader, type Votes } from '../core/finality.ts';
import { compareForks, type ForkTip } from '../core/fork-choice.ts';
import { firstLock, type Lock, lockAfter, type Signing } from '../core/lock.ts';
import { firstOffice, nextOffice, type Office, type OfficeInput, sameSet, threshold } from '../core/office.ts';
import { precommitFrom, prevoteFrom, type Quorums } from '../core/tally.ts';
import type { Address, Height } from '../core/units.ts';

/** What a producer still has when it starts again. */
export interface Kept {
  /** The lock as it was stored before its last signature left. */
  readonly lock: Lock;
  /** Its own blocks on the chain that it still has, oldest first. */
  readonly signed: readonly Signing[];
}

/** How a network behaves: the rules of its chains, and the lock with which a producer goes on after a restart. */
export interface Rules {
  readonly agreement: Agreement;
  readonly restart: (kept: Kept) => Lock;
}

export interface WrongRule extends Rules {
  /** What it does otherwise. */
  readonly fault: string;
  /** What is lost by it: two final blocks in conflict, or blocks that never become final. */
  readonly loses: 'safety' | 'liveness';
}

/** The protocol's own. */
export const rightRules: Rules = { agreement, restart: ({ lock }) => lock };

const oneLower = (size: number): number => threshold(size) - 1;

const withQuorums = (quorums: Quorums): Partial<Agreement> => ({
  countVotes: (votes, header, office) => countVotes(votes, header, office, quorums),
});

const withOffice = (wrong: (office: Office) => Office): Partial<Agreement> => ({
  countVotes: (votes, header, office) => countVotes(votes, header, wrong(office)),
});

const finalOncePrevoted = (votes: Votes): Votes => ({ ...votes, finalHeight: votes.maxHeightPrevoted });

const ownPrevotesFirst = (votes: Votes, header: VoteHeader, office: Office): Votes => {
  const tallies = prevoteFrom(votes.tallies, header.maxHeightGenerated + 1, header.producer);
  return countVotes({ ...votes, tallies }, header, office);
};

const withoutWalk = (votes: Votes, header: VoteHeader, office: Office): Votes => {
  const tallies = precommitFrom(votes.tallies, header.height - votes.window + 1, header.producer);
  return countVotes({ ...votes, tallies }, header, office);
};

const ownHeightAlways = (votes: Votes, header: VoteHeader, office: Office): Votes => {
  const maxHeightGenerated = Math.min(header.maxHeightGenerated, header.height - 1) as Height; // one of two heights
  return countVotes(votes, { ...header, maxHeightGenerated }, office);
};

/** Every block speaks for all blocks below it, whatever its producer signed elsewhere. */
const builtAbove = (votes: Votes, header: VoteHeader, office: Office): Votes =>
  finalOncePrevoted(countVotes(votes, { ...header, maxHeightGenerated: 0 as Height }, office));

const unionOf = ({ old, new: successors, since }: Office): Office => {
  const union: readonly Address[] = [...new Set([...old, ...successors])];
  return { old: union, new: union, since };
};

const heightFirst = (a: ForkTip, b: ForkTip): number => b.height - a.height || compareForks(a, b);

const anyPrevoted = (votes: Votes, header: VoteHeader): ReturnType<typeof headerFault> =>
  headerFault(votes, { ...header, maxHeightPrevoted: votes.maxHeightPrevoted });

const followRanking = ({ office, elected, height }: OfficeInput): Office =>
  sameSet(office.new, elected) ? office : { ...firstOffice(elected), since: height };

/** The lock that a chain alone would give: the greatest of what it shows, and no word of other forks. */
const lockFromChain = ({ signed }: Kept): Lock => signed.reduce(lockAfter, firstLock);

const unsafe = (fault: string, wrong: Partial<Agreement>, restart = rightRules.restart): WrongRule => ({
  fault,
  loses: 'safety',
  agreement: { ...agreement, ...wrong },
  restart,
});

const frozen = (fault: string, wrong: Partial<Agreement>): WrongRule => ({
  ...unsafe(fault, wrong),
  loses: 'liveness',
});

/** All wrong rules by name. The names are stable: campaigns, documents and other simulations speak of them. */
export const wrongRules = {
  'thresholds-one-lower': unsafe(
    'both phases need one producer less',
    withQuorums({ prevote: oneLower, precommit: oneLower }),
  ),
  'prevote-threshold-one-lower': unsafe(
    'prevotes need one producer less',
    withQuorums({ prevote: oneLower, precommit: threshold }),
  ),
  'precommit-threshold-one-lower': unsafe(
    'precommits need one producer less',
    withQuorums({ prevote: threshold, precommit: oneLower }),
  ),
  'final-at-prevotes': unsafe('what is prevoted is final', {
    countVotes: (votes, header, office) => finalOncePrevoted(countVotes(votes, header, office)),
  }),
  'one-phase': unsafe(
    'a block is final once a quorum has built above it; the longest chain leads; no lock but the slot',
    {
      countVotes: builtAbove,
      headerFault: () => undefined,
      compareForks: heightFirst,
      lockFault: (lock, { slot }) => (slot <= lock.slot ? 'lock_slot' : undefined),
    },
  ),
  'own-prevotes-first': unsafe('a block prevotes before it precommits', { countVotes: ownPrevotesFirst }),
  'no-coverage-walk': unsafe('a block precommits what its producer did not cover', { countVotes: withoutWalk }),
  'own-height-always': unsafe('a block votes for its own height although its producer was higher before', {
    countVotes: ownHeightAlways,
  }),
  'last-height-for-highest': unsafe('a producer states the height of its last block instead of its highest', {
    lockAfter: (lock, signing) => ({ ...lockAfter(lock, signing), maxHeight: signing.height }),
  }),
  'lock-lost': unsafe('a producer starts again as if it had never signed', {}, () => firstLock),
  'lock-from-chain': unsafe('a producer starts again with what its own chain shows of it', {}, lockFromChain),
  'lock-keeps-heights-only': unsafe(
    'a producer starts again with its highest height, and forgets on what it built',
    {},
    ({ lock }) => ({ ...firstLock, slot: lock.slot, maxHeight: lock.maxHeight }),
  ),
  'no-lock': unsafe('a producer signs whatever its turn brings', { lockFault: () => undefined }),
  'new-set-only': unsafe(
    'only the new set of an office counts',
    withOffice((office) => ({ ...office, old: office.new })),
  ),
  'old-set-only': unsafe(
    'only the old set of an office counts',
    withOffice((office) => ({ ...office, new: office.old })),
  ),
  'union-threshold': unsafe('both sets of an office count as one', withOffice(unionOf)),
  'office-does-not-wait': unsafe('an office changes before the last change is final', {
    nextOffice: (input) =>
      nextOffice({ ...input, finalHeight: Math.max(input.finalHeight, input.office.since) as Height }), // one of two heights
  }),
  'office-follows-ranking': unsafe('each height is counted in the set elected for its round', {
    nextOffice: followRanking,
  }),
  'height-first': frozen('the longest chain leads', { compareForks: heightFirst }),
  'prevoted-height-unchecked': frozen('a header may state any prevoted height', { headerFault: anyPrevoted }),
  'no-readiness-test': frozen('a set takes office although none of it was seen', {
    nextOffice: (input) => nextOffice({ ...input, recentProducers: new Set(input.elected) }),
  }),
} as const satisfies Readonly<Record<string, WrongRule>>;

export type WrongRuleName = keyof typeof wrongRules;

export const wrongRuleNames = Object.keys(wrongRules) as readonly WrongRuleName[];
