/**
 * Revoke certification: the certifier takes a certificate back, from the time of the block on.
 *
 * Only who issued it can, and only while it is neither revoked nor expired.
 * Source: whitepaper v0.2.1, Certification; protocol section 4.
 */

import { certificationKey } from '../state/keys.ts';
import type { Certification } from '../state/records.ts';
import type { Hash } from '../units.ts';
import { defineKind, type Execution } from './kind.ts';
import { hashPayload } from './payloads.ts';

const certificationOf = ({ ledger, sender, payload }: Execution<{ readonly hash: Hash }>): Certification | undefined =>
  ledger.state.get(certificationKey(sender, payload.hash));

export const revokeCertification = defineKind({
  name: 'revoke_certification',
  payload: hashPayload,
  touches: ({ sender, payload }) => [certificationKey(sender, payload.hash)],
  refuses: {
    certification_unknown: (execution) => certificationOf(execution) === undefined,
    certification_revoked: (execution) => certificationOf(execution)?.revoked !== 0,
    certification_expired: (execution) => (certificationOf(execution)?.expires ?? 0n) <= BigInt(execution.blockTime),
  },
  effect: (execution) => {
    const { ledger, sender, payload, blockTime } = execution;
    const certification = certificationOf(execution);
    if (certification === undefined) return;
    ledger.state.set(certificationKey(sender, payload.hash), { ...certification, revoked: blockTime });
    const { certified, issued, expires } = certification;
    const { hash } = payload;
    ledger.events.push({
      type: 'certification',
      certifier: sender,
      certified,
      hash,
      issued,
      expires,
      revoked: blockTime,
    });
  },
});
