/**
 * Fuzz of proofs: bytes read as a list of changes to a valid proof, against the types of TypeScript, too.
 *
 * A proof may be refused in any way that has a name. If it is accepted, it says nothing that does not stand in the document.
 */
import { isDeepStrictEqual } from 'node:util';
import * as E from 'fp-ts/lib/Either.js';
import type { Hasher } from '../../src/core/crypto.ts';
import {
  buildTree,
  pointerOf,
  proveValues,
  type RecordTree,
  type ShownLeaf,
  type TreeProof,
  verifyTreeProof,
} from '../../src/health/index.ts';
import { documentOf } from './corpus.ts';

const RECORD = `{"a":[1,-3,0.5,true,false,null,{}],"b":{"é":"text","0":[]},"long":"${'x'.repeat(1100)}","c":["","ü😀",7.10]}`;

/** What may stand where something else is expected. */
const STRANGERS: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  32,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  5n,
  '',
  'a',
  '0',
  '__proto__',
  '\ud800',
  'x'.repeat(2000),
  [],
  [[]],
  ['a', 0],
  new Array(3),
  {},
  { length: 7 },
  { kind: 'object' },
  { kind: 'tree', depth: 5, root: '00' },
  { kind: 'number', text: ['7'] },
  { kind: 'boolean', value: 1 },
  { kind: 'string', text: '\udc00' },
  { kind: 'array', length: 2 ** 32 },
  { kind: 'none' },
  new Uint8Array(0),
  new Uint8Array(31),
  new Uint8Array(32),
  new Uint8Array(4096),
  new Uint16Array(32),
  new Date(0),
  new Map(),
  /x/,
  () => 5,
  Symbol('x'),
];

/** Objects and arrays that can be changed. */
type Node = Record<string, unknown>;

/** A copy that can be changed and shares nothing that may change. */
const copyOf = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, copyOf(inner)]));
};

/** Every place in a proof: the object or array, and the key in it. Bytes are one place each, for their own changes. */
const placesIn = (value: unknown, places: [Node, string][]): readonly [Node, string][] => {
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const [key, inner] of Object.entries(value)) {
      places.push([value as Node, key]);
      placesIn(inner, places);
    }
  }
  return places;
};

interface Base {
  readonly tree: RecordTree;
  readonly proof: TreeProof;
  /** Every leaf of the tree by its position. */
  readonly truth: ReadonlyMap<number, ShownLeaf>;
}

const basesWith = (hasher: Hasher): readonly Base[] =>
  (['A', 'B'] as const).flatMap((mode) => {
    const text = mode === 'A' ? RECORD : `{"resourceType":"Patient","contained":[${RECORD},${RECORD}],"active":true}`;
    const tree = buildTree(documentOf(new TextEncoder().encode(text)), {
      hasher,
      seed: new Uint8Array(32).fill(mode === 'A' ? 1 : 2),
      mode,
    });
    if (E.isLeft(tree)) throw new Error(tree.left.message);
    const values = Array.from({ length: tree.right.leafCount }, (_, leaf) => tree.right.valueOf(leaf));
    const truth = new Map(proveValues(tree.right, values).leaves.map((leaf) => [leaf.position, leaf]));
    const picks = [values, values.slice(0, 3), values.slice(1, 2), values.filter((_, at) => at % 2 === 0)];
    return picks.map((pick) => ({ tree: tree.right, proof: proveValues(tree.right, pick), truth }));
  });

/** Bytes that are cut, longer, or changed in one place. */
const otherBytes = (bytes: Uint8Array, next: () => number): Uint8Array => {
  const how = next() % 3;
  if (how === 0) return bytes.subarray(0, next());
  if (how === 1) return Uint8Array.from([...bytes, ...bytes.subarray(0, next())]);
  const changed = bytes.slice();
  if (changed.length > 0) changed[(256 * next() + next()) % changed.length] = next();
  return changed;
};

const otherValue = (old: unknown, bases: readonly Base[], next: () => number): unknown => {
  const how = next() % 4;
  if (how === 0 && typeof old === 'number') return old + (next() - 128);
  if (how === 0 && typeof old === 'string') return old + String.fromCharCode(next());
  if (old instanceof Uint8Array && how < 3) return otherBytes(old, next);
  if (Array.isArray(old) && how === 0) return old.slice(next() % (old.length + 1));
  if (Array.isArray(old) && how === 1) return [...old, ...old.slice(0, next() % 8)];
  if (Array.isArray(old) && how === 2) return [...old].reverse();
  if (how === 3) return copyOf(STRANGERS[next() % STRANGERS.length]);
  const { proof } = bases[next() % bases.length] as Base;
  const [node, key] = placesIn(proof, [])[(256 * next() + next()) % placesIn(proof, []).length] as [Node, string];
  return copyOf(node[key]);
};

/** The run of the target: byte 0 chooses a proof, byte 1 how many changes, and each change takes what it needs. */
export const proofRunWith = (hasher: Hasher): ((bytes: Uint8Array) => string) => {
  const bases = basesWith(hasher);
  return (bytes) => {
    let at = 0;
    const next = (): number => bytes[at++] ?? 0;
    const { tree, proof, truth } = bases[next() % bases.length] as Base;
    const changed = copyOf(proof) as TreeProof;
    for (let left = next() % 5; left > 0; left -= 1) {
      const places = placesIn(changed, []);
      if (places.length === 0) break;
      const [node, key] = places[(256 * next() + next()) % places.length] as [Node, string];
      if (next() < 16) delete node[key];
      else node[key] = otherValue(node[key], bases, next);
    }
    const verified = verifyTreeProof(hasher, tree.root, changed);
    if (E.isLeft(verified)) return verified.left;
    for (const leaf of changed.leaves) {
      const told = truth.get(leaf.position);
      const isTrue = isDeepStrictEqual(leaf, told) && verified.right.get(pointerOf(leaf.steps)) === leaf.value;
      if (!isTrue) throw new Error(`accepted at ${pointerOf(leaf.steps)}`);
    }
    if (verified.right.size !== changed.leaves.length) throw new Error('accepted, and told otherwise');
    return 'proven';
  };
};
