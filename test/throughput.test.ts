/**
 * Throughput: the engine beside the signatures, as ratios of one run with much slack; the figures themselves are for `npm run bench`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const GATE = fileURLToPath(new URL('../bench/gate.mjs', import.meta.url));
const BUILT = fileURLToPath(new URL('../dist/core/index.js', import.meta.url));

/** In plain Node: under the test runner hashing is half as fast. */
const ratiosOf = (extra: Record<string, string> = {}): { besideRecovery: number; growth: number } => {
  if (!existsSync(BUILT)) throw new Error('dist/ is not built; `npm test` builds it first');
  const env = { ...process.env, ...extra };
  return JSON.parse(execFileSync(process.execPath, [GATE], { env, encoding: 'utf8' }));
};

/** It is 0.22 to 0.25 of one. */
const MOST_BESIDE_RECOVERY = 0.6;
const MOST_GROWTH = 4;

describe('throughput', () => {
  it('all that the engine does for a transfer costs much less than its signature, and hardly grows with the accounts', () => {
    const { besideRecovery, growth } = ratiosOf();
    expect(besideRecovery).toBeLessThan(MOST_BESIDE_RECOVERY);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  it('an engine that did the work of half a recovery more would be seen', () => {
    expect(ratiosOf({ GATE_PLANTED: '1' }).besideRecovery).toBeGreaterThan(MOST_BESIDE_RECOVERY);
  });
});
