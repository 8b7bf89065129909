/**
 * Presentation: chosen values of a record, opened under its root, so that whoever knows the root can check them and nothing else.
 *
 * It is a tree of proofs, as the record is a tree of trees in mode B: what stands in a tree inside another is proven under that
 * tree's own root, which a leaf of the tree around it names.
 * Source: docs/decisions/0020-presentations.md.
 */
import type { Address, Hash } from '../../core/units.ts';
import type { Step } from '../json/document.ts';
import type { TreeProof } from './tree-proof.ts';

/** The version of the text. */
export const PRESENTATION_VERSION = 1;

/** What is shown of one tree. */
export interface Shown {
  readonly proof: TreeProof;
  /** What is shown of the trees inside it, in the order of their leaves' positions. */
  readonly parts: readonly PresentationPart[];
}

/** What is shown of a tree inside another. */
export interface PresentationPart extends Shown {
  /** The steps, in the tree around it, of the leaf of kind `tree` that names its root. */
  readonly at: readonly Step[];
}

/** By whom, for whom, in answer to what and when a presentation was made; signed. */
export interface HolderBinding {
  readonly audience: string;
  readonly nonce: string;
  readonly issuedSeconds: number;
  readonly key: Address;
  /** 65 bytes r | s | id over `holderHash`. */
  readonly signature: Uint8Array;
}

export interface Presentation extends Shown {
  /** The root that it claims to be under. */
  readonly root: Hash;
  readonly holder?: HolderBinding;
}
