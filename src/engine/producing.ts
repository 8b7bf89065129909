/**
 * Producing: a producer's block of a slot, from the pool's choice to the signature.
 *
 * The block is durable before it is signed, and its lock before the signature is made. If the process dies after that, the same block
 * is signed after all when it starts again: a lock that stands above every block could stop finality for good (decision 25).
 * Source: protocol sections 9 and 11; finality rules 10 and 19.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../adapters/clock/clock.ts';
import { KeyError } from '../adapters/keys/key-error.ts';
import type { ProducerKey } from '../adapters/keys/keys.ts';
import type { Storage } from '../adapters/storage/storage.ts';
import { readBlock } from '../core/block.ts';
import { bytesOf, toHex } from '../core/bytes.ts';
import { type Chain, slotAt, slotStart, type Tip } from '../core/chain.ts';
import { type BuiltBlock, buildBlock, producerAt } from '../core/reduce.ts';
import { refusal } from '../core/refusal.ts';
import { recoverSigner } from '../core/signature.ts';
import type { LiveState } from '../core/steps/work.ts';
import { type Address, type Hash, SIGNATURE_BYTES, type Slot } from '../core/units.ts';
import { type Block, blockId, encodeBlock, type Header } from '../core/wire/header.ts';
import type { Answer, Followed, ProduceOptions } from './engine.ts';
import { signingFact } from './facts.ts';
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
  { claim, id }: Pick<BuiltBlock, 'claim' | 'id'>,
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

/** As long as a signature, so that the block is as long as it will be. */
const NO_SIGNATURE = new Uint8Array(SIGNATURE_BYTES);

/** A block that its key was given to sign. */
interface Unfinished extends Block {
  readonly id: Hash;
}

/**
 * The block that was to be signed when the lock of this key was moved last, if it is stored and not known as signed. Bytes that are no
 * block, or another one, are no help and no harm: what may be signed is for the lock to say.
 */
const unfinishedBlock = async ({ live, storage }: Workshop, key: ProducerKey): Promise<Unfinished | undefined> => {
  const { signedId } = await key.lock();
  if (signedId === undefined || live.isKnown(signedId)) return undefined;
  const bytes = await storage.fact(signingFact(key.address));
  if (bytes === undefined) return undefined;
  const block = readBlock(bytes);
  if (E.isLeft(block)) return undefined;
  const { header } = block.right;
  const isIt = blockId(live.chain.crypto, header) === signedId;
  return isIt && header.height > live.finalHeight ? { ...block.right, id: signedId } : undefined;
};

/** Why the block cannot be taken yet; nothing is signed then. */
const refusalOfUnfinished = (live: LiveChain, { parentId, time }: Header) => {
  if (!live.isKnown(parentId)) return refusal('parent_unknown', { parentId });
  return time > live.latestTime ? refuse('block_from_future', { time: String(time) }) : undefined;
};

/** Finishes the block that the key had been given to sign when something died; `undefined` if there is none. Once refused, it may be tried again. */
export const resumeBlock = async (workshop: Workshop, key: ProducerKey): Promise<Answer<Followed> | undefined> => {
  const { live } = workshop;
  if (live.isBroken) return undefined;
  const block = await unfinishedBlock(workshop, key);
  if (block === undefined) return undefined;
  const { header, transactions, id } = block;
  const refused = refusalOfUnfinished(live, header);
  if (refused !== undefined) return E.left(refused);
  const sign = await signatureOf(live.chain, { claim: header, id }, key, slotAt(live.chain, header.time));
  if (E.isLeft(sign)) return sign;
  return live.follow(encodeBlock({ header: { ...header, sign: sign.right }, transactions }));
};

/** The same before another block is made: a signer that goes on failing at one does not keep the key from those that its lock allows. */
const resumeFirst = async (workshop: Workshop, key: ProducerKey) => {
  try {
    return await resumeBlock(workshop, key);
  } catch (error) {
    if (error instanceof KeyError && error.code === 'key_failed') return undefined;
    throw error;
  }
};

/** Makes the block of a slot on the chosen chain, has it signed, and takes it. */
export const produceBlock = async (
  workshop: Workshop,
  key: ProducerKey,
  { slot: wanted, hasTime = () => true, maxBytes = Number.POSITIVE_INFINITY }: ProduceOptions,
): Promise<Answer<Followed>> => {
  const { live, storage, clock } = workshop;
  const slot = wanted ?? slotAt(live.chain, clock.now());
  const resumed = await resumeFirst(workshop, key);
  // It was asked for again.
  if (resumed !== undefined && E.isRight(resumed) && resumed.right.transition.tip.slot === slot) return resumed;
  await live.followDue();
  const { chain, tip, offers } = live;
  const refused = await refusalOf(workshop, key, slot);
  if (refused !== undefined) return E.left(refused);
  const lock = await key.lock();
  await offers.makeReady(tip, slot);
  const choice = (state: LiveState) => offers.choose(state, hasTime, maxBytes);
  const plan = { slot, lockOf: () => lock.maxHeight, offers: choice };
  const built = await withRows(storage, tip.state, () => buildBlock(chain, tip, plan));
  if (E.isLeft(built)) return built;
  const { claim, id, transition } = built.right;
  const transactions = transition.included.map((tx) => tx.bytes);
  const unsigned = encodeBlock({ header: { ...claim, sign: NO_SIGNATURE }, transactions });
  // Nothing is promised that would come to nothing: the lock is moved for good, and what it was moved for last may still be wanted.
  const fault = chain.agreement.lockFault(lock, { ...claim, slot });
  if (fault !== undefined) return E.left(refuse(fault));
  const full = live.refusalOfRoom({ id, transition, bytes: unsigned }, claim);
  if (full !== undefined) return E.left(full);
  await live.keepFact(signingFact(key.address), unsigned);
  const sign = await signatureOf(chain, built.right, key, slot);
  if (E.isLeft(sign)) return sign;
  const header = { ...claim, sign: sign.right };
  return live.take({ id, transition, bytes: encodeBlock({ header, transactions }) }, header);
};
