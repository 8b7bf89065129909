/**
 * Workspace: the state as a block under way sees it: its own changes over the view of its parent.
 *
 * It lives inside one reduction and never leaves it. A record that is read again is the one changed before, so
 * sender = receiver or payer = receiver is nothing special.
 *
 * PERF: accounts are kept by address beside the other records: a transfer asks for them seven times, and making a key of an
 * address costs as much as the rest of the question.
 */
import { compareText, digitOf } from '../bytes.ts';
import { orderOf } from '../tree/leaf-order.ts';
import type { Address, Units } from '../units.ts';
import type { Change, Place } from './delta.ts';
import { draft, type Writable } from './draft.ts';
import { type AnyKey, accountKey, type Key, type KeyRange, tags } from './keys.ts';
import { type Account, noAccount, type Usage } from './records.ts';
import type { StateReader } from './view.ts';

const ACCOUNT_DIGITS = tags.account.length;
const isAccountKey = (key: string): boolean => key.startsWith(tags.account);

/** An account that was asked for in this block. It is the change of its record, once it has changed. */
class HeldAccount implements Change, Place {
  readonly address: Address;
  readonly isAccount = true;
  leaf = -1;
  record: Account = noAccount;
  isChanged = false;
  /** Units charged to it in this block. */
  charged = 0 as Units;

  constructor(address: Address) {
    this.address = address;
  }

  /** PERF: made when it is asked for, of new accounts alone. */
  get key(): Key<Account> {
    return accountKey(this.address);
  }
}

/** So many digits of an address are sorted by their number. */
const FIRST_DIGITS = 7;

/**
 * In the order of their accounts. PERF: by the first digits in linear time, and those that have them in common by all: few, unless
 * somebody made keys for it.
 */
const byAccount = (charges: readonly Usage[]): readonly Usage[] => {
  const firsts = new Uint32Array(charges.length);
  for (let index = 0; index < charges.length; index += 1) {
    const { account } = charges[index] as Usage;
    let first = 0;
    for (let digit = 0; digit < FIRST_DIGITS; digit += 1) first = (first << 4) | digitOf(account.charCodeAt(digit));
    firsts[index] = first;
  }
  const order = orderOf(firsts);
  const sorted: Usage[] = [];
  for (let start = 0, end = 0; start < order.length; start = end) {
    const first = firsts[order[start] as number];
    while (end < order.length && firsts[order[end] as number] === first) end += 1;
    const alike = end - start === 1 ? [] : Array.from(order.subarray(start, end), (place) => charges[place] as Usage);
    if (alike.length === 0) sorted.push(charges[order[start] as number] as Usage);
    for (const charge of alike.sort((a, b) => compareText(a.account, b.account))) sorted.push(charge);
  }
  return sorted;
};

export class Workspace {
  readonly #base: StateReader;
  readonly #records = new Map<string, unknown>();
  /** Accounts found or changed so far, and those of them that were changed. */
  readonly #accounts = new Map<Address, HeldAccount>();
  readonly #changedAccounts: HeldAccount[] = [];

  constructor(base: StateReader) {
    this.#base = base;
  }

  get<T>(key: Key<T>): T | undefined {
    if (isAccountKey(key)) {
      const account = this.account(key.slice(ACCOUNT_DIGITS) as Address);
      return account === noAccount ? undefined : (account as T);
    }
    const own = this.#records.get(key);
    if (own !== undefined) return own as T;
    return this.#records.has(key) ? undefined : this.#base.get(key);
  }

  set<T>(key: Key<T>, record: T): void {
    if (isAccountKey(key)) this.setAccount(key.slice(ACCOUNT_DIGITS) as Address, record as Account);
    else this.#records.set(key, record);
  }

  /** Removes a record. Accounts are never removed: their nonce is for ever. */
  remove(key: Exclude<AnyKey, Key<Account>>): void {
    this.#records.set(key, undefined);
  }

  account(address: Address): Account {
    const known = this.#accounts.get(address);
    if (known !== undefined) return known.record;
    const held = this.#read(address);
    // What is not there is not kept: offers of strangers without an account must not make a workspace grow.
    if (held.record !== noAccount) this.#accounts.set(address, held);
    return held.record;
  }

  setAccount(address: Address, account: Account): void {
    this.open(address).record = account;
  }

  /** An account that is about to change: what is set there is its record from now on, and the units charged to it. */
  open(address: Address): Pick<HeldAccount, 'record' | 'charged'> {
    const known = this.#accounts.get(address);
    const held = known ?? this.#read(address);
    if (known === undefined) this.#accounts.set(address, held);
    if (!held.isChanged) {
      held.isChanged = true;
      this.#changedAccounts.push(held);
    }
    return held;
  }

  /** The units charged to an account in this block. */
  chargedTo(address: Address): Units {
    return this.#accounts.get(address)?.charged ?? (0 as Units);
  }

  /** All that was charged in this block, by address. */
  get charges(): readonly Usage[] {
    const charges: Usage[] = [];
    for (const { address, charged } of this.#changedAccounts) {
      if (charged > 0) charges.push({ account: address, units: charged });
    }
    return byAccount(charges);
  }

  #read(address: Address): HeldAccount {
    const held = new HeldAccount(address);
    const base = this.#base;
    const record = base.account === undefined ? base.get(held.key, held) : base.account(address, held);
    held.record = record ?? noAccount;
    return held;
  }

  /** The account after the recipe. */
  changeAccount(address: Address, recipe: (writable: Writable<Account>) => void): void {
    this.setAccount(address, draft(this.account(address), recipe));
  }

  /** These accounts are asked for next. */
  warm(addresses: readonly Address[]): void {
    this.#base.warm?.(addresses);
  }

  /** Keys of the parent's state in a range; what this block changed is not in it. */
  parentKeys(range: KeyRange, limit: number): readonly string[] {
    return this.#base.keys(range, limit);
  }

  /** Everything changed so far. */
  get changes(): readonly Change[] {
    const changes: Change[] = [];
    for (const [key, record] of this.#records) changes.push({ key, record });
    for (const held of this.#changedAccounts) changes.push(held);
    return changes;
  }
}
