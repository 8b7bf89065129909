/**
 * Envelope: what is said of a record beside its content: whose it is, who made it, when, and what it follows on.
 *
 * Its tree is that of any document, under a seed of its own, so each of its fields can be shown or withheld. The content stands in
 * it by its root alone. Source: docs/decisions/0021-envelopes.md.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Hasher } from '../../core/crypto.ts';
import type { Address, Hash } from '../../core/units.ts';
import { MAX_ATTACHMENTS, MAX_DEPTH } from '../limits.ts';
import type { RecordTree, TreeMode } from '../tree/record-tree.ts';
import * as form from './form.ts';

export const RECORD_PROFILE = 'medstate/record/1';

/** The content, by the root of its tree and what is needed to build that tree again from content and seed. */
export interface EnvelopeContent {
  readonly root: Hash;
  readonly depth: number;
  readonly mode: TreeMode;
  /** The `resourceType` of the content. */
  readonly type: string;
  readonly fhirVersion: string;
}

/** Who vouches for the content, and by which certification. */
export interface Creator {
  readonly account: Address;
  readonly certificate: {
    /** The hash of the certification on the chain. */
    readonly hash: Hash;
    readonly certifier: Address;
  };
}

/** A file that belongs to the record and is not in it; see `describeAttachment`. */
export interface Attachment {
  readonly contentType: string;
  readonly size: number;
  readonly sha256: Hash;
  readonly chunkRoot: Hash;
}

export interface Envelope {
  readonly content: EnvelopeContent;
  /** A key of this record alone: the same key in two records would link them. */
  readonly owner: { readonly key: Address };
  /** `undefined`: the record is self-asserted. */
  readonly creator: Creator | undefined;
  /** When the creator says that it was made; what counts is when it was anchored. */
  readonly created: string;
  /** The anchored hash of the version that this one takes the place of. */
  readonly prev: Hash | undefined;
  readonly attachments: readonly Attachment[];
}

const MAX_TYPE_BYTES = 64;
const MAX_VERSION_BYTES = 16;
const MAX_CONTENT_TYPE_BYTES = 127;

const envelopeForm = form.members<Envelope & form.Profiled>({
  profile: form.oneOf<string>(RECORD_PROFILE),
  content: form.members<EnvelopeContent>({
    root: form.hash,
    depth: form.whole(MAX_DEPTH),
    mode: form.oneOf<TreeMode>('A', 'B'),
    type: form.text(MAX_TYPE_BYTES),
    fhirVersion: form.text(MAX_VERSION_BYTES),
  }),
  owner: form.members({ key: form.address }),
  creator: form.optional(
    form.members<Creator>({
      account: form.address,
      certificate: form.members({ hash: form.hash, certifier: form.address }),
    }),
  ),
  created: form.instant,
  prev: form.optional(form.hash),
  attachments: form.list(
    form.members<Attachment>({
      contentType: form.text(MAX_CONTENT_TYPE_BYTES),
      size: form.whole(),
      sha256: form.hash,
      chunkRoot: form.hash,
    }),
    MAX_ATTACHMENTS,
  ),
});

/** The bytes of an envelope, canonical. Text beyond a limit is written too, and refused when it is read. */
export const writeEnvelope = (envelope: Envelope): Uint8Array =>
  form.writeForm(envelopeForm, { ...envelope, profile: RECORD_PROFILE });

/** The envelope that these bytes hold, or the first fault. Never throws. */
export const readEnvelope = (bytes: Uint8Array): E.Either<form.FormFault, Envelope> => {
  const read = form.readForm(envelopeForm, bytes);
  if (E.isLeft(read)) return read;
  const { profile: _, ...envelope } = read.right.value;
  return E.right(envelope);
};

/** The tree of an envelope, or why its bytes hold none. `seed`: 32 secret bytes, see `envelopeSeed`. */
export const buildEnvelope = (
  hasher: Hasher,
  bytes: Uint8Array,
  seed: Uint8Array,
): E.Either<form.FormFault, RecordTree> => form.treeOfForm(envelopeForm, { hasher, bytes, seed });
