/**
 * Key walk: headers for a key to sign, by seed: on forks that come and go, some of which its lock forbids.
 */
import { toHex } from '../../core/bytes.ts';
import type { Lock } from '../../core/lock.ts';
import { type Address, HASH_BYTES, type Hash, type Height, type Seconds, type Slot } from '../../core/units.ts';
import { HEADER_VERSION, type HeaderClaim } from '../../core/wire/header.ts';
import type { Chance } from './chance.ts';

/** A header and the slot of its time. */
export interface Asked {
  readonly claim: HeaderClaim;
  readonly slot: Slot;
}

/** What a law fixes of a header; the rest is by chance. */
export interface Place {
  readonly slot: number;
  readonly height: number;
  readonly prevoted: number;
  readonly generated: number;
}

/** A header of this producer at that place. */
export const headerAt = (chance: Chance, producer: Address, place: Place): Asked => {
  const hash = (): Hash => toHex(chance.bytes(HASH_BYTES)) as Hash;
  const claim: HeaderClaim = {
    version: HEADER_VERSION,
    chainId: 1,
    height: place.height as Height,
    parentId: hash(),
    time: (3 * place.slot) as Seconds,
    producer,
    transactionsRoot: hash(),
    receiptsRoot: hash(),
    stateRoot: hash(),
    reward: 0n,
    supply: 1n,
    maxHeightGenerated: place.generated as Height,
    maxHeightPrevoted: place.prevoted as Height,
  };
  return { claim, slot: place.slot as Slot };
};

const FORK_DEPTH = 4;

/**
 * A header that a node with this lock might ask for next: a little above or below what was signed last, in a slot that may have
 * passed, now and then with another greatest height than the lock has.
 */
export const nextHeader = (chance: Chance, producer: Address, lock: Lock): Asked => {
  const near = (value: number): number => Math.max(0, value + chance.below(2 * FORK_DEPTH) - FORK_DEPTH + 1);
  const prevoted = near(lock.maxHeightPrevoted);
  const height = Math.max(prevoted + 1, near(lock.height));
  const generated = chance.below(8) === 0 ? near(lock.maxHeight) : lock.maxHeight;
  return headerAt(chance, producer, { slot: Math.max(height, near(lock.slot)), height, prevoted, generated });
};
