/**
 * Content: from a record's own bytes to what its envelope says of them, and back: whether an envelope is that of these bytes.
 *
 * Both build the whole tree: a root that somebody names is believed by nobody who has the record.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import { kindAt, memberAt, textAt } from '../json/document.ts';
import { readJson } from '../json/read.ts';
import { MAX_HIDING_DEPTH, MIN_DEPTH } from '../limits.ts';
import { buildTree } from '../tree/build.ts';
import type { RecordTree } from '../tree/record-tree.ts';
import type { TreeFaultCode } from '../tree/tree-fault.ts';
import type { EnvelopeContent } from './envelope.ts';

/**
 * Why these bytes are no content, or not that of the envelope. The codes never change their meaning.
 *
 * - `content_not_json`: the strict reader refuses them, and says where.
 * - `content_path_too_long`, `content_too_nested`: a path in them is beyond the limit of a tree, or trees in one another are.
 * - `content_without_type`: no FHIR resource: the member `resourceType` is missing or no text.
 * - `content_differs`: another root, depth or type than the envelope says: the bytes, the seed or the envelope are others.
 */
export type ContentFaultCode =
  | 'content_not_json'
  | 'content_path_too_long'
  | 'content_too_nested'
  | 'content_without_type'
  | 'content_differs';

export interface ContentFault {
  readonly code: ContentFaultCode;
  /** What is wrong and what to do, for people. */
  readonly message: string;
}

/** A record, and the seed of its tree: 32 secret bytes for this version of it alone. */
export interface ContentSource {
  readonly bytes: Uint8Array;
  readonly seed: Uint8Array;
}

/** How its tree is built; `minDepth` is at most MAX_HIDING_DEPTH. A least depth is for one tree alone: of trees in trees nobody could tell afterwards which had it. */
export type ContentShape = { readonly mode: 'A'; readonly minDepth?: number } | { readonly mode: 'B' };

export interface DescribedContent {
  readonly content: EnvelopeContent;
  readonly tree: RecordTree;
}

const fault = (code: ContentFaultCode, message: string): E.Either<ContentFault, never> => E.left({ code, message });

const CODE_OF_TREE: Readonly<Record<TreeFaultCode, ContentFaultCode>> = {
  tree_path_too_long: 'content_path_too_long',
  tree_too_nested: 'content_too_nested',
};

/** What an envelope says of a record, and its tree; or why it is none. PERF: see `buildTree`. */
export const describeContent = (
  hasher: Hasher,
  { bytes, seed }: ContentSource,
  { fhirVersion, ...shape }: ContentShape & { readonly fhirVersion: string },
): E.Either<ContentFault, DescribedContent> => {
  const minDepth = shape.mode === 'A' ? (shape.minDepth ?? MIN_DEPTH) : MIN_DEPTH;
  invariant(minDepth <= MAX_HIDING_DEPTH, `the least depth of a record is at most ${MAX_HIDING_DEPTH}`);
  const document = readJson(bytes);
  if (E.isLeft(document)) return fault('content_not_json', document.left.message);
  const typeAt = memberAt(document.right, 0, 'resourceType');
  if (typeAt === undefined || kindAt(document.right, typeAt) !== 'string') {
    return fault('content_without_type', 'the record has no resourceType: only FHIR resources are put in envelopes');
  }
  const tree = buildTree(document.right, { hasher, seed, ...shape });
  if (E.isLeft(tree)) return fault(CODE_OF_TREE[tree.left.code], tree.left.message);
  const { root, depth, mode } = tree.right;
  const content = { root, depth, mode, type: textAt(document.right, typeAt), fhirVersion };
  return E.right({ content, tree: tree.right });
};

/** The tree of a record that came whole, if it is what the envelope says. */
export const checkContent = (
  hasher: Hasher,
  source: ContentSource,
  { root, depth, mode, type, fhirVersion }: EnvelopeContent,
): E.Either<ContentFault, RecordTree> => {
  const shape = mode === 'B' ? { mode } : { mode, minDepth: Math.min(depth, MAX_HIDING_DEPTH) };
  const described = describeContent(hasher, source, { ...shape, fhirVersion });
  if (E.isLeft(described)) return described;
  const { content, tree } = described.right;
  const isSame = content.root === root && content.depth === depth && content.type === type;
  return isSame
    ? E.right(tree)
    : fault(
        'content_differs',
        'the envelope is of another record, version or seed: ask for those that belong together',
      );
};
