/**
 * Pool attack: a seeded crowd that does to a pool what it can, while a few honest people send one transaction after the other.
 *
 * The crowd has stake: whales with much, and many with little; and keys without any, as many as it likes. It sends gaps, duplicates,
 * transactions that nobody can pay, twins with stripped and with foreign payers, replacements, and floods by one payer and by many; it
 * spends elsewhere what it promised, and blocks are undone. Every block is made and followed by the reducer.
 */
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import type { CheckedTransaction } from '../../src/core/check.ts';
import { encodeTransaction } from '../../src/core/sign.ts';
import { estimate } from '../../src/engine/pool/estimate.ts';
import type { PoolLimits } from '../../src/engine/pool/limits.ts';
import { Pool } from '../../src/engine/pool/pool.ts';
import type { Person } from '../twins/fake-crypto.ts';
import { PoolWorld, stranger, type TxFields } from './pool-world.ts';

const HONEST = { first: 1, count: 20 };
const PATRON = 21;
const WHALES = { first: 22, count: 10 };
const FIRST_SMALL = WHALES.first + WHALES.count;
const HONEST_A_BLOCK = 5;
const KEPT_BLOCKS = 4;

export interface AttackSetting {
  readonly seed: number;
  readonly offers: number;
  readonly offersPerBlock: number;
  readonly whaleQuota: number;
  /** Accounts of the crowd with a little stake. */
  readonly small: number;
  readonly blockUnits: number;
  readonly limits: Partial<PoolLimits>;
  /** Called after each block. */
  readonly watch?: (attack: Attack) => void;
}

export interface AttackFigures {
  /** Hostile offers by what became of them. */
  readonly answers: Readonly<Record<string, number>>;
  readonly blocks: number;
  readonly mostBytes: number;
  readonly mostWaiting: number;
  /** Honest transactions by how many blocks passed until one held them; the first is 1. */
  readonly honest: Readonly<Record<number, number>>;
  /** Honest transactions that a payer had signed and that stood in a block without one. */
  readonly stripped: number;
}

/** An honest transaction on its way. */
interface Errand {
  readonly bytes: Uint8Array;
  readonly tx: CheckedTransaction;
  readonly since: number;
}

const quotasOf = ({ whaleQuota, small }: AttackSetting): readonly number[] => [
  10,
  ...new Array<number>(HONEST.count).fill(60),
  2_000,
  ...new Array<number>(WHALES.count).fill(whaleQuota),
  ...new Array<number>(small).fill(3),
];

const bare = ({ transaction }: CheckedTransaction): Uint8Array =>
  encodeTransaction({ ...transaction, payerSign: new Uint8Array(0) });

export class Attack {
  readonly world: PoolWorld;
  readonly #setting: AttackSetting;
  readonly #chance: Chance;
  readonly #answers = new Map<string, number>();
  readonly #honest = new Map<number, number>();
  readonly #errands = new Map<string, Errand>();
  readonly #recent: Uint8Array[] = [];
  #blocks = 0;
  #mostBytes = 0;
  #mostWaiting = 0;
  #stripped = 0;
  #strangers = 0;

  constructor(setting: AttackSetting) {
    this.#setting = setting;
    this.#chance = chanceFrom(setting.seed);
    const params = { maxBlockUnits: String(setting.blockUnits) };
    this.world = new PoolWorld({ Pool, estimate }, { quotas: quotasOf(setting), params, limits: setting.limits });
  }

  run(): AttackFigures {
    const { offers, offersPerBlock, watch } = this.#setting;
    for (let sent = 0; sent < offers; sent += 1) {
      if (sent % offersPerBlock === 0) this.#setOut();
      const bytes = this.#hostile();
      this.#count(this.#answers, this.#offer(bytes));
      this.#remember(bytes);
      if (sent % offersPerBlock === offersPerBlock - 1) {
        this.#block();
        watch?.(this);
      }
    }
    return this.figures();
  }

  figures(): AttackFigures {
    return {
      answers: Object.fromEntries(this.#answers),
      blocks: this.#blocks,
      mostBytes: this.#mostBytes,
      mostWaiting: this.#mostWaiting,
      honest: Object.fromEntries(this.#honest),
      stripped: this.#stripped,
    };
  }

  /** The honest transaction that has waited for longest, in blocks. */
  get longestWait(): number {
    return Math.max(0, ...[...this.#errands.values()].map(({ since }) => this.#blocks - since));
  }

  #count<K>(counts: Map<K, number>, key: K): void {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }

  /** As a node does: what the pool has already is not looked at. */
  #offer(bytes: Uint8Array): string {
    const { pool } = this.world;
    const code = pool.has(bytes) ? 'transaction_known' : this.world.offerBytes(bytes);
    this.#mostBytes = Math.max(this.#mostBytes, pool.bytes);
    this.#mostWaiting = Math.max(this.#mostWaiting, pool.count);
    return code;
  }

  #remember(bytes: Uint8Array): void {
    if (this.#recent.length < 100) this.#recent.push(bytes);
    else this.#recent[this.#chance.below(100)] = bytes;
  }

  #oneOf({ first, count }: { readonly first: number; readonly count: number }): number {
    return first + this.#chance.below(count);
  }

  #stranger(): Person {
    this.#strangers += 1;
    return stranger(this.#strangers);
  }

  #nonceOf(who: number | Person): number {
    return Number(this.world.account(who).nonce);
  }

  /** Some honest people begin an errand, and all who wait offer theirs again; now and then a hostile twin is there first. */
  #setOut(): void {
    for (let index = 0; index < HONEST_A_BLOCK; index += 1) {
      const from = HONEST.first + ((this.#blocks * HONEST_A_BLOCK + index) % HONEST.count);
      const { address } = this.world.person(from);
      if (this.#errands.has(address)) continue;
      const paid: TxFields = this.#chance.below(3) === 0 ? { payer: PATRON } : {};
      const bytes = this.world.bytes(from, this.#nonceOf(from) + 1, paid);
      const tx = this.world.check(bytes);
      if (tx.payer !== undefined && this.#chance.below(2) === 0) this.#offer(bare(tx));
      this.#errands.set(address, { bytes, tx, since: this.#blocks });
    }
    for (const { bytes } of this.#errands.values()) this.#offer(bytes);
  }

  /** What the crowd sends next. */
  #hostile(): Uint8Array {
    const { world } = this;
    const chance = this.#chance;
    const whale = this.#oneOf(WHALES);
    const small = this.#oneOf({ first: FIRST_SMALL, count: this.#setting.small });
    const long = { message: 'x'.repeat(chance.below(4) === 0 ? chance.below(4_000) : 0) };
    const errand = chance.oneOf([...this.#errands.values()]);
    switch (chance.below(16)) {
      case 0: // gaps
        return world.bytes(whale, this.#nonceOf(whale) + 2 + chance.below(80), long);
      case 1: // duplicates
        return this.#recent.length > 0 ? chance.oneOf(this.#recent) : world.bytes(whale, 1);
      case 2: // nobody can pay
        return world.bytes(this.#stranger(), 1 + chance.below(3), {
          kind: chance.oneOf(['transfer', 'stake', 'unstake']),
        });
      case 3: // nobody can pay for another
        return world.bytes(this.#stranger(), 1 + chance.below(3), { payer: stranger(-1) });
      case 4: // twins without their payer
        return errand === undefined ? world.bytes(small, 1) : bare(errand.tx);
      case 5: // twins with a foreign payer
        return errand === undefined
          ? world.bytes(small, 1)
          : world.signAsPayer(bare(errand.tx), world.person(chance.below(2) ? whale : small));
      case 7: // many payers
        return world.bytes(this.#stranger(), 1, { payer: small });
      case 8: // replacements
        return world.bytes(whale, this.#nonceOf(whale) + 1, { message: String(chance.below(1_000_000)) });
      case 9: // one sender with many payers
        return world.bytes(whale, this.#nonceOf(whale) + 1 + chance.below(20), { payer: small });
      case 10: // many payers for themselves
        return world.bytes(small, this.#nonceOf(small) + 1 + chance.below(2));
      case 11: // stakes and ways out that come to nothing
        return world.bytes(small, this.#nonceOf(small) + 1, { kind: chance.oneOf(['stake', 'unstake']), value: 1n });
      default: // one payer of many
        return world.bytes(this.#stranger(), 1 + chance.below(2), { payer: whale, ...long });
    }
  }

  /** A block; sometimes one that spends elsewhere what was promised here, sometimes two that are undone. */
  #block(): void {
    const { world } = this;
    if (this.#blocks % 50 === 49) {
      world.undo();
      world.undo();
      this.#settle(world.block().included);
      this.#settle(world.block().included);
      return;
    }
    if (this.#blocks % 10 === 5) {
      const whale = this.#oneOf(WHALES);
      const first = this.#nonceOf(whale) + 1;
      const elsewhere = Array.from({ length: 20 }, (_, index) =>
        world.bytes(whale, first + index, { message: 'y'.repeat(4_000) }),
      );
      world.blockOf(elsewhere);
    }
    this.#settle(world.block().included);
    world.blocks.splice(0, Math.max(0, world.blocks.length - KEPT_BLOCKS));
  }

  #settle(included: readonly CheckedTransaction[]): void {
    this.#blocks += 1;
    for (const tx of included) {
      const errand = this.#errands.get(tx.sender);
      if (errand?.tx.id !== tx.id) continue;
      this.#count(this.#honest, this.#blocks - errand.since);
      if (errand.tx.payer !== undefined && tx.payer === undefined) this.#stripped += 1;
      this.#errands.delete(tx.sender);
    }
  }
}
