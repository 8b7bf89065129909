/**
 * Live: the story's chain, lived through on a store: every scene offered, every block produced by whose turn it is.
 */
import * as E from 'fp-ts/lib/Either.js';
import { manualClock } from '../../adapters/clock/index.ts';
import type { ProducerKey } from '../../adapters/keys/keys.ts';
import { memoryLocks } from '../../adapters/keys/lock-store.ts';
import { lockedKey } from '../../adapters/keys/locked-key.ts';
import { signerOf } from '../../adapters/keys/signer.ts';
import type { Storage } from '../../adapters/storage/storage.ts';
import {
  type Address,
  type Crypto,
  type Founding,
  type Hash,
  keys,
  producerAt,
  type Slot,
  slotStart,
  type Tip,
} from '../../core/index.ts';
import { type Engine, openEngine } from '../../engine/index.ts';
import type { Person } from '../../fixtures/people.ts';
import { LAST_SLOT, RETURN_SLOT, type Scene, sceneBytes, scenesOf, storySlots } from '../../fixtures/story.ts';

/** What is seen of alice's coins around the second at which they return. */
export interface Witness {
  readonly slot: number;
  readonly time: number;
  readonly balance: bigint;
  readonly withdrawals: number;
}

export interface Lived {
  readonly tip: Tip;
  /** State root after each block, from height 1. */
  readonly roots: readonly Hash[];
  readonly transactions: number;
  readonly failed: number;
  readonly missed: number;
  /** Scenes that did not end as they should, with the reason. */
  readonly complaints: readonly string[];
  readonly producersAtFirst: readonly Address[];
  readonly producersAtLast: readonly Address[];
  readonly before: Witness | undefined;
  readonly after: Witness | undefined;
}

const keyOf = (crypto: Crypto, { privateKey }: Person): ProducerKey =>
  lockedKey({ signer: signerOf(crypto, privateKey), locks: memoryLocks(), hasher: crypto });

const witness = ({ tip }: Engine, address: Address): Witness => {
  const account = tip.state.get(keys.accountKey(address));
  return {
    slot: tip.slot,
    time: tip.time,
    balance: account?.balance ?? 0n,
    withdrawals: account?.withdrawals.length ?? 0,
  };
};

const producersOf = ({ state }: Tip): readonly Address[] => state.get(keys.officeKey)?.producers ?? [];

/** Offers a scene; what keeps it from the pool, if anything. */
const offerScene = async (
  engine: Engine,
  crypto: Crypto,
  people: ReadonlyMap<string, Person>,
  scene: Scene,
): Promise<string | undefined> => {
  const sender = (people.get(scene.from) as Person).address;
  const nonce = (engine.tip.state.get(keys.accountKey(sender))?.nonce ?? 0n) + 1n;
  const answer = await engine.offer(sceneBytes(crypto, engine.chain.params.chainId, scene, people, nonce));
  return E.isLeft(answer) ? `${scene.what}: ${answer.left.code}` : undefined;
};

/** Lives the story through on the store, which it closes. `onBlock` is called with each slot done. */
export async function liveStory(
  crypto: Crypto,
  founding: Founding,
  people: ReadonlyMap<string, Person>,
  storage: Storage,
  onBlock: (slot: number) => void,
): Promise<Lived> {
  const { chain } = founding;
  const clock = manualClock(chain.genesisTime);
  const engine = await openEngine({ founding, storage, clock });
  const ownKeys = new Map([...people.values()].map((person) => [person.address, keyOf(crypto, person)]));
  const alice = (people.get('alice') as Person).address;
  const candidacyOf = (label: string) =>
    founding.tip.state.get(keys.accountKey((people.get(label) as Person).address))?.candidacy as Hash;
  const scenes = [...scenesOf(people, candidacyOf)];
  const roots: Hash[] = [];
  const complaints: string[] = [];
  let transactions = 0;
  let failed = 0;
  let producersAtFirst: readonly Address[] = [];
  let before: Witness | undefined;
  let after: Witness | undefined;
  try {
    for (const slot of storySlots()) {
      clock.set(slotStart(chain, slot as Slot));
      while (scenes[0] !== undefined && scenes[0].slot <= slot) {
        const complaint = await offerScene(engine, crypto, people, scenes.shift() as Scene);
        if (complaint !== undefined) complaints.push(complaint);
      }
      const key = ownKeys.get(producerAt(chain, engine.tip, slot as Slot)) as ProducerKey;
      if (slot === RETURN_SLOT) before = witness(engine, alice);
      const produced = await engine.produce(key, { slot: slot as Slot });
      if (E.isLeft(produced)) throw new Error(`block of slot ${slot}: ${produced.left.code}`);
      const { transition } = produced.right;
      roots.push(transition.tip.state.root);
      transactions += transition.receipts.length;
      failed += transition.receipts.filter((receipt) => !receipt.executed).length;
      if (slot === 1) producersAtFirst = producersOf(engine.tip);
      if (slot === RETURN_SLOT) after = witness(engine, alice);
      onBlock(slot);
    }
    const { tip } = engine;
    const missed = LAST_SLOT - tip.height;
    return {
      tip,
      roots,
      transactions,
      failed,
      missed,
      complaints,
      producersAtFirst,
      producersAtLast: producersOf(tip),
      before,
      after,
    };
  } finally {
    await engine.close();
  }
}
