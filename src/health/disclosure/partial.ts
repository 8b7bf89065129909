/**
 * Partial: the document as far as it was shown and proven. What was not shown is not there; it is never null.
 */
import type { Hash } from '../../core/units.ts';
import type { Step } from '../json/document.ts';
import { readable } from '../selection/readable.ts';
import { pointerOf } from '../tree/path.ts';
import type { InnerTree } from './leaf-value.ts';

interface AnyNode {
  /** From the whole of what was presented. */
  readonly steps: readonly Step[];
  /** The tree inside the tree whose whole this value is, with the root that was proven for it. */
  readonly tree?: InnerTree;
}

export interface PartialObject extends AnyNode {
  readonly kind: 'object';
  /** All its names, if the object itself was shown. */
  readonly names: ReadonlySet<string> | undefined;
  readonly children: ReadonlyMap<Step, PartialNode>;
}

export interface PartialArray extends AnyNode {
  readonly kind: 'array';
  /** How many items it has, if the array itself was shown. */
  readonly length: number | undefined;
  readonly children: ReadonlyMap<Step, PartialNode>;
}

/** A string of more than LONG_STRING_BYTES bytes of which only the digest was shown; see `isReferenced`. */
export interface PartialReference extends AnyNode {
  readonly kind: 'reference';
  readonly byteLength: number;
  readonly chunkRoot: Hash;
  readonly salt: Uint8Array;
}

/** A tree inside the tree of which only the root was shown: what is in it is not known. */
export interface PartialTree extends AnyNode {
  readonly kind: 'tree';
  readonly tree: InnerTree;
}

export type PartialScalar = AnyNode &
  (
    | { readonly kind: 'string'; readonly text: string }
    | { readonly kind: 'number'; readonly text: string }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'null' }
  );

export type PartialNode = PartialObject | PartialArray | PartialScalar | PartialReference | PartialTree;

/** Proven values; numbers as the text of the source. */
export interface PartialDocument {
  /** The root under which all is proven. */
  readonly root: Hash;
  readonly whole: PartialNode;
}

/** What a presentation says of a place: what stands there; that nothing does; or nothing. */
export type ShownAt =
  | { readonly is: 'shown'; readonly node: PartialNode }
  | { readonly is: 'absent' }
  | { readonly is: 'hidden' };

const HIDDEN: ShownAt = { is: 'hidden' };
const ABSENT: ShownAt = { is: 'absent' };

/** Whether the node itself was shown, and not only something in it. */
const isShown = (node: PartialNode): boolean =>
  node.kind === 'object' ? node.names !== undefined : node.kind === 'array' ? node.length !== undefined : true;

const childOf = (node: PartialNode, step: Step): PartialNode | ShownAt => {
  switch (node.kind) {
    case 'object':
      if (typeof step === 'number' || node.names?.has(step) === false) return ABSENT;
      return node.children.get(step) ?? HIDDEN;
    case 'array':
      if (typeof step === 'string' || (node.length !== undefined && !isIndex(step, node.length))) return ABSENT;
      return node.children.get(step) ?? HIDDEN;
    case 'tree':
      return HIDDEN;
    default:
      return ABSENT;
  }
};

const isIndex = (step: number, length: number): boolean => Number.isInteger(step) && step >= 0 && step < length;

/**
 * What was shown at the steps. It is `absent` if a container above was shown and has no such child, or is of the other kind, or if
 * a value above is proven to be no container; it is `hidden` if all this is open, and for a container of which only something
 * inside was shown.
 */
export const shownAt = (partial: PartialDocument, steps: readonly Step[]): ShownAt => {
  let node = partial.whole;
  for (const step of steps) {
    const child = childOf(node, step);
    if ('is' in child) return child;
    node = child;
  }
  return isShown(node) ? { is: 'shown', node } : HIDDEN;
};

const isWhole = (node: PartialNode): boolean => {
  switch (node.kind) {
    case 'object':
      return node.names?.size === node.children.size && [...node.children.values()].every(isWhole);
    case 'array':
      return node.length === node.children.size && [...node.children.values()].every(isWhole);
    case 'tree':
    case 'reference':
      return false;
    default:
      return true;
  }
};

/** Whether the value at the steps was shown with all that is in it: "these are all of them, and this is all of each". */
export const isComplete = (partial: PartialDocument, steps: readonly Step[]): boolean => {
  const shown = shownAt(partial, steps);
  return shown.is === 'shown' && isWhole(shown.node);
};

const ofNode = (node: PartialNode): string | undefined => {
  switch (node.kind) {
    case 'object':
      return node.names && `object of ${[...node.names].map((name) => JSON.stringify(name)).join(', ') || 'nothing'}`;
    case 'array':
      return node.length === undefined ? undefined : `array of ${node.length}`;
    case 'string':
      return JSON.stringify(node.text);
    case 'number':
      return node.text;
    case 'boolean':
      return String(node.value);
    case 'null':
      return 'null';
    case 'reference':
      return `string of ${node.byteLength} bytes, by reference`;
    case 'tree':
      return `tree of root ${node.tree.root}`;
  }
};

const compareSteps = (a: Step, b: Step): number => (a < b ? -1 : 1);

function* linesOf(node: PartialNode): Generator<string> {
  const text = ofNode(node);
  if (text !== undefined) {
    const line = `${pointerOf(node.steps)}: ${text}`;
    yield readable(line, line.length);
  }
  if (node.kind !== 'object' && node.kind !== 'array') return;
  // The children of a container are all names or all indexes.
  const steps = [...node.children.keys()].sort(compareSteps);
  for (const step of steps) yield* linesOf(node.children.get(step) as PartialNode);
}

/**
 * All that was shown, for people: a line for each value, `pointer: value`, strings in quotes and numbers as they were written; names
 * in the order of their UTF-16 units, items in their order. A place that has no line was not shown. What cannot be seen, or would end a
 * line, is escaped, so that no name can look like another line.
 */
export const partialText = (partial: PartialDocument): string => [...linesOf(partial.whole)].join('\n');
