import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBlock, readBlock, transactionsRoot } from '../../src/core/block.ts';
import { reduce } from '../../src/core/reduce.ts';
import { blockCodes } from '../../src/core/refusal-messages.ts';
import { signBlock } from '../../src/core/sign.ts';
import type { Address, Hash, Height, Seconds } from '../../src/core/units.ts';
import type { HeaderClaim } from '../../src/core/wire/header.ts';
import { assertSame, ChainDriver, type ChainSetting, followed, readChecked, type Step } from '../twins/chain-driver.ts';
import { anyIntent, evenly, makerOf } from '../twins/chain-plans.ts';

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** A block that is being spoilt. */
interface Draft {
  readonly claim: HeaderClaim;
  readonly transactions: readonly Uint8Array[];
  readonly signer: Uint8Array;
}

interface Scene {
  readonly driver: ChainDriver;
  /** The good block. */
  readonly step: Step;
}

type Spoil = (draft: Draft, scene: Scene) => Draft;

const flipped = <T extends string>(hex: T): T => ((hex.startsWith('0') ? '1' : '0') + hex.slice(1)) as T;
const withClaim =
  (change: (claim: HeaderClaim, scene: Scene) => Partial<HeaderClaim>): Spoil =>
  (draft, scene) => ({ ...draft, claim: { ...draft.claim, ...change(draft.claim, scene) } });

/** Somebody who has not the turn. */
const another = ({ driver, step }: Scene) =>
  driver.people.find(({ address }) => address !== step.built.claim.producer) ?? driver.person(0);

const withTransactions = (draft: Draft, { driver }: Scene, transactions: readonly Uint8Array[]): Draft => ({
  ...draft,
  transactions,
  claim: { ...draft.claim, transactionsRoot: transactionsRoot(driver.chain, transactions) },
});

/** The codes of rejected blocks in their precedence (protocol section 13), and a change to a good block that each is for. */
const spoils: readonly (readonly [code: string, spoil: Spoil])[] = [
  ['block_malformed', withClaim(() => ({ version: 2 }))],
  ['block_chain_id_wrong', withClaim(({ chainId }) => ({ chainId: chainId + 1 }))],
  ['parent_unknown', withClaim(({ parentId }) => ({ parentId: flipped(parentId) }))],
  ['height_wrong', withClaim(({ height }) => ({ height: (height + 1) as Height }))],
  ['slot_not_after_parent', withClaim((_, { step }) => ({ time: step.parent.time }))],
  ['time_not_a_slot', withClaim(({ time }) => ({ time: (time + 1) as Seconds }))],
  [
    'producer_wrong',
    (draft, scene) => ({
      ...draft,
      signer: another(scene).privateKey,
      claim: { ...draft.claim, producer: another(scene).address },
    }),
  ],
  [
    'max_height_prevoted_wrong',
    withClaim(({ maxHeightPrevoted }) => ({ maxHeightPrevoted: (maxHeightPrevoted + 1) as Height })),
  ],
  [
    'max_height_generated_wrong',
    withClaim(({ maxHeightGenerated }) => ({ maxHeightGenerated: (maxHeightGenerated - 1) as Height })),
  ],
  ['block_signature_invalid', (draft, scene) => ({ ...draft, signer: another(scene).privateKey })],
  ['transactions_root_wrong', withClaim((claim) => ({ transactionsRoot: flipped(claim.transactionsRoot) }))],
  [
    'transaction_inadmissible',
    (draft, scene) =>
      withTransactions(draft, scene, [...draft.transactions, draft.transactions[0] ?? new Uint8Array(0)]),
  ],
  ['reward_wrong', withClaim(({ reward }) => ({ reward: reward + 1n }))],
  ['supply_wrong', withClaim(({ supply }) => ({ supply: supply - 1n }))],
  ['receipts_root_wrong', withClaim((claim) => ({ receiptsRoot: flipped(claim.receiptsRoot) }))],
  ['state_root_wrong', withClaim((claim) => ({ stateRoot: flipped(claim.stateRoot) }))],
];

const setting: ChainSetting = {
  params: {
    slotSeconds: '3',
    producersPerRound: '3',
    windowSeconds: '300',
    unstakeSeconds: '300',
    unitsPerSecond: '1000',
    yearSlots: '100',
    candidateCollateral: '1',
  },
  genesisTime: 1_546_300_800,
  seed: 0,
  holdings: [0, 1, 2, 3].map((index) => ({
    balance: 1000n,
    staked: 100n,
    collateral: index === 3 ? undefined : 5n,
    votes: [index],
  })),
};

/** A chain of some blocks with traffic, and a good next block: with a transaction, by one who made another before. */
const sceneOf = (seed: number, gaps: readonly number[], intents: Parameters<typeof makerOf>[0][]): Scene => {
  const driver = new ChainDriver({ ...setting, seed });
  for (const gap of gaps) driver.step(driver.tip.slot + gap, intents.map(makerOf));
  const surely = makerOf({
    kind: 'transfer',
    from: 3,
    to: 1,
    payer: undefined,
    amount: { of: 'number', by: 1 },
    pick: 0,
    nonceBy: 0,
    length: 0,
  });
  for (let slot = driver.tip.slot + 1; ; slot += 1) {
    const step = driver.make(slot, [...intents.map(makerOf), surely]);
    if (step.built.claim.maxHeightGenerated > 0) return { driver, step };
  }
};

const anyScene = fc
  .tuple(
    fc.nat(1000),
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 10 }),
    fc.array(anyIntent(evenly, 4), { maxLength: 4 }),
  )
  .map((args) => sceneOf(...args));

const bytesOf = ({ driver }: Scene, { claim, transactions, signer }: Draft): Uint8Array =>
  signBlock(driver.chain.crypto, claim, transactions, signer);

const draftOf = ({ driver, step }: Scene): Draft => {
  const { claim, transition } = step.built;
  return { claim, transactions: transition.included.map(({ bytes }) => bytes), signer: driver.keyOf(claim.producer) };
};

/** What a block of these bytes is rejected with on the scene's tip; `undefined` if it is not. */
const rejectionOf = ({ driver, step }: Scene, bytes: Uint8Array) => {
  const read = readBlock(bytes);
  if (read._tag === 'Left') return read.left;
  const reduced = reduce(driver.chain, step.parent, readChecked(driver.chain, bytes));
  return reduced._tag === 'Left' ? reduced.left : undefined;
};

/** The tip stands where it stood: the good block follows it as before. */
const expectUntouched = ({ driver, step }: Scene): void => {
  expect(driver.tip).toBe(step.parent);
  expect(driver.tip.state.root).toBe(step.parent.state.root);
  assertSame(followed(driver.chain, step.parent, step.block), step.transition);
};

const few = Math.ceil(RUNS / 20);

describe('a block', () => {
  it('is rejected for one of sixteen faults, in the order of this list', () => {
    expect(spoils.map(([code]) => code)).toEqual(blockCodes);
  });

  it('that is spoilt in nothing follows', () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        expect(rejectionOf(scene, bytesOf(scene, draftOf(scene)))).toBeUndefined();
      }),
      { numRuns: few },
    );
  });

  it.each(spoils)('is rejected with %s for that fault alone, and leaves the tip as it was', (code, spoil) => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const root = scene.step.parent.state.root;
        expect(rejectionOf(scene, bytesOf(scene, spoil(draftOf(scene), scene)))?.code).toBe(code);
        expect(scene.step.parent.state.root).toBe(root);
        expectUntouched(scene);
      }),
      { numRuns: few },
    );
  });

  const pairs = spoils.flatMap(([first, one], index) =>
    spoils.slice(index + 1).map(([second, other]) => ({ first, second, one, other })),
  );

  it.each(pairs)('is rejected with $first rather than $second when both are at fault', ({ first, one, other }) => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const draft = one(other(draftOf(scene), scene), scene);
        expect(rejectionOf(scene, bytesOf(scene, draft))?.code).toBe(first);
      }),
      { numRuns: 1 },
    );
  });
});

describe('other faults of a block', () => {
  const scene = sceneOf(5, [1, 1, 2, 1, 1], []);
  const good = draftOf(scene);
  const { driver, step } = scene;
  const signed = (change: (sign: Uint8Array) => void): Uint8Array => {
    const bytes = bytesOf(scene, good).slice();
    // The signature is the last field of the header, which comes before the transactions.
    const { sign } = step.block.header;
    const at = Buffer.from(bytes).indexOf(Buffer.from(sign));
    change(bytes.subarray(at, at + sign.length));
    return bytes;
  };

  const cases: readonly (readonly [what: string, code: string, bytes: Uint8Array])[] = [
    ['no byte at all', 'block_malformed', new Uint8Array(0)],
    ['bytes cut off', 'block_malformed', step.bytes.slice(0, -1)],
    ['a byte too many', 'block_malformed', new Uint8Array([...step.bytes, 0])],
    [
      'a height above 2^53-1',
      'block_malformed',
      bytesOf(scene, { ...good, claim: { ...good.claim, height: (2 ** 53) as Height } }),
    ],
    [
      'a time above 2^53-1',
      'block_malformed',
      bytesOf(scene, { ...good, claim: { ...good.claim, time: (2 ** 53) as Seconds } }),
    ],
    [
      'a time before genesis',
      'slot_not_after_parent',
      bytesOf(scene, { ...good, claim: { ...good.claim, time: 5 as Seconds } }),
    ],
    [
      'an earlier slot',
      'slot_not_after_parent',
      bytesOf(scene, { ...good, claim: { ...good.claim, time: (step.parent.time - 3) as Seconds } }),
    ],
    [
      'a time within the slot of its parent',
      'slot_not_after_parent',
      bytesOf(scene, { ...good, claim: { ...good.claim, time: (step.parent.time + 2) as Seconds } }),
    ],
    [
      'a producer who is nobody',
      'producer_wrong',
      bytesOf(scene, { ...good, claim: { ...good.claim, producer: `02${'f'.repeat(64)}` as Address } }),
    ],
    ['a recovery id of 4', 'block_signature_invalid', signed((sign) => sign.set([4], 64))],
    [
      'a signature over another header',
      'block_signature_invalid',
      signed((sign) => sign.set([sign[40] === 7 ? 8 : 7], 40)),
    ],
    [
      'a transaction dropped from the body',
      'transactions_root_wrong',
      bytesOf(scene, { ...good, transactions: good.transactions.slice(1) }),
    ],
    [
      'a transaction without its bytes',
      'transactions_root_wrong',
      bytesOf(scene, { ...good, transactions: [new Uint8Array(0), ...good.transactions] }),
    ],
    [
      'a malformed transaction',
      'transaction_inadmissible',
      bytesOf(scene, withTransactions(good, scene, [new Uint8Array([1]), ...good.transactions])),
    ],
    ['a reward that was left out', 'reward_wrong', bytesOf(scene, { ...good, claim: { ...good.claim, reward: 0n } })],
  ];

  it.each(cases)('%s', (_, code, bytes) => {
    expect(rejectionOf(scene, bytes)?.code).toBe(code);
    expectUntouched(scene);
  });

  it('looks at no transaction before the header is right', () => {
    const stranger = bytesOf(scene, { ...good, signer: another(scene).privateKey });
    const { chain } = driver;
    const hashed: Uint8Array[] = [];
    const sha256: typeof chain.crypto.sha256 = (data, ...to) => {
      hashed.push(data);
      return chain.crypto.sha256(data, ...to);
    };
    const watched = { ...chain, crypto: { ...chain.crypto, sha256 } };
    const hashedOf = (bytes: Uint8Array): number => {
      hashed.length = 0;
      const read = readBlock(bytes);
      if (read._tag === 'Right') reduce(watched, step.parent, checkBlock(watched, read.right));
      return good.transactions.filter((tx) => hashed.some((data) => Buffer.compare(data, tx) === 0)).length;
    };
    expect(hashedOf(stranger)).toBe(0);
    expect(hashedOf(step.bytes)).toBe(good.transactions.length);
  });

  it('tells which transaction may not stand there and why', () => {
    const twice = withTransactions(good, scene, [...good.transactions, ...good.transactions]);
    const details = { index: String(good.transactions.length), code: 'nonce_too_low' };
    expect(rejectionOf(scene, bytesOf(scene, twice))).toMatchObject({ code: 'transaction_inadmissible', details });
    const spoilt = withTransactions(good, scene, [new Uint8Array([7]), ...good.transactions]);
    expect(rejectionOf(scene, bytesOf(scene, spoilt))?.details).toEqual({ index: '0', code: 'transaction_malformed' });
  });

  it('is not that the same transactions stand in another order, unless the header says otherwise', () => {
    const reversed = { ...good, transactions: [...good.transactions].reverse() };
    expect(good.transactions).toHaveLength(1);
    expect(rejectionOf(scene, bytesOf(scene, reversed))).toBeUndefined();
    expect(driver.chain.genesisId).toHaveLength(64 satisfies Hash['length']);
  });
});
