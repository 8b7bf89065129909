/**
 * World: what all nodes of a simulated network share: one chain of known people, one time, one network.
 *
 * Source: protocol sections 2 and 14.
 */
import * as E from 'fp-ts/lib/Either.js';
import { type HostileHub, hostileHub, type NetworkEvent } from '../../adapters/network/hostile.ts';
import { type VirtualTime, virtualTime } from '../../adapters/network/virtual-time.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Founding } from '../../core/founding.ts';
import { foundChain } from '../../core/genesis.ts';
import { InvariantViolation } from '../../core/refusal.ts';
import type { Seconds } from '../../core/units.ts';
import { knownGenesis } from '../../fixtures/genesis.ts';
import type { Person } from '../../fixtures/people.ts';
import type { Rules } from '../wrong-rules.ts';
import { type NetworkPlan, SLOT_MS, VOTERS } from './plan.ts';

const GENESIS_TIME = 1_000_000;
const MS = 1_000;
const CHAIN_ID = '77';

/** More than all producers hold. */
const VOTER_MED = 900_000_000n;

export interface World {
  readonly plan: NetworkPlan;
  readonly rules: Rules;
  readonly founding: Founding;
  readonly people: ReadonlyMap<string, Person>;
  readonly time: VirtualTime;
  readonly hub: HostileHub;
  /** Milliseconds of the time at which a slot begins. */
  readonly slotMs: (slot: number) => number;
}

export const voterOf = (voter: number): string => `voter${voter}`;

/** The chain of a plan, by its rules. PERF: one a number of seats and candidates; the caller may keep it. */
export const foundWorld = (crypto: Crypto, plan: NetworkPlan, rules: Rules): Pick<World, 'founding' | 'people'> => {
  const others = Object.fromEntries(Array.from({ length: VOTERS }, (_, voter) => [voterOf(voter), VOTER_MED]));
  const params = {
    chainId: CHAIN_ID,
    producersPerRound: String(plan.seats),
    windowSeconds: '600',
    unstakeSeconds: '600',
    stallSlots: String(plan.stallSlots),
  };
  const genesis = { genesisTime: GENESIS_TIME as Seconds, params, producers: plan.nodes + plan.ghosts, others };
  const { document, people } = knownGenesis(crypto, genesis);
  const founding = foundChain(crypto, document);
  if (E.isLeft(founding)) throw new InvariantViolation(`the chain of a simulation: ${JSON.stringify(founding.left)}`);
  const chain = { ...founding.right.chain, agreement: rules.agreement };
  return { founding: { ...founding.right, chain }, people };
};

/** A new world at its genesis. */
export const worldOf = (
  parts: Pick<World, 'plan' | 'rules' | 'founding' | 'people'>,
  trace?: (event: NetworkEvent) => void,
): World => {
  const { plan } = parts;
  const startMs = GENESIS_TIME * MS;
  const time = virtualTime({ startMs });
  const shifted = plan.faults.map((fault) => ({
    ...fault,
    fromMs: startMs + fault.fromMs,
    untilMs: startMs + fault.untilMs,
  }));
  const hub = hostileHub({
    time,
    seed: plan.seed,
    faults: shifted,
    settledDelayMs: 400,
    ...(trace === undefined ? {} : { trace }),
  });
  return { ...parts, time, hub, slotMs: (slot) => startMs + slot * SLOT_MS };
};
