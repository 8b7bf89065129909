import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Address, Hash } from '../../src/core/index.ts';
import {
  type Attachment,
  acceptCertificate,
  attachmentSalt,
  batchAnchor,
  buildCertificate,
  certifiedHash,
  checkContent,
  chunkRootOf,
  describeAttachment,
  describeContent,
  type Envelope,
  instantOf,
  isSignedBy,
  MAX_HIDING_DEPTH,
  partialText,
  readCertificate,
  readEnvelope,
  secondsOf,
  signedMessage,
  signRecord,
  verifyBatchPath,
  writeCertificate,
  writeEnvelope,
} from '../../src/health/index.ts';
import { forge } from './forge.ts';
import {
  bytesOfText,
  CHAIN_ID,
  CREATOR_POINTERS,
  certificateOf,
  contentOf,
  creatorOf,
  envelopeOf,
  person,
  seedOf,
  shown,
  signedRecord,
  signerOf,
  treeOfEnvelope,
} from './record-samples.ts';
import { codeOf, crypto, opened, rightOf, verdict } from './records.ts';

const doctor = creatorOf('doctor', person('hospital').address, 'ee'.repeat(32) as Hash);
const envelope: Envelope = { ...envelopeOf('one', doctor), prev: 'ff'.repeat(32) as Hash };
const text = new TextDecoder().decode(writeEnvelope(envelope));
const certificate = certificateOf({
  certifier: 'hospital',
  subject: 'doctor',
  issued: '2026-01-01T00:00:00Z',
  expires: '2027-01-01T00:00:00Z',
});
const certificateText = new TextDecoder().decode(writeCertificate(certificate));

const anyHash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as Hash);
const anyAddress = anyHash.map((hash) => `03${hash}` as Address);
const anyText = (most: number) =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: most }).filter((each) => bytesOfText(each).length <= most);
const anyInstant = fc.nat(253_402_300_799).map((seconds) => instantOf(seconds) ?? '');
const anyEnvelope: fc.Arbitrary<Envelope> = fc.record({
  content: fc.record({
    root: anyHash,
    depth: fc.nat(26),
    mode: fc.constantFrom('A' as const, 'B' as const),
    type: anyText(64),
    fhirVersion: anyText(16),
  }),
  owner: fc.record({ key: anyAddress }),
  creator: fc.option(
    fc.record({ account: anyAddress, certificate: fc.record({ hash: anyHash, certifier: anyAddress }) }),
    { nil: undefined },
  ),
  created: anyInstant,
  prev: fc.option(anyHash, { nil: undefined }),
  attachments: fc.array(
    fc.record({ contentType: anyText(127), size: fc.maxSafeNat(), sha256: anyHash, chunkRoot: anyHash }),
    { maxLength: 3 },
  ),
});

const faultAt = (read: E.Either<{ readonly code: string; readonly where: string }, unknown>): string =>
  E.isLeft(read) ? `${read.left.code} ${read.left.where}` : 'none';

describe('an envelope', () => {
  it('is read as it was written, and its text is the only one that is read', () => {
    fc.assert(
      fc.property(anyEnvelope, fc.nat(), (each, place) => {
        const bytes = writeEnvelope(each);
        expect(readEnvelope(bytes)).toEqual(E.right(each));
        const at = place % bytes.length;
        for (const spaced of [
          [...bytes.subarray(0, at), 0x20, ...bytes.subarray(at)],
          [...bytes, 0x0a],
        ]) {
          const read = readEnvelope(Uint8Array.from(spaced));
          // A space within a text makes another envelope.
          if (E.isRight(read)) expect(read.right).not.toEqual(each);
        }
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it.each([
    ['document_not_json ', text.slice(0, -1)],
    ['document_not_json ', `${text}{}`],
    ['document_not_json ', text.replace('"created"', '"profile":"medstate/record/1","created"')],
    ['document_not_canonical ', ` ${text}`],
    ['document_not_canonical ', text.replace('"prev"', '"pre\\u0076"')],
    ['document_not_canonical ', text.replace('application/dicom', 'application\\/dicom')],
    ['document_not_canonical ', text.replace(/"mode":"A","type":"Observation"/, '"type":"Observation","mode":"A"')],
    ['document_member_missing /prev', text.replace(/"prev":"f*",/, '')],
    ['document_member_missing /owner/key', text.replace(/"key":"[0-9a-f]*"/, '')],
    ['document_member_unknown /note', text.replace('"created"', '"note":1,"created"')],
    ['document_member_unknown /creator/signature', text.replace('"creator":{', '"creator":{"signature":"",')],
    ['document_member_unknown /__proto__', text.replace('"created"', '"__proto__":{},"created"')],
    ['document_value_wrong /profile', text.replace('record/1', 'record/2')],
    ['document_value_wrong /content', text.replace(/"content":\{[^}]*\}/, '"content":[]')],
    ['document_value_wrong /content/root', text.replace(/"root":"[0-9a-f]/, '"root":"G')],
    ['document_value_wrong /content/depth', text.replace('"depth":4', '"depth":4.0')],
    ['document_value_wrong /content/depth', text.replace('"depth":4', '"depth":"4"')],
    ['document_value_wrong /content/depth', text.replace('"depth":4', '"depth":27')],
    ['document_value_wrong /content/depth', text.replace('"depth":4', '"depth":-0')],
    ['document_value_wrong /content/mode', text.replace('"mode":"A"', '"mode":"C"')],
    ['document_value_wrong /content/type', text.replace('"Observation"', '""')],
    ['document_value_wrong /content/type', text.replace('"Observation"', `"${'\u00e9'.repeat(33)}"`)],
    ['document_value_wrong /owner/key', text.replace(/"key":"0[23]/, '"key":"04')],
    ['document_value_wrong /created', text.replace('2026-11-22', '2026-02-30')],
    ['document_value_wrong /created', text.replace('08:30:00Z', '08:30:00.0Z')],
    ['document_value_wrong /created', text.replace('08:30:00Z', '08:30:60Z')],
    ['document_value_wrong /attachments', text.replace(/"attachments":.*\]/, `"attachments":[${'{},'.repeat(256)}{}]`)],
    ['document_value_wrong /attachments/0/size', text.replace('"size":5', '"size":9007199254740993')],
    ['document_value_wrong /creator', text.replace(/"creator":\{.*?\}\}/, '"creator":7')],
    ['document_not_json ', text.replace('"Observation"', `"${'x'.repeat(131_072)}"`)],
  ])('is refused with the place: %s', (wanted, changed) => {
    expect(changed).not.toBe(text);
    expect(faultAt(readEnvelope(bytesOfText(changed)))).toBe(wanted);
  });

  it('is read or refused, whatever bytes come', () => {
    const bytes = writeEnvelope(envelope);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const byte of [0, 0x22, 0x5c, 0x7b, 0xff, (bytes[at] as number) ^ 1]) {
        if (byte === bytes[at]) continue;
        const read = readEnvelope(bytes.with(at, byte));
        if (E.isRight(read)) expect(read.right).not.toEqual(envelope);
      }
    }
    fc.assert(fc.property(fc.uint8Array(), (any) => E.isLeft(readEnvelope(any))));
  });
});

describe('a certificate', () => {
  it('is read as it was written, and has a tree of its own', () => {
    expect(readCertificate(writeCertificate(certificate))).toEqual(E.right(certificate));
    const tree = rightOf(buildCertificate(crypto, writeCertificate(certificate), seedOf('certificate')));
    const values = opened(tree.root, shown(tree, ['/profile', '/specialty', '/region']));
    expect(partialText(values)).toBe('/profile: "medstate/certificate/1"\n/region: "KR"\n/specialty: "cardiology"');
  });

  it.each([
    ['document_value_wrong /expires', certificateText.replace('2027-01-01', '2026-01-01')],
    ['document_member_missing /evidenceHash', certificateText.replace(',"evidenceHash":null', '')],
    ['document_value_wrong /subject/licenceNo', certificateText.replace('"12345"', '12345')],
    ['document_value_wrong /profile', certificateText.replace('certificate/1', 'record/1')],
  ])('is refused with the place: %s', (wanted, changed) => {
    expect(changed).not.toBe(certificateText);
    expect(faultAt(readCertificate(bytesOfText(changed)))).toBe(wanted);
  });

  it('is accepted by its subject alone', () => {
    const own = { bytes: writeCertificate(certificate), seed: seedOf('certificate') };
    const accept = (label: string) =>
      acceptCertificate(crypto, { chainId: CHAIN_ID, certificate: own, sign: signerOf(label) });
    const { signature, tree } = rightOf(accept('doctor'));
    const account = person('doctor').address;
    const claim = { purpose: 'medstate/certificate-sig/1', chainId: CHAIN_ID, root: tree.root, account } as const;
    expect(isSignedBy(crypto, signature, claim)).toBe(true);
    // A signature under a record is none under a certificate.
    expect(isSignedBy(crypto, signature, { ...claim, purpose: 'medstate/record-sig/1' })).toBe(false);
    expect(codeOf(accept('hospital'))).toBe('signature_by_another');
  });

  it('is put on the chain by a hash that its certifier has found, not by one that its subject names', () => {
    const own = { bytes: writeCertificate(certificate), seed: seedOf('certificate') };
    const sign = signerOf('doctor');
    const { signature, anchored, tree } = rightOf(
      acceptCertificate(crypto, { chainId: CHAIN_ID, certificate: own, sign }),
    );
    const found = (acceptance?: Uint8Array, bytes = own.bytes) =>
      certifiedHash(crypto, {
        chainId: CHAIN_ID,
        certificate: { ...own, bytes },
        ...(acceptance === undefined ? {} : { acceptance }),
      });
    expect(found(signature)).toEqual(E.right(anchored));
    expect(found()).toEqual(E.right(tree.root));
    // The subject signs a tree in which another profession stands beside the one that was agreed on.
    const salt = seedOf('salt');
    const leaf = (code: string) =>
      ({ steps: ['profession', 'code'], salt, value: { kind: 'string', text: code } }) as const;
    const { root } = forge([leaf('physician'), leaf('surgeon')]);
    const forged = sign(signedMessage(crypto, 'medstate/certificate-sig/1', CHAIN_ID, root));
    expect(codeOf(found(forged))).toBe('signature_by_another');
    expect(codeOf(found(new Uint8Array(3)))).toBe('signature_by_another');
    expect(codeOf(found(signature, bytesOfText('{}')))).toBe('document_member_missing');
  });
});

describe('the signature of a creator', () => {
  const signed = signedRecord('one', doctor, signerOf('doctor'));
  const claim = {
    purpose: 'medstate/record-sig/1',
    chainId: CHAIN_ID,
    root: signed.tree.root,
    account: person('doctor').address,
  } as const;

  it('is under everything that the envelope says: another anywhere, and it is refused', () => {
    expect(isSignedBy(crypto, signed.signature, claim)).toBe(true);
    const own = envelopeOf('one', doctor);
    const [attachment] = own.attachments as [Attachment];
    const hash = '11'.repeat(32) as Hash;
    const other = person('other').address;
    const withAttachment = (change: Partial<Attachment>): Envelope => ({
      ...own,
      attachments: [{ ...attachment, ...change }],
    });
    const changed: readonly Envelope[] = [
      { ...own, content: { ...own.content, root: hash } },
      { ...own, content: { ...own.content, depth: 5 } },
      { ...own, content: { ...own.content, mode: 'B' } },
      { ...own, content: { ...own.content, type: 'Condition' } },
      { ...own, content: { ...own.content, fhirVersion: '4.3.0' } },
      { ...own, owner: { key: other } },
      { ...own, creator: { ...doctor, account: other } },
      { ...own, creator: { ...doctor, certificate: { ...doctor.certificate, hash } } },
      { ...own, creator: { ...doctor, certificate: { ...doctor.certificate, certifier: other } } },
      { ...own, creator: undefined },
      { ...own, created: '2026-11-22T08:30:01Z' },
      { ...own, prev: hash },
      { ...own, attachments: [] },
      { ...own, attachments: [attachment, attachment] },
      withAttachment({ contentType: 'text/plain' }),
      withAttachment({ size: 6 }),
      withAttachment({ sha256: hash }),
      withAttachment({ chunkRoot: hash }),
    ];
    const roots = changed.map((each) => treeOfEnvelope(each, 'one').root);
    expect(new Set([...roots, signed.tree.root]).size).toBe(changed.length + 1);
    for (const root of roots) expect(isSignedBy(crypto, signed.signature, { ...claim, root })).toBe(false);
    expect(isSignedBy(crypto, signed.signature, { ...claim, chainId: 8 })).toBe(false);
    expect(isSignedBy(crypto, signed.signature, { ...claim, account: other })).toBe(false);
  });

  it('holds no bit that can be another', () => {
    for (let bit = 0; bit < 8 * signed.signature.length; bit += 1) {
      const at = bit >> 3;
      const flipped = signed.signature.with(at, (signed.signature[at] as number) ^ (1 << (bit & 7)));
      if (isSignedBy(crypto, flipped, claim)) expect.fail(`bit ${bit}`);
    }
    for (const length of [0, 64, 66, 1_000_000]) {
      expect(isSignedBy(crypto, new Uint8Array(length).fill(1), claim)).toBe(false);
    }
  });

  it('is checked without the owner, and a swapped owner is found when the owner is shown', () => {
    const creatorAlone = shown(signed.tree, CREATOR_POINTERS);
    const values = opened(creatorAlone.root, creatorAlone);
    const key = envelopeOf('one').owner.key;
    expect(partialText(values)).not.toContain(key);
    expect(isSignedBy(crypto, signed.signature, { ...claim, root: creatorAlone.root })).toBe(true);
    const withOwner = shown(signed.tree, [...CREATOR_POINTERS, '/owner/key']);
    expect(partialText(opened(signed.tree.root, withOwner))).toContain(`/owner/key: "${key}"`);
    const leaves = withOwner.proof.leaves.map((leaf) =>
      leaf.steps[0] === 'owner' ? { ...leaf, value: { kind: 'string' as const, text: person('thief').address } } : leaf,
    );
    expect(verdict(signed.tree.root, { ...withOwner, proof: { ...withOwner.proof, leaves } })).toBe(
      'proof_root_differs',
    );
    // An envelope that is made anew for another owner has another root, under which nobody signed.
    const stolen = treeOfEnvelope({ ...envelopeOf('one', doctor), owner: { key: person('thief').address } }, 'one');
    expect(isSignedBy(crypto, signed.signature, { ...claim, root: stolen.root })).toBe(false);
  });

  it('is made for the documents alone: of another content, seed or creator nothing is signed', () => {
    const own = { bytes: writeEnvelope(envelopeOf('one', doctor)), seed: seedOf('envelope one') };
    const content = contentOf('one');
    const hashes: Uint8Array[] = [];
    const sign = (hash: Uint8Array): Uint8Array => {
      hashes.push(hash);
      return signerOf('doctor')(hash);
    };
    const whole = { chainId: CHAIN_ID, content, envelope: own, sign };
    const self = { bytes: writeEnvelope(envelopeOf('one')), seed: own.seed };
    const condition = { ...content, bytes: bytesOfText('{"resourceType":"Condition"}') };
    expect([
      codeOf(signRecord(crypto, { ...whole, content: contentOf('two') })),
      codeOf(signRecord(crypto, { ...whole, content: { ...content, seed: seedOf('another') } })),
      codeOf(signRecord(crypto, { ...whole, content: condition })),
      codeOf(signRecord(crypto, { ...whole, content: { ...content, bytes: bytesOfText('{') } })),
      codeOf(signRecord(crypto, { ...whole, envelope: self })),
      codeOf(signRecord(crypto, { ...whole, envelope: { ...own, bytes: bytesOfText('{}') } })),
      codeOf(signRecord(crypto, { ...whole, envelope: { ...own, seed: content.seed } })),
    ]).toEqual([
      'content_differs',
      'content_differs',
      'content_differs',
      'content_not_json',
      'record_without_creator',
      'document_member_missing',
      'record_seeds_alike',
    ]);
    expect(hashes).toEqual([]);
    expect(codeOf(signRecord(crypto, { ...whole, sign: signerOf('nurse') }))).toBe('signature_by_another');
    expect(codeOf(signRecord(crypto, whole))).toBe('right');
    expect(hashes).toHaveLength(1);
  });
});

describe('the content of a record', () => {
  it('is told by its envelope, in each shape, to whoever has it whole', () => {
    const contained = '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","active":true}}]}';
    const source = { bytes: bytesOfText(contained), seed: seedOf('bundle') };
    for (const shape of [{ mode: 'A' }, { mode: 'A', minDepth: 8 }, { mode: 'B' }] as const) {
      const { content, tree } = rightOf(describeContent(crypto, source, { ...shape, fhirVersion: '4.0.1' }));
      expect(content).toMatchObject({ mode: shape.mode, type: 'Bundle', root: tree.root });
      expect(rightOf(checkContent(crypto, source, content)).root).toBe(tree.root);
      for (const changed of [
        { depth: content.depth + 1 },
        { type: 'Patient' },
        { mode: shape.mode === 'A' ? 'B' : 'A' },
      ] as const) {
        expect(codeOf(checkContent(crypto, source, { ...content, ...changed }))).toBe('content_differs');
      }
    }
  });

  it('is a FHIR resource whose paths have a place', () => {
    const shape = { mode: 'A', fhirVersion: '4.0.1' } as const;
    const codeOfText = (bytes: string): string =>
      codeOf(describeContent(crypto, { bytes: bytesOfText(bytes), seed: seedOf('x') }, shape));
    const deep = `${'{"'.repeat(1)}resourceType":"X"${`,"${'n'.repeat(250)}":{"a":1`.repeat(5)}${'}'.repeat(6)}`;
    expect(['[]', '{}', '{"resourceType":1}', '{"resourceType":"X"', deep].map(codeOfText)).toEqual([
      'content_without_type',
      'content_without_type',
      'content_without_type',
      'content_not_json',
      'content_path_too_long',
    ]);
    const nested = `${'{"resourceType":"X","contained":['.repeat(9)}{"a":1}${']}'.repeat(9)}`;
    expect(codeOfText(nested)).toBe('right');
    const source = { bytes: bytesOfText(nested), seed: seedOf('x') };
    expect(codeOf(describeContent(crypto, source, { mode: 'B', fhirVersion: '4.0.1' }))).toBe('content_too_nested');
  });

  it('costs no more than the deepest tree that hides, whatever depth an envelope claims', () => {
    const { content } = envelopeOf('one');
    let hashed = 0;
    const sha256: typeof crypto.sha256 = (...given) => {
      hashed += 1;
      return crypto.sha256(...given);
    };
    const claimed = { ...content, depth: 26 };
    expect(codeOf(checkContent({ ...crypto, sha256 }, contentOf('one'), claimed))).toBe('content_differs');
    expect(hashed).toBeGreaterThan(2 ** MAX_HIDING_DEPTH);
    expect(hashed).toBeLessThan(4 * 2 ** MAX_HIDING_DEPTH);
  });
});

describe('a file beside a record', () => {
  it('is checked by whoever is shown its leaf', () => {
    const file = bytesOfText('x'.repeat(10_000));
    const seed = seedOf('envelope one');
    const attachment = describeAttachment(crypto, { seed, index: 0 }, { contentType: 'text/plain', bytes: file });
    const tree = treeOfEnvelope({ ...envelopeOf('one'), attachments: [attachment] }, 'one');
    const [leaf] = shown(tree, ['/attachments/0/chunkRoot']).proof.leaves;
    expect(leaf?.salt).toEqual(attachmentSalt(crypto, seed, 0));
    const root = Buffer.from(chunkRootOf(crypto, leaf?.salt as Uint8Array, file)).toString('hex');
    expect(leaf?.value).toEqual({ kind: 'string', text: root });
    expect(
      describeAttachment(crypto, { seed, index: 1 }, { contentType: 'text/plain', bytes: file }).chunkRoot,
    ).not.toBe(root);
  });
});

describe('a batch', () => {
  const hashesOf = (count: number): Hash[] =>
    Array.from({ length: count }, (_, index) => Buffer.from(seedOf(`record ${index}`)).toString('hex') as Hash);

  it('leads from each of its records to its root, and from no other', () => {
    for (let count = 1; count <= 40; count += 1) {
      const hashes = hashesOf(count);
      const batch = rightOf(batchAnchor(crypto, hashes, seedOf('batch')));
      expect(batch).toMatchObject({ size: count, depth: count <= 16 ? 4 : count <= 32 ? 5 : 6 });
      for (const [index, hash] of hashes.entries()) {
        const path = batch.pathOf(index);
        expect(verifyBatchPath(crypto, batch.root, hash, path)).toEqual(E.right(true));
        const other = hashesOf(count + 1)[count] as Hash;
        expect(verifyBatchPath(crypto, batch.root, other, path)).toEqual(E.left('batch_root_differs'));
      }
    }
  });

  it('has paths in which no bit can be another', () => {
    const hashes = hashesOf(20);
    const batch = rightOf(batchAnchor(crypto, hashes, seedOf('batch')));
    const path = batch.pathOf(7);
    const hash = hashes[7] as Hash;
    const flipped = (bytes: Uint8Array, bit: number): Uint8Array =>
      bytes.with(bit >> 3, (bytes[bit >> 3] as number) ^ (1 << (bit & 7)));
    const spoiled = [
      ...Array.from({ length: 8 * path.salt.length }, (_, bit) => ({ ...path, salt: flipped(path.salt, bit) })),
      ...Array.from({ length: 8 * path.siblings.length }, (_, bit) => ({
        ...path,
        siblings: flipped(path.siblings, bit),
      })),
      ...Array.from({ length: 32 }, (_, position) => ({ ...path, position })).filter(
        (each) => each.position !== path.position,
      ),
    ];
    for (const each of spoiled)
      expect(verifyBatchPath(crypto, batch.root, hash, each)).toEqual(E.left('batch_root_differs'));
    for (let bit = 0; bit < 256; bit += 1) {
      const other = Buffer.from(flipped(Buffer.from(hash, 'hex'), bit)).toString('hex') as Hash;
      expect(verifyBatchPath(crypto, batch.root, other, path)).toEqual(E.left('batch_root_differs'));
    }
    const { siblings } = path;
    for (const odd of [
      { depth: 3, siblings: siblings.subarray(64) },
      { depth: 21 },
      { depth: 4.5 },
      { position: 32 },
      { position: -1 },
      { position: 0.5 },
      { depth: 6 },
      { siblings: siblings.subarray(1) },
      { siblings: Uint8Array.from([...siblings, ...siblings.subarray(0, 32)]) },
      { salt: path.salt.subarray(1) },
    ]) {
      expect(verifyBatchPath(crypto, batch.root, hash, { ...path, ...odd })).toEqual(
        E.left('batch_path_out_of_bounds'),
      );
    }
    // One level less or more, with hashes enough.
    const shorter = { ...path, depth: 4, position: path.position >> 1, siblings: siblings.subarray(32) };
    const longer = { ...path, depth: 6, siblings: Uint8Array.from([...siblings, ...siblings.subarray(0, 32)]) };
    expect(verifyBatchPath(crypto, batch.root, hash, shorter)).toEqual(E.left('batch_root_differs'));
    expect(verifyBatchPath(crypto, batch.root, hash, longer)).toEqual(E.left('batch_root_differs'));
  });

  it('has no leaf or node that is the root of a record, and a record has none of a batch', () => {
    const tree = treeOfEnvelope(envelopeOf('one'), 'one');
    const batch = rightOf(batchAnchor(crypto, [tree.root], seedOf('batch')));
    const path = batch.pathOf(0);
    // The leaf as a record: a root of a tree begins with its tag, so no leaf of a batch is the root of anything.
    const { proof: own } = shown(tree, ['/profile']);
    expect(verdict(batch.root, { root: batch.root, proof: own, parts: [] })).toBe('proof_root_differs');
    const [leaf] = own.leaves;
    const asLeaf = {
      depth: path.depth,
      leaves: leaf === undefined ? [] : [{ ...leaf, position: path.position }],
      siblings: path.siblings,
    };
    expect(verdict(batch.root, { root: batch.root, proof: asLeaf, parts: [] })).toBe('proof_root_differs');
    // A path through the tree of a record leads to no root of it.
    const { proof } = shown(tree, ['']);
    const top = proof.leaves[0];
    const through = {
      depth: proof.depth,
      position: top?.position ?? 0,
      salt: top?.salt ?? new Uint8Array(32),
      siblings: proof.siblings,
    };
    expect(verifyBatchPath(crypto, tree.root, tree.root, through)).toEqual(E.left('batch_root_differs'));
  });

  it('says nothing of how many it has within a factor of two, nor in what order they came', () => {
    const hashes = hashesOf(9);
    const depthOf = (count: number): number => rightOf(batchAnchor(crypto, hashesOf(count), seedOf('b'))).depth;
    expect([1, 16, 17, 32, 33].map(depthOf)).toEqual([4, 4, 5, 5, 6]);
    const batch = rightOf(batchAnchor(crypto, hashes, seedOf('b')));
    const positions = hashes.map((_, index) => batch.pathOf(index).position);
    expect(new Set(positions).size).toBe(9);
    expect(positions).not.toEqual([...positions].sort((a, b) => a - b));
    expect(rightOf(batchAnchor(crypto, hashes, seedOf('c'))).root).not.toBe(batch.root);
  });

  it('of nothing or of more than 2^20 is refused by name', () => {
    expect(codeOf(batchAnchor(crypto, [], seedOf('b')))).toBe('batch_empty');
    const hashes = new Array<Hash>(2 ** 20 + 1).fill('00'.repeat(32) as Hash);
    expect(codeOf(batchAnchor(crypto, hashes, seedOf('b')))).toBe('batch_too_large');
  });
});

describe('a second as text', () => {
  it('is read back, and nothing else is one', () => {
    fc.assert(
      fc.property(fc.nat(253_402_300_799), (seconds) => {
        expect(secondsOf(instantOf(seconds) ?? '')).toBe(seconds);
      }),
    );
    expect(secondsOf('2024-02-29T23:59:59Z')).toBe(1_709_251_199);
    for (const odd of [
      '2023-02-29T00:00:00Z',
      '2024-02-29T24:00:00Z',
      '2024-2-29T00:00:00Z',
      '2024-02-29T00:00:00+00:00',
      '1969-12-31T23:59:59Z',
      '+02024-02-29T00:00:00Z',
      ' 2024-02-29T00:00:00Z',
      '2024-02-29T00:00:00Z\n',
      '',
    ]) {
      expect(secondsOf(odd)).toBeUndefined();
    }
    for (const odd of [-1, 0.5, 253_402_300_800, Number.NaN]) expect(instantOf(odd)).toBeUndefined();
  });
});
