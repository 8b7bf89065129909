/**
 * Room: one more is put in, and whoever holds most gives way until all limits hold again.
 *
 * The one that comes is weighed like all others, so it may be the one that goes.
 * Source: docs/decisions/0016-who-waits-and-who-goes.md.
 */
import type { Place } from '../../core/admission.ts';
import { type Refusal, refusal } from '../../core/refusal.ts';
import { refuse } from '../outcome.ts';
import type { Holdings } from './holdings.ts';
import type { PoolLimits } from './limits.ts';
import { isCovered, quotaWith } from './promise.ts';
import { tailOf, type Waiting } from './waiting.ts';

export interface Room {
  readonly place: Place;
  readonly holdings: Holdings;
  readonly limits: PoolLimits;
}

/** A limit that is broken, and who is to give way. */
interface Excess {
  readonly code: 'sender_full' | 'payer_full' | 'bandwidth_promised' | 'pool_full';
  readonly least: Waiting;
}

/** The first limit that is broken. */
const excessOf = ({ place, holdings, limits }: Room, coming: Waiting): Excess | undefined => {
  const { lane, purse, isFree } = coming;
  const { maxPerSender, maxPerPayer, maxBytes } = limits;
  if (lane.nonces.length > maxPerSender) return { code: 'sender_full', least: tailOf(lane) ?? coming };
  const isCoveredNow = isFree || isCovered(place, purse);
  if (!isCoveredNow || purse.count > maxPerPayer) {
    const code = isCoveredNow ? 'payer_full' : 'bandwidth_promised';
    return { code, least: holdings.heaviestOf(purse, lane) ?? coming };
  }
  if (holdings.bytes <= maxBytes) return undefined;
  return { code: 'pool_full', least: holdings.heaviest(coming) ?? coming };
};

const refusalOf = ({ place, holdings }: Room, { lane, purse, tx }: Waiting, code: Excess['code']): Refusal => {
  if (code === 'sender_full') return refuse(code, { waiting: String(lane.nonces.length) });
  if (code === 'payer_full') return refuse(code, { waiting: String(purse.count) });
  if (code === 'pool_full') return refuse(code, { bytes: String(holdings.bytes) });
  const quota = quotaWith(place, purse).toString();
  const numbers = { units: String(tx.units), quota, used: String(purse.account.used) };
  if (purse.units === 0) return refusal('bandwidth_exceeded', numbers);
  return refuse(code, { ...numbers, promised: String(purse.units) });
};

/** Takes one in, in place of `held` if there is one; or, if it is the one that must go, leaves all as it was and says why. */
export const takeIn = (room: Room, coming: Waiting, held: Waiting | undefined): Refusal | undefined => {
  const { holdings } = room;
  if (held !== undefined) holdings.lift(held);
  holdings.put(coming);
  const gone = held === undefined ? [] : [held];
  for (let excess = excessOf(room, coming); excess !== undefined; excess = excessOf(room, coming)) {
    if (excess.least === coming) {
      holdings.remove(coming);
      for (const waiting of gone.reverse()) holdings.put(waiting);
      return refusalOf(room, coming, excess.code);
    }
    holdings.lift(excess.least);
    gone.push(excess.least);
  }
  for (const waiting of gone) if (waiting !== coming.spare) holdings.forget(waiting);
  return undefined;
};
