/**
 * Record samples: a small record of a known patient by a known doctor, and the steps from it to what is on the chain.
 */
import type { Address, Hash } from '../../src/core/index.ts';
import { type Person, personOf } from '../../src/fixtures/people.ts';
import {
  acceptCertificate,
  buildEnvelope,
  type Certificate,
  describeContent,
  type Envelope,
  type Presentation,
  type RecordTree,
  type SignedDocument,
  signRecord,
  writeCertificate,
  writeEnvelope,
} from '../../src/health/index.ts';
import { crypto, presented, rightOf, valuesAt } from './records.ts';

export const CHAIN_ID = 7;
export const person = (label: string): Person => personOf(crypto, label);
export const bytesOfText = (text: string): Uint8Array => new TextEncoder().encode(text);
/** 32 bytes that are another for each name. */
export const seedOf = (name: string): Uint8Array => crypto.sha256(bytesOfText(name));

/** Whose certificate: its subject, who certifies, and its two times. */
export interface CertificateNames {
  readonly certifier: string;
  readonly subject: string;
  readonly issued: string;
  readonly expires: string;
}

export const certificateOf = ({ certifier, subject, issued, expires }: CertificateNames): Certificate => ({
  certifier: { account: person(certifier).address, name: `The ${certifier}`, region: 'KR' },
  subject: { account: person(subject).address, name: 'Dr. Kim "Ärztin" \u00e9', licenceNo: '12345' },
  profession: { system: 'urn:professions', code: 'physician' },
  specialty: 'cardiology',
  department: undefined,
  hospital: 'Seoul',
  region: 'KR',
  issued,
  expires,
  evidenceHash: undefined,
});

export const signerOf =
  (label: string) =>
  (hash: Uint8Array): Uint8Array =>
    crypto.sign(hash, person(label).privateKey);

/** A certificate that its subject accepted. */
export const acceptedOf = (names: CertificateNames): SignedDocument => {
  const bytes = writeCertificate(certificateOf(names));
  const certificate = { bytes, seed: seedOf(JSON.stringify(names)) };
  return rightOf(acceptCertificate(crypto, { chainId: CHAIN_ID, certificate, sign: signerOf(names.subject) }));
};

export const contentOf = (name: string) => {
  const text = `{"resourceType":"Observation","id":"${name}","valueQuantity":{"value":7.10,"unit":"%"}}`;
  return { bytes: bytesOfText(text), seed: seedOf(`content ${name}`) };
};

/** The envelope of the record of that name; by `doctor`, if somebody certified it. */
export const envelopeOf = (name: string, creator?: Envelope['creator']): Envelope => ({
  content: rightOf(describeContent(crypto, contentOf(name), { mode: 'A', fhirVersion: '4.0.1' })).content,
  owner: { key: person(`owner of ${name}`).address },
  creator,
  created: '2026-11-22T08:30:00Z',
  prev: undefined,
  attachments: [
    { contentType: 'application/dicom', size: 5, sha256: 'ab'.repeat(32) as Hash, chunkRoot: 'cd'.repeat(32) as Hash },
  ],
});

export const creatorOf = (label: string, certifier: Address, hash: Hash): NonNullable<Envelope['creator']> => ({
  account: person(label).address,
  certificate: { hash, certifier },
});

/** The record of that name, signed by its creator. */
export const signedRecord = (
  name: string,
  creator: NonNullable<Envelope['creator']>,
  sign: (hash: Uint8Array) => Uint8Array,
): SignedDocument => {
  const envelope = { bytes: writeEnvelope(envelopeOf(name, creator)), seed: seedOf(`envelope ${name}`) };
  return rightOf(signRecord(crypto, { chainId: CHAIN_ID, content: contentOf(name), envelope, sign }));
};

export const treeOfEnvelope = (envelope: Envelope, name: string): RecordTree =>
  rightOf(buildEnvelope(crypto, writeEnvelope(envelope), seedOf(`envelope ${name}`)));

/** Some values of a tree, by pointer. */
export const shown = (tree: RecordTree, pointers: readonly string[]): Presentation =>
  presented(tree, valuesAt(tree, ...pointers));

/** What shows a creator, and nothing of the owner. */
export const CREATOR_POINTERS = [
  '/profile',
  '/content/root',
  '/creator/account',
  '/creator/certificate/hash',
  '/creator/certificate/certifier',
];
