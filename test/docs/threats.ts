/**
 * Threats: what somebody may try with health data, the answer in words, and the attacks themselves with the code that refuses each.
 */
import { nativeAead } from '../../src/adapters/aead/index.ts';
import { type Hash, type Height, nobleCrypto, type Seconds } from '../../src/core/index.ts';
import {
  type AnchoredRecord,
  bindHolder,
  type HolderDemand,
  type LeafValue,
  MAX_NESTING,
  type Presentation,
  type PresentationPart,
  presentationText,
  readJson,
  readPresentation,
  type ShownLeaf,
  type Step,
  signRecord,
  verifyAnchoredRecord,
  verifyPresentation,
  writeEnvelope,
} from '../../src/health/index.ts';
import { openCapsule, openWhole, sealCapsule } from '../../src/health/sealing/index.ts';
import { forge } from '../health/forge.ts';
import {
  bytesOfText,
  CHAIN_ID,
  CREATOR_POINTERS,
  contentOf,
  creatorOf,
  envelopeOf,
  person,
  seedOf,
  shown,
  signedRecord,
  signerOf,
} from '../health/record-samples.ts';
import { BUNDLE, codeOf, crypto, presented, SEED, treeOf, valuesAt, verdict } from '../health/records.ts';
import { bytesOfSeed, personOf, randomOf, sealed } from '../health/sealing/doors.ts';

/** The code that an attempt is refused with, or a word that is none. */
type Attempt = () => string | Promise<string>;

export interface Threat {
  readonly threat: string;
  readonly answer: string;
  /** Each code, and an attempt that it refuses. */
  readonly refusals: Readonly<Record<string, Attempt>>;
  /** Where there is nothing to refuse: the test that shows the answer. */
  readonly shownBy?: string;
}

const tree = treeOf(BUNDLE, { mode: 'B' });
const { root } = tree;
const honest = presented(tree, valuesAt(tree, '/entry/0/fullUrl', '/entry/0/resource/active'));
const other = presented(treeOf(BUNDLE, { mode: 'B', seed: SEED.map((byte) => byte + 1) }), [0, 1]);
const { proof } = honest;
const [leaf, secondLeaf] = proof.leaves as [ShownLeaf, ShownLeaf];
const [part] = honest.parts as [PresentationPart];
const NONE = new Uint8Array(0);

const withProof = (change: Partial<Presentation['proof']>): Presentation => ({
  ...honest,
  proof: { ...proof, ...change },
});
const refusedAs = (presentation: Presentation, under: Hash = root) => verdict(under, presentation);

/** What a dishonest builder shows under a root of its own. */
const built = (...all: readonly (readonly [readonly Step[], LeafValue])[]): string => {
  const leaves = all.map(([steps, value], index) => ({ steps, value, salt: new Uint8Array(32).fill(index) }));
  const forged = forge(leaves);
  return refusedAs({ ...forged, parts: [] }, forged.root);
};
const text = (value: string): LeafValue => ({ kind: 'string', text: value });

const holder = person('patient');
const asked = { audience: 'clinic', nonce: 'n-1', key: holder.address, now: 1_000, maxAgeSeconds: 60 };
const boundBy = async (demand: Partial<HolderDemand>, change: Partial<{ issuedSeconds: number }> = {}) => {
  const words = { audience: 'clinic', nonce: 'n-1', issuedSeconds: 1_000, key: holder.address };
  const bound = await bindHolder(crypto, honest, words, (hash) => crypto.sign(hash, holder.privateKey));
  const changed = { ...bound, holder: { ...(bound.holder as NonNullable<typeof bound.holder>), ...change } };
  return codeOf(verifyPresentation(crypto, changed, { root, holder: { ...asked, ...demand } as HolderDemand }));
};

const readCode = (json: string): string => codeOf(readJson(bytesOfText(json)));

const creator = creatorOf('doctor', person('hospital').address, 'ab'.repeat(32) as Hash);
const record = signedRecord('a', creator, signerOf('doctor'));
const anchored: AnchoredRecord = {
  envelope: shown(record.tree, CREATOR_POINTERS),
  signature: record.signature,
  anchor: { sender: holder.address, proof: NONE },
};
const state = { stateRoot: 'cd'.repeat(32) as Hash, height: 9 as Height, time: 9 as Seconds };
const recordCode = (presented: AnchoredRecord, chainId = CHAIN_ID): string =>
  codeOf(verifyAnchoredRecord(crypto, presented, { chainId, state, certifiers: () => true }));
const { signature: _, ...unsigned } = anchored;
const signCode = (content: string, named: typeof creator | undefined): string => {
  const envelope = { bytes: writeEnvelope(envelopeOf('a', named)), seed: seedOf('envelope a') };
  const sign = signerOf('doctor');
  return codeOf(signRecord(crypto, { chainId: CHAIN_ID, content: contentOf(content), envelope, sign }));
};

const whole = await sealed(Uint8Array.from({ length: 70_000 }, (_, at) => at));
const { dek } = whole.object;
const objectId = whole.object.objectId();
const objectCode = async (bytes: Uint8Array, changed: { dek?: Uint8Array; objectId?: Uint8Array } = {}) =>
  codeOf(await openWhole([bytes], { aead: nativeAead, dek, ...changed }));
const [sender, recipient] = [personOf(1), personOf(2)];
const capsuleCode = async (change: Partial<Parameters<typeof openCapsule>[1]>) => {
  const terms = { dek, scope: 'full', sender, expiresSeconds: 2_000 } as const;
  const target = { recipientKey: recipient.publicKey, objectId, chainId: CHAIN_ID };
  const capsule = await sealCapsule(terms, target, { crypto: nobleCrypto, random: randomOf(1) });
  if (capsule._tag === 'Left') return capsule.left.code;
  const { privateKey } = recipient;
  const options = { crypto: nobleCrypto, privateKey, chainId: CHAIN_ID, nowSeconds: 1_000 };
  return codeOf(await openCapsule(capsule.right, { ...options, ...change }));
};
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] as number) ^ 1);

export const threats: readonly Threat[] = [
  {
    threat:
      'a value of which there are few (sex, yes or no, an HbA1c) is guessed from a root, or from the hashes of a proof',
    answer: 'each leaf has a salt of 256 bits of its own; padding looks like leaves. Nothing can be tried',
    refusals: {},
    shownBy: 'test/health/guessing.test.ts',
  },
  {
    threat: 'another value, salt, place or root; a leaf of another record; a node passed off as a leaf',
    answer: 'all leaves lead to one root; leaves, nodes and roots begin with different bytes',
    refusals: {
      proof_root_differs: () => refusedAs(withProof({ leaves: [{ ...leaf, salt: SEED }, secondLeaf] })),
      presentation_root_differs: () => refusedAs(other),
    },
  },
  {
    threat: 'a path made shorter or longer, hashes too many or too few, positions beyond the tree or twice',
    answer: 'the root holds the depth, each hash is used once, and bounds are looked at first',
    refusals: {
      proof_incomplete: () => refusedAs(withProof({ siblings: proof.siblings.subarray(32) })),
      proof_left_over: () => refusedAs(withProof({ siblings: Uint8Array.from([...proof.siblings, ...SEED]) })),
      proof_positions_wrong: () => refusedAs(withProof({ leaves: [leaf, leaf] })),
      proof_out_of_bounds: () => refusedAs(withProof({ depth: 27 })),
      proof_value_malformed: () =>
        refusedAs(withProof({ leaves: [{ ...leaf, value: { kind: 'number', text: '01' } }], siblings: NONE })),
    },
  },
  {
    threat: 'whoever builds a tree puts two values at one path, and shows now one, now the other',
    answer:
      'who signs builds the tree from the document, and so does who gets all of it; a record that nobody signed is worth no more than its builder',
    refusals: {
      proof_path_twice: () => built([['a'], text('x')], [['a'], text('y')]),
      proof_contradicts: () => built([[], { kind: 'object', names: ['a'] }], [['b'], text('y')]),
      content_differs: () => signCode('b', creator),
    },
  },
  {
    threat: 'a part of a bundle is shown in another place',
    answer: 'a part hangs on the leaf that names its root',
    refusals: {
      presentation_part_unfounded: () => refusedAs({ ...honest, parts: [{ ...part, at: ['entry', 1, 'resource'] }] }),
      presentation_part_depth: () =>
        refusedAs({ ...honest, parts: [{ ...part, proof: { ...part.proof, depth: part.proof.depth + 1 } }] }),
    },
  },
  {
    threat: 'the bad results are left out',
    answer:
      'ask for lists with all that is in them: `isComplete` says whether they are whole, `shownAt` whether a thing is absent or only hidden',
    refusals: {},
    shownBy: 'test/health/presentation.test.ts',
  },
  {
    threat: 'a presentation is passed on, or shown again',
    answer: 'its holder signs audience, nonce and time; a verifier says in every call what it asks for',
    refusals: {
      holder_missing: () => codeOf(verifyPresentation(crypto, honest, { root, holder: asked })),
      holder_audience_differs: () => boundBy({ audience: 'insurer' }),
      holder_nonce_differs: () => boundBy({ nonce: 'n-2' }),
      holder_key_differs: () => boundBy({ key: person('thief').address }),
      holder_too_old: () => boundBy({ now: 2_000 }),
      holder_signature_wrong: () => boundBy({}, { issuedSeconds: 1_001 }),
    },
  },
  {
    threat: 'the same statement in other bytes; members twice, numbers and characters that readers differ on',
    answer: 'one text for a presentation; a strict reader for documents, to which `__proto__` is a name like others',
    refusals: {
      presentation_not_canonical: () => codeOf(readPresentation(bytesOfText(`${presentationText(honest)} `))),
      json_duplicate_member: () => readCode('{"a":1,"a":2}'),
      json_number: () => readCode('[01]'),
      json_lone_surrogate: () => readCode('["\\ud800"]'),
    },
  },
  {
    threat: 'documents and proofs so large or deep that they stop whoever reads them',
    answer: 'the limits below, before any memory is taken',
    refusals: {
      json_too_deep: () => readCode('['.repeat(MAX_NESTING + 1)),
      json_name_too_long: () => readCode(`{"${'a'.repeat(256)}":1}`),
    },
  },
  {
    threat:
      'the creator is swapped, the signature is taken away or is from another chain, another document passes for an envelope',
    answer: 'what is signed is the root of the whole envelope, with the chain; what is on the chain is a hash of both',
    refusals: {
      creator_unsigned: () => recordCode(unsigned),
      signature_by_another: () => recordCode(anchored, CHAIN_ID + 1),
      leaf_missing: () => recordCode({ ...anchored, envelope: shown(record.tree, ['/profile', '/content/root']) }),
      profile_differs: () => recordCode({ ...anchored, envelope: honest }),
      record_without_creator: () => signCode('a', undefined),
    },
  },
  {
    threat: 'a stolen key signs after it was revoked, and dates back',
    answer: 'what counts is the time of the block in which the record was anchored: the standing is `revokedBefore`',
    refusals: {},
    shownBy: 'test/health/record-chain.test.ts',
  },
  {
    threat: 'a sealed object is cut, extended, changed, swapped, or made to open under two keys',
    answer: 'each chunk has its place and a tag, the last one is marked, the key is committed to',
    refusals: {
      object_truncated: () => objectCode(whole.bytes.subarray(0, -4_480)),
      object_chunk_wrong: () => objectCode(flipped(whole.bytes, 100)),
      object_key_wrong: () => objectCode(whole.bytes, { dek: bytesOfSeed(99, 32) }),
      object_id_wrong: () => objectCode(whole.bytes, { objectId: bytesOfSeed(98, 32) }),
    },
  },
  {
    threat: 'a capsule is opened by another, or used for another object, chain or time',
    answer: 'it is sealed to one key, names object and chain, and is signed where only its recipient sees it',
    refusals: {
      capsule_not_for_us: () => capsuleCode({ privateKey: sender.privateKey }),
      capsule_other_object: () => capsuleCode({ objectId: bytesOfSeed(97, 32) }),
      capsule_other_chain: () => capsuleCode({ chainId: CHAIN_ID + 1 }),
      capsule_expired: () => capsuleCode({ nowSeconds: 2_000 }),
    },
  },
];
