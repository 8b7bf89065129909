/**
 * Run: one simulated network from its genesis to the end of its calm, by its plan: the same plan, the same run, to the last byte.
 *
 * The nodes are the real engine; only time, network, disks and signatures are made up. Source: protocol section 12.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Chance, chanceFrom } from '../../adapters/laws/chance.ts';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import * as payloads from '../../core/kinds/payloads.ts';
import { encodeTransaction, signTransaction } from '../../core/sign.ts';
import { accountKey } from '../../core/state/keys.ts';
import { type Address, type Hash, MED, type Slot } from '../../core/units.ts';
import type { EngineEvent } from '../../engine/index.ts';
import type { Person } from '../../fixtures/people.ts';
import { type Rules, rightRules, type WrongRuleName, wrongRules } from '../wrong-rules.ts';
import { Cabal } from './cabal.ts';
import { Checker, type Violation } from './checker.ts';
import { checkEndings } from './endings.ts';
import { type Ending, HonestNode } from './honest.ts';
import { type Election, type NetworkPlan, nameOf, type Restart } from './plan.ts';
import { stubCrypto } from './stub-crypto.ts';
import { foundWorld, voterOf, type World, worldOf } from './world.ts';

export interface NetworkRun {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Blocks that nodes have taken, each counted once a node. */
  readonly nodeBlocks: number;
  readonly height: number;
  readonly finalHeight: number;
  readonly reorganisations: number;
  readonly undoneBlocks: number;
  /** Blocks that were being signed when their producer's process died, and that its next one has finished. */
  readonly resumed: number;
  /** Producers against whom some node has evidence. */
  readonly convicted: number;
  /** Heights at which the office has changed, on whatever chain a node stood. */
  readonly officeChanges: number;
  /** Slots of calm until a block of the calm was final for every node; `undefined` if that did not come. */
  readonly settledSlots: number | undefined;
}

export interface RunOptions {
  /** Real hashes for the stub. */
  readonly hasher: Hasher;
  /** The rules that all nodes go by; the protocol's own if none is named. */
  readonly wrongRule?: WrongRuleName;
  /** Called with each line of what happens. */
  readonly trace?: (line: string) => void;
  /** Whether to look for new final blocks in the calm. */
  readonly untilFinal?: boolean;
}

class Simulation {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #nodes: readonly HonestNode[];
  readonly #cabal: Cabal;
  readonly #checker: Checker;
  readonly #options: RunOptions;
  readonly #nonces = new Map<Address, bigint>();
  /** The node whose store is to die: that it stops is no violation. */
  readonly #dying = new Set<HonestNode>();
  /** Votes whose slot has come and that no node has taken yet. */
  #undecided: readonly Election[] = [];
  #settledSlots: number | undefined;
  #resumed = 0;
  #calmHeight = 0;

  constructor(world: World, options: RunOptions) {
    const { plan, people, founding } = world;
    this.#world = world;
    this.#options = options;
    this.#chance = chanceFrom(plan.seed ^ 0x0ffe);
    const villains = new Set(plan.byzantine.map(({ node }) => node));
    const byzantine = new Set([...villains].map((node) => (people.get(nameOf(node)) as Person).address));
    this.#checker = new Checker(founding.chain, byzantine);
    this.#cabal = new Cabal(world);
    this.#nodes = Array.from({ length: plan.nodes }, (_, index) => index)
      .filter((index) => !villains.has(index))
      .map((index) => new HonestNode(world, index, (node, event) => this.#sees(node, event)));
  }

  #sees(node: HonestNode, event: EngineEvent): void {
    this.#checker.sees(node, event);
    const { trace } = this.#options;
    if (event.kind === 'moved') {
      const { tip } = (event.done.at(-1) as (typeof event.done)[number]).transition;
      trace?.(`${this.#world.time.nowMs()} ${node.name} at ${tip.height} ${tip.id} final ${node.engine?.finalHeight}`);
      for (const { id, bytes } of event.done) this.#cabal.learn(id, bytes);
    } else if (event.kind === 'fork') this.#cabal.learn(event.block.id, event.block.bytes);
    else trace?.(`${this.#world.time.nowMs()} ${node.name} ${event.kind}`);
  }

  async run(): Promise<NetworkRun> {
    const { plan, time, slotMs } = this.#world;
    for (const node of this.#nodes) await this.#start(node);
    const last = plan.chaosSlots + plan.calmSlots;
    for (let slot = 1; slot <= last; slot += 1) {
      await time.run(slotMs(slot) - 1);
      await this.#goOn(slot);
    }
    // The middle of a slot: what was made in it has arrived.
    await time.run(slotMs(last) + 1_500);
    this.#lookWhetherSettled(last);
    if (this.#options.untilFinal === true && this.#settledSlots === undefined)
      this.#checker.find('not_final_again', `after ${plan.calmSlots} slots of calm`);
    // A store that died may be a block ahead of its engine.
    for (const node of [...this.#dying]) await this.#again(node);
    await checkEndings(this.#world, this.#checker, this.#nodes);
    const result = this.#result();
    for (const node of this.#nodes) await node.stop();
    return result;
  }

  async #start(node: HonestNode, ending: Ending = { how: 'stop', atWrite: 1 }): Promise<void> {
    if (ending.how === 'stop') this.#dying.delete(node);
    else this.#dying.add(node);
    await node.start(ending, (report) => {
      if (report.kind === 'resumed') this.#resumed += 1;
      if (report.kind === 'stopped' && !this.#dying.has(node))
        this.#checker.find('node_stopped', `${node.name}: ${String(report.error)}`);
    });
    await this.#checker.begins(node);
  }

  /** What the plan has for this slot, before its blocks are made. */
  async #goOn(slot: number): Promise<void> {
    const { plan } = this.#world;
    for (const restart of plan.restarts) await this.#restart(restart, slot);
    await this.#elect([...this.#undecided, ...plan.elections.filter(({ atSlot }) => atSlot === slot)]);
    if (this.#chance.below(1_000) < plan.transfersPerThousandSlots) await this.#transfer();
    if (slot <= plan.chaosSlots) this.#cabal.act(slot as Slot);
    if (slot === plan.chaosSlots + 1) {
      for (const node of this.#nodes) if (node.engine === undefined || this.#dying.has(node)) await this.#again(node);
      this.#calmHeight = Math.max(...this.#nodes.map(({ engine }) => engine?.tip.height ?? 0));
    }
    if (slot > plan.chaosSlots + 1) this.#lookWhetherSettled(slot);
  }

  async #restart({ node: index, atSlot, downSlots, ...ending }: Restart, slot: number): Promise<void> {
    const node = this.#nodes.find((candidate) => candidate.index === index);
    if (node === undefined) return;
    if (slot === atSlot) {
      await node.stop();
      if (ending.how !== 'stop') await this.#start(node, ending);
    }
    if (slot === atSlot + downSlots) await this.#again(node);
  }

  async #again(node: HonestNode): Promise<void> {
    await node.stop();
    await this.#start(node);
  }

  #lookWhetherSettled(slot: number): void {
    if (this.#settledSlots !== undefined) return;
    const isSettled = this.#nodes.every(({ engine }) => engine !== undefined && engine.finalHeight > this.#calmHeight);
    if (isSettled) this.#settledSlots = slot - this.#world.plan.chaosSlots;
  }

  /** Some node that runs. */
  #anyNode(): HonestNode | undefined {
    const running = this.#nodes.filter(({ node }) => node !== undefined);
    return running.length === 0 ? undefined : this.#chance.oneOf(running);
  }

  async #offer(
    person: Person,
    fields: { kind: string; value?: bigint; to?: Address; payload?: Uint8Array },
  ): Promise<boolean> {
    const node = this.#anyNode();
    const { chain } = this.#world.founding;
    const known = node?.engine?.tip.state.get(accountKey(person.address))?.nonce ?? 0n;
    const nonce = (this.#nonces.get(person.address) ?? known) + 1n;
    const own = { ...fields, chainId: chain.params.chainId, nonce };
    const bytes = encodeTransaction(signTransaction(chain.crypto, own, person.privateKey));
    const answer = await node?.node?.offer(bytes).catch(() => undefined);
    const isTaken = answer !== undefined && E.isRight(answer);
    if (isTaken) this.#nonces.set(person.address, nonce);
    return isTaken;
  }

  /** What is not taken is tried again in the next slot: a vote has no bandwidth before the stake of its voter is in a block. */
  async #elect(elections: readonly Election[]): Promise<void> {
    const undecided: Election[] = [];
    for (const election of elections) if (!(await this.#vote(election))) undecided.push(election);
    this.#undecided = undecided;
  }

  async #vote({ voter, candidates }: Election): Promise<boolean> {
    const { people, founding } = this.#world;
    const person = people.get(voterOf(voter)) as Person;
    const account = founding.tip.state.get(accountKey(person.address));
    if (!this.#nonces.has(person.address)) {
      await this.#offer(person, { kind: 'stake', value: (account?.balance ?? 0n) - MED * 1_000n });
      return false;
    }
    const ids = candidates.map((index) => {
      const candidate = people.get(nameOf(index)) as Person;
      return founding.tip.state.get(accountKey(candidate.address))?.candidacy as Hash;
    });
    return this.#offer(person, { kind: 'vote', payload: payloads.votePayload.encode({ candidates: ids }) });
  }

  async #transfer(): Promise<void> {
    const { people } = this.#world;
    const [from, to] = [this.#chance.oneOf(this.#nodes).person, (people.get(voterOf(0)) as Person).address];
    await this.#offer(from, { kind: 'transfer', to, value: MED, payload: new Uint8Array(0) });
  }

  #result(): NetworkRun {
    const checker = this.#checker;
    const engines = this.#nodes.flatMap(({ engine }) => (engine === undefined ? [] : [engine]));
    const convicted = new Set(engines.flatMap(({ evidence }) => evidence.map(({ producer }) => producer)));
    return {
      seed: this.#world.plan.seed,
      violations: checker.violations,
      nodeBlocks: checker.nodeBlocks,
      height: Math.max(...engines.map(({ tip }) => tip.height)),
      finalHeight: checker.finalHeight,
      reorganisations: checker.reorganisations,
      undoneBlocks: checker.undoneBlocks,
      resumed: this.#resumed,
      convicted: convicted.size,
      officeChanges: checker.officeChanges,
      settledSlots: this.#settledSlots,
    };
  }
}

const rulesOf = (name: WrongRuleName | undefined): Rules => (name === undefined ? rightRules : wrongRules[name]);

/** Worlds that many runs begin with: to found one takes as long as a short run. */
const founded = new Map<string, ReturnType<typeof foundWorld>>();

const foundedFor = (crypto: Crypto, plan: NetworkPlan, rules: Rules, wrongRule = '') => {
  const name = [crypto.name, wrongRule, plan.seats, plan.nodes + plan.ghosts, plan.stallSlots].join();
  const known = founded.get(name) ?? foundWorld(crypto, plan, rules);
  founded.set(name, known);
  return known;
};

/** Runs the network of a plan. PERF: about 0.2 ms a node and block. */
export const runNetwork = (plan: NetworkPlan, options: RunOptions): Promise<NetworkRun> => {
  const rules = rulesOf(options.wrongRule);
  const crypto = stubCrypto(options.hasher);
  const parts = foundedFor(crypto, plan, rules, options.wrongRule);
  const { trace } = options;
  const world = worldOf({ ...parts, plan, rules }, trace && ((event) => trace(JSON.stringify(event))));
  return new Simulation(world, options).run();
};
