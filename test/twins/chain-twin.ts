/**
 * Chain twin: a whole chain as the naive twins see it, from the same genesis and the same offers, beside the real one.
 *
 * It takes over nothing that the reducer decided but who signed what: which offers stand in a block and what they do there is
 * its own finding, to be compared.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { CheckedTransaction } from '../../src/core/check.ts';
import { accountKey, candidacyKey, rankingRange, totalsKey } from '../../src/core/state/keys.ts';
import { type Account, noAccount } from '../../src/core/state/records.ts';
import type { Address, Hash } from '../../src/core/units.ts';
import { type ChainDriver, genesisCandidacy, genesisIndex, type Step } from './chain-driver.ts';
import { type FinalityTwin, finalityTwin } from './finality-twin.ts';
import { NaiveLedger, type Verdict } from './naive-ledger.ts';
import { turnTeller } from './naive-rounds.ts';

/** The naive ledger of the driver's genesis. */
export const naiveGenesis = ({ setting, people, chain }: ChainDriver): NaiveLedger => {
  const ledger = new NaiveLedger(chain.params);
  const isCandidate = (index: number) => setting.holdings[index]?.collateral !== undefined;
  for (const person of people) {
    const { balance, staked, collateral, votes } = setting.holdings[person.index] ?? {
      balance: 0n,
      staked: 0n,
      votes: [],
    };
    const names = [...new Set(votes)].filter(isCandidate).flatMap((index) => people[index] ?? []);
    ledger.accounts.set(person.address, { nonce: 0n, balance, staked, votes: names.map(genesisCandidacy) });
    ledger.supply += balance + staked + (collateral ?? 0n);
    if (collateral === undefined) continue;
    const id = genesisCandidacy(person);
    const age = { height: 0, index: genesisIndex(person), produced: 0, missed: 0 };
    ledger.candidacies.push({ id, owner: person.address, collateral, ...age });
  }
  return ledger;
};

/** What the naive ledger lets into the block of a step, and what became of each offer, as the driver tells outcomes. */
export const offerAll = (
  ledger: NaiveLedger,
  { offers, time, transition }: Pick<Step, 'offers' | 'time' | 'transition'>,
) => {
  const verdicts: Verdict[] = [];
  const included: CheckedTransaction[] = [];
  for (const { checked } of offers) {
    if (E.isLeft(checked)) {
      verdicts.push({ leftOut: checked.left.refusal.code });
      continue;
    }
    const tx = checked.right;
    const unitsBefore = included.reduce((total, { units }) => total + units, 0);
    const verdict = ledger.offer({ tx, time, height: transition.tip.height, index: included.length, unitsBefore });
    verdicts.push(verdict);
    if (verdict.leftOut === undefined) included.push(tx);
  }
  return { verdicts, included };
};

/** The naive ledger after the block of a step, but for its producer's turn and counts; what became of each offer. */
export const followLedger = (ledger: NaiveLedger, step: Step): readonly Verdict[] => {
  ledger.release(step.time);
  const { verdicts } = offerAll(ledger, step);
  ledger.reward(step.slot, step.built.claim.producer);
  return verdicts;
};

/** Outcomes and verdicts in the same words: left out with a code, failed with a code, or executed. */
export const toldOutcomes = ({ outcomes }: Pick<Step, 'outcomes'>): readonly string[] =>
  outcomes.map(({ leftOut, failed }) => (leftOut !== undefined ? `left out: ${leftOut.code}` : (failed ?? 'executed')));

export const toldVerdicts = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts.map(({ leftOut, failed }) => (leftOut !== undefined ? `left out: ${leftOut}` : (failed ?? 'executed')));

/** The accounts of all people as the naive ledger has them. */
export const naiveAccounts = (ledger: NaiveLedger, { people, tip }: ChainDriver): readonly Account[] =>
  people.map(({ address }) => ({
    ...ledger.account(address),
    used: ledger.used(address, tip.time) as Account['used'],
    withdrawals: ledger.open(address) as Account['withdrawals'],
    candidacy: ledger.candidacyOf(address)?.id,
    alias: ledger.aliases.find(({ owner }) => owner === address)?.name,
  }));

export const realAccounts = ({ people, tip }: ChainDriver): readonly Account[] =>
  people.map(({ address }) => tip.state.get(accountKey(address)) ?? noAccount);

/** The ranking, first place first: whose, which, with what power and counts. */
export const naiveRanking = (ledger: NaiveLedger) =>
  ledger
    .ranking()
    .map(({ id, owner, produced, missed }) => ({ id, owner, power: ledger.powerOf(id), produced, missed }));

export const realRanking = ({ tip }: ChainDriver) =>
  tip.state.keys(rankingRange, Number.MAX_SAFE_INTEGER).map((key) => {
    const rank = tip.state.get(key as never) as { readonly candidacy: Hash } | undefined;
    const candidacy = tip.state.get(candidacyKey(rank?.candidacy ?? ('' as Hash)));
    const { owner, power, produced, missed } = candidacy ?? { owner: undefined, power: 0n, produced: 0, missed: 0 };
    return { id: rank?.candidacy, owner, power, produced, missed };
  });

export const naiveTotals = (ledger: NaiveLedger) => ({
  supply: ledger.supply,
  staked: ledger.totalStaked(),
  withdrawals: ledger.totalWithdrawals(),
});

export const realTotals = ({ tip }: ChainDriver) => {
  const { supply, staked, withdrawals } = tip.state.get(totalsKey) ?? { supply: 0n, staked: 0n, withdrawals: 0n };
  return { supply, staked, withdrawals };
};

/** The twin of a chain, which follows the driver step by step. */
export class ChainTwin {
  readonly ledger: NaiveLedger;
  readonly finality: FinalityTwin;
  readonly #driver: ChainDriver;
  readonly #turnAt: (slot: number) => string;

  constructor(driver: ChainDriver) {
    this.#driver = driver;
    this.ledger = naiveGenesis(driver);
    const { finalityWindow: window, stallSlots } = driver.chain.params;
    this.finality = finalityTwin({ window, stallSlots, elected: this.#elected() });
    this.#turnAt = turnTeller(driver.chain.genesisId, this.finality);
  }

  #elected(): readonly Address[] {
    return this.ledger
      .ranking()
      .slice(0, this.#driver.chain.params.producersPerRound)
      .map(({ owner }) => owner);
  }

  /** Counts each slot since the parent; tells whose turn the block's own is. */
  #countSlots({ parent, slot }: Step): Address {
    for (let missed = parent.slot + 1; missed < slot; missed += 1) {
      const candidacy = this.ledger.candidacyOf(this.#turnAt(missed) as Address);
      if (candidacy !== undefined) candidacy.missed += 1;
    }
    const producer = this.#turnAt(slot) as Address;
    const candidacy = this.ledger.candidacyOf(producer);
    if (candidacy !== undefined) candidacy.produced += 1;
    return producer;
  }

  /** What the block of this step should be: its producer, what stands in it, its reward, V and F. */
  follow(step: Step) {
    const producer = this.#countSlots(step);
    this.ledger.release(step.time);
    const { verdicts, included } = offerAll(this.ledger, step);
    const reward = this.ledger.reward(step.slot, producer);
    const { maxHeightGenerated } = step.built.claim;
    const block = { slot: step.slot, producer, maxHeightGenerated, electedAfter: this.#elected() };
    const { maxHeightPrevotedAfter, finalHeight } = this.finality.append(block);
    return {
      producer,
      outcomes: toldVerdicts(verdicts),
      included: included.map(({ id }) => id),
      reward,
      V: maxHeightPrevotedAfter,
      F: finalHeight,
    };
  }
}

/** What the block of a step was, in the words of `ChainTwin.follow`. */
export const realBlock = ({ built, transition, outcomes }: Step) => ({
  producer: built.claim.producer,
  outcomes: toldOutcomes({ outcomes }),
  included: transition.included.map(({ id }) => id),
  reward: transition.reward,
  V: transition.tip.votes.maxHeightPrevoted as number,
  F: transition.tip.votes.finalHeight as number,
});
