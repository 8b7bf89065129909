import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Hash } from '../../src/core/index.ts';
import {
  acceptCertificate,
  type Batch,
  batchAnchor,
  type Envelope,
  signedMessage,
  signRecord,
  writeCertificate,
  writeEnvelope,
} from '../../src/health/index.ts';
import {
  CHAIN_ID,
  certificateOf,
  contentOf,
  creatorOf,
  envelopeOf,
  person,
  seedOf,
  signerOf,
} from './record-samples.ts';
import { crypto, rightOf } from './records.ts';

const FOLDER = new URL('../vectors/health/', import.meta.url);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const CERTIFICATE = writeCertificate(
  certificateOf({
    certifier: 'hospital',
    subject: 'doctor',
    issued: '2026-01-01T00:00:00Z',
    expires: '2027-01-01T00:00:00Z',
  }),
);

const accepted = () => {
  const purpose = 'medstate/certificate-sig/1';
  const seed = seedOf('certificate');
  const certificate = { bytes: CERTIFICATE, seed };
  const { tree, signature, anchored } = rightOf(
    acceptCertificate(crypto, { chainId: CHAIN_ID, certificate, sign: signerOf('doctor') }),
  );
  const message = hex(signedMessage(crypto, purpose, CHAIN_ID, tree.root));
  const told = { seed: hex(seed), chainId: CHAIN_ID, purpose, root: tree.root, message };
  return { name: 'certificate', text: textOf(CERTIFICATE), ...told, signature: hex(signature), anchored };
};

const ofRecord = (name: string, change: Partial<Envelope>) => {
  const purpose = 'medstate/record-sig/1';
  const chainId = 0xffff_ffff;
  const creator = creatorOf('doctor', person('hospital').address, accepted().anchored);
  const bytes = writeEnvelope({ ...envelopeOf(name, creator), ...change });
  const envelope = { bytes, seed: seedOf(`envelope ${name}`) };
  const { tree, signature, anchored } = rightOf(
    signRecord(crypto, { chainId, content: contentOf(name), envelope, sign: signerOf('doctor') }),
  );
  const message = hex(signedMessage(crypto, purpose, chainId, tree.root));
  const told = { seed: hex(envelope.seed), chainId, purpose, root: tree.root, message };
  return { name, text: textOf(bytes), ...told, signature: hex(signature), anchored };
};

const ofBatch = (count: number) => {
  const hashes = Array.from({ length: count }, (_, index) => hex(seedOf(`record ${index}`)) as Hash);
  const seed = seedOf(`batch of ${count}`);
  const batch: Batch = rightOf(batchAnchor(crypto, hashes, seed));
  const paths = hashes.map((_, index) => {
    const { position, salt, siblings } = batch.pathOf(index);
    return { position, salt: hex(salt), siblings: hex(siblings) };
  });
  return { name: `batch of ${count}`, seed: hex(seed), hashes, depth: batch.depth, root: batch.root, paths };
};

const computed = () => [
  accepted(),
  ofRecord('record', {}),
  ofRecord('record that follows', { prev: 'ff'.repeat(32) as Hash, attachments: [] }),
  ...[1, 16, 17].map(ofBatch),
];

it('what is signed, and what goes on the chain, is this for ever: a change here needs another profile', () => {
  const file = new URL('record.json', FOLDER);
  if (process.env['MEDSTATE_WRITE'] !== undefined) writeFileSync(file, `${JSON.stringify(computed(), undefined, 2)}\n`);
  expect(computed()).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});

it('a second implementation, in Python with hashlib alone, computes the same', () => {
  // -B: the import of check.py leaves nothing behind.
  const run = spawnSync('python3', ['-B', fileURLToPath(new URL('check_record.py', FOLDER))], { encoding: 'utf8' });
  expect(run.error, 'this test runs python3: install Python 3.8 or later').toBeUndefined();
  expect(run.stderr).toBe('');
  expect(run.stdout).toBe('6 known answers agree\n');
});
