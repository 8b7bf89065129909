/**
 * Ledger: the books of a block under way: the records it changes, the journal, the sums, and what it will return later.
 *
 * It lives inside one reduction. Kinds work through it; all coins move by its journal. Source: protocol sections 6 to 8.
 */

import type { ChainEvent } from './events.ts';
import { added, Journal, type Pocket } from './journal.ts';
import { invariant } from './refusal.ts';
import type { Change } from './state/delta.ts';
import { aliasKey, candidacyKey, type Key, rankKey } from './state/keys.ts';
import { type Candidacy, type Rank, type Totals, type Withdrawal, withBalance } from './state/records.ts';
import type { StateReader } from './state/view.ts';
import { Workspace } from './state/workspace.ts';
import type { Address, Hash, Seconds } from './units.ts';

/** PERF: two for each transfer, so no closures, and no draft. */
class Balance implements Pocket {
  readonly name = 'balance';
  readonly owner: Address;
  readonly #state: Workspace;

  constructor(state: Workspace, owner: Address) {
    this.#state = state;
    this.owner = owner;
  }

  add(amount: bigint): void {
    const place = this.#state.open(this.owner);
    place.record = withBalance(place.record, added(place.record.balance, amount));
  }
}

export class Ledger {
  readonly state: Workspace;
  readonly journal = new Journal();
  readonly events: ChainEvent[] = [];
  /** Where candidacies that changed stood in the ranking of the parent; `undefined` for those that are new. */
  readonly #ranked = new Map<Hash, Key<Rank> | undefined>();
  /** Accounts with a withdrawal scheduled in this block, by due time. */
  readonly scheduled = new Map<Seconds, Set<Address>>();
  totals: Totals;

  constructor(base: StateReader, totals: Totals) {
    this.state = new Workspace(base);
    this.totals = totals;
  }

  balance(owner: Address): Pocket {
    return new Balance(this.state, owner);
  }

  /** Stake: the power of all whom the owner votes for follows it. */
  staked(owner: Address): Pocket {
    return {
      name: 'staked',
      owner,
      add: (amount) => {
        this.state.changeAccount(owner, (account) => {
          account.staked = added(account.staked, amount);
        });
        this.totals = { ...this.totals, staked: added(this.totals.staked, amount) };
        for (const id of this.state.account(owner).votes) this.changePower(id, amount);
      },
    };
  }

  /** Coins under way to the owner's balance; those of one due time are one. */
  withdrawal(owner: Address, due: Seconds): Pocket {
    return {
      name: 'withdrawal',
      owner,
      add: (amount) => {
        this.state.changeAccount(owner, (account) => {
          account.withdrawals = withAmount(account.withdrawals, due, amount);
        });
        this.totals = { ...this.totals, withdrawals: added(this.totals.withdrawals, amount) };
      },
    };
  }

  candidateCollateral(id: Hash): Pocket {
    return {
      name: 'candidate_collateral',
      owner: id,
      add: (amount) => {
        const candidacy = this.candidacy(id);
        this.state.set(candidacyKey(id), { ...candidacy, collateral: added(candidacy.collateral, amount) });
      },
    };
  }

  aliasCollateral(name: string): Pocket {
    return {
      name: 'alias_collateral',
      owner: name,
      add: (amount) => {
        const alias = this.state.get(aliasKey(name));
        invariant(alias !== undefined, `no alias ${name} to hold collateral`);
        this.state.set(aliasKey(name), { ...alias, collateral: added(alias.collateral, amount) });
      },
    };
  }

  /** Moves coins into a withdrawal that falls due at `due`, from wherever they are locked. */
  scheduleWithdrawal(from: Pocket, owner: Address, due: Seconds, amount: bigint): void {
    if (amount === 0n) return;
    this.journal.move(from, this.withdrawal(owner, due), amount);
    const accounts = this.scheduled.get(due);
    if (accounts === undefined) this.scheduled.set(due, new Set([owner]));
    else accounts.add(owner);
  }

  /** The live candidacy of that id. */
  candidacy(id: Hash): Candidacy {
    const candidacy = this.state.get(candidacyKey(id));
    invariant(candidacy !== undefined, `no candidacy ${id}`);
    return candidacy;
  }

  /** Adds to the power of a candidacy; of one that is gone nothing is left to change. */
  changePower(id: Hash, amount: bigint): void {
    const candidacy = this.state.get(candidacyKey(id));
    if (candidacy === undefined || amount === 0n) return;
    this.#moves(id, candidacy);
    this.state.set(candidacyKey(id), { ...candidacy, power: added(candidacy.power, amount) });
  }

  /** A candidacy begins. */
  openCandidacy(id: Hash, candidacy: Candidacy): void {
    this.#moves(id, undefined);
    this.state.set(candidacyKey(id), candidacy);
  }

  /** A candidacy ends; its collateral has been moved out. */
  closeCandidacy(id: Hash): void {
    this.#moves(id, this.candidacy(id));
    this.state.remove(candidacyKey(id));
  }

  /** The place of a candidacy in the ranking is about to change for the first time in this block. */
  #moves(id: Hash, before: Candidacy | undefined): void {
    if (!this.#ranked.has(id)) this.#ranked.set(id, before && rankKey(before));
  }

  /**
   * Everything changed so far, the ranking too: nobody reads that of a block under way, so it is brought up to date here, once for all that moved a
   * candidacy. PERF: a vote moves up to thirty.
   */
  get changes(): readonly Change[] {
    for (const before of this.#ranked.values()) if (before !== undefined) this.state.remove(before);
    for (const id of this.#ranked.keys()) {
      const candidacy = this.state.get(candidacyKey(id));
      if (candidacy === undefined) continue;
      const key = rankKey(candidacy);
      this.state.set(key, { candidacy: id });
      this.#ranked.set(id, key); // where it stands if more changes, and somebody asks again
    }
    return this.state.changes;
  }
}

/** The list with the amount added to the withdrawal of that due time; one of nothing is not kept. */
const withAmount = (withdrawals: readonly Withdrawal[], due: Seconds, amount: bigint): readonly Withdrawal[] => {
  const kept = withdrawals.filter((withdrawal) => withdrawal.due !== due);
  const before = withdrawals.find((withdrawal) => withdrawal.due === due)?.amount ?? 0n;
  const after = added(before, amount);
  if (after !== 0n) kept.push({ due, amount: after });
  return kept.sort((a, b) => a.due - b.due);
};
