/**
 * Heavy chain: signed blocks of many transfers and a little of everything, over windows so short that things fall due.
 *
 * It is the same chain for the same plan, so a store that was killed again and again can be held against one that was not.
 * At some heights there is a sibling too: a good block on the same parent, which comes too late and must change nothing.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Chance, chanceFrom } from '../../src/adapters/laws/chance.ts';
import { memoryStorage } from '../../src/adapters/storage/memory.ts';
import {
  type Address,
  buildBlock,
  type Chain,
  foundChain,
  type GenesisDocument,
  type Hash,
  type Height,
  keys,
  MED,
  payloads,
  producerAt,
  type Seconds,
  type Slot,
  signBlock,
  type Tip,
  type TransactionFields,
} from '../../src/core/index.ts';
import { defaultPoolLimits, type Engine } from '../../src/engine/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import type { Person } from '../../src/fixtures/people.ts';
import { crypto, drive, person, signed } from '../engine/small-chain.ts';

/** How heavy: the number of blocks, and of transfers offered for most of them and for the heavy ones. */
export interface Weight {
  readonly heights: number;
  readonly transfers: number;
  readonly heavyTransfers: number;
}

export interface HeavyChain {
  readonly document: GenesisDocument;
  /** The block of height h is at h - 1. */
  readonly blocks: readonly Uint8Array[];
  /** A sibling of the block of a height, by that height. */
  readonly siblings: ReadonlyMap<number, Uint8Array>;
}

const PRODUCERS = ['p0', 'p1', 'p2', 'p3', 'p4'];
const CROWD = 400;
/** The genesis holds four transactions of each producer. */
const GENESIS_NONCE = 4;
/** Every so many blocks one is heavy, one has a sibling, one comes after a missed slot. */
const HEAVY_EVERY = 8;
const SIBLING_EVERY = 9;
const MISSED_EVERY = 7;

const documentOf = (): GenesisDocument =>
  knownGenesis(crypto, {
    genesisTime: 1_000_000 as Seconds,
    params: { chainId: '7', producersPerRound: '4', windowSeconds: '12', unstakeSeconds: '15' },
    producers: PRODUCERS.length,
    others: { alice: 90_000_000n },
  }).document;

const people = new Map<string, Person>();
const known = (label: string): Person => {
  const found = people.get(label) ?? person(label);
  people.set(label, found);
  return found;
};

type Wish = Partial<TransactionFields> & { readonly from: string; readonly payer?: string };

const hashOf = (chance: Chance): Hash => Buffer.from(chance.bytes(32)).toString('hex') as Hash;

/** What somebody of a crowd without stake sends, on bandwidth that a producer lends. */
const smallWish = (chance: Chance): Wish => ({
  from: `c${chance.below(CROWD)}`,
  payer: chance.oneOf(PRODUCERS),
  to: known(`c${chance.below(CROWD)}`).address,
  value: BigInt(1 + chance.below(1000)),
});

const transferWish = (chance: Chance): Wish => {
  if (chance.below(8) === 0) return smallWish(chance);
  const payload = payloads.messagePayload.encode({ message: 'x'.repeat(chance.below(60)) });
  const to = known(`c${chance.below(CROWD)}`).address;
  return { from: chance.oneOf(PRODUCERS), to, value: MED, payload };
};

/** What else happens at a height: stakes and their return, votes, records, certifications. */
const otherWishes = (chance: Chance, height: number, candidacies: readonly Hash[]): readonly Wish[] => [
  { from: 'alice', kind: 'stake', value: BigInt(1 + chance.below(900_000)) * MED },
  ...(height % 3 === 0 ? [{ from: 'alice', kind: 'unstake', value: BigInt(1 + chance.below(90_000)) * MED }] : []),
  ...(height % 4 === 0
    ? [
        {
          from: 'alice',
          kind: 'vote',
          payload: payloads.votePayload.encode({ candidates: [chance.oneOf(candidacies)] }),
        },
      ]
    : []),
  ...[0, 1, 2].map(() => ({
    from: chance.oneOf(PRODUCERS),
    kind: 'add_record',
    payload: payloads.hashPayload.encode({ hash: hashOf(chance) }),
  })),
  {
    from: chance.oneOf(PRODUCERS),
    kind: 'add_certification',
    to: known(`c${chance.below(CROWD)}`).address,
    payload: payloads.certificationPayload.encode({ issued: 1_000_000n, expires: 2_000_000n, hash: hashOf(chance) }),
  },
];

/** A good block of the slot after next, with nothing in it; `heights` tells the last one that each producer has signed. */
const siblingOn = (chain: Chain, tip: Tip, heights: ReadonlyMap<Address, Height>): Uint8Array => {
  const slot = (tip.slot + 2) as Slot;
  const turn = producerAt(chain, tip, slot);
  const producer = PRODUCERS.map(known).find(({ address }) => address === turn) as Person;
  const lockOf = (address: Address) => heights.get(address) ?? (0 as Height);
  const built = buildBlock(chain, tip, { slot, lockOf, offers: () => [] });
  if (E.isLeft(built)) throw new Error(`no sibling: ${built.left.code}`);
  return signBlock(crypto, built.right.claim, [], producer.privateKey);
};

/** Offers to an engine, with the nonces of all who have sent something. */
class Offers {
  readonly #nonces = new Map<string, number>();
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** What is refused is left out: nobody's nonce moves by it. */
  async add({ from, payer, ...fields }: Wish): Promise<void> {
    const nonce = (this.#nonces.get(from) ?? (PRODUCERS.includes(from) ? GENESIS_NONCE : 0)) + 1;
    const answer = await this.#engine.offer(signed(from, nonce, fields, payer));
    if (E.isRight(answer)) this.#nonces.set(from, nonce);
  }
}

/** Makes the chain of a weight. PERF: about 0.3 ms a transfer. */
export async function heavyChain({ heights, transfers, heavyTransfers }: Weight): Promise<HeavyChain> {
  const document = documentOf();
  const founding = foundChain(crypto, document);
  if (E.isLeft(founding)) throw new Error(JSON.stringify(founding.left));
  const poolLimits = { ...defaultPoolLimits, maxPerSender: 10_000 };
  const { engine, make } = await drive(founding.right, memoryStorage(), { poolLimits });
  const chance = chanceFrom(heights * 1000 + transfers);
  const offers = new Offers(engine);
  const candidacies = PRODUCERS.map(
    (label) => engine.tip.state.get(keys.accountKey(known(label).address))?.candidacy as Hash,
  );
  const blocks: Uint8Array[] = [];
  const siblings = new Map<number, Uint8Array>();
  const signedBy = new Map<Address, Height>();
  for (let height = 1; height <= heights; height += 1) {
    for (const wish of otherWishes(chance, height, candidacies)) await offers.add(wish);
    const wanted = height % HEAVY_EVERY === 0 ? heavyTransfers : transfers;
    for (let count = 0; count < wanted; count += 1) await offers.add(transferWish(chance));
    if (height % SIBLING_EVERY === 0) siblings.set(height, siblingOn(founding.right.chain, engine.tip, signedBy));
    const isMissed = height % MISSED_EVERY === 0;
    const slot = engine.tip.slot + (isMissed ? 2 : 1);
    signedBy.set(producerAt(founding.right.chain, engine.tip, slot as Slot), height as Height);
    blocks.push((await make(slot)).bytes);
  }
  return { document, blocks, siblings };
}
