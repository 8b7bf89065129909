/**
 * Honest: one honest producer of a simulated network: the real engine and node, on a store and a lock that outlive their process.
 *
 * Source: protocol section 12, finality rules 18 to 21.
 */
import type { Clock } from '../../adapters/clock/clock.ts';
import type { KeptLock, LockStore } from '../../adapters/keys/lock-store.ts';
import { lockedKey } from '../../adapters/keys/locked-key.ts';
import { signerOf } from '../../adapters/keys/signer.ts';
import { type PeerId, peerIdOf } from '../../adapters/network/network.ts';
import { clockOf } from '../../adapters/network/virtual-clock.ts';
import { hostileStorage } from '../../adapters/storage/hostile.ts';
import { memoryStorage } from '../../adapters/storage/memory.ts';
import type { Storage } from '../../adapters/storage/storage.ts';
import type { Tip } from '../../core/chain.ts';
import { firstLock, type Signing } from '../../core/lock.ts';
import type { Address } from '../../core/units.ts';
import {
  type Engine,
  type EngineEvent,
  type Node,
  type NodeReport,
  openEngine,
  startNode,
} from '../../engine/index.ts';
import type { Person } from '../../fixtures/people.ts';
import { nameOf, type Restart } from './plan.ts';
import type { World } from './world.ts';

/** The process of a node while it runs. */
interface Process {
  readonly engine: Engine;
  readonly node: Node;
  readonly leave: () => Promise<void>;
}

/** How the process ends. */
export type Ending = Pick<Restart, 'how' | 'atWrite'>;

/** The store, which closing leaves as it is. */
const lasting = (storage: Storage): Storage => ({ ...storage, close: () => Promise.resolve() });

/** What a chain shows of a producer's own blocks, oldest first. */
const signedOn = ({ votes, slot }: Tip, producer: Address): readonly Signing[] =>
  votes.blocks
    .filter((block) => block.producer === producer)
    .map(({ height }) => ({ slot, height, maxHeightPrevoted: votes.maxHeightPrevoted }));

export class HonestNode {
  readonly index: number;
  readonly name: PeerId;
  readonly person: Person;
  /** What survives the process: its disk and, on it, its lock. */
  readonly storage = memoryStorage();
  #lock: KeptLock = firstLock;
  #process: Process | undefined;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #onEvent: (event: EngineEvent) => void;

  constructor(world: World, index: number, onEvent: (node: HonestNode, event: EngineEvent) => void) {
    this.index = index;
    this.name = peerIdOf(nameOf(index));
    this.person = world.people.get(nameOf(index)) as Person;
    this.#world = world;
    this.#clock = clockOf(world.time, { skewSeconds: world.plan.skewSeconds[index] ?? 0 });
    this.#onEvent = (event) => onEvent(this, event);
  }

  /** The engine, if the process runs. */
  get engine(): Engine | undefined {
    return this.#process?.engine;
  }

  get node(): Node | undefined {
    return this.#process?.node;
  }

  #locks(): LockStore {
    return {
      read: () => Promise.resolve(this.#lock),
      write: (lock) => {
        this.#lock = lock;
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
  }

  /** Starts the process on what its last one has left; with a mishap its store dies at the write that is told. `onReport` is told what its node reports. */
  async start({ how, atWrite }: Ending, onReport: (report: NodeReport) => void): Promise<void> {
    const { founding, hub, rules } = this.#world;
    const disk = lasting(this.storage);
    const plan = { seed: this.index, isMortal: true, strikeAt: { commit: atWrite, mishap: how as 'before_commit' } };
    const storage = how === 'stop' ? disk : hostileStorage(disk, plan);
    const engine = await openEngine({ founding, storage, clock: this.#clock });
    const { address, privateKey } = this.person;
    const { crypto } = founding.chain;
    this.#lock = rules.restart({ lock: this.#lock, signed: signedOn(engine.tip, address) });
    const key = lockedKey({
      signer: signerOf(crypto, privateKey),
      locks: this.#locks(),
      hasher: crypto,
      rules: rules.agreement,
    });
    const network = hub.join(this.name);
    const silence = engine.onEvent(this.#onEvent);
    const node = startNode({ engine, network, clock: this.#clock, keys: [key], onReport });
    const leave = async (): Promise<void> => {
      silence();
      await network.close();
      await node.stop();
      await engine.close();
    };
    this.#process = { engine, node, leave };
  }

  /** The process is gone; what it had not stored is lost. */
  async stop(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    await process?.leave();
  }
}
