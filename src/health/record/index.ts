/**
 * Records: envelopes, who signed them, certificates, and what the chain says of all three.
 */

export {
  type AnchorEvidence,
  type AnchorFault,
  anchorPayload,
  anchorTransaction,
  type TransactionPart,
} from './anchor.ts';
export { attachmentSalt, describeAttachment } from './attachments.ts';
export {
  BATCH_PROFILE,
  type Batch,
  type BatchFault,
  type BatchPath,
  type BatchPathFault,
  batchAnchor,
  verifyBatchPath,
} from './batch.ts';
export {
  acceptCertificate,
  buildCertificate,
  CERTIFICATE_PROFILE,
  type Certificate,
  certificationTransaction,
  certifiedHash,
  readCertificate,
  revocationTransaction,
  writeCertificate,
} from './certificate.ts';
export type { CertificateFault, CertificationEvidence, CertifiedAs } from './certificate-evidence.ts';
export {
  type ContentFault,
  type ContentShape,
  type ContentSource,
  checkContent,
  type DescribedContent,
  describeContent,
} from './content.ts';
export {
  type Attachment,
  buildEnvelope,
  type Creator,
  type Envelope,
  type EnvelopeContent,
  RECORD_PROFILE,
  readEnvelope,
  writeEnvelope,
} from './envelope.ts';
export type { FormFault, FormFaultCode } from './form.ts';
export { instantOf, secondsOf } from './instant.ts';
export { type RecordToSign, type SignedDocument, type SigningFault, signRecord } from './sign-record.ts';
export { anchoredHash, isSignedBy, type Purpose, type Sign, type SignedRoot, signedMessage } from './signature.ts';
export type { Standing } from './standing.ts';
export {
  type CertifierQuestion,
  type CertifierTrust,
  type Profession,
  type TrustedCertifier,
  type TrustList,
  trustOf,
} from './trust-list.ts';
export {
  type AnchoredRecord,
  type RecordFault,
  type RecordTrust,
  type RecordVerdict,
  verifyAnchoredRecord,
} from './verify-record.ts';
