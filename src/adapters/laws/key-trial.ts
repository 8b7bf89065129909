/**
 * Key trial: what the laws of keys are tried with: a key that outlives its object, and parts of it that are spoilt on purpose.
 */
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { type Lock, lockAfter, type Signing } from '../../core/lock.ts';
import type { Address } from '../../core/units.ts';
import { blockId } from '../../core/wire/header.ts';
import type { ProducerKey, Signer } from '../keys/keys.ts';
import type { KeptLock, LockStore } from '../keys/lock-store.ts';
import { signerOf } from '../keys/signer.ts';
import { chanceFrom } from './chance.ts';
import { type Asked, headerAt } from './key-walk.ts';
import { demand, type Law } from './law.ts';

/** A way to keep locks, and a key over them. */
export interface KeyOnTrial {
  readonly crypto: Crypto;
  /** Opens the lock of this key: one that never signed at first, and then the one that was closed before. */
  openLocks(address: Address): Promise<LockStore>;
  /** The key of this signer under that lock; it closes the lock. */
  keyOver(signer: Signer, locks: LockStore): ProducerKey | Promise<ProducerKey>;
}

/** What a law works with: the key of all laws, and the doors to it. */
export interface Trial extends KeyOnTrial {
  readonly signer: Signer;
  /** Opens the key over what the one before left behind, with these parts in place of the plain ones. */
  open(spoil?: { signer?: Signer; around?: (locks: LockStore) => LockStore }): Promise<ProducerKey>;
}

export const SEED = 20_181_114;
const PRIVATE_KEY = new Uint8Array(32).fill(7);

export const law = (name: string, keeps: (trial: Trial) => Promise<void>): Law<KeyOnTrial> => ({
  name,
  check: async (make) => {
    const parts = await make();
    const signer = signerOf(parts.crypto, PRIVATE_KEY);
    const opened: ProducerKey[] = [];
    const open: Trial['open'] = async (spoil = {}) => {
      const locks = await parts.openLocks(signer.address);
      const key = await parts.keyOver(spoil.signer ?? signer, spoil.around?.(locks) ?? locks);
      opened.push(key);
      return key;
    };
    try {
      const { crypto, openLocks, keyOver } = parts;
      await keeps({ crypto, openLocks, keyOver, signer, open });
    } finally {
      for (const key of opened) await key.close();
    }
  },
});

export const signingOf = ({ claim: { height, maxHeightPrevoted }, slot }: Asked): Signing => ({
  slot,
  height,
  maxHeightPrevoted,
});

/** The lock that is kept once this header is signed. */
export const lockWith = (hasher: Hasher, lock: Lock, asked: Asked): KeptLock => ({
  ...lockAfter(lock, signingOf(asked)),
  signedId: blockId(hasher, asked.claim),
});

const textOf = ({ slot, maxHeight, maxHeightPrevoted, height, signedId }: KeptLock): string =>
  `(${slot}, ${maxHeight}, ${maxHeightPrevoted}, ${height}) of ${signedId ?? 'nothing'}`;

export const demandLock = (found: KeptLock | undefined, wanted: KeptLock, when: string): void => {
  const text = found === undefined ? 'none' : textOf(found);
  demand(text === textOf(wanted), `${when} the lock is ${text}, not ${textOf(wanted)}`);
};

export const codeOf = async (action: () => Promise<unknown>): Promise<string | undefined> => {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

/** A header that a key may sign which signed none before it but those of this function, `count` counting from 1. */
export const fresh = (address: Address, count: number): Asked =>
  headerAt(chanceFrom(count), address, { slot: count, height: count, prevoted: 0, generated: count - 1 });
