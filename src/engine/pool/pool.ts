/**
 * Pool: transactions that wait for a block, each covered by the bandwidth of who pays for it.
 *
 * It is bounded in bytes, by sender and by payer; when it is full, whoever holds most gives way. It knows a transaction by the hash of
 * all its bytes, because a payer's signature can be stripped or replaced without changing the id.
 * Source: protocol sections 3 to 6, docs/decisions/0016-who-waits-and-who-goes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import { admit, neverFits, type Place } from '../../core/admission.ts';
import { toHex } from '../../core/bytes.ts';
import type { CheckedTransaction } from '../../core/check.ts';
import type { Hasher } from '../../core/crypto.ts';
import type { Transition } from '../../core/reduce.ts';
import type { Refusal } from '../../core/refusal.ts';
import type { Account } from '../../core/state/records.ts';
import type { LiveState } from '../../core/steps/work.ts';
import type { Address, Seconds } from '../../core/units.ts';
import { refuse } from '../outcome.ts';
import { Choice } from './choice.ts';
import { Holdings } from './holdings.ts';
import { type PoolLimits, WAITING_BYTES } from './limits.ts';
import { isCovered } from './promise.ts';
import { takeIn } from './room.ts';
import { touchedBy } from './touched.ts';
import { type Lane, newLane, newPurse, type Waiting } from './waiting.ts';

/** What the pool needs to know of a block: what stands in it, and which rows it changed. */
export type PoolBlock = Pick<Transition, 'included' | 'rows'>;

/** An account that a block touched, as it is now. */
interface Look {
  readonly address: Address;
  readonly account: Account;
  /** Whether the sender's next transaction is a way out. */
  readonly isWayOut: boolean;
}

export class Pool {
  readonly #hasher: Hasher;
  readonly #limits: PoolLimits;
  readonly #holdings = new Holdings();
  /** Accounts to look at again. */
  readonly #touched = new Set<Address>();
  /** Transactions of blocks that were undone, and spares: to be offered again, the last one first. */
  readonly #returning: CheckedTransaction[] = [];
  /** The latest time that it was told. */
  #time = 0 as Seconds;

  constructor(hasher: Hasher, limits: PoolLimits) {
    this.#hasher = hasher;
    this.#limits = limits;
  }

  get count(): number {
    return this.#holdings.count;
  }

  /** What waits takes so much memory, as the pool reckons it. */
  get bytes(): number {
    return this.#holdings.bytes;
  }

  /** Whether it has the transaction of these very bytes. PERF: one hash, so it is asked before any signature is looked at. */
  has(bytes: Uint8Array): boolean {
    return this.#holdings.known.has(this.#contentOf(bytes));
  }

  /**
   * Takes the transaction, or says why not; a refused one changes nothing. `place` is the first one of the next block. May throw
   * `MissingRows`, and may be asked again then.
   */
  offer(place: Place, tx: CheckedTransaction): Refusal | undefined {
    this.refresh(place);
    return this.#admit(place, tx);
  }

  /** The tip moved on by a block. It changes what the pool holds at once, and `refresh` looks at the accounts. */
  follow({ included, rows }: PoolBlock): void {
    for (const { sender, transaction } of included) {
      const lane = this.#holdings.lanes.get(sender);
      if (lane !== undefined) this.#holdings.reach(lane, transaction.nonce);
    }
    this.#touch(rows);
  }

  /** The tip moved back by a block, the newest first: its transactions come back, and pass what any offer must. */
  undo({ included, rows }: PoolBlock): void {
    this.#touch(rows);
    for (const tx of [...included].reverse()) this.#returning.push(ownCopy(tx));
    this.#boundReturning();
  }

  /**
   * Brings the pool up to a tip: looks again at the accounts that blocks touched, lets go of what has waited too long, and offers what
   * came back. PERF: the accounts in the pool that were touched since the last time. May throw `MissingRows`, and may be asked again.
   */
  refresh(place: Place): void {
    const looks = [...this.#touched].map((address) => this.#look(place, address));
    for (const look of looks) this.#see(place, look);
    this.#touched.clear();
    this.#expire(place.blockTime);
    for (let tx = this.#returning.at(-1); tx !== undefined; tx = this.#returning.at(-1)) {
      this.#admit(place, tx);
      this.#returning.pop();
    }
  }

  /** At most `limit` of those that may stand in the next block, so that their accounts are fetched. */
  *first(limit: number): Generator<CheckedTransaction> {
    let left = limit;
    for (const purse of this.#holdings.turns) {
      for (const { byNonce, nonce } of purse.ready) {
        let next = nonce + 1n;
        for (let waiting = byNonce.get(next); waiting !== undefined; waiting = byNonce.get(next)) {
          if (left === 0) return;
          left -= 1;
          yield waiting.tx;
          next += 1n;
        }
      }
    }
  }

  /** What to try for a block of at most `maxBlockUnits` (0: of any size), by turns of who pays and who sends. */
  choose(live: LiveState, maxBlockUnits: number): Generator<CheckedTransaction> {
    const bounds = { maxBlockUnits, maxVainLooks: this.#limits.maxVainLooks };
    return new Choice(this.#holdings, live, bounds, (payer) => this.#touched.add(payer)).run();
  }

  #contentOf(bytes: Uint8Array): string {
    return toHex(this.#hasher.sha256(bytes));
  }

  #touch(rows: PoolBlock['rows']): void {
    const { lanes, purses } = this.#holdings;
    if (lanes.size === 0) return;
    for (const address of touchedBy(rows)) {
      if (lanes.has(address) || purses.has(address)) this.#touched.add(address);
    }
  }

  #look(place: Place, address: Address): Look {
    const account = place.ledger.state.account(address);
    const next = this.#holdings.lanes.get(address)?.byNonce.get(account.nonce + 1n);
    const isWayOut = next !== undefined && isWayOutAt(place, next.tx);
    return { address, account, isWayOut };
  }

  #see(place: Place, { address, account, isWayOut }: Look): void {
    const lane = this.#holdings.lanes.get(address);
    if (lane !== undefined) {
      this.#holdings.reach(lane, account.nonce);
      for (const waiting of lane.byNonce.values()) {
        const isNext = waiting.tx.transaction.nonce === account.nonce + 1n;
        this.#holdings.setFree(waiting, isNext && isWayOut);
      }
    }
    const purse = this.#holdings.purses.get(address);
    if (purse === undefined) return;
    purse.account = account;
    while (!isCovered(place, purse)) {
      const least = this.#holdings.heaviestOf(purse);
      if (least === undefined) return;
      this.#holdings.remove(least);
      if (least.spare !== undefined) this.#returning.push(least.spare.tx);
    }
  }

  #expire(time: Seconds): void {
    if (time > this.#time) this.#time = time;
    for (const waiting of this.#holdings.known.values()) {
      if (waiting.expires > this.#time) return;
      if (waiting.lane.byNonce.get(waiting.tx.transaction.nonce) === waiting) this.#holdings.remove(waiting);
      else this.#holdings.removeSpare(waiting);
    }
  }

  /** All that is asked of the state is asked first, so that nothing has changed when a row is missing. */
  #admit(place: Place, tx: CheckedTransaction): Refusal | undefined {
    const content = this.#contentOf(tx.bytes);
    if (this.#holdings.known.has(content)) return refuse('transaction_known');
    if (neverFits(place.params, tx)) return refuse('transaction_never_fits', { units: String(tx.units) });
    const admitted = admit(place, tx);
    if (E.isLeft(admitted) && admitted.left.code !== 'nonce_too_high') return admitted.left;
    const payer = tx.payer ?? tx.sender;
    const { nonce } = place.ledger.state.account(tx.sender);
    const account = place.ledger.state.account(payer);
    const isFree = isWayOutAt(place, tx);
    const rival = this.#holdings.lanes.get(tx.sender)?.byNonce.get(tx.transaction.nonce)?.purse;
    const rivalAccount = rival && place.ledger.state.account(rival.payer);

    if (rival !== undefined && rivalAccount !== undefined) rival.account = rivalAccount;
    const lane = this.#holdings.lanes.get(tx.sender) ?? newLane(tx.sender);
    this.#holdings.reach(lane, nonce);
    const purse = this.#holdings.purses.get(payer) ?? newPurse(payer, account);
    purse.account = account;
    const far = this.#farRefusal(lane, tx.transaction.nonce);
    if (far !== undefined) return far;
    const held = lane.byNonce.get(tx.transaction.nonce);
    if (held !== undefined && !this.#yields(place, held, tx)) {
      return refuse('nonce_held', { nonce: tx.transaction.nonce.toString() });
    }
    const expires = (this.#time + this.#limits.maxWaitSeconds) as Seconds;
    const spare = held !== undefined && isStrippedTwin(held.tx, tx) ? held : undefined;
    const room = { place, holdings: this.#holdings, limits: this.#limits };
    return takeIn(room, { tx, content, lane, purse, expires, spare, isFree }, held);
  }

  #farRefusal({ nonces, nonce }: Lane, wanted: bigint): Refusal | undefined {
    const { maxPerSender } = this.#limits;
    const greatest = nonces.at(-1);
    if (nonces.length >= maxPerSender && greatest !== undefined && wanted > greatest) {
      return refuse('sender_full', { waiting: String(nonces.length) });
    }
    const furthest = nonce + BigInt(maxPerSender);
    if (wanted <= furthest) return undefined;
    return refuse('nonce_too_far', { nonce: wanted.toString(), furthest: furthest.toString() });
  }

  /** Whether what waits at a nonce makes way: to its own twin with a payer, once; or because it cannot be paid any more. */
  #yields(place: Place, held: Waiting, tx: CheckedTransaction): boolean {
    return isStrippedTwin(held.tx, tx) || !(held.isFree || isCovered(place, held.purse));
  }

  /** What comes back is bounded like what waits; the newest is let go of first. */
  #boundReturning(): void {
    let room = this.#limits.maxBytes;
    const over = this.#returning.findLastIndex(({ bytes }) => {
      room -= bytes.length + WAITING_BYTES;
      return room < 0;
    });
    this.#returning.splice(0, over + 1);
  }
}

/** Whether `held` is the other without the signature of its payer. */
const isStrippedTwin = (held: CheckedTransaction, tx: CheckedTransaction): boolean =>
  held.id === tx.id && held.payer === undefined && tx.payer !== undefined;

/** Whether the transaction, at this place, is a way out, which stands in a block whatever was used. */
const isWayOutAt = (place: Place, tx: CheckedTransaction): boolean => {
  if (!tx.kind.mayBeWayOut || tx.payer !== undefined) return false;
  const admitted = admit(place, tx);
  return E.isRight(admitted) && admitted.right.fault === undefined && tx.kind.isWayOut(admitted.right);
};

/** One of a block holds on to all of the block's bytes; what waits must not. */
const ownCopy = (tx: CheckedTransaction): CheckedTransaction => {
  const { payload, sign, payerSign } = tx.transaction;
  const transaction = {
    ...tx.transaction,
    payload: new Uint8Array(payload),
    sign: new Uint8Array(sign),
    payerSign: new Uint8Array(payerSign),
  };
  return { ...tx, bytes: new Uint8Array(tx.bytes), transaction };
};
