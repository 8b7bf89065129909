/**
 * Naive ledger: what accounts, votes, bandwidth and withdrawals must be, from plain lists that are searched each time.
 *
 * Nothing is kept that can be computed: used units are a sum over the list of all charges ever, vote power is a sum over
 * all voters, the ranking is a sort, an open withdrawal is one of a list. Written from the protocol's sections 4 to 8 and 10.
 */
import type { CheckedTransaction } from '../../src/core/check.ts';
import type { ChainParams } from '../../src/core/params.ts';
import type { Address, Hash } from '../../src/core/units.ts';

export interface NaiveAccount {
  nonce: bigint;
  balance: bigint;
  staked: bigint;
  votes: readonly Hash[];
}

export interface NaiveCandidacy {
  readonly id: Hash;
  readonly owner: Address;
  readonly collateral: bigint;
  readonly height: number;
  readonly index: number;
  produced: number;
  missed: number;
}

export interface Charge {
  readonly who: Address;
  readonly time: number;
  readonly units: number;
}

export interface NaiveWithdrawal {
  readonly owner: Address;
  readonly due: number;
  readonly amount: bigint;
}

interface Certificate {
  readonly expires: bigint;
  revoked: boolean;
}

/** What became of an offer: left out with a code, or let in, with the code of the check that failed. */
export interface Verdict {
  readonly leftOut?: string;
  readonly failed?: string;
  /** The quota that the charge was held to, and whether it was the way out. */
  readonly quota?: bigint;
  readonly isWayOut?: boolean;
}

export interface Offered {
  readonly tx: CheckedTransaction;
  readonly time: number;
  readonly height: number;
  /** How many stand before it, and how many units those have. */
  readonly index: number;
  readonly unitsBefore: number;
}

const least = <T>(list: readonly T[], order: (a: T, b: T) => number): readonly T[] => [...list].sort(order);
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

export class NaiveLedger {
  readonly params: ChainParams;
  supply = 0n;
  readonly accounts = new Map<Address, NaiveAccount>();
  charges: Charge[] = [];
  withdrawals: NaiveWithdrawal[] = [];
  candidacies: NaiveCandidacy[] = [];
  aliases: { readonly name: string; readonly owner: Address; readonly collateral: bigint }[] = [];
  readonly records = new Set<string>();
  readonly certificates = new Map<string, Certificate>();
  readonly budgets = new Map<number, bigint>();

  constructor(params: ChainParams) {
    this.params = params;
  }

  account(who: Address): NaiveAccount {
    const account = this.accounts.get(who) ?? { nonce: 0n, balance: 0n, staked: 0n, votes: [] };
    this.accounts.set(who, account);
    return account;
  }

  candidacyOf(owner: Address): NaiveCandidacy | undefined {
    return this.candidacies.find((candidacy) => candidacy.owner === owner);
  }

  powerOf(id: Hash): bigint {
    return sum([...this.accounts.values()].filter(({ votes }) => votes.includes(id)).map(({ staked }) => staked));
  }

  /** Power descending, then the older, then the address. */
  ranking(): readonly NaiveCandidacy[] {
    return least(this.candidacies, (a, b) => {
      const [left, right] = [this.powerOf(a.id), this.powerOf(b.id)];
      if (left !== right) return left > right ? -1 : 1;
      return a.height - b.height || a.index - b.index || (a.owner < b.owner ? -1 : 1);
    });
  }

  /** The units charged to an account in (time - window, time]. */
  used(who: Address, time: number): number {
    const counted = this.charges.filter(
      (charge) => charge.who === who && charge.time > time - this.params.windowSeconds,
    );
    return counted.reduce((total, { units }) => total + units, 0);
  }

  /** Open withdrawals by due time; those of one due time are one. */
  open(owner: Address): readonly { readonly due: number; readonly amount: bigint }[] {
    const own = this.withdrawals.filter((withdrawal) => withdrawal.owner === owner);
    const dues = least([...new Set(own.map(({ due }) => due))], (a, b) => a - b);
    return dues.map((due) => ({ due, amount: sum(own.filter((one) => one.due === due).map(({ amount }) => amount)) }));
  }

  totalStaked(): bigint {
    return sum([...this.accounts.values()].map(({ staked }) => staked));
  }

  totalWithdrawals(): bigint {
    return sum(this.withdrawals.map(({ amount }) => amount));
  }

  /** The quota of a stake, with so much more staked than now. */
  quota(staked: bigint, more = 0n): bigint {
    const { unitsPerSecond, windowSeconds, stakeBasis, stakeFloor } = this.params;
    const floor = (this.supply * stakeFloor.numerator) / stakeFloor.denominator;
    const bound = this.totalStaked() + more + this.totalWithdrawals();
    const basis = stakeBasis === 'supply' ? this.supply : [bound, floor].reduce((a, b) => (a > b ? a : b));
    return basis === 0n ? 0n : (BigInt(unitsPerSecond) * BigInt(windowSeconds) * staked) / basis;
  }

  /** What is due at a block's time goes back to the balances. */
  release(time: number): void {
    for (const { owner, due, amount } of this.withdrawals) if (due <= time) this.account(owner).balance += amount;
    this.withdrawals = this.withdrawals.filter(({ due }) => due > time);
  }

  withdraw(owner: Address, due: number, amount: bigint): void {
    if (amount > 0n) this.withdrawals.push({ owner, due, amount });
  }

  /** Applies an offer, if it may stand there. */
  offer(offered: Offered): Verdict {
    const { tx, time, unitsBefore } = offered;
    const { nonce } = tx.transaction;
    const sender = this.account(tx.sender);
    if (nonce !== sender.nonce + 1n) return { leftOut: nonce <= sender.nonce ? 'nonce_too_low' : 'nonce_too_high' };
    const failed = this.fault(offered);
    const bandwidth = this.bandwidth(offered, failed === undefined);
    if (bandwidth.leftOut !== undefined) return bandwidth;
    const { maxBlockUnits } = this.params;
    if (maxBlockUnits > 0 && unitsBefore + tx.units > maxBlockUnits) return { leftOut: 'block_full' };
    if (failed === undefined) this.execute(offered);
    sender.nonce += 1n;
    this.charges.push({ who: tx.payer ?? tx.sender, time, units: tx.units });
    return failed === undefined ? bandwidth : { ...bandwidth, failed };
  }

  private bandwidth({ tx, time }: Offered, executes: boolean): Verdict {
    const { value } = tx.transaction;
    const payer = tx.payer ?? tx.sender;
    const { staked } = this.account(payer);
    const after = BigInt(this.used(payer, time) + tx.units);
    const alone = tx.payer === undefined && executes;
    if (after <= this.quota(staked)) return { quota: this.quota(staked) };
    if (alone && tx.kind.name === 'unstake' && value === staked) return { quota: this.quota(staked), isWayOut: true };
    if (!alone || tx.kind.name !== 'stake') return { leftOut: 'bandwidth_exceeded', quota: this.quota(staked) };
    const quota = this.quota(staked + value, value);
    return after <= quota ? { quota } : { leftOut: 'bandwidth_exceeded', quota };
  }

  private tooManyOpen(owner: Address): boolean {
    return this.open(owner).length >= this.params.maxWithdrawals;
  }

  /** The first check at execution that fails. */
  private fault({ tx, time }: Offered): string | undefined {
    const { params } = this;
    const { value } = tx.transaction;
    const account = this.account(tx.sender);
    const candidacy = this.candidacyOf(tx.sender);
    const alias = this.aliases.find(({ owner }) => owner === tx.sender);
    const open = () => this.tooManyOpen(tx.sender) && 'too_many_withdrawals';
    const short = () => account.balance < value && 'balance_too_small';
    const first = (...codes: readonly (string | false)[]) => codes.find((code) => code !== false) || undefined;
    switch (tx.kind.name) {
      case 'transfer':
      case 'stake':
        return first(value === 0n && 'amount_is_zero', short());
      case 'unstake':
        return first(value === 0n && 'amount_is_zero', account.staked < value && 'stake_too_small', open());
      case 'vote': {
        const ids = (tx.payload as { candidates: readonly Hash[] }).candidates;
        const isLive = (id: Hash) => this.candidacies.some((live) => live.id === id);
        return first(
          ids.length > params.maxVotes && 'too_many_votes',
          new Set(ids).size < ids.length && 'vote_duplicate',
          !ids.every(isLive) && 'candidate_unknown',
        );
      }
      case 'become_candidate':
        return first(
          candidacy !== undefined && 'already_candidate',
          value < params.candidateCollateral && 'collateral_too_small',
          short(),
          params.candidateNeedsAlias && alias === undefined && 'alias_required',
        );
      case 'quit_candidacy':
        return first(candidacy === undefined && 'not_candidate', open());
      case 'add_record':
        return first(this.records.has(`${hashOf(tx)} ${tx.sender}`) && 'record_exists');
      case 'add_certification': {
        const { issued, expires } = tx.payload as { issued: bigint; expires: bigint };
        return first(
          issued >= expires && 'certification_expires_before_issue',
          expires <= BigInt(time) && 'certification_already_expired',
          issued > BigInt(time) + 3600n && 'certification_issued_in_future',
          this.certificates.has(`${tx.sender} ${hashOf(tx)}`) && 'certification_exists',
        );
      }
      case 'revoke_certification': {
        const certificate = this.certificates.get(`${tx.sender} ${hashOf(tx)}`);
        if (certificate === undefined) return 'certification_unknown';
        return first(
          certificate.revoked && 'certification_revoked',
          certificate.expires <= BigInt(time) && 'certification_expired',
        );
      }
      case 'register_alias': {
        const { alias: name } = tx.payload as { alias: string };
        return first(
          !isAliasName(name) && 'alias_malformed',
          this.aliases.some((taken) => taken.name === name) && 'alias_taken',
          alias !== undefined && 'already_has_alias',
          value < params.aliasCollateral && 'collateral_too_small',
          short(),
        );
      }
      case 'deregister_alias':
        return first(
          alias === undefined && 'no_alias',
          params.candidateNeedsAlias && candidacy !== undefined && 'alias_needed_by_candidate',
          open(),
        );
      default:
        throw new Error(`the naive ledger knows no ${tx.kind.name}`);
    }
  }

  private execute({ tx, time, height, index }: Offered): void {
    const { value, to } = tx.transaction;
    const account = this.account(tx.sender);
    const due = time + this.params.unstakeSeconds;
    switch (tx.kind.name) {
      case 'transfer':
        account.balance -= value;
        this.account(to).balance += value;
        break;
      case 'stake':
        account.balance -= value;
        account.staked += value;
        break;
      case 'unstake':
        account.staked -= value;
        this.withdraw(tx.sender, due, value);
        break;
      case 'vote':
        account.votes = (tx.payload as { candidates: readonly Hash[] }).candidates;
        break;
      case 'become_candidate':
        account.balance -= value;
        this.candidacies.push({
          id: tx.id,
          owner: tx.sender,
          collateral: value,
          height,
          index,
          produced: 0,
          missed: 0,
        });
        break;
      case 'quit_candidacy':
        this.withdraw(tx.sender, due, this.candidacyOf(tx.sender)?.collateral ?? 0n);
        this.candidacies = this.candidacies.filter(({ owner }) => owner !== tx.sender);
        break;
      case 'add_record':
        this.records.add(`${hashOf(tx)} ${tx.sender}`);
        break;
      case 'add_certification': {
        const { expires } = tx.payload as { expires: bigint };
        this.certificates.set(`${tx.sender} ${hashOf(tx)}`, { expires, revoked: false });
        break;
      }
      case 'revoke_certification':
        (this.certificates.get(`${tx.sender} ${hashOf(tx)}`) as Certificate).revoked = true;
        break;
      case 'register_alias':
        account.balance -= value;
        this.aliases.push({ name: (tx.payload as { alias: string }).alias, owner: tx.sender, collateral: value });
        break;
      case 'deregister_alias':
        this.withdraw(tx.sender, due, this.aliases.find(({ owner }) => owner === tx.sender)?.collateral ?? 0n);
        this.aliases = this.aliases.filter(({ owner }) => owner !== tx.sender);
        break;
    }
  }

  /** What the block of this slot mints, to its producer. */
  reward(slot: number, producer: Address): bigint {
    const { yearSlots, inflationPerYear } = this.params;
    const year = Math.floor((slot - 1) / yearSlots);
    const place = BigInt((slot - 1) % yearSlots);
    const budget = this.budgets.get(year) ?? (this.supply * inflationPerYear.numerator) / inflationPerYear.denominator;
    this.budgets.set(year, budget);
    const upTo = (slots: bigint) => (budget * slots) / BigInt(yearSlots);
    const worth = upTo(place + 1n) - upTo(place);
    const minted = this.supply + worth >= 2n ** 128n ? 0n : worth;
    this.supply += minted;
    this.account(producer).balance += minted;
    return minted;
  }
}

const hashOf = (tx: CheckedTransaction): Hash => (tx.payload as { hash: Hash }).hash;

const isAliasName = (name: string): boolean =>
  name.length >= 12 &&
  name.length <= 16 &&
  'abcdefghijklmnopqrstuvwxyz'.includes(name[0] as string) &&
  [...name].every((letter) => 'abcdefghijklmnopqrstuvwxyz0123456789'.includes(letter));
