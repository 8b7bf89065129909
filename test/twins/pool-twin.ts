/**
 * Pool twin: the pool as one plain list, every sum counted anew, every account looked at each time. Slow and obviously right.
 *
 * Where two may give way with equal right, the one goes whose count has been what it is for longer; so changes of counts are stamped.
 */
import * as E from 'fp-ts/lib/Either.js';
import { admit, neverFits, type Place } from '../../src/core/admission.ts';
import { quotaOf } from '../../src/core/bandwidth.ts';
import { toHex } from '../../src/core/bytes.ts';
import type { CheckedTransaction } from '../../src/core/check.ts';
import { rowsOf } from '../../src/core/state/delta.ts';
import { decodeRow } from '../../src/core/state/row.ts';
import type { Address } from '../../src/core/units.ts';
import { type PoolLimits, WAITING_BYTES } from '../../src/engine/pool/limits.ts';
import type { PoolBlock } from '../../src/engine/pool/pool.ts';

interface Entry {
  readonly tx: CheckedTransaction;
  readonly payer: Address;
  readonly nonce: bigint;
  readonly expires: number;
  spare: Entry | undefined;
  isFree: boolean;
}

const payerOf = (tx: CheckedTransaction): Address => tx.payer ?? tx.sender;
const stripped = (held: CheckedTransaction, tx: CheckedTransaction): boolean =>
  held.id === tx.id && held.payer === undefined && tx.payer !== undefined;

const isWayOut = (place: Place, tx: CheckedTransaction): boolean => {
  if (!tx.kind.mayBeWayOut || tx.payer !== undefined) return false;
  const admitted = admit(place, tx);
  return E.isRight(admitted) && admitted.right.fault === undefined && tx.kind.isWayOut(admitted.right);
};

const sizeOf = ({ tx, spare }: Entry): number =>
  tx.bytes.length + WAITING_BYTES + (spare ? spare.tx.bytes.length + WAITING_BYTES : 0);

export class PoolTwin {
  readonly #limits: PoolLimits;
  entries: Entry[] = [];
  readonly #stamps = new Map<string, number>();
  #clock = 0;
  #touched = new Set<Address>();
  #returning: CheckedTransaction[] = [];
  #time = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  }

  /** The contents of all, spares too, in any order. */
  get contents(): readonly string[] {
    const all = this.entries.flatMap(({ tx, spare }) => (spare ? [tx, spare.tx] : [tx]));
    return all.map(({ bytes }) => toHex(bytes)).toSorted();
  }

  #stamp({ tx, payer, isFree }: Entry, always = true): void {
    this.#clock += 1;
    if (always) this.#stamps.set(`sender ${tx.sender}`, this.#clock);
    if (isFree && always) return;
    this.#stamps.set(`payer ${payer}`, this.#clock);
    this.#stamps.set(`${payer} ${tx.sender}`, this.#clock);
  }

  #put(entry: Entry): void {
    this.entries.push(entry);
    this.#stamp(entry);
  }

  #remove(entry: Entry): void {
    this.entries = this.entries.filter((other) => other !== entry);
    this.#stamp(entry);
  }

  #setFree(entry: Entry, isFree: boolean): void {
    if (entry.isFree === isFree) return;
    entry.isFree = isFree;
    this.#stamp(entry, false);
  }

  #isCovered(place: Place, payer: Address): boolean {
    const account = place.ledger.state.account(payer);
    const paid = this.entries.filter((entry) => entry.payer === payer && !entry.isFree);
    const units = paid.reduce((sum, { tx }) => sum + tx.units, 0);
    const staking = paid.reduce(
      (sum, { tx }) => sum + (tx.payer === undefined && tx.kind.name === 'stake' ? tx.transaction.value : 0n),
      0n,
    );
    const added = staking < account.balance ? staking : account.balance;
    const { totals } = place.ledger;
    const quota = quotaOf(place.params, { ...totals, staked: totals.staked + added }, account.staked + added);
    return BigInt(account.used + units) <= quota;
  }

  /** Who has most of these by a key, as a list of its entries. */
  #most(entries: readonly Entry[], keyOf: (entry: Entry) => string, coming: Entry | undefined) {
    const groups = new Map<string, Entry[]>();
    for (const entry of entries) groups.set(keyOf(entry), [...(groups.get(keyOf(entry)) ?? []), entry]);
    const top = Math.max(0, ...[...groups.values()].map(({ length }) => length));
    const own = coming && groups.get(keyOf(coming));
    if (own?.length === top) return own;
    const stampOf = ([key]: [string, Entry[]]) => this.#stamps.get(key) ?? 0;
    const [first] = [...groups].filter(([, { length }]) => length === top).sort((a, b) => stampOf(a) - stampOf(b));
    return first?.[1] ?? [];
  }

  #tail(entries: readonly Entry[]): Entry | undefined {
    return entries.toSorted((a, b) => (a.nonce < b.nonce ? 1 : -1))[0];
  }

  #heaviestOf(payer: Address, coming?: Entry): Entry | undefined {
    const counted = this.entries.filter((entry) => entry.payer === payer && !entry.isFree);
    const [one] = this.#most(counted, ({ tx }) => `${payer} ${tx.sender}`, coming);
    return (
      one && this.#tail(this.entries.filter((entry) => entry.payer === payer && entry.tx.sender === one.tx.sender))
    );
  }

  #heaviest(coming: Entry): Entry | undefined {
    const sent = this.#most(this.entries, ({ tx }) => `sender ${tx.sender}`, coming);
    const counted = this.entries.filter(({ isFree }) => !isFree);
    const paid = this.#most(counted, ({ payer }) => `payer ${payer}`, coming);
    if (sent.length > paid.length) return this.#tail(sent);
    return this.#heaviestOf((paid[0] as Entry).payer, coming);
  }

  follow({ included, rows }: PoolBlock): void {
    for (const { sender, transaction } of included) {
      for (const entry of this.entries.toSorted((a, b) => (a.nonce < b.nonce ? -1 : 1))) {
        if (entry.tx.sender === sender && entry.nonce <= transaction.nonce) this.#remove(entry);
      }
    }
    this.#touch(rows);
  }

  undo({ included, rows }: PoolBlock): void {
    this.#touch(rows);
    this.#returning = [...included, ...this.#returning];
  }

  /** A payer that a choice could not charge. */
  doubt(payer: Address): void {
    this.#touched.add(payer);
  }

  #touch(rows: PoolBlock['rows']): void {
    for (const { bytes } of rowsOf(rows)) {
      const row = bytes && decodeRow(bytes);
      if (row === undefined || E.isLeft(row)) continue;
      const key = toHex(row.right.key);
      const address = key.slice(2) as Address;
      const isOurs = this.entries.some(({ tx, payer }) => tx.sender === address || payer === address);
      if (key.startsWith('01') && isOurs) this.#touched.add(address);
    }
  }

  refresh(place: Place): void {
    const senders = new Set([...this.#touched, ...this.entries.map(({ tx }) => tx.sender)]);
    const payers = new Set([...this.#touched, ...this.entries.map(({ payer }) => payer)]);
    for (const address of new Set([...senders, ...payers])) this.#see(place, address);
    this.#touched = new Set();
    this.#time = Math.max(this.#time, place.blockTime);
    for (const entry of this.entries) {
      if (entry.spare !== undefined && entry.spare.expires <= this.#time) entry.spare = undefined;
      if (entry.expires <= this.#time) this.#remove(entry);
    }
    for (let tx = this.#returning.shift(); tx !== undefined; tx = this.#returning.shift()) this.#admit(place, tx);
  }

  #see(place: Place, address: Address): void {
    for (const entry of this.entries.filter(({ tx }) => tx.sender === address)) {
      this.#setFree(entry, isWayOut(place, entry.tx));
    }
    while (!this.#isCovered(place, address)) {
      const least = this.#heaviestOf(address);
      if (least === undefined) return;
      this.#remove(least);
      if (least.spare !== undefined) this.#returning.unshift(least.spare.tx);
    }
  }

  offer(place: Place, tx: CheckedTransaction): string {
    this.refresh(place);
    return this.#admit(place, tx);
  }

  #admit(place: Place, tx: CheckedTransaction): string {
    const { maxPerSender, maxPerPayer, maxBytes, maxWaitSeconds } = this.#limits;
    if (this.contents.includes(toHex(tx.bytes))) return 'transaction_known';
    if (neverFits(place.params, tx)) return 'transaction_never_fits';
    const admitted = admit(place, tx);
    if (E.isLeft(admitted) && admitted.left.code !== 'nonce_too_high') return admitted.left.code;
    const { nonce } = tx.transaction;
    const payer = payerOf(tx);
    const own = () => this.entries.filter((entry) => entry.tx.sender === tx.sender);
    if (own().length >= maxPerSender && own().every((entry) => entry.nonce < nonce)) return 'sender_full';
    if (nonce > place.ledger.state.account(tx.sender).nonce + BigInt(maxPerSender)) return 'nonce_too_far';
    const held = own().find((entry) => entry.nonce === nonce);
    const isTwin = held !== undefined && stripped(held.tx, tx);
    if (held && !isTwin && (held.isFree || this.#isCovered(place, held.payer))) return 'nonce_held';
    const spare = isTwin ? held : undefined;
    const expires = this.#time + maxWaitSeconds;
    const coming: Entry = { tx, payer, nonce, expires, spare, isFree: isWayOut(place, tx) };
    const gone: Entry[] = [];
    const over = (): readonly [string, Entry | undefined] | undefined => {
      if (own().length > maxPerSender) return ['sender_full', this.#tail(own())];
      if (!coming.isFree && !this.#isCovered(place, payer)) return ['bandwidth', this.#heaviestOf(payer, coming)];
      if (this.entries.filter((entry) => entry.payer === payer).length > maxPerPayer) {
        return ['payer_full', this.#heaviestOf(payer, coming) ?? coming];
      }
      return this.bytes > maxBytes ? ['pool_full', this.#heaviest(coming)] : undefined;
    };
    if (held !== undefined) {
      this.#remove(held);
      gone.push(held);
    }
    this.#put(coming);
    for (let broken = over(); broken !== undefined; broken = over()) {
      const [code, least] = broken;
      if (least === undefined) throw new Error(`nobody can make way: ${code}`);
      this.#remove(least);
      if (least !== coming) {
        gone.push(least);
        continue;
      }
      for (const entry of gone.toReversed()) this.#put(entry);
      if (code !== 'bandwidth') return code;
      const isAlone = !this.entries.some((entry) => entry.payer === payer && !entry.isFree);
      return isAlone ? 'bandwidth_exceeded' : 'bandwidth_promised';
    }
    return 'taken';
  }
}
