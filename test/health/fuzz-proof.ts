/**
 * Fuzz of presentations: bytes read as a list of changes to the text of a valid one, value by value.
 *
 * It may be refused in any way that has a name. If it is accepted, it says nothing that does not stand in the document.
 */
import { isDeepStrictEqual } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import type { Crypto } from '../../src/core/crypto.ts';
import {
  buildTree,
  type PartialDocument,
  type PartialNode,
  type Presentation,
  pointerOf,
  present,
  presentationText,
  type RecordTree,
  readPresentation,
  verifyPresentation,
} from '../../src/health/index.ts';
import { documentOf } from './corpus.ts';

const RECORD = `{"a":[1,-3,0.5,true,false,null,{}],"b":{"é":"text","0":[]},"long":"${'x'.repeat(1100)}","c":["","ü😀",7.10]}`;

/** What may stand where something else is expected. */
const STRANGERS: readonly unknown[] = [
  ...[null, true, 0, -0, -1, 1.5, 32, 2 ** 31, 2 ** 32, 2 ** 53, 1e308],
  ...['', 'a', '0', '__proto__', '\ud800', 'x'.repeat(2000), 'A'.repeat(43), '00'.repeat(32)],
  ...[[], [[]], ['a', 0], {}, { length: 7 }, { depth: 5, root: '00' }, { depth: 4, root: '00'.repeat(32) }],
  ...['object', 'array', 'string', 'number', 'boolean', 'null', 'tree', 'reference', 'none'],
];

/** Objects and arrays that can be changed. */
type Node = Record<string, unknown>;

/** Every place: the object or array, and the key in it. */
const placesIn = (value: unknown, places: [Node, string][] = []): readonly [Node, string][] => {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      places.push([value as Node, key]);
      placesIn(inner, places);
    }
  }
  return places;
};

interface Base {
  readonly tree: RecordTree;
  readonly text: string;
  /** What each place of the document says, by pointer. */
  readonly truth: ReadonlyMap<string, PartialNode>;
}

/** A node without its children, which are nodes of their own. */
const alone = (node: PartialNode | undefined): unknown =>
  node !== undefined && 'children' in node ? { ...node, children: undefined } : node;

const nodesOf = (node: PartialNode): readonly PartialNode[] =>
  'children' in node ? [node, ...[...node.children.values()].flatMap(nodesOf)] : [node];

const isTold = (node: PartialNode): boolean =>
  !(node.kind === 'object' && node.names === undefined) && !(node.kind === 'array' && node.length === undefined);

const told = ({ whole }: PartialDocument): readonly PartialNode[] => nodesOf(whole).filter(isTold);

const rightOf = <T>(either: E.Either<{ readonly message: string }, T>): T => {
  if (E.isLeft(either)) throw new Error(either.left.message);
  return either.right;
};

const basesWith = (crypto: Crypto): readonly Base[] =>
  (['A', 'B'] as const).flatMap((mode) => {
    const text = mode === 'A' ? RECORD : `{"resourceType":"Patient","contained":[${RECORD},${RECORD}],"active":true}`;
    const seed = new Uint8Array(32).fill(mode === 'A' ? 1 : 2);
    const tree = rightOf(buildTree(documentOf(new TextEncoder().encode(text)), { hasher: crypto, seed, mode }));
    const values = Array.from({ length: tree.document.size }, (_, value) => value);
    const options = { root: tree.root, holder: 'not asked' } as const;
    const verified = rightOf(verifyPresentation(crypto, rightOf(present(tree, values)), options));
    const truth = new Map(told(verified).map((node) => [pointerOf(node.steps), node]));
    const picks = [values, values.slice(0, 3), values.slice(1, 2), values.filter((_, at) => at % 2 === 0)];
    return picks.map((pick) => ({ tree, text: presentationText(rightOf(present(tree, pick))), truth }));
  });

const otherText = (old: string, next: () => number): string => {
  const at = (256 * next() + next()) % (old.length + 1);
  const how = next() % 3;
  if (how === 0) return old.slice(0, at);
  const letter = String.fromCharCode(next());
  return old.slice(0, at) + letter + old.slice(how === 1 ? at : at + 1);
};

const otherValue = (old: unknown, bases: readonly Base[], next: () => number): unknown => {
  const how = next() % 4;
  if (how === 0 && typeof old === 'number') return old + (next() - 128);
  if (how < 3 && typeof old === 'string') return otherText(old, next);
  if (Array.isArray(old) && how === 0) return old.slice(next() % (old.length + 1));
  if (Array.isArray(old) && how === 1) return [...old, ...old.slice(0, next() % 8)];
  if (Array.isArray(old) && how === 2) return [...old].reverse();
  if (how === 3) return STRANGERS[next() % STRANGERS.length];
  const places = placesIn(JSON.parse((bases[next() % bases.length] as Base).text));
  const [node, key] = places[(256 * next() + next()) % places.length] as [Node, string];
  return node[key];
};

/** The run of the target: byte 0 chooses a presentation, byte 1 how many changes, and each change takes what it needs. */
export const proofRunWith = (crypto: Crypto): ((bytes: Uint8Array) => string) => {
  const bases = basesWith(crypto);
  return (bytes) => {
    let at = 0;
    const next = (): number => bytes[at++] ?? 0;
    const { tree, text, truth } = bases[next() % bases.length] as Base;
    const changed = JSON.parse(text) as Presentation;
    for (let left = next() % 5; left > 0; left -= 1) {
      const places = placesIn(changed);
      if (places.length === 0) break;
      const [node, key] = places[(256 * next() + next()) % places.length] as [Node, string];
      if (next() < 16) delete node[key];
      else node[key] = otherValue(node[key], bases, next);
    }
    const read = readPresentation(new TextEncoder().encode(JSON.stringify(changed)));
    if (E.isLeft(read)) return read.left.code;
    const verified = verifyPresentation(crypto, read.right, { root: tree.root, holder: 'not asked' });
    if (E.isLeft(verified)) return verified.left.code;
    for (const node of told(verified.right)) {
      const pointer = pointerOf(node.steps);
      const known = truth.get(pointer);
      // A part that was left out says less, and nothing else.
      const isTrue =
        node.kind === 'tree' ? isDeepStrictEqual(node.tree, known?.tree) : isDeepStrictEqual(alone(node), alone(known));
      if (!isTrue) throw new Error(`accepted at ${pointer}: ${node.kind}`);
    }
    return 'proven';
  };
};
