/**
 * Present: from a tree and chosen values of its document to a presentation of these values and of nothing else.
 */
import * as E from 'fp-ts/lib/Either.js';
import { toHex } from '../../core/bytes.ts';
import { invariant } from '../../core/refusal.ts';
import type { Hash } from '../../core/units.ts';
import { utf8Bytes } from '../../core/wire/utf8.ts';
import { ARRAY, childrenOf, countAt, type JsonDocument, kindAt, nameAt, type Step, textAt } from '../json/document.ts';
import { LONG_STRING_BYTES, MAX_SHOWN_LEAVES, MAX_SHOWN_STEPS } from '../limits.ts';
import { chunkRootOf } from '../tree/chunks.ts';
import { innerTreeOf } from '../tree/inner.ts';
import type { RecordTree } from '../tree/record-tree.ts';
import type { LeafValue } from './leaf-value.ts';
import type { Presentation, PresentationPart, Shown } from './presentation.ts';
import type { ShownLeaf, TreeProof } from './tree-proof.ts';

/**
 * Why nothing is presented. The codes never change their meaning.
 *
 * - `present_nothing`: no value was chosen.
 * - `present_too_much`: more leaves than MAX_SHOWN_LEAVES, or steps than MAX_SHOWN_STEPS; hand the record over whole.
 */
export interface PresentFault {
  readonly code: 'present_nothing' | 'present_too_much';
  readonly message: string;
}

const fault = (code: PresentFault['code'], message: string): E.Either<PresentFault, never> => E.left({ code, message });

const TOO_MUCH = `choose fewer: at most ${MAX_SHOWN_LEAVES} values with ${MAX_SHOWN_STEPS} steps in all, or hand the record over whole`;

const valueAt = (document: JsonDocument, at: number): LeafValue => {
  const kind = kindAt(document, at);
  switch (kind) {
    case 'object': {
      const { names, members } = document;
      const rankOf = (child: number): number => names.ranks[members[child] as number] as number;
      const children = [...childrenOf(document, at)].sort((a, b) => rankOf(a) - rankOf(b));
      return { kind, names: children.map((child) => nameAt(document, child) as string) }; // a member has a name
    }
    case 'array':
      return { kind, length: countAt(document, at) };
    case 'null':
      return { kind };
    case 'boolean':
      return { kind, value: textAt(document, at) === 'true' };
    default:
      return { kind, text: textAt(document, at) };
  }
};

/** The steps to each of these ascending values from value `from`. PERF: one walk, however wide the containers are. */
function* stepsToEach(document: JsonDocument, values: readonly number[], from: number): Generator<readonly Step[]> {
  const { kinds, nexts } = document;
  const frames: { readonly container: number; child: number; index: number }[] = [];
  const isPast = (container: number | undefined, value: number): boolean =>
    container !== undefined && (nexts[container] as number) <= value;
  for (const value of values) {
    while (isPast(frames[frames.length - 1]?.container, value)) frames.pop();
    let at = frames[frames.length - 1]?.container ?? from;
    while (at !== value) {
      let frame = frames[frames.length - 1];
      if (frame?.container !== at) {
        frame = { container: at, child: at + 1, index: 0 };
        frames.push(frame);
      }
      for (; (nexts[frame.child] as number) <= value; frame.child = nexts[frame.child] as number) frame.index += 1;
      at = frame.child;
    }
    // A member has a name.
    yield frames.map(({ container, child, index }) =>
      kinds[container] === ARRAY ? index : (nameAt(document, child) as string),
    );
  }
}

/** Makes the proofs of one tree and of those inside it. */
class Presenter {
  readonly #byDigest: ReadonlySet<number>;
  leaves = 0;
  steps = 0;

  constructor(byDigest: ReadonlySet<number>) {
    this.#byDigest = byDigest;
  }

  /** `values` ascend, each is there once and under `tree`. */
  show(tree: RecordTree, values: readonly number[]): Shown {
    const inside = new Map<number, number[]>();
    for (const value of values) {
      const leaf = tree.leafAround(value);
      const within = inside.get(leaf) ?? [];
      inside.set(leaf, within);
      const isDigest = this.#byDigest.has(value) && value === tree.valueOf(leaf);
      if (tree.isTree(leaf) && !isDigest) within.push(value);
    }
    const shown: ShownLeaf[] = [];
    const parts: (PresentationPart & { readonly position: number })[] = [];
    const chosen = [...inside.keys()];
    const walk = stepsToEach(
      tree.document,
      chosen.map((leaf) => tree.valueOf(leaf)),
      tree.at,
    );
    for (const steps of walk) {
      const leaf = chosen[shown.length] as number;
      const position = tree.positionOf(leaf);
      const salt = tree.saltOf(steps);
      this.leaves += 1;
      this.steps += steps.length;
      if (!tree.isTree(leaf)) {
        shown.push({ position, steps, salt, value: this.#valueOf(tree, tree.valueOf(leaf), salt) });
        continue;
      }
      const inner = innerTreeOf(tree, leaf, steps);
      shown.push({ position, steps, salt, value: { kind: 'tree', depth: inner.depth, root: inner.root } });
      const within = inside.get(leaf) ?? [];
      if (within.length === 0) continue;
      const part = this.show(inner, within);
      parts.push({ at: steps, proof: part.proof, parts: part.parts, position });
    }
    shown.sort((a, b) => a.position - b.position);
    parts.sort((a, b) => a.position - b.position);
    const siblings = tree.siblings(shown.map(({ position }) => position));
    const proof: TreeProof = { depth: tree.depth, leaves: shown, siblings };
    return { proof, parts: parts.map(({ at, proof, parts }) => ({ at, proof, parts })) };
  }

  #valueOf(tree: RecordTree, at: number, salt: Uint8Array): LeafValue {
    const value = valueAt(tree.document, at);
    if (value.kind !== 'string' || !this.#byDigest.has(at)) return value;
    const bytes = utf8Bytes(value.text);
    if (bytes.length <= LONG_STRING_BYTES) return value;
    const chunkRoot = toHex(chunkRootOf(tree.hasher, salt, bytes)) as Hash; // 32 bytes
    return { kind: 'reference', byteLength: bytes.length, chunkRoot };
  }
}

/**
 * The presentation of values of `tree.document`, in any order; a value named twice is shown once. Containers above a value are not
 * shown with it: name them, too, to prove counts. Those of `byDigest` are shown without what they hold, if they are strings of more
 * than LONG_STRING_BYTES bytes or trees inside the tree, and as the others if they are neither.
 * A digest of a string hides only what cannot be guessed: its salt is shown, so whoever knows what it may be can try.
 * Throws `InvariantViolation` on a value that is not under the tree. PERF: trees inside that hold a value are built again.
 */
export const present = (
  tree: RecordTree,
  values: readonly number[],
  byDigest: readonly number[] = [],
): E.Either<PresentFault, Presentation> => {
  const chosen = [...new Set([...values, ...byDigest])].sort((a, b) => a - b);
  for (const value of chosen) invariant(tree.holds(value), `value ${value} is not under this tree`);
  if (chosen.length === 0) return fault('present_nothing', 'choose at least one value');
  if (chosen.length > MAX_SHOWN_LEAVES) return fault('present_too_much', TOO_MUCH);
  const presenter = new Presenter(new Set(byDigest));
  const shown = presenter.show(tree, chosen);
  if (presenter.leaves > MAX_SHOWN_LEAVES || presenter.steps > MAX_SHOWN_STEPS) {
    return fault('present_too_much', TOO_MUCH);
  }
  return E.right({ root: tree.root, proof: shown.proof, parts: shown.parts });
};
