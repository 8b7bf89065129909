/**
 * Chain plans: random settings, traffic and jumps of time for the chain driver, small enough that everything meets everything.
 *
 * Amounts are a few raw units, names and hashes come from small stocks, slots jump to just before, at and after what falls due.
 */
import fc from 'fast-check';
import * as payloads from '../../src/core/kinds/payloads.ts';
import type { ParamTexts } from '../../src/core/params.ts';
import { encodeTransaction, signTransaction, type TransactionFields } from '../../src/core/sign.ts';
import { accountKey } from '../../src/core/state/keys.ts';
import type { Hash } from '../../src/core/units.ts';
import { transactionMessage } from '../../src/core/wire/transaction.ts';
import type { ChainDriver, ChainSetting, Holding, MakeOffer, Sight } from './chain-driver.ts';

export const honestKinds = [
  'transfer',
  'stake',
  'unstake',
  'vote',
  'become_candidate',
  'quit_candidacy',
  'add_record',
  'add_certification',
  'revoke_certification',
  'register_alias',
  'deregister_alias',
] as const;
/** Not kinds of transactions but ways to disturb. */
export const hostileKinds = [
  'replay',
  'garble',
  'strip payer',
  'swap payer',
  'noise',
  'oversize',
  'unknown kind',
  'genesis kind',
  'other chain',
] as const;
export type IntentKind = (typeof honestKinds)[number] | (typeof hostileKinds)[number];

/** What somebody means to send. Numbers pick from what there is when it is made. */
export interface Intent {
  readonly kind: IntentKind;
  readonly from: number;
  readonly to: number;
  readonly payer: number | undefined;
  readonly amount: { readonly of: 'number' | 'balance' | 'staked' | 'collateral'; readonly by: number };
  readonly pick: number;
  /** Added to the right nonce. */
  readonly nonceBy: number;
  /** The length of the message, where there is one. */
  readonly length: number;
}

/** How far the next block is. */
export interface Jump {
  readonly to: 'slot' | 'window' | 'unstake' | 'year' | 'far';
  readonly by: number;
}

export interface BlockIntent {
  readonly jump: Jump;
  readonly intents: readonly Intent[];
}

export interface ChainPlan {
  readonly setting: ChainSetting;
  readonly blocks: readonly BlockIntent[];
}

const hashes = Array.from({ length: 2 }, (_, index) => String(index + 1).repeat(64) as Hash);
/** Each but the last is one; the last is a letter too short. */
const aliases = ['alicealiceal', 'bobbobbobbob1234', 'carolcarol123', 'davedavedav'];
const times = [-3601n, -1n, 0n, 1n, 60n, 3600n, 3601n];

const at = <T>(list: readonly T[], pick: number): T => list[pick % list.length] as T;

const amountOf = ({ kind, from, amount }: Intent, { driver, state }: Sight): bigint => {
  const account = state.account(driver.person(from).address);
  const { aliasCollateral, candidateCollateral } = driver.chain.params;
  const collateral = kind === 'register_alias' ? aliasCollateral : candidateCollateral;
  const base = { number: 0n, balance: account.balance, staked: account.staked, collateral }[amount.of];
  const value = base + BigInt(amount.by);
  return value < 0n ? 0n : value;
};

/** Some candidacies, live or gone, at times one twice or more than may be. */
const ballot = ({ pick }: Intent, { driver }: Sight): readonly Hash[] => {
  const { candidacies, chain } = driver;
  const length = pick % (chain.params.maxVotes + 2);
  const stride = 1 + (pick % 5);
  return Array.from({ length }, (_, index) => at(candidacies, pick + index * stride));
};

const payloadOf = (intent: Intent, sight: Sight): Uint8Array => {
  const { pick, kind, length } = intent;
  const hash = at(hashes, pick);
  const time = BigInt(sight.time);
  switch (kind) {
    case 'transfer':
      return payloads.messagePayload.encode({ message: 'x'.repeat(length) });
    case 'vote':
      return payloads.votePayload.encode({ candidates: ballot(intent, sight) });
    case 'become_candidate':
      return payloads.urlPayload.encode({ url: 'u'.repeat(length) });
    case 'add_record':
    case 'revoke_certification':
      return payloads.hashPayload.encode({ hash });
    case 'add_certification': {
      const issued = time + at(times, Math.floor(pick / 2));
      const expires = time + at(times, Math.floor(pick / 14));
      return payloads.certificationPayload.encode({ issued: issued < 0n ? 0n : issued, expires, hash });
    }
    case 'register_alias':
      return payloads.aliasPayload.encode({ alias: at(aliases, pick) });
    default:
      return new Uint8Array(0);
  }
};

const valued = new Set<IntentKind>(['transfer', 'stake', 'unstake', 'become_candidate', 'register_alias']);

/** The bytes of an honest transaction, by who means it and what the state is now. */
export const sendIntent = (intent: Intent, sight: Sight, changed: Partial<TransactionFields> = {}): Uint8Array => {
  const { driver, state } = sight;
  const { kind, from, to, payer, nonceBy } = intent;
  const sender = driver.person(from);
  const nonce = state.account(sender.address).nonce + 1n + BigInt(nonceBy);
  const fields: TransactionFields = {
    kind,
    chainId: driver.chain.params.chainId,
    nonce: nonce < 0n ? 0n : nonce,
    payload: payloadOf(intent, sight),
    ...(valued.has(kind) ? { value: amountOf(intent, sight) } : {}),
    ...(kind === 'transfer' || kind === 'add_certification' ? { to: driver.person(to).address } : {}),
    ...changed,
  };
  const payerKey = payer === undefined ? undefined : driver.person(payer).privateKey;
  const signed = signTransaction(driver.chain.crypto, fields, sender.privateKey, payerKey);
  if (kind === 'become_candidate') driver.candidacies.push(signed.hash);
  return encodeTransaction(signed);
};

const earlier = ({ history }: ChainDriver, pick: number): Uint8Array =>
  history[history.length - 1 - (pick % history.length)] ?? new Uint8Array(0);

/** An earlier transaction, with another payer's signature or none. */
const withPayer = (bytes: Uint8Array, sight: Sight, payer: number | undefined): Uint8Array => {
  const decoded = transactionMessage.decode(bytes);
  if (decoded._tag === 'Left') return bytes;
  const { crypto } = sight.driver.chain;
  const { hash, sign } = decoded.right;
  const target = crypto.sha3(payerTargetOf(hash, sign));
  const payerSign =
    payer === undefined ? new Uint8Array(0) : crypto.sign(target, sight.driver.person(payer).privateKey);
  return encodeTransaction({ ...decoded.right, payerSign });
};

/** 0a 20 hash, 12 41 sign: what a payer signs, written out. */
const payerTargetOf = (hash: Hash, sign: Uint8Array): Uint8Array => {
  const head = sign.length === 0 ? [] : [0x12, sign.length];
  return new Uint8Array([0x0a, 0x20, ...Buffer.from(hash, 'hex'), ...head, ...sign]);
};

const garbled = (bytes: Uint8Array, pick: number): Uint8Array => {
  const copy = bytes.slice(0, pick % 7 === 0 ? pick % (bytes.length + 1) : bytes.length);
  if (copy.length > 0) copy[pick % copy.length] = (copy[pick % copy.length] as number) ^ (1 << (pick % 8));
  return copy;
};

const disturb = (intent: Intent, sight: Sight): Uint8Array => {
  const { kind, pick, payer, length } = intent;
  const honest = { ...intent, kind: 'transfer' } as const;
  switch (kind) {
    case 'replay':
      return earlier(sight.driver, pick);
    case 'garble':
      return garbled(pick % 2 === 0 ? earlier(sight.driver, pick >> 1) : sendIntent(honest, sight), pick);
    case 'strip payer':
      return withPayer(earlier(sight.driver, pick), sight, undefined);
    case 'swap payer':
      return withPayer(earlier(sight.driver, pick), sight, payer ?? pick);
    case 'oversize':
      return sendIntent({ ...honest, length: sight.driver.chain.params.maxPayloadBytes - 8 + length * 3 }, sight);
    case 'unknown kind':
      return sendIntent(honest, sight, { kind: 'transfers' });
    case 'genesis kind':
      return sendIntent(honest, sight, { kind: 'genesis_distribution', payload: new Uint8Array(0) });
    case 'other chain':
      return sendIntent(honest, sight, { chainId: sight.driver.chain.params.chainId + 1 });
    default:
      return Uint8Array.from({ length: pick % 300 }, (_, index) => (pick * (index + 7)) % 251);
  }
};

const isHonest = (kind: IntentKind): boolean => (honestKinds as readonly string[]).includes(kind);

export const makerOf =
  (intent: Intent): MakeOffer =>
  (sight) =>
    isHonest(intent.kind) ? sendIntent(intent, sight) : disturb(intent, sight);

/** The slot that a jump from the tip leads to. */
export const slotOf = ({ chain, tip }: ChainDriver, { to, by }: Jump): number => {
  const { slotSeconds, windowSeconds, unstakeSeconds, yearSlots } = chain.params;
  const slots = {
    slot: 1,
    window: windowSeconds / slotSeconds,
    unstake: unstakeSeconds / slotSeconds,
    year: yearSlots,
    far: 1000,
  }[to];
  return tip.slot + Math.max(1, slots + by);
};

const weighted = <T>(weights: readonly (readonly [weight: number, value: T])[]): fc.Arbitrary<T> =>
  fc.oneof(...weights.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })));

/** How often each kind is meant; those not named are left out. */
export type KindWeights = Partial<Record<IntentKind, number>>;

export const evenly: KindWeights = Object.fromEntries(honestKinds.map((kind) => [kind, 1]));

export const anyIntent = (weights: KindWeights, people: number): fc.Arbitrary<Intent> => {
  const kinds = Object.entries(weights).map(([kind, weight]) => [weight, kind as IntentKind] as const);
  const who = fc.nat(people - 1);
  return fc.record({
    kind: weighted(kinds),
    from: who,
    to: who,
    payer: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: who }),
    amount: fc.record({
      of: weighted([
        [4, 'number'],
        [1, 'balance'],
        [2, 'staked'],
        [2, 'collateral'],
      ] as const),
      by: fc.oneof(
        { weight: 2, arbitrary: fc.constant(0) },
        { weight: 3, arbitrary: fc.nat(40) },
        { weight: 1, arbitrary: fc.constant(-1) },
      ),
    }),
    pick: fc.nat(10_000),
    nonceBy: weighted([
      [30, 0],
      [1, 1],
      [1, -1],
    ]),
    length: fc.oneof({ weight: 3, arbitrary: fc.nat(10) }, { weight: 1, arbitrary: fc.nat(120) }),
  });
};

const anyJump: fc.Arbitrary<Jump> = fc.record({
  to: weighted([
    [12, 'slot'],
    [3, 'window'],
    [3, 'unstake'],
    [1, 'year'],
    [1, 'far'],
  ] as const),
  by: weighted([
    [8, 0],
    [2, 1],
    [2, -1],
    [1, 2],
    [1, -2],
    [1, 7],
  ]),
});

/** Bounds of a plan. */
export interface PlanSize {
  readonly people: number;
  readonly blocks: number;
  readonly intents: number;
}

const anyHolding = (people: number): fc.Arbitrary<Holding> =>
  fc.record({
    balance: fc.oneof(fc.constant(40n), fc.bigInt(0n, 100n)),
    staked: fc.oneof(fc.constant(10n), fc.bigInt(0n, 100n)),
    collateral: fc.oneof(fc.constant(undefined), fc.bigInt(0n, 20n)),
    votes: fc.array(fc.nat(people - 1), { maxLength: 3 }),
  });

/** Parameters of a small chain that the genesis accepts. */
const anyParams: fc.Arbitrary<ParamTexts> = fc
  .record({
    slotSeconds: fc.integer({ min: 1, max: 4 }),
    producers: fc.integer({ min: 1, max: 5 }),
    windowSlots: fc.integer({ min: 1, max: 12 }),
    moreSlots: fc.oneof(fc.constant(0), fc.nat(8)),
    inflation: fc.constantFrom('5/100', '0/1', '1/3', '7/2'),
    yearSlots: fc.integer({ min: 1, max: 30 }),
    unitsPerSecond: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 100, max: 1000 })),
    unitBytes: fc.constantFrom(32, 100, 256, 1024),
    maxBlockUnits: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(20) }),
    stakeBasis: fc.constantFrom('supply', 'staked'),
    stakeFloor: fc.constantFrom('1/100', '0/1', '1/2', '2/1'),
    maxVotes: fc.integer({ min: 1, max: 4 }),
    candidateCollateral: fc.oneof(fc.nat(12), fc.nat(80)),
    aliasCollateral: fc.oneof(fc.nat(6), fc.nat(60)),
    maxWithdrawals: fc.integer({ min: 1, max: 4 }),
    candidateNeedsAlias: fc.oneof(
      { weight: 3, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    stallSlots: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
    moreWindow: fc.oneof(fc.constant(0), fc.nat(5)),
  })
  .map(({ slotSeconds, producers, windowSlots, moreSlots, inflation, moreWindow, ...numbers }) => ({
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
    slotSeconds: String(slotSeconds),
    producersPerRound: String(producers),
    windowSeconds: String(windowSlots * slotSeconds),
    unstakeSeconds: String((windowSlots + moreSlots) * slotSeconds),
    inflationPerYear: inflation,
    maxPayloadBytes: '140',
    maxTransactionBytes: '440',
    finalityWindow: String(9 * producers + moreWindow),
  }));

export const anySetting = (people: number, params: Partial<ParamTexts> = {}): fc.Arbitrary<ChainSetting> =>
  fc.record({
    params: anyParams.map((texts) => ({ ...texts, ...params })),
    genesisTime: fc.oneof(fc.constant(1_546_300_800), fc.nat(5)),
    seed: fc.nat(1_000_000),
    // Somebody must be a candidate, and a year's budget must not be nothing.
    holdings: fc
      .array(anyHolding(people), { minLength: people, maxLength: people })
      .map(([first, ...rest]) => [
        { ...(first as Holding), balance: 90n, staked: 60n, collateral: 5n, votes: [0] },
        ...rest,
      ]),
  });

export const anyPlan = (
  size: PlanSize,
  weights: KindWeights,
  params: Partial<ParamTexts> = {},
): fc.Arbitrary<ChainPlan> =>
  fc.record({
    setting: anySetting(size.people, params),
    blocks: fc.array(
      fc.record({
        jump: anyJump,
        intents: fc.array(anyIntent(weights, size.people), { maxLength: size.intents, size: 'max' }),
      }),
      { minLength: 1, maxLength: size.blocks, size: 'max' },
    ),
  });

/** The account record of somebody at the tip. */
export const accountAt = ({ tip }: ChainDriver, address: Parameters<typeof accountKey>[0]) =>
  tip.state.get(accountKey(address));
