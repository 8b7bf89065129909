/**
 * Add certification: the sender certifies an account, for instance a doctor, from one time to another.
 *
 * Anyone may certify anyone, itself included: readers judge. The key holds the certifier, so copying a hash from the pool
 * cannot block the real certifier; it is never free again. Source: whitepaper v0.2.1, Certification; protocol section 4.
 */
import { certificationKey, certifiedKey } from '../state/keys.ts';
import type { Seconds } from '../units.ts';
import { defineKind } from './kind.ts';
import { certificationPayload } from './payloads.ts';

/** How far ahead of the block a certificate may be dated: an hour, for clocks that disagree. */
const ISSUE_AHEAD_SECONDS = 3600n;

export const addCertification = defineKind({
  name: 'add_certification',
  payload: certificationPayload,
  uses: { to: true },
  touches: ({ sender, to, payload }) => [
    certificationKey(sender, payload.hash),
    certifiedKey(to, sender, payload.hash),
  ],
  refuses: {
    certification_expires_before_issue: ({ payload }) => payload.issued >= payload.expires,
    certification_already_expired: ({ payload, blockTime }) => payload.expires <= BigInt(blockTime),
    certification_issued_in_future: ({ payload, blockTime }) =>
      payload.issued > BigInt(blockTime) + ISSUE_AHEAD_SECONDS,
    certification_exists: ({ ledger, sender, payload }) =>
      ledger.state.get(certificationKey(sender, payload.hash)) !== undefined,
  },
  effect: ({ ledger, sender, to, payload, blockTime }) => {
    const { issued, expires, hash } = payload;
    const certification = { certified: to, issued, expires, stored: blockTime, revoked: 0 as Seconds };
    ledger.state.set(certificationKey(sender, hash), certification);
    ledger.state.set(certifiedKey(to, sender, hash), { stored: blockTime });
    ledger.events.push({
      type: 'certification',
      certifier: sender,
      certified: to,
      hash,
      issued,
      expires,
      revoked: undefined,
    });
  },
});
