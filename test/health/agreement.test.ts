import fc from 'fast-check';
import { expect, it } from 'vitest';
import { disagreement } from '../../src/health/disclosure/agreement.ts';
import type { LeafValue, Step } from '../../src/health/index.ts';

interface Stated {
  readonly steps: readonly Step[];
  readonly value: LeafValue;
}

/** The obvious way: every leaf against every container that is shown above it. */
const naive = (leaves: readonly Stated[]): string | undefined => {
  const keyOf = (steps: readonly Step[]): string => JSON.stringify(steps);
  const byPath = new Map(leaves.map(({ steps, value }) => [keyOf(steps), value]));
  if (byPath.size < leaves.length) return 'proof_path_twice';
  const lacks = leaves.some(({ steps }) =>
    steps.some((step, length) => {
      const above = byPath.get(keyOf(steps.slice(0, length)));
      if (above === undefined) return false;
      if (above.kind === 'array') return typeof step !== 'number' || step >= above.length;
      return above.kind !== 'object' || typeof step !== 'string' || !above.names.includes(step);
    }),
  );
  return lacks ? 'proof_contradicts' : undefined;
};

const step: fc.Arbitrary<Step> = fc.constantFrom<Step>('a', 'b', '0', '', 0, 1, -0, 2);
const value: fc.Arbitrary<LeafValue> = fc.oneof(
  fc.record({ kind: fc.constant('object' as const), names: fc.subarray(['', '0', 'a', 'b']) }),
  fc.record({ kind: fc.constant('array' as const), length: fc.nat(3) }),
  fc.constant<LeafValue>({ kind: 'null' }),
);
const leaves = fc.array(fc.record({ steps: fc.array(step, { maxLength: 3 }), value }), { minLength: 1, maxLength: 6 });

it('shown leaves contradict one another exactly when looking from each to all above it says so', () => {
  const verdicts = new Map<string | undefined, number>();
  fc.assert(
    fc.property(leaves, (shown) => {
      const verdict = naive(shown);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
      expect(disagreement(shown)).toBe(verdict);
    }),
    { numRuns: 3_000, seed: 1 },
  );
  expect([...verdicts.values()].every((count) => count > 300)).toBe(true);
  expect(verdicts.size).toBe(3);
});

it('names of every container above are looked at, the topmost too', () => {
  const top: Stated = { steps: [], value: { kind: 'object', names: ['a'] } };
  const list: Stated = { steps: ['a'], value: { kind: 'array', length: 1 } };
  const leaf = (...steps: readonly Step[]): Stated => ({ steps, value: { kind: 'null' } });
  expect(disagreement([leaf('a', 0, 'x'), top, list])).toBeUndefined();
  expect(disagreement([leaf('a', 1, 'x'), top, list])).toBe('proof_contradicts');
  expect(disagreement([leaf('b', 0, 'x'), top, list])).toBe('proof_contradicts');
  expect(disagreement([leaf('a', '0', 'x'), top, list])).toBe('proof_contradicts');
});
