/**
 * Small chain: five candidates with known keys, four of them elected, and the hands to drive engines on it.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type ManualClock, manualClock } from '../../src/adapters/clock/manual.ts';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import type { ProducerKey } from '../../src/adapters/keys/keys.ts';
import { memoryLocks } from '../../src/adapters/keys/lock-store.ts';
import { lockedKey } from '../../src/adapters/keys/locked-key.ts';
import { signerOf } from '../../src/adapters/keys/signer.ts';
import type { Storage } from '../../src/adapters/storage/storage.ts';
import {
  type Address,
  encodeTransaction,
  type Founding,
  firstLock,
  foundChain,
  type Hash,
  type Height,
  keys,
  type Lock,
  MED,
  type ParamTexts,
  payloads,
  producerAt,
  type Seconds,
  type Slot,
  signTransaction,
  slotStart,
  type Tip,
  type TransactionFields,
} from '../../src/core/index.ts';
import { type Answer, type Engine, type EngineOptions, type Followed, openEngine } from '../../src/engine/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { type Person, personOf } from '../../src/fixtures/people.ts';

export const crypto = await bestCrypto();

/** The founded chain; `params` are given beside a chain id and four producers a round. */
export const smallChain = (params: ParamTexts = {}, others: Readonly<Record<string, bigint>> = {}): Founding => {
  const { document } = knownGenesis(crypto, {
    genesisTime: 1_000_000 as Seconds,
    params: { chainId: '7', producersPerRound: '4', windowSeconds: '600', unstakeSeconds: '600', ...params },
    producers: 5,
    others: { alice: 90_000_000n, bob: 1_000n, ...others },
  });
  const founding = foundChain(crypto, document);
  if (E.isLeft(founding)) throw new Error(JSON.stringify(founding.left));
  return founding.right;
};

export const person = (label: string): Person => personOf(crypto, label);

/** The key of a person, with a lock that lasts as long as the key. */
export const keyOf = ({ privateKey }: Person, lock: Lock = firstLock): ProducerKey =>
  lockedKey({ signer: signerOf(crypto, privateKey), locks: memoryLocks(lock), hasher: crypto });

/** The lock of a key that has signed on this chain alone. */
const lockOnChain = ({ slot, votes }: Tip, address: Address): Lock => {
  const last = votes.blocks.findLast(({ producer }) => producer === address);
  if (last === undefined) return firstLock;
  const maxHeight = Math.max(last.height, last.maxHeightGenerated) as Height;
  return { ...firstLock, slot, maxHeight };
};

export const producers = ['p0', 'p1', 'p2', 'p3', 'p4'].map(person);

/** The bytes of a signed transaction of a label. */
export const signed = (from: string, nonce: number, fields: Partial<TransactionFields>, payer?: string): Uint8Array => {
  const own = { kind: 'transfer', chainId: 7, nonce: BigInt(nonce), ...fields };
  const payerKey = payer === undefined ? undefined : person(payer).privateKey;
  return encodeTransaction(signTransaction(crypto, own, person(from).privateKey, payerKey));
};

/** A transfer of one MED to bob; `message` makes it longer. */
export const transfer = (from: string, nonce: number, message = '', payer?: string): Uint8Array => {
  const payload = payloads.messagePayload.encode({ message });
  return signed(from, nonce, { to: person('bob').address, value: MED, payload }, payer);
};

/** alice stakes and votes for p4, which then takes the place of p3. */
export const changeOfOffice = (founding: Founding): readonly Uint8Array[] => {
  const candidacy = founding.tip.state.get(keys.accountKey(person('p4').address))?.candidacy as Hash;
  return [
    signed('alice', 1, { kind: 'stake', value: 50_000_000n * MED }),
    signed('alice', 2, { kind: 'vote', payload: payloads.votePayload.encode({ candidates: [candidacy] }) }),
  ];
};

/** The value of an answer that must not be a refusal. */
export const rightOf = <T>(answer: Answer<T>): T => {
  if (E.isLeft(answer)) throw new Error(`refused: ${JSON.stringify(answer.left)}`);
  return answer.right;
};

/** The code of a refusal, or `taken`. */
export const codeOf = (answer: Answer<unknown>): string => (E.isLeft(answer) ? answer.left.code : 'taken');

/** An engine, its clock and hands to move it. */
export interface Driven {
  readonly founding: Founding;
  readonly engine: Engine;
  readonly clock: ManualClock;
  /** Makes the block of a slot, the next one if none is given, by whose turn it is. */
  readonly make: (slot?: number) => Promise<Followed>;
  readonly turnAt: (slot: number) => ProducerKey;
}

export const drive = async (
  founding: Founding,
  storage: Storage,
  { ownKeys, ...options }: Partial<EngineOptions> & { ownKeys?: readonly ProducerKey[] } = {},
): Promise<Driven> => {
  const clock = manualClock(founding.chain.genesisTime);
  const engine = await openEngine({ founding, storage, clock, ...options });
  const allKeys = ownKeys ?? producers.map((owner) => keyOf(owner, lockOnChain(engine.tip, owner.address)));
  const turnAt = (slot: number): ProducerKey => {
    const turn = producerAt(founding.chain, engine.tip, slot as Slot);
    return allKeys.find(({ address }) => address === turn) as ProducerKey;
  };
  const make = async (slot = engine.tip.slot + 1): Promise<Followed> => {
    clock.set(Math.max(clock.now(), slotStart(founding.chain, slot as Slot)));
    return rightOf(await engine.produce(turnAt(slot), { slot: slot as Slot }));
  };
  return { founding, engine, clock, make, turnAt };
};

/** All of a tip that can be compared: its place, state root, votes and schedule. */
export const toldOf = ({ state, ...rest }: Tip) => ({ ...rest, root: state.root, entries: state.count });

/** The store, which closing leaves open for the next engine. */
export const keptOpen = (storage: Storage): Storage => ({ ...storage, close: () => Promise.resolve() });

/** The founding with a crypto that counts how often a signature was recovered. */
export const countingRecoveries = (founding: Founding) => {
  let recoveries = 0;
  const { chain } = founding;
  const counting = {
    ...chain.crypto,
    recover: (hash: Uint8Array, signature: Uint8Array) => {
      recoveries += 1;
      return chain.crypto.recover(hash, signature);
    },
  };
  return { counted: { ...founding, chain: { ...chain, crypto: counting } }, recoveries: () => recoveries };
};

/** Everything a store holds, as one value. */
export const contentsOf = async (storage: Storage) => ({
  blocks: await storage.blocks(0, 1_000_000),
  rows: await storage.scan(0, 1_000_000),
  facts: await Promise.all(['genesis-id', 'state-height'].map((name) => storage.fact(name))),
});

/** A store that notes how many rows are asked for at a time. */
export const countingRows = (inner: Storage) => {
  const asked: number[] = [];
  const storage: Storage = {
    ...inner,
    rows: (leaves) => {
      asked.push(leaves.length);
      return inner.rows(leaves);
    },
  };
  return { storage, asked };
};
