/**
 * Chain: what never changes about a chain, and where it stands after a block.
 *
 * Source: protocol sections 1, 9 and 11.
 */
import type { Agreement } from './agreement.ts';
import type { Crypto } from './crypto.ts';
import type { Votes } from './finality.ts';
import type { Registry } from './kinds/registry.ts';
import type { ChainParams } from './params.ts';
import type { StateView } from './state/view.ts';
import { type Address, floorDiv, type Hash, type Height, type Seconds, type Slot } from './units.ts';

/** The rules that a transaction is checked against, wherever the chain stands. */
export interface Rules {
  readonly params: ChainParams;
  readonly registry: Registry;
  readonly crypto: Crypto;
}

export interface Chain extends Rules {
  readonly genesisId: Hash;
  readonly genesisTime: Seconds;
  /** The protocol's own, but in simulations of wrong ones. */
  readonly agreement: Agreement;
}

/** A chain up to one block: an immutable value. */
export interface Tip {
  readonly height: Height;
  readonly slot: Slot;
  readonly time: Seconds;
  readonly id: Hash;
  readonly state: StateView;
  /** What the last headers say about finality. */
  readonly votes: Votes;
  /** The producers of the round under way in the order of its slots; none at genesis. */
  readonly schedule: readonly Address[];
}

/** The slot at a time from genesis on; a time within a slot belongs to it. */
export const slotAt = (chain: Chain, time: Seconds): Slot =>
  floorDiv(time - chain.genesisTime, chain.params.slotSeconds) as Slot;

/** When a slot starts. */
export const slotStart = (chain: Chain, slot: Slot): Seconds =>
  (chain.genesisTime + slot * chain.params.slotSeconds) as Seconds;
