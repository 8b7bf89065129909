/**
 * Choice: what a block takes of the pool, by turns.
 *
 * Who pays has a turn, and within it one of the senders that it pays for; whoever took many units sits out as many rounds. So a
 * hostile payer has the turns of one payer, and a hostile sender those of one sender, however much they have waiting.
 * Source: docs/decisions/0016-who-waits-and-who-goes.md.
 */
import type { CheckedTransaction } from '../../core/check.ts';
import type { LiveState } from '../../core/steps/work.ts';
import type { Address } from '../../core/units.ts';
import type { Holdings } from './holdings.ts';
import type { Lane, Purse, Waiting } from './waiting.ts';

/** The most rounds that one transaction costs who pays for it, and who sent it. */
const MAX_ROUNDS = 64;

/** Who pays, at this choice. */
interface Seat {
  readonly purse: Purse;
  /** Lanes that were ready before the block. */
  readonly ready: Iterator<Lane>;
  /** Lanes that are ready by what the block holds so far. */
  readonly more: Lane[];
  /** So many units were too many: no use to ask for as many again, unless it has staked since. */
  tooMany: number;
  readonly refused: Lane[];
  /** The first round in which it may take again, and whether it has its turn in one to come. */
  round: number;
  isDue: boolean;
}

export interface ChoiceBounds {
  /** 0: as many as there are. */
  readonly maxBlockUnits: number;
  readonly maxVainLooks: number;
}

interface Turns {
  readonly seats: Seat[];
  readonly lanes: Lane[];
}

const isSpecial = ({ tx }: Waiting): boolean =>
  tx.payer === undefined && (tx.kind.paysByNewStake || tx.kind.mayBeWayOut);

export class Choice {
  readonly #holdings: Holdings;
  readonly #live: LiveState;
  readonly #seats = new Map<Purse, Seat>();
  readonly #rounds = new Map<number, Turns>();
  /** Told of who could not pay for what it had promised. */
  readonly #doubt: (payer: Address) => void;
  #unitsLeft: number;
  #looksLeft: number;
  #round = 0;

  constructor(holdings: Holdings, live: LiveState, bounds: ChoiceBounds, doubt: (payer: Address) => void) {
    const { maxBlockUnits, maxVainLooks } = bounds;
    this.#holdings = holdings;
    this.#live = live;
    this.#doubt = doubt;
    this.#looksLeft = maxVainLooks;
    this.#unitsLeft = maxBlockUnits > 0 ? maxBlockUnits : Number.MAX_SAFE_INTEGER;
  }

  /** Transactions to try, one after the other; whether one was let in shows in the live state before the next is asked for. */
  *run(): Generator<CheckedTransaction> {
    for (const purse of this.#holdings.turns) {
      yield* this.#take(this.#seatOf(purse));
      if (this.#isOver()) return;
    }
    while (this.#rounds.size > 0) {
      this.#round += 1;
      const turns = this.#rounds.get(this.#round);
      if (turns === undefined) continue;
      // These lanes may give seats a turn in this very round.
      for (const lane of turns.lanes) this.#ready(lane);
      for (const seat of turns.seats) {
        seat.isDue = false;
        yield* this.#take(seat);
        if (this.#isOver()) return;
      }
      this.#rounds.delete(this.#round);
    }
  }

  #isOver(): boolean {
    return this.#unitsLeft === 0 || this.#looksLeft === 0;
  }

  #seatOf(purse: Purse): Seat {
    const known = this.#seats.get(purse);
    if (known !== undefined) return known;
    const ready = purse.ready.values();
    const seat = { purse, ready, more: [], tooMany: Number.MAX_SAFE_INTEGER, refused: [], round: 0, isDue: false };
    this.#seats.set(purse, seat);
    return seat;
  }

  #turnsAt(round: number): Turns {
    const known = this.#rounds.get(round);
    if (known !== undefined) return known;
    const turns: Turns = { seats: [], lanes: [] };
    this.#rounds.set(round, turns);
    return turns;
  }

  /** One transaction of whom this account pays for, if there is one that may stand in the block. */
  *#take(seat: Seat): Generator<CheckedTransaction> {
    for (let lane = nextLane(seat); lane !== undefined; lane = nextLane(seat)) {
      const next = this.#live.account(lane.sender).nonce + 1n;
      const waiting = lane.byNonce.get(next);
      if (waiting?.purse === seat.purse && waiting.tx.units <= this.#unitsLeft) {
        if (waiting.tx.units < seat.tooMany || isSpecial(waiting)) yield waiting.tx;
        if (this.#live.account(lane.sender).nonce === next) {
          this.#took(seat, lane, waiting);
          return;
        }
        this.#refuse(seat, lane, waiting);
      }
      this.#looksLeft -= 1;
      if (this.#isOver()) return;
    }
  }

  #took(seat: Seat, lane: Lane, { tx }: Waiting): void {
    this.#unitsLeft -= tx.units;
    seat.round = this.#round + Math.min(tx.units, MAX_ROUNDS);
    this.#due(seat);
    this.#turnsAt(seat.round).lanes.push(lane);
    if (tx.payer === undefined && tx.kind.paysByNewStake) {
      seat.tooMany = Number.MAX_SAFE_INTEGER;
      seat.more.push(...seat.refused.splice(0));
    }
  }

  #refuse(seat: Seat, lane: Lane, { tx }: Waiting): void {
    seat.tooMany = Math.min(seat.tooMany, tx.units);
    seat.refused.push(lane);
    this.#doubt(seat.purse.payer);
  }

  /** A sender may have another turn, with whoever pays for its next one. */
  #ready(lane: Lane): void {
    const purse = lane.byNonce.get(this.#live.account(lane.sender).nonce + 1n)?.purse;
    if (purse === undefined) return;
    const seat = this.#seatOf(purse);
    seat.more.push(lane);
    this.#due(seat);
  }

  #due(seat: Seat): void {
    if (seat.isDue) return;
    seat.isDue = true;
    this.#turnsAt(Math.max(seat.round, this.#round)).seats.push(seat);
  }
}

const nextLane = ({ ready, more }: Seat): Lane | undefined => ready.next().value ?? more.shift();
