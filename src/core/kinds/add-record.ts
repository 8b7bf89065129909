/**
 * Add record: anchor the hash of a health record, with the time of the block.
 *
 * Anyone may record any hash; each account records one once. Source: whitepaper v0.2.1, Data Records; protocol section 4.
 */
import { anchorKey } from '../state/keys.ts';
import { defineKind } from './kind.ts';
import { hashPayload } from './payloads.ts';

export const addRecord = defineKind({
  name: 'add_record',
  payload: hashPayload,
  touches: ({ sender, payload }) => [anchorKey(payload.hash, sender)],
  refuses: {
    record_exists: ({ ledger, sender, payload }) => ledger.state.get(anchorKey(payload.hash, sender)) !== undefined,
  },
  effect: ({ ledger, sender, payload, blockTime }) => {
    ledger.state.set(anchorKey(payload.hash, sender), { time: blockTime });
    ledger.events.push({ type: 'record', hash: payload.hash, sender, time: blockTime });
  },
});
