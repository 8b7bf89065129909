/**
 * Facts: the names and bytes of what a store says of itself: its chain, the height of its state, what its keys have signed.
 *
 * Source: docs/design.md (what a store holds).
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage } from '../adapters/storage/storage.ts';
import { ADDRESS_BYTES, type Address, type Height } from '../core/units.ts';
import { hexField, messageList, safeField } from '../core/wire/fields.ts';
import { message } from '../core/wire/proto.ts';

/** Names of the facts. */
export const facts = { genesisId: 'genesis-id', stateHeight: 'state-height', locks: 'locks' } as const;

/** The greatest height that a key has signed here. */
export interface Lock {
  readonly producer: Address;
  readonly height: Height;
}

const heightMessage = message<{ readonly height: Height }>({ height: safeField<Height>(1) });
const lockMessage = message<Lock>({ producer: hexField<Address>(1, ADDRESS_BYTES), height: safeField<Height>(2) });
const locksMessage = message<{ readonly locks: readonly Lock[] }>({ locks: messageList(1, lockMessage) });

export const encodeHeight = (height: Height): Uint8Array => heightMessage.encode({ height });
export const encodeLocks = (locks: ReadonlyMap<Address, Height>): Uint8Array =>
  locksMessage.encode({ locks: [...locks].map(([producer, height]) => ({ producer, height })) });

/** The height that bytes are, or `undefined`. */
export const decodeHeight = (bytes: Uint8Array): Height | undefined => {
  const decoded = heightMessage.decode(bytes);
  return E.isRight(decoded) ? decoded.right.height : undefined;
};

/** The locks that bytes are, or `undefined`. */
export const decodeLocks = (bytes: Uint8Array): readonly Lock[] | undefined => {
  const decoded = locksMessage.decode(bytes);
  return E.isRight(decoded) ? decoded.right.locks : undefined;
};

/** The height of the state that a store holds; `undefined` if it does not say, or nobody can tell. */
export const readHeight = async (storage: Storage): Promise<Height | undefined> => {
  const stored = await storage.fact(facts.stateHeight);
  return stored === undefined ? undefined : decodeHeight(stored);
};
