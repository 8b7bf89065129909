/**
 * Pool world: a chain of the fake crypto whose people have the quotas that a test wants, with a pool beside it.
 *
 * Every block is made by the reducer and followed from its bytes, so what the pool gives is held against the rules themselves. Of the
 * pool it knows only the doors that it is handed, so a spoiled copy can stand in its place.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Place } from '../../src/core/admission.ts';
import { slotStart, type Tip } from '../../src/core/chain.ts';
import { type CheckedTransaction, checkTransaction } from '../../src/core/check.ts';
import * as payloads from '../../src/core/kinds/payloads.ts';
import type { ParamTexts } from '../../src/core/params.ts';
import { buildBlock, type Transition } from '../../src/core/reduce.ts';
import type { Refusal } from '../../src/core/refusal.ts';
import { encodeTransaction, signTransaction } from '../../src/core/sign.ts';
import type { Account } from '../../src/core/state/records.ts';
import type { LiveState } from '../../src/core/steps/work.ts';
import type { Address, Height, Slot } from '../../src/core/units.ts';
import { payerHash } from '../../src/core/wire/transaction.ts';
import type { estimate } from '../../src/engine/pool/estimate.ts';
import { defaultPoolLimits, type PoolLimits } from '../../src/engine/pool/limits.ts';
import { firstPlace } from '../../src/engine/pool/place.ts';
import type { Pool } from '../../src/engine/pool/pool.ts';
import { ChainDriver, followed, readChecked } from '../twins/chain-driver.ts';
import { fakeCrypto, type Person } from '../twins/fake-crypto.ts';

/** What is tried: the pool as it is, or a spoiled copy. */
export interface PoolParts {
  readonly Pool: new (...args: ConstructorParameters<typeof Pool>) => PoolDoor;
  readonly estimate: typeof estimate;
}

/** The pool without its private fields, which those of a copy are not. */
export type PoolDoor = Pick<
  Pool,
  'offer' | 'has' | 'follow' | 'undo' | 'refresh' | 'first' | 'choose' | 'count' | 'bytes'
>;

export interface PoolSetting {
  /** Units that each person may use within a window. */
  readonly quotas: readonly number[];
  /** Coins beside the stake; 5 000 each, if not told. A thousand coins of stake are one unit of quota. */
  readonly balances?: readonly number[];
  readonly params?: ParamTexts;
  readonly limits?: Partial<PoolLimits>;
}

export interface TxFields {
  readonly payer?: number | Person;
  readonly kind?: string;
  readonly value?: bigint;
  readonly message?: string;
  /** The receiver of a transfer; the first person, if not told. */
  readonly to?: number;
}

export const STAKE_PER_UNIT = 1_000;
const WINDOW_SECONDS = 60;

/** Somebody whom the chain has never seen, by a number. */
export const stranger = (index: number): Person => {
  const privateKey = fakeCrypto.sha256(new TextEncoder().encode(`stranger ${index}`)).slice();
  privateKey[0] = (privateKey[0] as number) & 0x7f;
  return { index, privateKey, address: Buffer.from(fakeCrypto.publicKey(privateKey)).toString('hex') as Address };
};

/** The bytes of a transaction: a transfer of one coin, if nothing else is told. */
export const bytesOf = (
  { from, payer }: { readonly from: Person; readonly payer: Person | undefined },
  nonce: number,
  { to, kind = 'transfer', value = 1n, message = '' }: Omit<TxFields, 'payer' | 'to'> & { readonly to: Address },
): Uint8Array => {
  const isTransfer = kind === 'transfer';
  const own = { kind, chainId: 7, nonce: BigInt(nonce), value };
  const fields = isTransfer ? { ...own, to, payload: payloads.messagePayload.encode({ message }) } : own;
  return encodeTransaction(signTransaction(fakeCrypto, fields, from.privateKey, payer?.privateKey));
};

const driverOf = ({ quotas, balances = [], params = {} }: PoolSetting): ChainDriver => {
  const coinsOf = (index: number) => balances[index] ?? 5_000;
  const total = quotas.reduce((sum, quota, index) => sum + quota * STAKE_PER_UNIT + coinsOf(index), 1);
  const unitsPerSecond = Math.ceil(total / (STAKE_PER_UNIT * WINDOW_SECONDS));
  // The first person has what is missing, so that a thousand coins are a unit exactly.
  const rest = unitsPerSecond * STAKE_PER_UNIT * WINDOW_SECONDS - total;
  const holdings = quotas.map((quota, index) => ({
    balance: BigInt(coinsOf(index) + (index === 0 ? rest : 0)),
    staked: BigInt(quota * STAKE_PER_UNIT),
    collateral: index === 0 ? 1n : undefined,
    votes: [0],
  }));
  const texts = {
    producersPerRound: '1',
    windowSeconds: String(WINDOW_SECONDS),
    unstakeSeconds: String(WINDOW_SECONDS),
    inflationPerYear: '0/100',
    unitsPerSecond: String(unitsPerSecond),
    ...params,
  };
  return new ChainDriver({ params: texts, genesisTime: 1_000, seed: 1, holdings });
};

export class PoolWorld {
  readonly driver: ChainDriver;
  readonly limits: PoolLimits;
  readonly pool: PoolDoor;
  readonly parts: PoolParts;
  readonly blocks: Transition[] = [];
  #lock = 0;
  /** The slot that offers are tried at, if it is not the next one. */
  now = 0;
  /** Contents that the pool hashed; of choices, what was tried and the accounts that were asked for. */
  hashes = 0;
  tried = 0;
  looks = 0;
  /** Called with the block as it stands when a choice has nothing more to give. */
  whenChosen: ((live: LiveState) => void) | undefined;
  #place: { readonly tip: Tip; readonly slot: number; readonly place: Place } | undefined;

  constructor(parts: PoolParts, setting: PoolSetting) {
    this.driver = driverOf(setting);
    this.limits = { ...defaultPoolLimits, ...setting.limits };
    this.parts = parts;
    const sha256 = (data: Uint8Array): Uint8Array => {
      this.hashes += 1;
      return fakeCrypto.sha256(data);
    };
    this.pool = new parts.Pool({ ...fakeCrypto, sha256 }, this.limits);
  }

  get tip(): Tip {
    return this.driver.tip;
  }

  person(who: number | Person): Person {
    return typeof who === 'number' ? this.driver.person(who) : who;
  }

  account(who: number | Person): Account {
    return this.place().ledger.state.account(this.person(who).address);
  }

  bytes(from: number | Person, nonce: number, { payer, to = 0, ...fields }: TxFields = {}): Uint8Array {
    const signers = { from: this.person(from), payer: payer === undefined ? undefined : this.person(payer) };
    return bytesOf(signers, nonce, { ...fields, to: this.person(to).address });
  }

  /** The same transaction with this payer's signature. */
  signAsPayer(bytes: Uint8Array, { privateKey }: Person): Uint8Array {
    const { transaction } = this.check(bytes);
    const payerSign = fakeCrypto.sign(payerHash(fakeCrypto, transaction), privateKey);
    return encodeTransaction({ ...transaction, payerSign });
  }

  check(bytes: Uint8Array): CheckedTransaction {
    const checked = checkTransaction(this.driver.chain, bytes);
    if (E.isLeft(checked)) throw new Error(`a test made a bad transaction: ${checked.left.refusal.code}`);
    return checked.right;
  }

  /** The first place of the next block, at the slot of now. */
  place(slot = Math.max(this.tip.slot + 1, this.now)): Place {
    const known = this.#place;
    if (known?.tip === this.tip && known.slot === slot) return known.place;
    const place = firstPlace(this.driver.chain, this.tip, slotStart(this.driver.chain, slot as Slot));
    this.#place = { tip: this.tip, slot, place };
    return place;
  }

  /** As a node does, of bytes of their own: those that were just made may lie in a larger piece of memory. */
  refusal(bytes: Uint8Array): Refusal | undefined {
    return this.pool.offer(this.place(), this.check(new Uint8Array(bytes)));
  }

  /** 'taken', or the code of the refusal. */
  offer(from: number | Person, nonce: number, fields: TxFields = {}): string {
    return this.offerBytes(this.bytes(from, nonce, fields));
  }

  offerBytes(bytes: Uint8Array): string {
    return this.refusal(bytes)?.code ?? 'taken';
  }

  has(from: number | Person, nonce: number, fields: TxFields = {}): boolean {
    return this.pool.has(this.bytes(from, nonce, fields));
  }

  /** A block of what the pool gives. */
  block(slot = Math.max(this.tip.slot + 1, this.now)): Transition {
    this.pool.refresh(this.place(slot));
    const { maxBlockUnits } = this.driver.chain.params;
    return this.#make(slot, (live) => this.#counted(live, maxBlockUnits));
  }

  *#counted(live: LiveState, maxBlockUnits: number): Generator<CheckedTransaction> {
    const account = (address: Address) => {
      this.looks += 1;
      return live.account(address);
    };
    for (const tx of this.pool.choose({ get: (key) => live.get(key), account }, maxBlockUnits)) {
      this.tried += 1;
      yield tx;
    }
    this.whenChosen?.(live);
  }

  /** A block of other things, as somebody else would make it. */
  blockOf(transactions: readonly Uint8Array[], slot = this.tip.slot + 1): Transition {
    return this.#make(slot, () => transactions.map((bytes) => this.check(bytes)));
  }

  /** The tip moves back by a block. */
  undo(): Transition {
    const undone = this.blocks.pop();
    if (undone === undefined) throw new Error('there is no block to undo');
    this.driver.tip = this.blocks.at(-1)?.tip ?? this.driver.genesis;
    this.pool.undo(undone);
    return undone;
  }

  #make(slot: number, choose: (live: LiveState) => Iterable<CheckedTransaction>): Transition {
    const { chain } = this.driver;
    const plan = {
      slot: slot as Slot,
      lockOf: () => this.#lock as Height,
      offers: function* (live: LiveState) {
        for (const tx of choose(live)) yield E.right(tx);
      },
    };
    const built = buildBlock(chain, this.tip, plan);
    if (E.isLeft(built)) throw new Error(`no block: ${built.left.code}`);
    const block = readChecked(chain, this.driver.sign(built.right));
    const transition = followed(chain, this.tip, block);
    this.#lock = Math.max(this.#lock, transition.tip.height);
    this.blocks.push(transition);
    this.driver.tip = transition.tip;
    this.pool.follow(transition);
    return transition;
  }

  /** What a block holds, as `person nonce`. */
  told({ included }: Transition): readonly string[] {
    const labels = new Map(this.driver.people.map(({ address, index }) => [address, index]));
    return included.map(({ sender, transaction }) => `${labels.get(sender) ?? 'stranger'} ${transaction.nonce}`);
  }
}
