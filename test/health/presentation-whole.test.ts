import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import type { Hash } from '../../src/core/index.ts';
import {
  completenessOf,
  kindAt,
  openWhole,
  type RecordTree,
  treeOver,
  type WholeRecord,
  wholeOf,
} from '../../src/health/index.ts';
import { BUNDLE, bundleText, codeOf, crypto, opened, presented, rightOf, SEED, treeOf, valuesAt } from './records.ts';

const answer = (whole: WholeRecord, root: Hash): string => codeOf(openWhole(crypto, whole, root));

/** The tree and each tree inside it, at any depth. */
const treesOf = (tree: RecordTree): readonly RecordTree[] => {
  const values = completenessOf(tree, 0).filter((value) => value === 0 || kindAt(tree.document, value) === 'object');
  return values.flatMap((value) => treeOver(tree, value) ?? []);
};

describe('a whole record', () => {
  it('is opened by its bytes and its seed, and so is each tree inside it', () => {
    fc.assert(
      fc.property(
        bundleText,
        fc.constantFrom('A' as const, 'B' as const),
        fc.constantFrom(0, 6),
        (text, mode, minDepth) => {
          const tree = treeOf(` ${text}\n`, { mode, minDepth });
          const trees = treesOf(tree);
          expect(trees.map(({ at }) => at)).toContain(0);
          for (const inner of trees) {
            const again = rightOf(openWhole(crypto, wholeOf(inner), inner.root));
            expect(again.root).toBe(inner.root);
            expect(again.leafCount).toBe(inner.leafCount);
          }
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it('can be shown on by whoever has it', () => {
    const tree = treeOf(BUNDLE, { mode: 'B' });
    const [resource = 0] = valuesAt(tree, '/entry/0/resource');
    const inner = treeOver(tree, resource);
    if (inner === undefined) throw new Error('the resource is a tree');
    const handed = rightOf(openWhole(crypto, wholeOf(inner), inner.root));
    expect(new TextDecoder().decode(handed.document.bytes)).not.toContain('urn:1');
    expect(opened(inner.root, presented(handed, valuesAt(handed, '/active'))).root).toBe(inner.root);
  });

  it('has no tree over a value that is none', () => {
    const tree = treeOf(BUNDLE, { mode: 'B' });
    for (const pointer of ['/entry', '/entry/0', '/entry/0/resource/name', '/entry/0/resource/name/0']) {
      expect(treeOver(tree, valuesAt(tree, pointer)[0] as number)).toBeUndefined();
    }
    for (const value of [-1, 0.5, tree.document.size, Number.NaN]) expect(treeOver(tree, value)).toBeUndefined();
    expect(treeOver(treeOf(BUNDLE), valuesAt(tree, '/entry/0/resource')[0] as number)).toBeUndefined();
  });

  it('is refused by name', () => {
    const tree = treeOf(BUNDLE, { mode: 'B' });
    const whole = wholeOf(tree);
    const text = (from: string, to: string): WholeRecord => ({
      ...whole,
      bytes: new TextEncoder().encode(BUNDLE.replace(from, to)),
    });
    expect(answer(whole, tree.root)).toBe('right');
    expect(answer(text('7.10', '7.1'), tree.root)).toBe('whole_root_differs');
    expect(answer(text('{', '{ '), tree.root)).toBe('right'); // space between values is not hashed
    expect(answer({ ...whole, mode: 'A' }, tree.root)).toBe('whole_root_differs');
    expect(answer({ ...whole, minDepth: 9 }, tree.root)).toBe('whole_root_differs');
    expect(answer({ ...whole, seed: SEED.map((byte) => byte ^ 1) }, tree.root)).toBe('whole_root_differs');
    expect(answer(whole, treeOf(BUNDLE).root)).toBe('whole_root_differs');
    expect(answer({ ...whole, seed: SEED.subarray(1) }, tree.root)).toBe('whole_seed_malformed');
    for (const minDepth of [23, -1, 4.5, Number.NaN]) {
      expect(answer({ ...whole, minDepth }, tree.root)).toBe('whole_seed_malformed');
    }
    expect(answer({ ...whole, minDepth: 22 }, tree.root)).toBe('whole_too_costly');
    const small = new TextEncoder().encode('1');
    expect(answer({ ...whole, bytes: small, mode: 'A', minDepth: 16 }, tree.root)).toBe('whole_root_differs');
    expect(answer({ ...whole, bytes: small, mode: 'A', minDepth: 17 }, tree.root)).toBe('whole_too_costly');
    // The least depth of any tree counts, whatever is said: many small trees cost as much as few large ones.
    const many = `{"resourceType":"Bundle","contained":[${'{"a":1},'.repeat(2 ** 18)}{"a":1}]}`;
    expect(answer({ ...whole, bytes: new TextEncoder().encode(many), minDepth: 0 }, tree.root)).toBe(
      'whole_too_costly',
    );
    expect(answer(text('"entry"', '"resourceType"'), tree.root)).toBe('json_duplicate_member');
    expect(answer(text('"Bundle"', `${'{"'.padEnd(250, 'n')}":`.repeat(5).concat('1', '}'.repeat(5))), tree.root)).toBe(
      'tree_path_too_long',
    );
  });

  it('with any byte changed has another root, or is no document', () => {
    const text = '{"resourceType":"Bundle","entry":[{"resource":{"a":"ü","b":[1.0,true,null]}}]}';
    const tree = treeOf(text, { mode: 'B' });
    const whole = wholeOf(tree);
    for (let bit = 0; bit < 8 * whole.bytes.length; bit += 1) {
      const bytes = whole.bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(E.isLeft(openWhole(crypto, { ...whole, bytes }, tree.root))).toBe(true);
    }
  });
});
