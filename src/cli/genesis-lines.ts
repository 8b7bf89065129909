/**
 * Genesis lines: a genesis report as lines of text for people.
 */
import { keys, MED } from '../core/index.ts';
import type { GenesisReport } from '../fixtures/genesis-report.ts';

/** An amount in MED with its fraction, if it has one. */
export const medText = (amount: bigint): string => {
  const whole = (amount / MED).toString().replace(/\B(?=(?:\d{3})+$)/g, ' ');
  const fraction = (amount % MED).toString().padStart(12, '0').replace(/0+$/, '');
  return `${fraction === '' ? whole : `${whole}.${fraction}`} MED`;
};

/** What a report says, a line each: counts, sums, ids, and all candidates in ranking order, the elected marked. */
export const genesisLines = ({ counts, founding, candidates, accounts, aliases }: GenesisReport): readonly string[] => {
  const { chain, tip } = founding;
  const totals = tip.state.get(keys.totalsKey);
  const collateral = candidates.reduce((sum, candidacy) => sum + candidacy.collateral, 0n);
  const elected = Math.min(candidates.length, chain.params.producersPerRound);
  return [
    `transactions      ${counts.transactions}`,
    `hashes            ${counts.hashesRight} of ${counts.transactions} are those of their fields`,
    `signers           ${counts.signersRecovered} of ${counts.signed} recovered`,
    `chain id          ${chain.params.chainId}`,
    `genesis time      ${chain.genesisTime}`,
    `genesis id        ${chain.genesisId}`,
    `state root        ${tip.state.root} (${tip.state.count} entries)`,
    `accounts          ${accounts}, ${aliases} of them with an alias`,
    `supply            ${medText(totals?.supply ?? 0n)}, staked ${medText(totals?.staked ?? 0n)}, candidates' collateral ${medText(collateral)}`,
    `producers         ${elected} elected of ${candidates.length} candidates, in ranking order:`,
    ...candidates.map(({ owner, power, alias }, index) => {
      const place = String(index + 1).padStart(3);
      return `${place} ${index < elected ? '*' : ' '} ${owner} ${(alias ?? '-').padEnd(16)} power ${medText(power)}`;
    }),
  ];
};
