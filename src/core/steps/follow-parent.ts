/**
 * Follow parent: a block stands on the tip, one higher, in a later slot, at the start of that slot.
 *
 * Source: protocol sections 1 and 11.
 */
import { slotStart } from '../chain.ts';
import { reject, type Step } from './work.ts';

export const followParent: Step = ({ chain, tip, claim, height, slot }) => {
  if (claim === undefined) return slot > tip.slot ? undefined : reject('slot_not_after_parent');
  const { header } = claim;
  if (header.chainId !== chain.params.chainId) return reject('block_chain_id_wrong');
  if (header.parentId !== tip.id) return reject('parent_unknown');
  if (header.height !== height)
    return reject('height_wrong', { height: String(header.height), expected: String(height) });
  if (slot <= tip.slot) return reject('slot_not_after_parent', { slot: String(slot), parent: String(tip.slot) });
  if (header.time !== slotStart(chain, slot)) return reject('time_not_a_slot', { time: String(header.time) });
  return undefined;
};
