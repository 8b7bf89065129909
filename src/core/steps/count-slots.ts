/**
 * Count slots: a block counts its own slot as produced, and each slot since its parent as missed, for the live candidacy
 * of that slot's address, if any. Whole missed rounds are counted without a step per slot.
 *
 * Source: protocol section 9.
 */
import { candidacyKey } from '../state/keys.ts';
import { type Address, floorDiv } from '../units.ts';
import type { Step, Work } from './work.ts';

/** How many slots each producer missed between the parent and this block. */
const missedSlots = ({ tip, slot, round, office, parentRoundEnd }: Work): ReadonlyMap<Address, number> => {
  const missed = new Map<Address, number>();
  const miss = (producers: readonly Address[], times: number) => {
    for (const producer of producers) missed.set(producer, (missed.get(producer) ?? 0) + times);
  };
  if (!round.begins) {
    miss(round.order.slice(tip.slot + 1 - round.firstSlot, slot - round.firstSlot), 1);
    return missed;
  }
  // The rest of the parent's round, then whole rounds of this block's producers, then this round up to the block.
  const rest = parentRoundEnd - 1 - tip.slot;
  miss(tip.schedule.slice(tip.schedule.length - rest), 1);
  const wholeRounds = floorDiv(round.firstSlot - parentRoundEnd, office.producers.length);
  if (wholeRounds > 0) miss(office.producers, wholeRounds);
  miss(round.order.slice(0, slot - round.firstSlot), 1);
  return missed;
};

const count = ({ ledger }: Work, producer: Address, field: 'produced' | 'missed', times: number): void => {
  const id = ledger.state.account(producer).candidacy;
  if (id === undefined) return;
  const candidacy = ledger.candidacy(id);
  ledger.state.set(candidacyKey(id), { ...candidacy, [field]: candidacy[field] + times });
};

export const countSlots: Step = (work) => {
  for (const [producer, times] of missedSlots(work)) count(work, producer, 'missed', times);
  count(work, work.producer, 'produced', 1);
  return undefined;
};
