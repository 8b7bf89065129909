/**
 * Facts: the names and bytes of what a store says of itself: its chain, the height of its state, evidence, whether the bound on faults
 * was seen broken, and what each key was given to sign last.
 *
 * Source: docs/design.md (what a store holds).
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage } from '../adapters/storage/storage.ts';
import type { Address, Height } from '../core/units.ts';
import { safeField } from '../core/wire/fields.ts';
import { message } from '../core/wire/proto.ts';

/** Names of the facts. */
export const facts = {
  genesisId: 'genesis-id',
  stateHeight: 'state-height',
  evidence: 'evidence',
  boundBroken: 'bound-broken',
} as const;

/**
 * The name of the block that this key was given to sign last, without the signature. Most of the key's digits are in it, and no node has two keys
 * that have those in common.
 */
export const signingFact = (address: Address): string => `signing-${address.slice(0, 56)}`;

/** Whether a number that anybody may have sent is a height. */
export const isHeight = (height: number): boolean => Number.isSafeInteger(height) && height >= 0;

const heightMessage = message<{ readonly height: Height }>({ height: safeField<Height>(1) });

export const encodeHeight = (height: Height): Uint8Array => heightMessage.encode({ height });

/** The height that bytes are, or `undefined`. */
export const decodeHeight = (bytes: Uint8Array): Height | undefined => {
  const decoded = heightMessage.decode(bytes);
  return E.isRight(decoded) ? decoded.right.height : undefined;
};

/** The height of the state that a store holds; `undefined` if it does not say, or nobody can tell. */
export const readHeight = async (storage: Storage): Promise<Height | undefined> => {
  const stored = await storage.fact(facts.stateHeight);
  return stored === undefined ? undefined : decodeHeight(stored);
};

/** Whether nothing is in a store of all that an engine would take for its own, but for facts of an import. */
export const isEmptyStore = async (storage: Storage): Promise<boolean> =>
  (await storage.topHeight()) === undefined &&
  (await storage.scan(0, 1)).length === 0 &&
  (await storage.history(0, 1)).length === 0 &&
  (await storage.fact(facts.evidence)) === undefined &&
  (await storage.fact(facts.boundBroken)) === undefined;
