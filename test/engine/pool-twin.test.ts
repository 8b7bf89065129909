import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotaOf } from '../../src/core/bandwidth.ts';
import { toHex } from '../../src/core/bytes.ts';
import { encodeTransaction } from '../../src/core/sign.ts';
import type { LiveState } from '../../src/core/steps/work.ts';
import { estimate } from '../../src/engine/pool/estimate.ts';
import { WAITING_BYTES } from '../../src/engine/pool/limits.ts';
import { Pool } from '../../src/engine/pool/pool.ts';
import type { Person } from '../twins/fake-crypto.ts';
import { PoolTwin } from '../twins/pool-twin.ts';
import { PoolWorld, STAKE_PER_UNIT, stranger, type TxFields } from './pool-world.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

const QUOTAS = [9, 0, 2, 3, 6, 20];

/** What somebody means to offer. Numbers pick from what there is when it is made. */
interface Intent {
  readonly kind: 'transfer' | 'stake' | 'unstake' | 'strip' | 'replay' | 'sign';
  readonly from: number;
  readonly payer: number | undefined;
  /** Added to the nonce of the account. */
  readonly ahead: number;
  /** Of a stake or a part of one; 0 is all of it. */
  readonly units: number;
  /** One that was offered before, to be offered again or with another signature of a payer. */
  readonly pick: number;
}

/** One move of a history. */
type Move =
  | { readonly move: 'offer'; readonly intent: Intent }
  | { readonly move: 'elsewhere'; readonly from: number; readonly payer: number | undefined; readonly size: number }
  | { readonly move: 'wait'; readonly slots: number }
  | { readonly move: 'block' }
  | { readonly move: 'undo' };

const who = fc.constantFrom(0, 1, 2, 3, 4, 5, 5, 5, 6, 7);
const payer = fc.option(who, { nil: undefined, freq: 2 });
const intent = fc.record({
  kind: fc.constantFrom<Intent['kind'][]>(
    ...new Array<'transfer'>(8).fill('transfer'),
    'stake',
    'unstake',
    'strip',
    'replay',
    'sign',
  ),
  from: who,
  payer,
  ahead: fc.constantFrom(0, 1, 1, 1, 2, 3, 4, 5),
  units: fc.constantFrom(0, 1, 4),
  pick: fc.nat(30),
});
const move = <M extends Move['move']>(name: M) => fc.constant(name);
const moves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.oneof(
    { arbitrary: fc.record({ move: move('offer'), intent }), weight: 20 },
    {
      arbitrary: fc.record({ move: move('elsewhere'), from: who, payer, size: fc.constantFrom(0, 2_000) }),
      weight: 2,
    },
    { arbitrary: fc.record({ move: move('wait'), slots: fc.constantFrom(1, 3, 8) }), weight: 2 },
    { arbitrary: fc.record({ move: move('block') }), weight: 3 },
    { arbitrary: fc.record({ move: move('undo') }), weight: 1 },
  ),
  { minLength: 10, maxLength: 60 },
);

class History {
  readonly world = new PoolWorld(
    { Pool, estimate },
    {
      quotas: QUOTAS,
      params: { maxBlockUnits: '5' },
      limits: { maxPerSender: 2, maxPerPayer: 2, maxBytes: 6 * (250 + WAITING_BYTES), maxWaitSeconds: 45 },
    },
  );
  readonly twin = new PoolTwin(this.world.limits);
  readonly offered: Uint8Array[] = [];
  readonly told: string[] = [];

  constructor() {
    this.world.whenChosen = (live) => this.#nothingIsLeft(live);
  }

  run(move: Move): void {
    const { world, twin } = this;
    if (move.move === 'offer') this.#offer(this.#made(move.intent));
    else if (move.move === 'wait') world.now = Math.max(world.now, world.tip.slot + 1) + move.slots;
    else if (move.move === 'block') {
      twin.refresh(world.place());
      twin.follow(world.block());
    } else if (move.move === 'elsewhere') {
      const nonce = Number(world.account(this.#person(move.from)).nonce) + 1;
      const bytes = this.#bytes(move.from, nonce, move.payer, { message: 'y'.repeat(move.size) });
      twin.follow(world.blockOf([bytes]));
    } else if (world.blocks.length > 0) twin.undo(world.undo());
    this.told.push(move.move);
    this.#compare();
  }

  #person(index: number): Person {
    return index < QUOTAS.length ? this.world.person(index) : stranger(index);
  }

  #bytes(from: number, nonce: number, paying: number | undefined, fields: TxFields): Uint8Array {
    const isPaid = paying !== undefined && paying !== from;
    return this.world.bytes(this.#person(from), nonce, isPaid ? { ...fields, payer: this.#person(paying) } : fields);
  }

  #made({ kind, from, payer: paying, ahead, units, pick }: Intent): Uint8Array {
    const account = this.world.account(this.#person(from));
    const nonce = Number(account.nonce) + ahead;
    if (kind === 'transfer') return this.#bytes(from, nonce, paying, { message: 'x'.repeat(ahead === 2 ? 1_500 : 0) });
    if (kind === 'stake' || kind === 'unstake') {
      const value = kind === 'unstake' && units === 0 ? account.staked : BigInt(units * STAKE_PER_UNIT);
      return this.#bytes(from, nonce, ahead === 3 ? paying : undefined, { kind, value });
    }
    const bytes = this.offered[pick % Math.max(1, this.offered.length)] ?? this.world.bytes(5, 1);
    if (kind === 'replay') return bytes;
    const { transaction, sender } = this.world.check(bytes);
    const bare = encodeTransaction({ ...transaction, payerSign: new Uint8Array(0) });
    const signer = this.#person(paying ?? from);
    return kind === 'strip' || signer.address === sender ? bare : this.world.signAsPayer(bare, signer);
  }

  #offer(bytes: Uint8Array): void {
    const { world, twin } = this;
    this.offered.push(bytes);
    const code = world.offerBytes(bytes);
    expect(code).toBe(twin.offer(world.place(), world.check(bytes)));
    this.told.push(code);
  }

  #compare(): void {
    const { world, twin } = this;
    expect([world.pool.count, world.pool.bytes]).toEqual([twin.entries.length, twin.bytes]);
    const contents = new Set(twin.contents);
    for (const bytes of this.offered) expect(world.pool.has(bytes)).toBe(contents.has(toHex(bytes)));
    expect(world.pool.bytes).toBeLessThanOrEqual(world.limits.maxBytes);
  }

  /** When a choice ends, nothing waits that could still stand in the block, but for what pays by a new stake or needs no bandwidth. */
  #nothingIsLeft(live: LiveState): void {
    const { world, twin } = this;
    const { params, ledger } = world.place();
    const taken = twin.entries.filter(({ tx, nonce }) => live.account(tx.sender).nonce >= nonce);
    const left = params.maxBlockUnits - taken.reduce((sum, { tx }) => sum + tx.units, 0);
    const { totals } = ledger;
    for (const { tx, payer: paying, nonce } of twin.entries) {
      if (live.account(tx.sender).nonce + 1n !== nonce || tx.units > left || tx.kind.name !== 'transfer') continue;
      const { used, staked } = live.account(paying);
      if (BigInt(used + tx.units) <= quotaOf(params, totals, staked)) expect(toHex(tx.bytes)).toBe('in the block');
    }
  }
}

describe('the pool and a plain list', () => {
  it('agree on any history of offers, blocks, blocks undone, and time', () => {
    fc.assert(
      fc.property(moves, (history) => {
        const both = new History();
        for (const move of history) both.run(move);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  it('meet every answer of the pool in these histories', () => {
    const told = new Set(
      fc.sample(moves, { numRuns: 100, seed: 1 }).flatMap((history) => {
        const both = new History();
        for (const move of history) both.run(move);
        return both.told;
      }),
    );
    for (const code of [
      'taken',
      'transaction_known',
      'nonce_too_low',
      'nonce_too_far',
      'nonce_held',
      'bandwidth_exceeded',
      'bandwidth_promised',
      'sender_full',
      'payer_full',
      'pool_full',
      'block',
      'undo',
    ]) {
      expect(told).toContain(code);
    }
  });
});
