/**
 * Records: documents of the tests, and their trees and presentations without the ceremony.
 */
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { bestCrypto } from '../../src/adapters/crypto/best.ts';
import type { Hash } from '../../src/core/index.ts';
import {
  buildTree,
  type JsonDocument,
  type PartialDocument,
  type Presentation,
  present,
  type RecordTree,
  readJson,
  type TreeOptions,
  type TreeProof,
  valueAtPointer,
  verifyPresentation,
} from '../../src/health/index.ts';

/** The fastest at hand; every one gives the same answers. */
export const crypto = await bestCrypto();

/** Whether everything is tried; else a sample where one takes long. */
export const IS_LONG = Number(process.env['MEDSTATE_RUNS'] ?? 0) >= 1_000;

export const SEED = new Uint8Array(32).fill(7);

/** The right side, or a failure that says what was refused. */
export const rightOf = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(`refused: ${JSON.stringify(either.left)}`);
  return either.right;
};

/** The code of a refusal, or `right`. */
export const codeOf = (either: E.Either<string | { readonly code: string }, unknown>): string => {
  if (E.isRight(either)) return 'right';
  return typeof either.left === 'string' ? either.left : either.left.code;
};

/** The document of a text that reads. */
export const documentOf = (text: string | Uint8Array): JsonDocument =>
  rightOf(readJson(typeof text === 'string' ? new TextEncoder().encode(text) : text));

export const treeOf = (text: string | Uint8Array, options: Partial<TreeOptions> = {}): RecordTree =>
  rightOf(buildTree(documentOf(text), { hasher: crypto, seed: SEED, ...options }));

/** The values at these pointers. */
export const valuesAt = ({ document }: RecordTree, ...pointers: readonly string[]): readonly number[] =>
  pointers.map((pointer) => {
    const value = valueAtPointer(document, pointer);
    if (value === undefined) throw new Error(`there is no ${pointer}`);
    return value;
  });

export const presented = (
  tree: RecordTree,
  values: readonly number[],
  byDigest: readonly number[] = [],
): Presentation => rightOf(present(tree, values, byDigest));

/** The proof of values of this tree alone, beneath what presentations add; a tree inside it is shown by its root. */
export const proveValues = (tree: RecordTree, values: readonly number[]): TreeProof =>
  presented(tree, [], values).proof;

export const opened = (root: Hash, presentation: Presentation): PartialDocument =>
  rightOf(verifyPresentation(crypto, presentation, { root, holder: 'not asked' }));

/** The code with which a presentation is refused under a root, or `right`. */
export const verdict = (root: Hash, presentation: Presentation): string =>
  codeOf(verifyPresentation(crypto, presentation, { root, holder: 'not asked' }));

/** A bundle with an entry in which another resource stands, and a string of more than one chunk. */
export const BUNDLE = JSON.stringify({
  resourceType: 'Bundle',
  entry: [
    { fullUrl: 'urn:1', resource: { resourceType: 'Patient', active: true, name: [{ family: 'Lee', given: [] }] } },
    {
      fullUrl: 'urn:2',
      resource: {
        resourceType: 'Observation',
        contained: [{ resourceType: 'Device', note: 'x', serial: null }],
        value: '@7.10',
        data: 'ü'.repeat(3000),
      },
    },
  ],
}).replace('"@7.10"', '7.10');

const field = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string({ unit: 'grapheme' }),
  fc.constant('long '.repeat(300)),
  fc.array(fc.nat(9), { maxLength: 3 }),
  fc.constant({}),
);

const resource = (levels: number): fc.Arbitrary<unknown> => {
  const within = levels === 0 ? fc.constant({}) : resource(levels - 1);
  return fc.record(
    {
      resourceType: fc.constantFrom('Bundle', 'Parameters', 'Patient'),
      entry: fc.array(fc.record({ resource: within, fullUrl: field }, { requiredKeys: [] }), { maxLength: 3 }),
      parameter: fc.array(fc.record({ resource: within }, { requiredKeys: [] }), { maxLength: 2 }),
      contained: fc.array(within, { maxLength: 2 }),
      a: field,
      ü: field,
    },
    { requiredKeys: ['resourceType'] },
  );
};

/** Text of bundles in bundles, with resources that contain resources: trees of trees in mode B. */
export const bundleText: fc.Arbitrary<string> = resource(2).map((value) => JSON.stringify(value));
