import * as E from 'fp-ts/lib/Either.js';
import { expect, it } from 'vitest';
import { buildTree, MAX_TREE_NESTING } from '../../src/health/index.ts';
import { crypto, documentOf } from './records.ts';

const LEVELS = MAX_TREE_NESTING - 1;
const VALUES = 20_000;
/** What the values' leaves take once; an array of all of them on each level would take as many times as much. */
const ONCE_BYTES = 36 * VALUES;

it('resources that contain one another ask for the room of their values once, not once a level', () => {
  const inner = `[${'0,'.repeat(VALUES - 1)}0]`;
  const text = `${'{"resourceType":"List","contained":['.repeat(LEVELS)}{"x":${inner}}${']}'.repeat(LEVELS)}`;
  const document = documentOf(text);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const onProgress = (): void => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  const tree = buildTree(document, { hasher: crypto, seed: new Uint8Array(32), mode: 'B', onProgress });
  expect(E.isRight(tree) && tree.right.leafCount).toBe(4);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(4 * ONCE_BYTES);
});
