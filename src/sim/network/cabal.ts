/**
 * Cabal: the Byzantine producers of a simulated network, with one mind among them that sees every block at once.
 *
 * Their blocks are valid, so honest nodes have to take them: two in one slot, on old forks, held back, with untrue words about what was
 * signed before, each shown to some and not to others. Source: protocol section 12.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type Chance, chanceFrom } from '../../adapters/laws/chance.ts';
import { type Network, type PeerId, peerIdOf } from '../../adapters/network/network.ts';
import { checkBlock, readBlock } from '../../core/block.ts';
import { bytesOf } from '../../core/bytes.ts';
import type { Tip } from '../../core/chain.ts';
import { compareForks, type ForkTip } from '../../core/fork-choice.ts';
import { beginTip } from '../../core/founding.ts';
import { buildBlock, producerAt, reduce } from '../../core/reduce.ts';
import type { Hash, Height, Slot } from '../../core/units.ts';
import { encodeBlock } from '../../core/wire/header.ts';
import { encodeMessage } from '../../engine/node/messages.ts';
import type { Person } from '../../fixtures/people.ts';
import { nameOf, type Villainy } from './plan.ts';
import type { World } from './world.ts';

interface Known {
  readonly tip: Tip;
  readonly fork: ForkTip;
}

interface Member {
  readonly person: Person;
  readonly villainies: readonly Villainy[];
  readonly network: Network;
  /** The greatest height it ever signed. */
  highest: number;
}

/** Blocks on which a turn may build, the best first. */
const MOST_PARENTS = 6;

/** Slots for which a block may be held back. */
const MOST_HELD = 10;

export class Cabal {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #heard = new Set<Hash>();
  readonly #known = new Map<Hash, Known>();
  readonly #orphans = new Map<Hash, Uint8Array[]>();
  readonly #members: readonly Member[];

  constructor(world: World) {
    const { plan, people, founding, hub } = world;
    this.#world = world;
    this.#chance = chanceFrom(plan.seed ^ 0x5eed);
    const tip = beginTip(founding);
    const fork = { maxHeightPrevoted: 0 as Height, height: tip.height, slot: tip.slot, id: tip.id };
    this.#known.set(tip.id, { tip, fork });
    this.#members = plan.byzantine.map(({ node, villainies }) => ({
      person: people.get(nameOf(node)) as Person,
      villainies,
      network: hub.join(peerIdOf(nameOf(node))),
      highest: 0,
    }));
  }

  /** A block that some honest node has found valid. */
  learn(id: Hash, bytes: Uint8Array): void {
    if (this.#members.length === 0 || this.#heard.has(id)) return;
    this.#heard.add(id);
    const { chain } = this.#world.founding;
    const waiting = [bytes];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const block = readBlock(next);
      if (E.isLeft(block)) continue;
      const checked = checkBlock(chain, block.right);
      const { header } = checked;
      const parent = this.#known.get(header.parentId);
      if (this.#known.has(checked.id)) continue;
      if (parent === undefined) {
        this.#orphans.set(header.parentId, [...(this.#orphans.get(header.parentId) ?? []), next]);
        continue;
      }
      const reduced = reduce(chain, parent.tip, checked);
      if (E.isLeft(reduced)) continue;
      this.#keep(reduced.right.tip, header.maxHeightPrevoted);
      waiting.push(...(this.#orphans.get(checked.id) ?? []));
      this.#orphans.delete(checked.id);
    }
  }

  #keep(tip: Tip, maxHeightPrevoted: Height): void {
    const { id, height, slot } = tip;
    this.#known.set(id, { tip, fork: { maxHeightPrevoted, height, slot, id } });
  }

  /** The members whose turn it is on some chain make what they like of it. */
  act(slot: Slot): void {
    for (const member of this.#members) {
      if (member.villainies.includes('mute') && this.#chance.below(2) === 0) continue;
      const parents = this.#parentsFor(member, slot);
      if (parents.length > 0) this.#actOn(member, parents, slot);
    }
  }

  #parentsFor({ person }: Member, slot: Slot): readonly Known[] {
    const { chain } = this.#world.founding;
    const recent = [...this.#known.values()].filter(({ tip }) => tip.slot < slot);
    const best = recent.sort((a, b) => compareForks(a.fork, b.fork)).slice(0, 2 * MOST_PARENTS);
    return best.filter(({ tip }) => producerAt(chain, tip, slot) === person.address).slice(0, MOST_PARENTS);
  }

  #actOn(member: Member, parents: readonly Known[], slot: Slot): void {
    const { villainies } = member;
    const does = (villainy: Villainy): boolean => villainies.includes(villainy) && this.#chance.below(3) > 0;
    const times = does('equivocate') ? 2 + this.#chance.below(2) : 1;
    for (let time = 0; time < times; time += 1) {
      const parent = (does('fork') || time > 0 ? this.#chance.oneOf(parents) : parents[0]) as Known;
      const bytes = this.#blockOn(member, parent.tip, slot, does('understate'), does('overstate'));
      if (bytes === undefined) continue;
      const holdSlots = does('withhold') ? this.#chance.below(MOST_HELD) : 0;
      this.#send(member, bytes, holdSlots, times > 1);
    }
  }

  /** Another content each time, so that two blocks on one parent differ: the stated height is what a block can differ in. */
  #blockOn(member: Member, parent: Tip, slot: Slot, understates: boolean, overstates: boolean): Uint8Array | undefined {
    const { founding } = this.#world;
    const { chain } = founding;
    const own = parent.votes.blocks.findLast(({ producer }) => producer === member.person.address);
    const least = own === undefined ? 0 : Math.max(own.height, own.maxHeightGenerated);
    const stated = understates ? least : Math.max(least, member.highest);
    const said = (overstates ? stated + this.#chance.below(4) : stated) as Height;
    const built = buildBlock(chain, parent, { slot, lockOf: () => said, offers: () => [] });
    if (E.isLeft(built)) return undefined;
    const { claim, id, transition } = built.right;
    member.highest = Math.max(member.highest, claim.height);
    this.#keep(transition.tip, claim.maxHeightPrevoted);
    const sign = chain.crypto.sign(bytesOf(id), member.person.privateKey);
    return encodeBlock({ header: { ...claim, sign }, transactions: [] });
  }

  #send({ network }: Member, bytes: Uint8Array, holdSlots: number, toSome: boolean): void {
    const { time, slotMs } = this.#world;
    const said = encodeMessage({ kind: 'block', bytes });
    const peers = network.peers().filter(() => !toSome || this.#chance.below(2) === 0);
    const send = (): void => {
      for (const peer of peers) network.send(peer as PeerId, said);
    };
    if (holdSlots === 0) send();
    else time.at(time.nowMs() + slotMs(holdSlots) - slotMs(0), send);
  }
}
