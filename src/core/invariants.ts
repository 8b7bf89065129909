/**
 * Invariants: what is true of the state after every block, as named values that audits and tests compute anew.
 *
 * The reducer keeps sums, powers, places and links up to date change by change; here each is computed from all entries
 * and compared. Source: protocol sections 1, 3, 6 to 9 and 11.
 *
 * PERF: each reads every entry of some tags once; none keeps more than one number an entry.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from './bytes.ts';
import type { ChainParams } from './params.ts';
import { decodeEntry, encodeEntry } from './state/encoding.ts';
import {
  accountKey,
  aliasKey,
  candidacyKey,
  certificationKey,
  certifiedKey,
  dueKey,
  dueOf,
  finalityKey,
  type Key,
  officeKey,
  rangeOf,
  rankingRange,
  rankKey,
  tags,
  totalsKey,
} from './state/keys.ts';
import type { Account, Alias, Candidacy, Certification, Certified, Due, Totals } from './state/records.ts';
import type { StateReader } from './state/view.ts';
import { ADDRESS_BYTES, type Address, type Hash, MAX_AMOUNT } from './units.ts';

/** Something true of every state of a chain. */
export interface StateInvariant {
  /** A sentence. */
  readonly name: string;
  /** `undefined` if it holds in this state, else the first thing found against it. */
  readonly holds: (view: StateReader, params: ChainParams) => string | undefined;
}

type Faults = Iterable<string>;

const stateInvariant = (name: string, faults: (view: StateReader, params: ChainParams) => Faults): StateInvariant => ({
  name,
  holds: (view, params) => {
    for (const fault of faults(view, params)) return fault;
    return undefined;
  },
});

/** All entries under a tag, by key, without the tag. */
function* entriesOf<T>(view: StateReader, tag: string): Generator<readonly [name: string, record: T]> {
  for (const key of view.keys(rangeOf(tag), Number.MAX_SAFE_INTEGER)) {
    yield [key.slice(tag.length), view.get(key as Key<T>) as T];
  }
}

const accountsOf = (view: StateReader) => entriesOf<Account>(view, tags.account) as Generator<[Address, Account]>;
const candidaciesOf = (view: StateReader) => entriesOf<Candidacy>(view, tags.candidacy) as Generator<[Hash, Candidacy]>;

const ADDRESS_DIGITS = 2 * ADDRESS_BYTES;

/** A sum for each name. */
class Sums {
  readonly #sums = new Map<string, bigint>();

  add(name: string, amount: bigint): void {
    this.#sums.set(name, this.of(name) + amount);
  }

  of(name: string): bigint {
    return this.#sums.get(name) ?? 0n;
  }

  names(): Iterable<string> {
    return this.#sums.keys();
  }
}

/** What all amounts of the state sum to, by where they lie. */
const amountsOf = (view: StateReader): Record<'balances' | 'staked' | 'withdrawals' | 'collateral', bigint> => {
  const sums = { balances: 0n, staked: 0n, withdrawals: 0n, collateral: 0n };
  for (const [, account] of accountsOf(view)) {
    sums.balances += account.balance;
    sums.staked += account.staked;
    for (const { amount } of account.withdrawals) sums.withdrawals += amount;
  }
  for (const [, { collateral }] of candidaciesOf(view)) sums.collateral += collateral;
  for (const [, { collateral }] of entriesOf<Alias>(view, tags.alias)) sums.collateral += collateral;
  return sums;
};

const supplyIsWhole = stateInvariant('all amounts of the state sum to the supply', function* (view) {
  const { balances, staked, withdrawals, collateral } = amountsOf(view);
  const sum = balances + staked + withdrawals + collateral;
  const supply = view.get(totalsKey)?.supply;
  if (sum !== supply) yield `the amounts sum to ${sum}, the supply is ${supply}`;
  if (sum > MAX_AMOUNT) yield `the supply ${sum} is above 2^128-1`;
});

const totalsAreSums = stateInvariant(
  'the totals are the sums of what is staked and of what is under way',
  function* (view) {
    const sums = amountsOf(view);
    const totals = view.get(totalsKey) as Totals;
    if (totals.staked !== sums.staked) yield `the stakes sum to ${sums.staked}, the total is ${totals.staked}`;
    if (totals.withdrawals !== sums.withdrawals) {
      yield `the open withdrawals sum to ${sums.withdrawals}, the total is ${totals.withdrawals}`;
    }
  },
);

const powersAreStakes = stateInvariant(
  'the power of a candidacy is the stake of all who vote for it',
  function* (view) {
    const powers = new Sums();
    for (const [, { votes, staked }] of accountsOf(view)) for (const id of votes) powers.add(id, staked);
    for (const [id, { power }] of candidaciesOf(view)) {
      if (power !== powers.of(id)) yield `the voters of ${id} have ${powers.of(id)} staked, its power is ${power}`;
    }
  },
);

const rankingIsWhole = stateInvariant(
  'each candidacy stands in the ranking once, in its place, and nothing else does',
  function* (view) {
    let candidacies = 0;
    for (const [id, candidacy] of candidaciesOf(view)) {
      candidacies += 1;
      const rank = view.get(rankKey(candidacy));
      if (rank?.candidacy !== id) yield `the place of candidacy ${id} holds ${rank?.candidacy}`;
    }
    const places = view.keys(rankingRange, Number.MAX_SAFE_INTEGER).length;
    if (places !== candidacies) yield `the ranking has ${places} places for ${candidacies} candidacies`;
  },
);

const usageReturns = stateInvariant('what an account used is what the dated queue returns to it', function* (view) {
  const usage = new Sums();
  for (const [, due] of entriesOf<Due>(view, tags.due)) {
    for (const { account, units } of due.usage) usage.add(account, BigInt(units));
  }
  for (const [address, { used }] of accountsOf(view)) {
    if (BigInt(used) !== usage.of(address))
      yield `the queue returns ${usage.of(address)} units to ${address}, it used ${used}`;
  }
  for (const address of usage.names()) {
    if (view.get(accountKey(address as Address)) === undefined)
      yield `the queue returns units to ${address}, which has no account`;
  }
});

const withdrawalsReturn = stateInvariant(
  'each open withdrawal stands in the dated queue, and each of the queue is open',
  function* (view, params) {
    for (const [address, { withdrawals }] of accountsOf(view)) {
      if (withdrawals.length > params.maxWithdrawals) yield `${address} has ${withdrawals.length} withdrawals open`;
      for (const [index, { due, amount }] of withdrawals.entries()) {
        if (amount === 0n) yield `a withdrawal of ${address} is of nothing`;
        if (due <= (withdrawals[index - 1]?.due ?? 0))
          yield `the withdrawals of ${address} are not in the order of their times`;
        if (view.get(dueKey(due))?.withdrawals.includes(address) !== true)
          yield `the queue lacks the withdrawal of ${address} at ${due}`;
      }
    }
    for (const [name, { withdrawals }] of entriesOf<Due>(view, tags.due)) {
      const due = dueOf(tags.due + name);
      for (const address of withdrawals) {
        const account = view.get(accountKey(address));
        if (account?.withdrawals.some((open) => open.due === due) !== true)
          yield `${address} has no withdrawal open at ${due}`;
      }
    }
  },
);

const isAscending = (names: readonly string[]): boolean =>
  names.every((name, index) => index === 0 || (names[index - 1] as string) < name);

const queueIsTidy = stateInvariant(
  'an entry of the dated queue holds something, each account once and in order',
  function* (view) {
    for (const [name, { usage, withdrawals }] of entriesOf<Due>(view, tags.due)) {
      const due = dueOf(tags.due + name);
      if (usage.length + withdrawals.length === 0) yield `the queue holds nothing at ${due}`;
      if (!isAscending(usage.map(({ account }) => account))) yield `the usage at ${due} is not in order`;
      if (usage.some(({ units }) => units < 1)) yield `usage of nothing stands at ${due}`;
      if (!isAscending(withdrawals)) yield `the withdrawals at ${due} are not in order`;
    }
  },
);

const ownersPointBack = stateInvariant('a candidacy or alias and its owner point at each other', function* (view) {
  for (const [id, { owner }] of candidaciesOf(view)) {
    if (view.get(accountKey(owner))?.candidacy !== id) yield `the owner of candidacy ${id} does not name it`;
  }
  for (const [name, { owner }] of entriesOf<Alias>(view, tags.alias)) {
    const alias = view.get(accountKey(owner))?.alias;
    if (alias === undefined || aliasKey(alias) !== tags.alias + name)
      yield `the owner of alias ${name} does not name it`;
  }
  for (const [address, { candidacy, alias }] of accountsOf(view)) {
    if (candidacy !== undefined && view.get(candidacyKey(candidacy))?.owner !== address)
      yield `the candidacy of ${address} is not its own`;
    if (alias !== undefined && view.get(aliasKey(alias))?.owner !== address)
      yield `the alias of ${address} is not its own`;
  }
});

const accountsAreSeen = stateInvariant('no account is all zeros, and none votes twice for one', function* (view) {
  for (const [address, account] of accountsOf(view)) {
    const { nonce, balance, staked, used, withdrawals, votes, candidacy, alias } = account;
    const isZero = nonce + balance + staked + BigInt(used) === 0n && withdrawals.length + votes.length === 0;
    if (isZero && candidacy === undefined && alias === undefined) yield `the account of ${address} is all zeros`;
    if (new Set(votes).size < votes.length) yield `${address} votes twice for one candidacy`;
  }
});

const certificationsAreIndexed = stateInvariant(
  'each certification is found from the certified, and nothing else is',
  function* (view) {
    const hashAt = ADDRESS_DIGITS;
    for (const [name, { certified, stored }] of entriesOf<Certification>(view, tags.certification)) {
      const key = certifiedKey(certified, name.slice(0, hashAt) as Address, name.slice(hashAt) as Hash);
      if (view.get(key)?.stored !== stored) yield `the certification ${name} is not found from ${certified}`;
    }
    for (const [name] of entriesOf<Certified>(view, tags.certified)) {
      const certifier = name.slice(ADDRESS_DIGITS, 2 * ADDRESS_DIGITS) as Address;
      const certification = view.get(certificationKey(certifier, name.slice(2 * ADDRESS_DIGITS) as Hash));
      if (certification?.certified !== name.slice(0, ADDRESS_DIGITS)) yield `there is no certification behind ${name}`;
    }
  },
);

const officeIsSound = stateInvariant(
  'the office has its sets in order, and what is final was prevoted',
  function* (view) {
    const office = view.get(officeKey);
    const finality = view.get(finalityKey);
    if (office === undefined || finality === undefined) return yield 'there is no entry of the office or of finality';
    const { maxHeightPrevoted, finalHeight } = finality;
    if (finalHeight > maxHeightPrevoted)
      yield `height ${finalHeight} is final, but only ${maxHeightPrevoted} was prevoted`;
    const { spans, producers } = office;
    if (spans.length === 0) yield 'there is no office in the window';
    if (!isAscending(producers)) yield 'the producers are not in order';
    for (const [index, { fromHeight, old, new: successors, since }] of spans.entries()) {
      if (old.length === 0 || successors.length === 0) yield `a set of the office from ${fromHeight} is empty`;
      if (!isAscending(old) || !isAscending(successors)) yield `a set of the office from ${fromHeight} is not in order`;
      if (since > fromHeight) yield `the office from ${fromHeight} is of a later height`;
      if (index > 0 && fromHeight <= (spans[index - 1]?.fromHeight ?? 0))
        yield 'the offices are not in the order of their heights';
    }
  },
);

const knownTags: readonly string[] = Object.values(tags);

const recordsAreTheirBytes = stateInvariant('every record is what its bytes say', function* (view) {
  for (const tag of knownTags) {
    for (const [name, record] of entriesOf<unknown>(view, tag)) {
      const key = (tag + name) as Key<unknown>;
      const bytes = encodeEntry(key, record);
      const read = decodeEntry(key, bytes);
      if (E.isLeft(read)) yield `the bytes of ${key} are malformed: ${toHex(bytes)}`;
      else if (!isSame(record, read.right)) yield `the bytes of ${key} say something else: ${toHex(bytes)}`;
    }
  }
});

/** Whether two records have the same fields, lists and records within them included. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => isSame(a[name as keyof typeof a], b[name as keyof typeof b]));
};

/** All of them. A state in which one does not hold was made by a fault of ours. */
export const stateInvariants: readonly StateInvariant[] = [
  supplyIsWhole,
  totalsAreSums,
  powersAreStakes,
  rankingIsWhole,
  usageReturns,
  withdrawalsReturn,
  queueIsTidy,
  ownersPointBack,
  accountsAreSeen,
  certificationsAreIndexed,
  officeIsSound,
  recordsAreTheirBytes,
];

/** Those that do not hold, each with what was found against it. */
export const brokenInvariants = (view: StateReader, params: ChainParams): readonly string[] =>
  stateInvariants.flatMap(({ name, holds }) => {
    const fault = holds(view, params);
    return fault === undefined ? [] : [`${name}: ${fault}`];
  });
