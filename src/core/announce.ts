/**
 * Announce: the entries of the state that following a block may read, told before it is followed.
 *
 * A store that answers late can be asked for all of them at once, and the reducer stays synchronous. The set is told from
 * the parent's state and the block alone; it may hold keys that are not read in the end, never too few.
 * Source: protocol section 4 ("keys it will touch"), docs/design.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { CheckedBlock } from './block.ts';
import type { Chain, Tip } from './chain.ts';
import type { CheckedTransaction } from './check.ts';
import { InvariantViolation, invariant } from './refusal.ts';
import { electedOf } from './round.ts';
import {
  accountKey,
  candidacyKey,
  dueKey,
  dueUntil,
  type Key,
  type KeyRange,
  officeKey,
  rankingRange,
  totalsKey,
} from './state/keys.ts';
import { type Due, noAccount } from './state/records.ts';
import type { StateReader, StateView } from './state/view.ts';
import { officeOf } from './steps/begin-rounds.ts';
import type { Address, Seconds } from './units.ts';

/** What a block may read: single entries, and ranges whose keys it may list. */
export interface Announced {
  readonly keys: ReadonlySet<string>;
  readonly ranges: readonly KeyRange[];
}

/** What falls due up to `time`, and whose accounts it returns to. */
export const dueKeys = (state: StateReader, time: Seconds): readonly string[] =>
  state.keys(dueUntil(time), Number.MAX_SAFE_INTEGER).flatMap((key) => {
    const due = state.get(key as Key<Due>);
    if (due === undefined) return [key];
    return [key, ...[...due.usage.map(({ account }) => account), ...due.withdrawals].map(accountKey)];
  });

/** The accounts and candidacies of all who have a slot between the parent and the block, or the block's own. */
const producerKeys = (chain: Chain, { state }: Tip): readonly string[] => {
  const record = state.get(officeKey);
  invariant(record !== undefined, 'the state lacks its entry of the office');
  const office = officeOf(record);
  const elected = electedOf(state, chain.params.producersPerRound);
  const producers = new Set<Address>([...record.producers, ...office.old, ...office.new, ...elected]);
  return [...producers].flatMap((producer) => {
    const key = accountKey(producer);
    const candidacy = state.get(key)?.candidacy;
    return candidacy === undefined ? [key] : [key, candidacyKey(candidacy)];
  });
};

/** The accounts that a transaction names. */
const accountsOf = ({ sender, payer, kind, transaction }: CheckedTransaction): readonly Address[] => [
  sender,
  ...(payer === undefined ? [] : [payer]),
  ...(kind.usesTo ? [transaction.to] : []),
];

/** The keys of the accounts that these transactions name. */
export const accountKeys = (transactions: Iterable<CheckedTransaction>): ReadonlySet<string> => {
  const keys = new Set<string>();
  for (const tx of transactions) for (const address of accountsOf(tx)) keys.add(accountKey(address));
  return keys;
};

/** PERF: the account is read for those kinds alone that ask for it. */
const touchedBy = (state: StateReader, { id, sender, kind, payload, transaction: { to } }: CheckedTransaction) =>
  kind.touches({
    id,
    sender,
    get account() {
      return state.get(accountKey(sender)) ?? noAccount;
    },
    to,
    payload,
  });

const checkedOf = ({ transactions }: CheckedBlock): readonly CheckedTransaction[] =>
  [...transactions].flatMap((each) => (E.isRight(each) ? [each.right] : []));

/** What `announcedKeys` tells beside `accountKeys`. */
export const keysBesideAccounts = (
  chain: Chain,
  tip: Tip,
  time: Seconds,
  transactions: readonly CheckedTransaction[],
): ReadonlySet<string> => {
  const { windowSeconds, unstakeSeconds } = chain.params;
  const keys = new Set<string>([
    officeKey,
    totalsKey,
    dueKey((time + windowSeconds) as Seconds),
    dueKey((time + unstakeSeconds) as Seconds),
    ...dueKeys(tip.state, time),
    ...producerKeys(chain, tip),
  ]);
  for (const tx of transactions) for (const key of touchedBy(tip.state, tx)) keys.add(key);
  return keys;
};

/**
 * What `reduce` may read of `tip.state` when it follows this block. Of a block that will be rejected before its transactions
 * run, any set will do. Cost: the block's own reads of the parent, and a check of its transactions if they are not
 * checked yet: whoever announces and then reduces hands over a list, not a generator.
 */
export const announcedKeys = (chain: Chain, tip: Tip, block: CheckedBlock): Announced => {
  const { time } = block.header;
  const transactions = checkedOf(block);
  const keys = new Set([...keysBesideAccounts(chain, tip, time, transactions), ...accountKeys(transactions)]);
  return { keys, ranges: [rankingRange, dueUntil(time)] };
};

/** The view, which throws `InvariantViolation` when anything else of it is read. What is written is not held to it. */
export const announcedOnly = (view: StateView, keys: ReadonlySet<string>, ranges: readonly KeyRange[]): StateView => ({
  root: view.root,
  count: view.count,
  get: (key) => {
    if (!keys.has(key)) throw new InvariantViolation(`the entry ${key} is read, but nobody announced it`);
    return view.get(key);
  },
  keys: (range, limit) => {
    const isAnnounced = ranges.some(({ from, to }) => from <= range.from && range.to <= to);
    invariant(isAnnounced, `the keys from ${range.from} to ${range.to} are listed, but nobody announced them`);
    return view.keys(range, limit);
  },
  warm: (addresses) => view.warm?.(addresses),
  with: (changes) => view.with(changes),
  asOf: (rows) => view.asOf(rows),
  proofs: view.proofs,
  residency: view.residency,
});
