/**
 * medstate/verify: checks what anybody says of the chain against a root or a block id that is trusted.
 *
 * It needs no engine, no store and no host; with its hash functions it is under 10 kB gzipped. Wherever a hasher may be given,
 * a faster one gives the same answers. Source: protocol section 11; docs/protocol.md section 15.5.
 */

export type { Hasher } from '../crypto.ts';
export * as keys from '../state/keys.ts';
export type { Account, Alias, Certification, Withdrawal } from '../state/records.ts';
export type { Address, Hash, Height, Seconds, Units } from '../units.ts';
export { type LinkedHeader, verifyHeader } from './block-link.ts';
export { verifyEntries } from './entries.ts';
export {
  type Listed,
  type ProvenReceipt,
  type ProvenTransaction,
  verifyReceipts,
  verifyTransactions,
} from './lists.ts';
export {
  type AccountQuestion,
  type AnchorAnswer,
  type AnchorQuestion,
  type CertificationAnswer,
  type CertificationQuestion,
  type CertificationStatus,
  certificationStatusOf,
  type Trust,
  type TrustedBlock,
  type TrustedState,
  verifyAccount,
  verifyAlias,
  verifyAnchor,
  verifyCertification,
} from './questions.ts';
export { smallHasher } from './small-hasher.ts';
export type { ProofFault, Verdict } from './verdict.ts';
