/**
 * Holdings: all that waits, found by content, by sender and nonce, and by who pays; and whose turn it is.
 *
 * It keeps the lists and their sums; what may come in and what must go is the pool's to say. PERF: each change takes the same
 * time however much waits, but for the search in the sender's own lane.
 */
import type { Address } from '../../core/units.ts';
import { WAITING_BYTES } from './limits.ts';
import { Shares } from './shares.ts';
import { type Lane, type Purse, stakingOf, tailOf, type Waiting } from './waiting.ts';

/** Where a nonce is in an ascending list, or would be. */
const placeIn = (nonces: readonly bigint[], nonce: bigint): number => {
  let low = 0;
  let high = nonces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((nonces[middle] as bigint) < nonce) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** With its spare. */
const bytesOf = ({ tx, spare }: Waiting): number =>
  tx.bytes.length + WAITING_BYTES + (spare === undefined ? 0 : bytesOf(spare));

export class Holdings {
  /** All that waits, spares too, by content, in the order they came. */
  readonly known = new Map<string, Waiting>();
  readonly lanes = new Map<Address, Lane>();
  readonly purses = new Map<Address, Purse>();
  /** Who pays for something that is next; who waits longest for a turn is first. */
  readonly turns = new Set<Purse>();
  readonly #senders = new Shares<Lane>();
  readonly #payers = new Shares<Purse>();
  #bytes = 0;
  #count = 0;

  /** Transactions, spares left out. */
  get count(): number {
    return this.#count;
  }

  /** What they take, spares too. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes one in; one that was lifted comes back to its place in the order. */
  put(waiting: Waiting): void {
    const { lane, purse, tx, spare } = waiting;
    const { nonce } = tx.transaction;
    this.lanes.set(lane.sender, lane);
    this.purses.set(purse.payer, purse);
    lane.byNonce.set(nonce, waiting);
    lane.nonces.splice(placeIn(lane.nonces, nonce), 0, nonce);
    this.#senders.add(lane);
    purse.count += 1;
    if (!waiting.isFree) this.#charge(waiting);
    this.#count += 1;
    this.#bytes += bytesOf(waiting);
    this.known.set(waiting.content, waiting);
    if (spare !== undefined) this.known.set(spare.content, spare);
    this.#seat(lane);
  }

  /** Takes one out of all lists but `known`, until it is put back or forgotten. */
  lift(waiting: Waiting): void {
    const { lane, purse, tx } = waiting;
    const { nonce } = tx.transaction;
    lane.byNonce.delete(nonce);
    lane.nonces.splice(placeIn(lane.nonces, nonce), 1);
    this.#senders.remove(lane);
    purse.count -= 1;
    if (!waiting.isFree) this.#discharge(waiting);
    this.#count -= 1;
    this.#bytes -= bytesOf(waiting);
    this.#seat(lane);
    if (lane.nonces.length === 0) this.lanes.delete(lane.sender);
    if (purse.count === 0) this.purses.delete(purse.payer);
  }

  /** Forgets the contents of one that was lifted. */
  forget({ content, spare }: Waiting): void {
    this.known.delete(content);
    if (spare !== undefined) this.known.delete(spare.content);
  }

  /** Lets go of one, and of its spare with it. */
  remove(waiting: Waiting): void {
    this.lift(waiting);
    this.forget(waiting);
  }

  /** The one in whose place `spare` would stand lets go of it. */
  removeSpare(spare: Waiting): void {
    const holder = spare.lane.byNonce.get(spare.tx.transaction.nonce);
    if (holder?.spare !== spare) return;
    this.#bytes -= bytesOf(spare);
    holder.spare = undefined;
    this.known.delete(spare.content);
  }

  /** The sender's account has this nonce: what it has overtaken goes, and who paid for that goes to the end of the row. */
  reach(lane: Lane, nonce: bigint): void {
    if (lane.nonce === nonce) return;
    if (nonce > lane.nonce) this.#unseat(lane);
    lane.nonce = nonce;
    while (lane.nonces.length > 0 && (lane.nonces[0] as bigint) <= nonce) {
      const passed = lane.byNonce.get(lane.nonces[0] as bigint) as Waiting;
      this.remove(passed);
      if (this.turns.delete(passed.purse) && passed.purse.ready.size > 0) this.turns.add(passed.purse);
    }
    this.#seat(lane);
  }

  /** Whether one needs bandwidth may change as long as it waits. */
  setFree(waiting: Waiting, isFree: boolean): void {
    if (waiting.isFree === isFree) return;
    waiting.isFree = isFree;
    if (isFree) this.#discharge(waiting);
    else this.#charge(waiting);
  }

  /** Who is to give way when there is too much: the tail of whoever holds most. Of equals, those of `coming` are first. */
  heaviest({ lane, purse }: Waiting): Waiting | undefined {
    if (this.#senders.top > this.#payers.top) return tailOf(this.#senders.heaviest(lane) ?? lane);
    return this.heaviestOf(this.#payers.heaviest(purse) ?? purse, lane);
  }

  /** The same among those that one account pays for. */
  heaviestOf(purse: Purse, lane?: Lane): Waiting | undefined {
    const most = purse.lanes.heaviest(lane);
    return most === undefined ? undefined : tailOf(most, purse);
  }

  #charge(waiting: Waiting): void {
    const { purse, lane, tx } = waiting;
    purse.units += tx.units;
    purse.staking += stakingOf(waiting);
    purse.lanes.add(lane);
    this.#payers.add(purse);
  }

  #discharge(waiting: Waiting): void {
    const { purse, lane, tx } = waiting;
    purse.units -= tx.units;
    purse.staking -= stakingOf(waiting);
    purse.lanes.remove(lane);
    this.#payers.remove(purse);
  }

  /** Puts a lane among the ready ones of whoever pays for its next transaction. */
  #seat(lane: Lane): void {
    const purse = lane.byNonce.get(lane.nonce + 1n)?.purse;
    if (purse === lane.readyIn) return;
    this.#unseat(lane);
    if (purse === undefined) return;
    lane.readyIn = purse;
    purse.ready.add(lane);
    this.turns.add(purse);
  }

  #unseat(lane: Lane): void {
    const { readyIn } = lane;
    if (readyIn === undefined) return;
    lane.readyIn = undefined;
    readyIn.ready.delete(lane);
    if (readyIn.ready.size === 0) this.turns.delete(readyIn);
  }
}
