/**
 * Verify: from a presentation and the root that is trusted to the values that are proven, or to the first fault.
 *
 * That the root stands on the chain, and whose it is, is asked elsewhere.
 */
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto, Hasher } from '../../core/crypto.ts';
import { invariant } from '../../core/refusal.ts';
import type { Hash } from '../../core/units.ts';
import type { Step } from '../json/document.ts';
import { MAX_NESTING, MAX_SHOWN_LEAVES, MAX_SHOWN_STEPS, MAX_TREE_NESTING } from '../limits.ts';
import { seen } from '../selection/readable.ts';
import { pointerOf } from '../tree/path.ts';
import { type HolderDemand, type HolderFault, holderFault } from './holder.ts';
import type { InnerTree } from './leaf-value.ts';
import type { PartialDocument, PartialNode } from './partial.ts';
import type { Presentation, PresentationPart, Shown } from './presentation.ts';
import { type ProvenPlace, provenAt, type ShownLeaf, type TreeProofFault, verifyTreeProof } from './tree-proof.ts';

/**
 * Why a presentation proves nothing. The codes never change their meaning.
 *
 * - `presentation_root_differs`: it is about another record.
 * - `presentation_too_large`: more leaves than MAX_SHOWN_LEAVES, or more steps than MAX_SHOWN_STEPS, in all its parts.
 * - `presentation_part_unfounded`: no leaf of kind `tree` was shown where a part claims to stand.
 * - `presentation_part_order`: parts do not ascend by their leaves, or one stands twice.
 * - `presentation_part_depth`: a part has another depth than its leaf says.
 * - `presentation_too_deep`: more than MAX_TREE_NESTING trees, or MAX_NESTING containers, in one another.
 * - `holder_...`: see HolderFault. `proof_...`: see TreeProofFault; `part` says of which tree.
 */
export type PresentationFaultCode =
  | 'presentation_root_differs'
  | 'presentation_too_large'
  | 'presentation_part_unfounded'
  | 'presentation_part_order'
  | 'presentation_part_depth'
  | 'presentation_too_deep'
  | HolderFault
  | TreeProofFault;

export interface PresentationFault {
  readonly code: PresentationFaultCode;
  /** What is wrong and what to do, for people. */
  readonly message: string;
  /** The steps to the tree at fault; none for the outermost. */
  readonly part: readonly Step[];
}

export interface VerifyOptions {
  /** The root that is trusted: from the chain, or from an envelope that is. */
  readonly root: Hash;
  /** What is asked of the holder, or in so many words that nothing is. */
  readonly holder: HolderDemand | 'not asked';
}

const ASK_AGAIN = 'ask for another presentation';
const FORGED = `${ASK_AGAIN}, and do not trust this one`;

const ADVICE: Readonly<Record<PresentationFaultCode, string>> = {
  presentation_root_differs: `it is about another record than was asked for: ${ASK_AGAIN}`,
  presentation_too_large: `it shows more than ${MAX_SHOWN_LEAVES} values or ${MAX_SHOWN_STEPS} steps: ask for the whole record`,
  presentation_part_unfounded: `a part stands where no tree was shown: ${FORGED}`,
  presentation_part_order: `parts are not in the order of their leaves: ${ASK_AGAIN}`,
  presentation_part_depth: `a part is not as deep as its leaf says: ${FORGED}`,
  presentation_too_deep: `it goes deeper than ${MAX_TREE_NESTING} trees or ${MAX_NESTING} containers: ${ASK_AGAIN}`,
  holder_missing: 'nobody has signed it: ask the holder to sign for this audience and nonce',
  holder_malformed: `its signature or what was signed has the wrong form: ${ASK_AGAIN}`,
  holder_audience_differs: `it was made for another verifier: ${FORGED}`,
  holder_nonce_differs: `it answers another question: ${ASK_AGAIN} with a new nonce`,
  holder_key_differs: `another key has signed it: ${FORGED}`,
  holder_too_old: `it was made too long ago: ${ASK_AGAIN}`,
  holder_too_early: `it was made in the future: let the holder set the clock, then ${ASK_AGAIN}`,
  holder_signature_wrong: `the key has not signed this: ${FORGED}`,
  proof_out_of_bounds: `its depth, leaves, salts or siblings are beyond their limits: ${FORGED}`,
  proof_positions_wrong: `positions do not ascend, or lie beyond the tree: ${FORGED}`,
  proof_value_malformed: `it shows a path or value that no document holds: ${FORGED}`,
  proof_incomplete: `hashes are missing: ${FORGED}`,
  proof_left_over: `hashes are left over: ${FORGED}`,
  proof_root_differs: `it does not lead to the root: ${FORGED}`,
  proof_path_twice: `two values are shown at one path: ${FORGED}, nor whoever built the record`,
  proof_contradicts: `a value is shown where its container has none: ${FORGED}, nor whoever built the record`,
};

const refused = (code: PresentationFaultCode, part: readonly Step[]): E.Either<PresentationFault, never> => {
  const where = part.length === 0 ? '' : `in the tree at ${seen(pointerOf(part))}: `;
  return E.left({ code, message: `${where}${ADVICE[code]}`, part });
};

/** Where a proven tree stands, and under which leaf. */
interface Standing {
  readonly at: readonly Step[];
  readonly tree: InnerTree;
  readonly nesting: number;
}

/** Proven leaves of all trees; a leaf of kind `tree` leads to what was proven inside it. */
type Insides = Map<ShownLeaf, ProvenPlace>;

/** Checks all trees of one presentation. */
class Verification {
  readonly #hasher: Hasher;
  readonly insides: Insides = new Map();
  #leaves = 0;
  #steps = 0;

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  check({ proof, parts }: Shown, standing: Standing): E.Either<PresentationFault, ProvenPlace> {
    const { at, tree, nesting } = standing;
    let deepest = 0;
    this.#leaves += proof.leaves.length;
    for (const { steps } of proof.leaves) {
      this.#steps += steps.length;
      deepest = Math.max(deepest, steps.length);
    }
    if (this.#leaves > MAX_SHOWN_LEAVES || this.#steps > MAX_SHOWN_STEPS) return refused('presentation_too_large', at);
    if (nesting >= MAX_TREE_NESTING || at.length + deepest > MAX_NESTING) return refused('presentation_too_deep', at);
    if (proof.depth !== tree.depth) return refused('presentation_part_depth', at);
    const proven = verifyTreeProof(this.#hasher, tree.root, proof);
    if (E.isLeft(proven)) return refused(proven.left, at);
    const unsound = this.#checkParts(parts, proven.right, standing);
    return unsound ?? proven;
  }

  #checkParts(
    parts: readonly PresentationPart[],
    around: ProvenPlace,
    { at, nesting }: Standing,
  ): E.Either<PresentationFault, never> | undefined {
    let last = -1;
    for (const part of parts) {
      const leaf = provenAt(around, part.at);
      if (leaf?.value.kind !== 'tree') return refused('presentation_part_unfounded', at);
      if (leaf.position <= last) return refused('presentation_part_order', at);
      last = leaf.position;
      const inside = this.check(part, { at: [...at, ...part.at], tree: leaf.value, nesting: nesting + 1 });
      if (E.isLeft(inside)) return inside;
      this.insides.set(leaf, inside.right);
    }
    return undefined;
  }
}

const nodeOf = (place: ProvenPlace, steps: readonly Step[], insides: Insides, tree?: InnerTree): PartialNode => {
  const value = place.leaf?.value;
  const base = tree === undefined ? { steps } : { steps, tree };
  const children = (): ReadonlyMap<Step, PartialNode> =>
    new Map([...place.children].map(([step, child]) => [step, nodeOf(child, [...steps, step], insides)]));
  if (value === undefined) {
    const [first] = place.children.keys(); // a place without a leaf is on the way to one
    return typeof first === 'number'
      ? { ...base, kind: 'array', length: undefined, children: children() }
      : { ...base, kind: 'object', names: undefined, children: children() };
  }
  switch (value.kind) {
    case 'object':
      return { ...base, kind: 'object', names: new Set(value.names), children: children() };
    case 'array':
      return { ...base, kind: 'array', length: value.length, children: children() };
    case 'tree': {
      const { depth, root } = value;
      const inside = insides.get(place.leaf as ShownLeaf); // there is a value, so there is a leaf
      return inside === undefined
        ? { steps, kind: 'tree', tree: { depth, root } }
        : nodeOf(inside, steps, insides, { depth, root });
    }
    case 'reference':
      return { ...base, ...value, salt: (place.leaf as ShownLeaf).salt }; // there is a value, so there is a leaf
    default:
      return { ...base, ...value };
  }
};

/** The values that a presentation proves to stand under `root`, for whom it was asked; or the first fault. Never throws on a presentation. */
export const verifyPresentation = (
  crypto: Crypto,
  presentation: Presentation,
  { root, holder }: VerifyOptions,
): E.Either<PresentationFault, PartialDocument> => {
  invariant(holder !== undefined, "say what is asked of the holder, or 'not asked'");
  if (presentation.root !== root) return refused('presentation_root_differs', []);
  const verification = new Verification(crypto);
  const tree = { root, depth: presentation.proof.depth };
  const proven = verification.check(presentation, { at: [], tree, nesting: 0 });
  if (E.isLeft(proven)) return proven;
  const unbound = holderFault(crypto, presentation, holder);
  if (unbound !== undefined) return refused(unbound, []);
  return E.right({ root, whole: nodeOf(proven.right, [], verification.insides) });
};
