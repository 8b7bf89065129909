import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownAt, stepsTo } from '../../src/health/index.ts';
import { opened, presented, treeOf } from './records.ts';

describe('a presentation', () => {
  it('proves any values of any document, and shows no others', () => {
    fc.assert(
      fc.property(fc.json(), fc.array(fc.nat(), { minLength: 1 }), (text, picks) => {
        const tree = treeOf(text);
        const values = picks.map((pick) => pick % tree.document.size);
        const partial = opened(tree.root, presented(tree, values));
        for (let value = 0; value < tree.document.size; value += 1) {
          const shown = shownAt(partial, stepsTo(tree.document, value));
          expect(shown.is).toBe(values.includes(value) ? 'shown' : 'hidden');
        }
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});
