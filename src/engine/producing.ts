/**
 * Producing: a producer's block of a slot, from the pool's choice to the signature.
 *
 * Source: protocol sections 9 and 11; finality rules 10 and 19.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import type { ProducerKey } from '../adapters/keys/keys.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import { bytesOf, toHex } from '../core/bytes.ts';
import { type Chain, slotAt, slotStart, type Tip } from '../core/chain.ts';
import { type BuiltBlock, buildBlock, producerAt } from '../core/reduce.ts';
import { refusal } from '../core/refusal.ts';
import { recoverSigner } from '../core/signature.ts';
import type { LiveState } from '../core/steps/work.ts';
import type { Address, Slot } from '../core/units.ts';
import { encodeBlock } from '../core/wire/header.ts';
import type { Answer, Followed, ProduceOptions } from './engine.ts';
import type { LiveChain } from './live-chain.ts';
import { EngineError, refuse } from './outcome.ts';
import { withRows } from './rows.ts';

/** What a block is made from. */
export interface Workshop {
  readonly live: LiveChain;
  readonly storage: Storage;
  readonly clock: Clock;
}

/** Whose turn a slot after the tip's is. */
export const turnOf = (chain: Chain, storage: Storage, tip: Tip, slot: Slot): Promise<Address> =>
  withRows(storage, tip.state, () => producerAt(chain, tip, slot));

/** The signature of the key, if its lock lets it; held against the key, because a stranger's would make no block. */
const signatureOf = async (
  { crypto }: Chain,
  { claim, id }: BuiltBlock,
  key: ProducerKey,
  slot: Slot,
): Promise<Answer<Uint8Array>> => {
  const sign = await key.sign(claim, slot);
  if (E.isLeft(sign)) return E.left(refuse(sign.left));
  const signed = recoverSigner(crypto, bytesOf(id), sign.right);
  if (E.isLeft(signed) || toHex(signed.right) !== key.address)
    throw new EngineError('signer_wrong', `the key of ${key.address} made a signature of somebody else`);
  return sign;
};

/** Why no block of this slot is made by this key, before anything is built. */
const refusalOf = async ({ live, storage }: Workshop, key: ProducerKey, slot: Slot) => {
  const { chain, tip } = live;
  if (live.isBroken) return refuse('fault_bound_broken', { producers: String(live.watch.evidence.length) });
  const time = slotStart(chain, slot);
  if (time > live.latestTime) return refuse('block_from_future', { time: String(time) });
  if (slot <= tip.slot) return refusal('slot_not_after_parent', { slot: String(slot), parent: String(tip.slot) });
  const turn = await turnOf(chain, storage, tip, slot);
  return turn === key.address ? undefined : refusal('producer_wrong', { producer: key.address, expected: turn });
};

/** Makes the block of a slot on the chosen chain, has it signed, and takes it. */
export const produceBlock = async (
  workshop: Workshop,
  key: ProducerKey,
  { slot: wanted, hasTime = () => true, maxBytes = Number.POSITIVE_INFINITY }: ProduceOptions,
): Promise<Answer<Followed>> => {
  const { live, storage, clock } = workshop;
  await live.followDue();
  const { chain, tip, offers } = live;
  const slot = wanted ?? slotAt(chain, clock.now());
  const refused = await refusalOf(workshop, key, slot);
  if (refused !== undefined) return E.left(refused);
  const { maxHeight } = await key.lock();
  await offers.makeReady(tip, slot);
  const choice = (state: LiveState) => offers.choose(state, hasTime, maxBytes);
  const plan = { slot, lockOf: () => maxHeight, offers: choice };
  const built = await withRows(storage, tip.state, () => buildBlock(chain, tip, plan));
  if (E.isLeft(built)) return built;
  const sign = await signatureOf(chain, built.right, key, slot);
  if (E.isLeft(sign)) return sign;
  const { claim, id, transition } = built.right;
  const header = { ...claim, sign: sign.right };
  const bytes = encodeBlock({ header, transactions: transition.included.map((tx) => tx.bytes) });
  return live.take({ id, transition, bytes }, header);
};
