/**
 * Stored height: the height of the state that a store holds, as the engine writes it down.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Storage } from '../../adapters/storage/storage.ts';
import type { Height } from '../../core/units.ts';
import { safeField } from '../../core/wire/fields.ts';
import { message } from '../../core/wire/proto.ts';
import { facts } from '../stored.ts';

const heightMessage = message<{ readonly height: Height }>({ height: safeField<Height>(1) });

/** `undefined` if the store does not say, or nobody can tell. */
export const readHeight = async (storage: Storage): Promise<Height | undefined> => {
  const stored = await storage.fact(facts.stateHeight);
  const decoded = stored === undefined ? undefined : heightMessage.decode(stored);
  return decoded === undefined || E.isLeft(decoded) ? undefined : decoded.right.height;
};
