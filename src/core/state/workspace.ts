/**
 * Workspace: the state as a block under way sees it: its own changes over the view of its parent.
 *
 * It lives inside one reduction and never leaves it. A record that is read again is the one changed before, so
 * sender = receiver or payer = receiver is nothing special.
 */
import type { Address } from '../units.ts';
import { draft, type Writable } from './draft.ts';
import { accountKey, type Key, type KeyRange } from './keys.ts';
import { type Account, noAccount } from './records.ts';
import type { Changes, StateReader } from './view.ts';

export class Workspace {
  readonly #base: StateReader;
  readonly #changes = new Map<string, unknown>();

  constructor(base: StateReader) {
    this.#base = base;
  }

  get<T>(key: Key<T>): T | undefined {
    const own = this.#changes.get(key);
    if (own !== undefined) return own as T;
    return this.#changes.has(key) ? undefined : this.#base.get(key);
  }

  set<T>(key: Key<T>, record: T): void {
    this.#changes.set(key, record);
  }

  remove(key: Key<unknown>): void {
    this.#changes.set(key, undefined);
  }

  /** The record under `key`, or `absent`, after the recipe. */
  change<T extends object>(key: Key<T>, absent: T, recipe: (writable: Writable<T>) => void): void {
    this.#changes.set(key, draft(this.get(key) ?? absent, recipe));
  }

  account(address: Address): Account {
    return this.get(accountKey(address)) ?? noAccount;
  }

  changeAccount(address: Address, recipe: (writable: Writable<Account>) => void): void {
    this.change(accountKey(address), noAccount, recipe);
  }

  /** Keys of the parent's state in a range; what this block changed is not in it. */
  parentKeys(range: KeyRange, limit: number): readonly string[] {
    return this.#base.keys(range, limit);
  }

  get changes(): Changes {
    return this.#changes;
  }
}
