/**
 * Node: an engine among others: it hears and tells blocks and transactions, asks for what it lacks, and makes its blocks in time.
 *
 * It trusts no word of a peer: a block is followed or refused by the engine, and what a peer says of itself only decides whom to ask.
 * It lives by its clock and by what arrives, so on a virtual time it does the same in every run.
 * Source: docs/design.md (nodes among each other); protocol section 9.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Clock } from '../../adapters/clock/clock.ts';
import type { ProducerKey } from '../../adapters/keys/keys.ts';
import type { Network, PeerId } from '../../adapters/network/network.ts';
import { readBlock } from '../../core/block.ts';
import { slotAt, slotStart } from '../../core/chain.ts';
import type { CheckedTransaction } from '../../core/check.ts';
import type { Height, Slot } from '../../core/units.ts';
import { blockId } from '../../core/wire/header.ts';
import type { Answer, Engine } from '../engine.ts';
import type { BlockName } from '../fork/locator.ts';
import { EngineError } from '../outcome.ts';
import { type InboxLimits, PeerInbox } from './inbox.ts';
import {
  ANSWER_OVERHEAD_BYTES,
  decodeMessage,
  encodeMessage,
  MAX_ANSWER_BLOCKS,
  type PeerMessage,
  type Standing,
} from './messages.ts';
import { Producer, type ProducerReport } from './producer.ts';

export interface NodeOptions {
  readonly engine: Engine;
  readonly network: Network;
  readonly clock: Clock;
  /** Keys of this node, on this machine alone; none for a node that only follows. */
  readonly keys?: readonly ProducerKey[];
  /** Asked before each transaction is tried for a block of a slot: the producer's deadline. */
  readonly hasTime?: (slot: Slot) => boolean;
  /** Told what becomes of this node's own slots, and of what stopped it. */
  readonly onReport?: (report: NodeReport) => void;
  readonly inboxLimits?: InboxLimits;
}

/** Of its own slots, or that the engine stopped, and with it the node. */
export type NodeReport = ProducerReport | { readonly kind: 'stopped'; readonly error: unknown };

export interface Node {
  readonly engine: Engine;
  /** Offers a transaction to this node, and, if it takes it, to its peers. */
  offer(bytes: Uint8Array): Promise<Answer<CheckedTransaction>>;
  /** Leaves the network and lets go; the engine, the network and the keys stay open for their owner. Twice is fine. */
  stop(): Promise<void>;
}

const defaultInboxLimits: InboxLimits = { maxMessagesPerPeer: 256, maxBytesPerPeer: 8 * 1024 * 1024, maxPeers: 256 };

/** Peers that are told in each slot where this node stands; the next ones in the next slot. */
const TOLD_A_SLOT = 3;

/** Answers that one peer is given in a slot. */
const ANSWERS_A_SLOT = 8;

/** Slots in which an answer is still heard: links may be slower than a slot. A peer is asked again in each. */
const PATIENCE_SLOTS = 8;

/** A block with one transfer in it. */
const LEAST_MESSAGE_BYTES = 768;

class LivingNode implements Node {
  readonly engine: Engine;
  readonly #network: Network;
  readonly #clock: Clock;
  readonly #producer: Producer;
  readonly #options: NodeOptions;
  readonly #inbox: PeerInbox;
  readonly #stopping = new AbortController();
  readonly #leave: () => void;
  /** Peers that were asked and have not answered, since which slot, and the height that they were asked from. */
  readonly #asked = new Map<PeerId, { readonly slot: Slot; readonly height: Height }>();
  /** How often each was answered in this slot. */
  readonly #answered = new Map<PeerId, number>();
  /** How far a branch has come that peers tell and that this node does not stand on: it may take them several slots. */
  #branch: BlockName | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isReading = false;
  readonly #living: Promise<void>;

  constructor(options: NodeOptions) {
    this.engine = options.engine;
    this.#network = options.network;
    this.#clock = options.clock;
    this.#options = options;
    this.#inbox = new PeerInbox(options.inboxLimits ?? defaultInboxLimits);
    this.#producer = new Producer({
      engine: this.engine,
      keys: options.keys ?? [],
      maxMessageBytes: this.#network.maxMessageBytes,
      hasTime: options.hasTime ?? (() => true),
      tell: (bytes) => this.#tellAll({ kind: 'block', bytes }),
      report: (report) => options.onReport?.(report),
    });
    // Its own blocks come before those of others: they stand where the last process stood.
    const resumed = this.#producer.resume(this.#slotNow());
    this.#leave = this.#network.onMessage((from, message) => this.#hear(from, message));
    this.#living = this.#live(resumed).catch((error: unknown) => this.#end(error));
  }

  async offer(bytes: Uint8Array): Promise<Answer<CheckedTransaction>> {
    const answer = await this.engine.offer(bytes);
    if (E.isRight(answer)) this.#tellAll({ kind: 'transaction', bytes: answer.right.bytes });
    return answer;
  }

  async stop(): Promise<void> {
    this.#leave();
    this.#stopping.abort();
    await this.#living;
    await this.#reading;
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  #end(error: unknown): void {
    if (this.#isStopped) return;
    this.#leave();
    this.#stopping.abort();
    this.#options.onReport?.({ kind: 'stopped', error });
  }

  #slotNow(): Slot {
    return slotAt(this.engine.chain, this.#clock.now());
  }

  /** From slot to slot: what was kept aside, the own blocks, and where this node stands. */
  async #live(resumed: Promise<void>): Promise<void> {
    const { chain } = this.engine;
    const { signal } = this.#stopping;
    await resumed;
    while (!this.#isStopped) {
      const slot = (this.#slotNow() + 1) as Slot;
      await this.#clock.until(slotStart(chain, slot), signal).catch(() => undefined);
      if (this.#isStopped) return;
      for (const [peer, asked] of this.#asked) if (asked.slot + PATIENCE_SLOTS <= slot) this.#asked.delete(peer);
      this.#answered.clear();
      await this.engine.followDue();
      await this.#producer.produce(slot);
      this.#tellSome(slot);
    }
  }

  /** Tells a few peers, others in each slot, where this node stands: whoever lost a word asks for it then. */
  #tellSome(slot: Slot): void {
    const peers = this.#network.peers();
    const said = encodeMessage({ kind: 'standing', standing: this.#standing() });
    for (let told = 0; told < Math.min(TOLD_A_SLOT, peers.length); told += 1)
      this.#network.send(peers[(slot * TOLD_A_SLOT + told) % peers.length] as PeerId, said);
  }

  #standing(): Standing {
    const { height, id, votes } = this.engine.tip;
    return { height, id, maxHeightPrevoted: votes.maxHeightPrevoted };
  }

  #tellAll(said: PeerMessage, but?: PeerId): void {
    const bytes = encodeMessage(said);
    if (bytes.length > this.#network.maxMessageBytes) return;
    for (const peer of this.#network.peers()) if (peer !== but) this.#network.send(peer, bytes);
  }

  #hear(from: PeerId, message: Uint8Array): void {
    if (this.#isStopped) return;
    this.#inbox.add(from, message);
    if (this.#isReading) return;
    this.#isReading = true;
    this.#reading = this.#read().catch((error: unknown) => this.#end(error));
  }

  async #read(): Promise<void> {
    for (let next = this.#inbox.take(); next !== undefined; next = this.#inbox.take()) {
      if (this.#isStopped) break;
      const said = decodeMessage(next.message);
      if (said !== undefined) await this.#weigh(next.from, said);
    }
    this.#isReading = false;
  }

  #weigh(from: PeerId, said: PeerMessage): Promise<void> {
    switch (said.kind) {
      case 'block':
        return this.#weighBlock(from, said.bytes);
      case 'transaction':
        return this.#weighTransaction(from, said.bytes);
      case 'standing':
        return this.#weighStanding(from, said.standing);
      case 'ask':
        return this.#answer(from, said.locator);
      case 'answer':
        return this.#weighAnswer(from, said.blocks);
    }
  }

  async #weighBlock(from: PeerId, bytes: Uint8Array): Promise<void> {
    const followed = await this.engine.follow(bytes);
    // Whoever sends a block has those before it.
    if (E.isLeft(followed) && followed.left.code === 'parent_unknown') await this.#ask(from);
  }

  async #weighTransaction(from: PeerId, bytes: Uint8Array): Promise<void> {
    const taken = await this.engine.offer(bytes);
    if (E.isRight(taken)) this.#tellAll({ kind: 'transaction', bytes }, from);
  }

  async #weighStanding(from: PeerId, { id, height, maxHeightPrevoted }: Standing): Promise<void> {
    const own = this.#standing();
    if (id === own.id) return;
    const isBehind = maxHeightPrevoted < own.maxHeightPrevoted;
    const isShorter = maxHeightPrevoted === own.maxHeightPrevoted && height < own.height;
    if (isBehind || isShorter || (await this.engine.knows(id, height))) return;
    await this.#ask(from);
  }

  /** `reached`: a block of the peer's chain that this node has, though its own chosen chain may not. */
  async #ask(peer: PeerId, reached?: BlockName): Promise<void> {
    const slot = this.#slotNow();
    if ((this.#asked.get(peer)?.slot ?? -1) >= slot) return;
    this.#asked.set(peer, { slot, height: reached?.height ?? (0 as Height) });
    const own = await this.engine.locator();
    const first = reached ?? this.#branch;
    const locator = first === undefined ? own : [first, ...own];
    this.#network.send(peer, encodeMessage({ kind: 'ask', locator }));
  }

  async #answer(peer: PeerId, locator: readonly BlockName[]): Promise<void> {
    const answers = this.#answered.get(peer) ?? 0;
    if (answers >= ANSWERS_A_SLOT) return;
    this.#answered.set(peer, answers + 1);
    const most = this.#network.maxMessageBytes;
    const blocks: Uint8Array[] = [];
    let bytes = ANSWER_OVERHEAD_BYTES;
    for (const block of await this.engine.blocksAfter(locator, most)) {
      bytes += block.length + ANSWER_OVERHEAD_BYTES;
      if (bytes > most || blocks.length >= MAX_ANSWER_BLOCKS) break;
      blocks.push(block);
    }
    this.#network.send(peer, encodeMessage({ kind: 'answer', blocks }));
  }

  async #weighAnswer(from: PeerId, blocks: readonly Uint8Array[]): Promise<void> {
    // Only who was asked may fill this node's time with blocks.
    const asked = this.#asked.get(from);
    if (asked === undefined) return;
    this.#asked.delete(from);
    let reached: BlockName | undefined;
    let taken = 0;
    // Until it is told on again: what it stands on may be gone.
    this.#branch = undefined;
    let index = 0;
    for await (const followed of this.engine.followAll(blocks)) {
      const block = blocks[index] as Uint8Array;
      index += 1;
      if (this.#isStopped) return;
      if (E.isLeft(followed) && followed.left.code !== 'block_known') break;
      if (E.isRight(followed)) taken += 1;
      reached = this.#nameOf(block);
      this.#branch = E.isRight(followed) && followed.right.isChosen ? undefined : reached;
    }
    // A branch may be longer than an answer, and all of the answer known: whoever asks on must come further each time.
    if (reached !== undefined && (taken > 0 || reached.height > asked.height)) await this.#ask(from, reached);
  }

  #nameOf(bytes: Uint8Array): BlockName | undefined {
    const block = readBlock(bytes);
    if (E.isLeft(block)) return undefined;
    const { header } = block.right;
    return { height: header.height, id: blockId(this.engine.chain.crypto, header) };
  }
}

/** Sets a node going. Throws `network_too_small` if the network's messages cannot hold a block. */
export const startNode = (options: NodeOptions): Node => {
  const { maxMessageBytes } = options.network;
  if (maxMessageBytes < LEAST_MESSAGE_BYTES) {
    const message = `the network carries messages of ${maxMessageBytes} bytes, a node needs ${LEAST_MESSAGE_BYTES}; use one that carries larger ones`;
    throw new EngineError('network_too_small', message);
  }
  return new LivingNode(options);
};
