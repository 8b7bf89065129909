import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { expect, it } from 'vitest';
import { nobleCrypto } from '../../src/core/index.ts';
import { buildTree, proveValues, readJson, type TreeProof, verifyTreeProof } from '../../src/health/index.ts';

const NONE = new Uint8Array(0);
const SEED = new Uint8Array(32).fill(7);
const FILE = new URL('../../node_modules/cql-exec-fhir/test/fixtures/r4/Condition_f201.json', import.meta.url);

const treeOf = (bytes: Uint8Array) => {
  const read = readJson(bytes);
  if (E.isLeft(read)) throw new Error(read.left.message);
  const tree = buildTree(read.right, { hasher: nobleCrypto, seed: SEED });
  if (E.isLeft(tree)) throw new Error(tree.left.message);
  return tree.right;
};
const condition = treeOf(readFileSync(FILE));
const verdict = (proof: TreeProof): string => {
  const verified = verifyTreeProof(nobleCrypto, condition.root, proof);
  return E.isLeft(verified) ? verified.left : 'proven';
};
const proof = proveValues(condition, [0, 1, 5, 9]);
const [first, second] = proof.leaves as [TreeProof['leaves'][0], TreeProof['leaves'][0]];

it('any fields of any document prove', () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat()), (text, picks) => {
      const tree = treeOf(new TextEncoder().encode(text));
      const values = [...new Set([0, ...picks.map((pick) => pick % tree.leafCount)])];
      const verified = verifyTreeProof(nobleCrypto, tree.root, proveValues(tree, values));
      expect(E.isRight(verified) && verified.right.size).toBe(values.length);
    }),
    { numRuns: 60, seed: 1 },
  );
});

it.each<readonly [string, TreeProof]>([
  ['proven', proof],
  ['proof_root_differs', { ...proof, leaves: proof.leaves.map((leaf, at) => (at ? leaf : { ...leaf, salt: SEED })) }],
  ['proof_out_of_bounds', { ...proof, depth: 27 }],
  ['proof_out_of_bounds', { ...proof, leaves: [] }],
  ['proof_incomplete', { ...proof, depth: condition.depth + 1 }],
  ['proof_incomplete', { ...proof, siblings: proof.siblings.slice(32) }],
  ['proof_left_over', { ...proof, siblings: Uint8Array.from([...proof.siblings, ...SEED]) }],
  ['proof_root_differs', { ...proof, siblings: proof.siblings.map((byte, at) => (at ? byte : byte ^ 1)) }],
  ['proof_positions_wrong', { ...proof, leaves: [second, first], siblings: NONE }],
  ['proof_positions_wrong', { ...proof, leaves: [first, first], siblings: NONE }],
  ['proof_positions_wrong', { ...proof, leaves: [{ ...first, position: 2 ** condition.depth }], siblings: NONE }],
  ['proof_path_twice', { ...proof, leaves: [first, { ...second, steps: first.steps }], siblings: NONE }],
  [
    'proof_value_malformed',
    { ...proof, leaves: [{ ...first, value: { kind: 'number', text: '01' } }], siblings: NONE },
  ],
  [
    'proof_contradicts',
    {
      ...proof,
      leaves: [
        { ...first, steps: [], value: { kind: 'object', names: ['a'] } },
        { ...second, steps: ['b'] },
      ],
      siblings: NONE,
    },
  ],
])('answers %s', (answer, changed) => {
  expect(verdict(changed)).toBe(answer);
});
