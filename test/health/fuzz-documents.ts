/**
 * Fuzz of documents: the texts of envelopes and certificates, which are read in one form only.
 *
 * What is read has the bytes that it was read from, says what the host's reader finds in them, and is shown whole by its own tree.
 */
import { isDeepStrictEqual } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import type { Hash } from '../../src/core/index.ts';
import {
  buildCertificate,
  buildEnvelope,
  CERTIFICATE_PROFILE,
  completenessOf,
  type Envelope,
  type FormFault,
  type PartialNode,
  RECORD_PROFILE,
  type RecordTree,
  readCertificate,
  readEnvelope,
  writeCertificate,
  writeEnvelope,
} from '../../src/health/index.ts';
import type { FuzzTarget } from './fuzz-run.ts';
import { certificateOf, creatorOf, envelopeOf, person } from './record-samples.ts';
import { crypto, opened, presented, SEED } from './records.ts';
import { isSame } from './sealing/doors.ts';

interface Form<T> {
  readonly profile: string;
  readonly read: (bytes: Uint8Array) => E.Either<FormFault, T>;
  readonly write: (value: T) => Uint8Array;
  readonly build: (hasher: typeof crypto, bytes: Uint8Array, seed: Uint8Array) => E.Either<FormFault, RecordTree>;
}

/** A value as JSON says it, where nothing is absent. */
const plain = (value: object): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner: unknown) => (inner === undefined ? null : inner)));

/** What was shown, as the host's reader would have it. */
const plainNode = (node: PartialNode): unknown => {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries([...node.children].map(([name, child]) => [name, plainNode(child)]));
    case 'array':
      return Array.from({ length: node.length ?? 0 }, (_, at) => plainNode(node.children.get(at) as PartialNode));
    case 'string':
      return node.text;
    case 'number':
      return Number(node.text);
    default:
      return node.kind === 'null' ? null : node.kind;
  }
};

const runOf =
  <T extends object>({ profile, read, write, build }: Form<T>) =>
  (bytes: Uint8Array): string => {
    const answer = read(bytes);
    const tree = build(crypto, bytes, SEED);
    if (E.isLeft(answer)) {
      if (E.isRight(tree) || tree.left.code !== answer.left.code) throw new Error('refused, and not so by the tree');
      return answer.left.code;
    }
    if (!isSame(write(answer.right), bytes)) throw new Error('read from bytes that are not its own');
    const host: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (!isDeepStrictEqual(host, plain({ profile, ...answer.right }))) throw new Error('the host reads something else');
    if (E.isLeft(tree)) throw new Error(`read, and has no tree: ${tree.left.message}`);
    const whole = opened(tree.right.root, presented(tree.right, completenessOf(tree.right, 0)));
    if (!isDeepStrictEqual(host, plainNode(whole.whole))) throw new Error('its tree shows something else');
    return 'read';
  };

/** The members of a text, each as it is written, and what JSON has beside them. */
const dictionaryOf = (texts: readonly Uint8Array[]): readonly string[] => [
  ...new Set(
    texts.flatMap(
      (bytes) =>
        Buffer.from(bytes)
          .toString()
          .match(/"[a-zA-Z0-9]+":/g) ?? [],
    ),
  ),
  ...[
    'null',
    '""',
    '{}',
    '[]',
    ',',
    ':',
    '"',
    '\\u0041',
    '\\/',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '0',
    '-0',
    '1.0',
    '1e3',
    '9007199254740993',
  ],
  ...['"A"', '"B"', '02', '03', 'ab'.repeat(32), '2026-02-30T00:00:00Z', '1969-12-31T23:59:59Z', '"__proto__":'],
];

const FAULTS = [
  ...['document_not_json', 'document_member_missing', 'document_member_unknown'],
  ...['document_value_wrong', 'document_not_canonical'],
];

const targetOf = <T extends object>(name: string, form: Form<T>, values: readonly T[]): FuzzTarget => {
  const seeds = values.map(form.write);
  return { name, seeds, dictionary: dictionaryOf(seeds), answers: ['read', ...FAULTS], run: runOf(form) };
};

const hash = 'ee'.repeat(32) as Hash;
const doctor = creatorOf('doctor', person('hospital').address, hash);
const own: Envelope = envelopeOf('own');
const file = { contentType: 'text/plain', size: 0, sha256: hash, chunkRoot: hash };
const attachments = [...own.attachments, file, file];
const certificate = certificateOf({
  certifier: 'hospital',
  subject: 'doctor',
  issued: '2026-01-01T00:00:00Z',
  expires: '2027-01-01T00:00:00Z',
});

/** The documents of our own form. */
export const documentTargets: readonly FuzzTarget[] = [
  targetOf('envelope', { profile: RECORD_PROFILE, read: readEnvelope, write: writeEnvelope, build: buildEnvelope }, [
    own,
    envelopeOf('signed', doctor),
    { ...envelopeOf('next', doctor), prev: hash, attachments },
    { ...own, attachments: [] },
  ]),
  targetOf(
    'certificate',
    { profile: CERTIFICATE_PROFILE, read: readCertificate, write: writeCertificate, build: buildCertificate },
    [
      certificate,
      { ...certificate, evidenceHash: hash, department: 'ü', hospital: undefined },
      { ...certificate, specialty: undefined, issued: '1970-01-01T00:00:00Z', expires: '9999-12-31T23:59:59Z' },
    ],
  ),
];
