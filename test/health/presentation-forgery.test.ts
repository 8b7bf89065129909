import { describe, expect, it } from 'vitest';
import type { Hash } from '../../src/core/index.ts';
import {
  completenessOf,
  type LeafValue,
  MAX_NESTING,
  type Presentation,
  type PresentationPart,
  provenAt,
  type ShownLeaf,
  type Step,
  verifyTreeProof,
} from '../../src/health/index.ts';
import { type ForgedLeaf, forge } from './forge.ts';
import { BUNDLE, crypto, presented, rightOf, SEED, treeOf, valuesAt, verdict } from './records.ts';

const tree = treeOf(BUNDLE, { mode: 'B' });
const { root } = tree;
const honest = presented(
  tree,
  valuesAt(tree, '/entry', '/entry/0', '/entry/0/fullUrl', '/entry/0/resource/active', '/entry/1/resource/value'),
  valuesAt(tree, '/entry/1/resource/data', '/entry/1/resource/contained/0'),
);
const other = presented(treeOf(BUNDLE, { mode: 'B', seed: SEED.map((byte) => byte + 1) }), completenessOf(tree, 0));

const withProof = (change: Partial<Presentation['proof']>): Presentation => ({
  ...honest,
  proof: { ...honest.proof, ...change },
});
const { depth, leaves, siblings } = honest.proof;
const [first, second, ...rest] = leaves as [ShownLeaf, ShownLeaf, ...ShownLeaf[]];
const [part, nextPart] = honest.parts as [PresentationPart, PresentationPart];
const partOf = (change: Partial<PresentationPart>): Presentation => ({
  ...honest,
  parts: [{ ...part, ...change }, nextPart],
});

const saltOf = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const leafOf = (number: number, steps: readonly Step[], value: LeafValue): ForgedLeaf => ({
  steps,
  salt: saltOf(number),
  value,
});
const NONE = new Uint8Array(0);
const NULL: LeafValue = { kind: 'null' };

/** All leaves of a tree that a dishonest builder has made, presented under its root. */
const built = (...all: readonly (readonly [readonly Step[], LeafValue])[]): readonly [Presentation, Hash] => {
  const forged = forge(all.map(([steps, value], index) => leafOf(index, steps, value)));
  return [{ root: forged.root, proof: forged.proof, parts: [] }, forged.root];
};

/** Trees in one another: each a `tree` leaf at one step, down to a null. */
const nested = (levels: number, step: readonly Step[]): Presentation => {
  let forged = forge([leafOf(0, step, NULL)]);
  let parts: readonly PresentationPart[] = [];
  for (let level = 1; level < levels; level += 1) {
    const value: LeafValue = { kind: 'tree', depth: forged.proof.depth, root: forged.root };
    parts = [{ at: step, proof: forged.proof, parts }];
    forged = forge([leafOf(0, step, value)]);
  }
  return { root: forged.root, proof: forged.proof, parts };
};

const swappedSiblings = Uint8Array.from([
  ...siblings.subarray(32, 64),
  ...siblings.subarray(0, 32),
  ...siblings.subarray(64),
]);
const joined = (...bytes: readonly Uint8Array[]): Uint8Array => Uint8Array.from(bytes.flatMap((some) => [...some]));
const onlyFirst = presented(tree, valuesAt(tree, '/entry')).proof;
const [onlyLeaf] = onlyFirst.leaves as [ShownLeaf];

const forgeries: readonly (readonly [string, string, Presentation | readonly [Presentation, Hash]])[] = [
  ['nothing changed', 'right', honest],
  ['another record', 'presentation_root_differs', other],
  ['another record under the name of this root', 'proof_root_differs', { ...other, root }],
  [
    'a node passed off as a leaf',
    'proof_root_differs',
    {
      ...honest,
      parts: [],
      proof: {
        depth,
        leaves: [{ ...onlyLeaf, position: onlyLeaf.position >>> 1, salt: onlyFirst.siblings.slice(0, 32) }],
        siblings: joined(onlyFirst.siblings.subarray(32), saltOf(0)),
      },
    },
  ],
  ['a depth too much', 'proof_incomplete', withProof({ depth: depth + 1 })],
  ['a depth too little', 'proof_out_of_bounds', withProof({ depth: depth - 1 })],
  [
    'a deeper tree with a sibling more',
    'proof_root_differs',
    withProof({ depth: depth + 1, siblings: joined(siblings, saltOf(0)) }),
  ],
  ['a shortened path', 'proof_incomplete', withProof({ siblings: siblings.subarray(0, -32) })],
  ['an extended path', 'proof_left_over', withProof({ siblings: joined(siblings, siblings.subarray(-32)) })],
  ['half a hash', 'proof_out_of_bounds', withProof({ siblings: siblings.subarray(0, -16) })],
  ['swapped siblings', 'proof_root_differs', withProof({ siblings: swappedSiblings })],
  [
    'an index beyond the tree',
    'proof_positions_wrong',
    withProof({ leaves: [first, ...rest, { ...second, position: 2 ** depth }] }),
  ],
  ['an index twice', 'proof_positions_wrong', withProof({ leaves: [first, first, ...rest] })],
  ['indexes that descend', 'proof_positions_wrong', withProof({ leaves: [second, first, ...rest] })],
  [
    'an index that is no whole number',
    'proof_positions_wrong',
    withProof({ leaves: [{ ...first, position: 0.5 }], siblings: NONE }),
  ],
  ['no leaf', 'proof_out_of_bounds', withProof({ leaves: [] })],
  ['a short salt', 'proof_out_of_bounds', withProof({ leaves: [{ ...first, salt: SEED.subarray(1) }] })],
  ['a leaf less', 'proof_left_over', withProof({ leaves: [first, ...rest] })],
  [
    'a leaf of a second document',
    'proof_root_differs',
    withProof({ leaves: [{ ...(other.proof.leaves[0] as ShownLeaf), position: first.position }, second, ...rest] }),
  ],
  [
    'a number that JSON does not allow',
    'proof_value_malformed',
    withProof({ leaves: [{ ...first, value: { kind: 'number', text: '01' } }], siblings: NONE }),
  ],
  [
    'half a character',
    'proof_value_malformed',
    withProof({ leaves: [{ ...first, value: { kind: 'string', text: '\ud800' } }], siblings: NONE }),
  ],
  [
    'names that are not sorted',
    'proof_value_malformed',
    withProof({ leaves: [{ ...first, value: { kind: 'object', names: ['b', 'a'] } }], siblings: NONE }),
  ],
  [
    'a name twice',
    'proof_value_malformed',
    withProof({ leaves: [{ ...first, value: { kind: 'object', names: ['a', 'a'] } }], siblings: NONE }),
  ],
  [
    'a reference to what is not long',
    'proof_value_malformed',
    withProof({
      leaves: [{ ...first, value: { kind: 'reference', byteLength: 1024, chunkRoot: root } }],
      siblings: NONE,
    }),
  ],
  ['a path of too many steps', 'proof_value_malformed', built([Array<Step>(60).fill('x'.repeat(20)), NULL])],
  [
    'a leaf more than the limit',
    'presentation_too_large',
    withProof({ leaves: Array.from({ length: 65_537 }, (_, position) => ({ ...first, position })) }),
  ],
  [
    'leaves beyond the limit in all its trees',
    'presentation_too_large',
    partOf({
      proof: { ...part.proof, leaves: Array.from({ length: 65_536 }, (_, position) => ({ ...first, position })) },
    }),
  ],
  [
    'more steps than the limit',
    'presentation_too_large',
    withProof({
      leaves: Array.from({ length: 8_193 }, (_, position) => ({ ...first, position, steps: Array<Step>(64).fill(0) })),
    }),
  ],
  ['an honest tree that was forged', 'right', built([[], { kind: 'object', names: ['a'] }], [['a'], NULL])],
  [
    'two values at one path',
    'proof_path_twice',
    built([['a'], { kind: 'boolean', value: true }], [['a'], { kind: 'boolean', value: false }]),
  ],
  [
    'a member that its object has not',
    'proof_contradicts',
    built([[], { kind: 'object', names: ['a'] }], [['b'], NULL]),
  ],
  ['an item beyond its array', 'proof_contradicts', built([[], { kind: 'array', length: 1 }], [[1], NULL])],
  ['an item of an object', 'proof_contradicts', built([[], { kind: 'object', names: ['0'] }], [[0], NULL])],
  ['a member of an array', 'proof_contradicts', built([[], { kind: 'array', length: 1 }], [['0'], NULL])],
  ['a member of a scalar, far below it', 'proof_contradicts', built([['a'], NULL], [['a', 'b', 'c'], NULL])],
  [
    'something beside a tree, at its place',
    'proof_contradicts',
    built([['a'], { kind: 'tree', depth: 4, root }], [['a', 'b'], NULL]),
  ],
  ['an object that is an array, too', 'proof_contradicts', built([['a', 'b'], NULL], [['a', 0], NULL])],
  ['a tree that is the whole of another', 'proof_value_malformed', built([[], { kind: 'tree', depth: 4, root }])],
  ['a part where no tree was shown', 'presentation_part_unfounded', partOf({ at: ['entry', 0, 'fullUrl'] })],
  ['a part where nothing was shown', 'presentation_part_unfounded', partOf({ at: ['entry', 7, 'resource'] })],
  ['a part without its leaf', 'presentation_part_unfounded', { ...onlyFirst, ...honest, proof: onlyFirst }],
  [
    'a part at the place of another',
    'proof_root_differs',
    { ...honest, parts: [{ ...part, proof: nextPart.proof }, nextPart] },
  ],
  ['parts in another order', 'presentation_part_order', { ...honest, parts: [nextPart, part] }],
  ['a part twice', 'presentation_part_order', { ...honest, parts: [part, part] }],
  [
    'a part of another depth',
    'presentation_part_depth',
    partOf({ proof: { ...part.proof, depth: part.proof.depth + 1 } }),
  ],
  ['a part in a part that is none of its', 'presentation_part_unfounded', partOf({ parts: [nextPart] })],
  ['eight trees in one another', 'right', [nested(8, ['a']), nested(8, ['a']).root]],
  ['nine trees in one another', 'presentation_too_deep', [nested(9, ['a']), nested(9, ['a']).root]],
  [
    'as many steps as a document has',
    'right',
    [nested(2, Array<Step>(MAX_NESTING / 2).fill(0)), nested(2, Array<Step>(MAX_NESTING / 2).fill(0)).root],
  ],
  [
    'more steps than a document has',
    'presentation_too_deep',
    [nested(2, Array<Step>(MAX_NESTING / 2 + 1).fill(0)), nested(2, Array<Step>(MAX_NESTING / 2 + 1).fill(0)).root],
  ],
];

describe('a presentation is refused that has', () => {
  it.each(forgeries)('%s: %s', (_name, answer, forgery) => {
    const [presentation, trusted] = 'root' in forgery ? [forgery, root] : forgery;
    expect(verdict(trusted, presentation)).toBe(answer);
  });

  it('another profile or suite under its root', () => {
    for (const { proof, root } of [
      forge([leafOf(0, [], NULL)], 'medstate/fhir-merkle/2'),
      forge([leafOf(0, [], NULL)], undefined, 2),
    ]) {
      expect(verdict(root, { root, proof, parts: [] })).toBe('proof_root_differs');
    }
  });
});

const bits = (count: number): readonly number[] => Array.from({ length: count }, (_, bit) => bit);

const flippedText = (text: string): readonly string[] =>
  bits(7 * text.length).map((bit) => {
    const at = Math.floor(bit / 7);
    return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ (1 << (bit % 7)))}${text.slice(at + 1)}`;
  });
const flippedBytes = (bytes: Uint8Array): readonly Uint8Array[] =>
  bits(8 * bytes.length).map((bit) => bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
const flippedNumber = (value: number, width: number): readonly number[] =>
  bits(width).map((bit) => (value ^ (1 << bit)) >>> 0);
const flippedIn = <A>(list: readonly A[], flipped: (item: A) => readonly A[]): readonly (readonly A[])[] =>
  list.flatMap((item, index) => flipped(item).map((changed) => list.with(index, changed)));

const HEX = '0123456789abcdef';
const flippedHash = (hash: Hash): readonly Hash[] =>
  bits(4 * hash.length).map((bit) => {
    const digit = HEX[HEX.indexOf(hash.charAt(bit >> 2)) ^ (1 << (bit & 3))];
    return `${hash.slice(0, bit >> 2)}${digit}${hash.slice((bit >> 2) + 1)}` as Hash;
  });

const flippedValue = (value: LeafValue): readonly LeafValue[] => {
  switch (value.kind) {
    case 'object':
      return flippedIn(value.names, flippedText).map((names) => ({ ...value, names }));
    case 'array':
      return flippedNumber(value.length, 32).map((length) => ({ ...value, length }));
    case 'string':
    case 'number':
      return flippedText(value.text).map((text) => ({ ...value, text }));
    case 'boolean':
      return [{ ...value, value: !value.value }];
    case 'null':
      return [];
    case 'tree':
      return [
        ...flippedNumber(value.depth, 8).map((depth) => ({ ...value, depth })),
        ...flippedHash(value.root).map((root) => ({ ...value, root })),
      ];
    case 'reference':
      return [
        ...flippedNumber(value.byteLength, 32).map((byteLength) => ({ ...value, byteLength })),
        ...flippedHash(value.chunkRoot).map((chunkRoot) => ({ ...value, chunkRoot })),
      ];
  }
};

const flippedLeaf = (leaf: ShownLeaf): readonly ShownLeaf[] => [
  ...flippedNumber(leaf.position, 26).map((position) => ({ ...leaf, position })),
  ...flippedIn<Step>(leaf.steps, (step) =>
    typeof step === 'number' ? flippedNumber(step, 32) : flippedText(step),
  ).map((steps) => ({ ...leaf, steps })),
  ...flippedBytes(leaf.salt).map((salt) => ({ ...leaf, salt })),
  ...flippedValue(leaf.value).map((value) => ({ ...leaf, value })),
];

const flippedProof = (proof: Presentation['proof']): readonly Presentation['proof'][] => [
  ...flippedNumber(proof.depth, 8).map((depth) => ({ ...proof, depth })),
  ...flippedIn(proof.leaves, flippedLeaf).map((leaves) => ({ ...proof, leaves })),
  ...flippedBytes(proof.siblings).map((siblings) => ({ ...proof, siblings })),
];

const flippedPart = (part: PresentationPart): readonly PresentationPart[] => [
  ...flippedProof(part.proof).map((proof) => ({ ...part, proof })),
  ...flippedIn<Step>(part.at, (step) => (typeof step === 'number' ? flippedNumber(step, 32) : flippedText(step))).map(
    (at) => ({ ...part, at }),
  ),
  ...flippedIn(part.parts, flippedPart).map((parts) => ({ ...part, parts })),
];

describe('one bit', () => {
  it.each<readonly [string, () => readonly Presentation[]]>([
    ['the outermost proof', () => flippedProof(honest.proof).map((proof) => ({ ...honest, proof }))],
    ['a part', () => flippedIn(honest.parts, flippedPart).map((parts) => ({ ...honest, parts }))],
    ['the root', () => flippedHash(root).map((changed) => ({ ...honest, root: changed }))],
  ])('changed in %s is refused', (_name, variants) => {
    const all = variants();
    expect(all.length).toBeGreaterThan(255);
    expect(all.filter((presentation) => verdict(root, presentation) === 'right')).toEqual([]);
  });

  it('changed in the root that is trusted is refused', () => {
    for (const trusted of flippedHash(root)) {
      expect(verdict(trusted, honest)).toBe('presentation_root_differs');
      expect(verdict(trusted, { ...honest, root: trusted })).toBe('proof_root_differs');
    }
  });
});

it('a tree that a second implementation has built is proven, and each leaf is found by its steps', () => {
  const small = treeOf('{"a":[1,"x",true,null],"b":{}}');
  const { proof, root: built } = forge(presented(small, completenessOf(small, 0)).proof.leaves);
  const place = rightOf(verifyTreeProof(crypto, built, proof));
  expect(proof.leaves).toHaveLength(7);
  for (const leaf of proof.leaves) expect(provenAt(place, leaf.steps)).toBe(leaf);
  for (const steps of [
    ['a', '0'],
    ['a', 4],
    ['b', 'c', 'd'],
  ])
    expect(provenAt(place, steps)).toBeUndefined();
});
