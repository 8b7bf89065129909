import * as E from 'fp-ts/lib/Either.js';
import { expect, it } from 'vitest';
import { nobleCrypto } from '../../src/core/index.ts';
import { buildTree, proveValues, type TreeProof, verifyTreeProof } from '../../src/health/index.ts';
import { documentOf } from './corpus.ts';

const built = buildTree(documentOf(new TextEncoder().encode('{"yes":true,"list":[],"text":"5","number":5}')), {
  hasher: nobleCrypto,
  seed: new Uint8Array(32).fill(3),
});
if (E.isLeft(built)) throw new Error(built.left.message);
const tree = built.right;

/** The answer to the proof of one value after a change of its leaf, as one that no compiler looked at. */
const answerTo = (value: number, change: object): string => {
  const proof = proveValues(tree, [value]);
  const leaves = proof.leaves.map((leaf) => ({ ...leaf, ...change }));
  const verified = verifyTreeProof(nobleCrypto, tree.root, { ...proof, leaves } as unknown as TreeProof);
  return E.isLeft(verified) ? verified.left : 'proven';
};

const [WHOLE, YES, LIST, TEXT, NUMBER] = [0, 1, 2, 3, 4] as const;

it.each<readonly [string, number, object]>([
  ['a truthy 1 for true', YES, { value: { kind: 'boolean', value: 1 } }],
  ['minus zero for the length of a list', LIST, { value: { kind: 'array', length: -0 } }],
  ['the number 5 for the text "5"', TEXT, { value: { kind: 'string', text: 5 } }],
  ['a list of one text for a number', NUMBER, { value: { kind: 'number', text: ['5'] } }],
  ['a name that is an object', WHOLE, { value: { kind: 'object', names: [{ length: 3 }] } }],
  ['names with a hole', WHOLE, { value: { kind: 'object', names: new Array(4) } }],
  ['a kind that every object inherits', YES, { value: { kind: 'constructor' } }],
  ['no value', YES, { value: undefined }],
  ['steps that are a text', YES, { steps: 'yes' }],
  ['a step of no type', YES, { steps: [null] }],
])('a proof does not pass with %s', (_, value, change) => {
  expect(answerTo(value, {})).toBe('proven');
  expect(answerTo(value, change)).toBe('proof_value_malformed');
});

it.each<readonly [string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'proof'],
  ['no leaves', { ...proveValues(tree, [YES]), leaves: undefined }],
  ['an object as leaves', { ...proveValues(tree, [YES]), leaves: { length: 1 } }],
  ['a hole as a leaf', { ...proveValues(tree, [YES]), leaves: new Array(1) }],
  ['a text as siblings', { ...proveValues(tree, [YES]), siblings: 'ab'.repeat(128) }],
  ['an array as salt', { ...proveValues(tree, [YES]), leaves: [{ ...proveValues(tree, [YES]).leaves[0], salt: [1] }] }],
])('what is no proof at all is refused by name: %s', (_, proof) => {
  const verified = verifyTreeProof(nobleCrypto, tree.root, proof as TreeProof);
  expect(E.isLeft(verified) && verified.left).toBe('proof_out_of_bounds');
});
