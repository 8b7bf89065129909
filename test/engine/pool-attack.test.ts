import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { defaultPoolLimits, WAITING_BYTES } from '../../src/engine/pool/limits.ts';
import { Attack, type AttackSetting } from './pool-attack.ts';

const OFFERS = Number(process.env['MEDSTATE_OFFERS'] ?? 20_000);
const IS_LONG = OFFERS >= 1_000_000;

/** The pool's limits are filled in the short form too. */
const setting: AttackSetting = {
  seed: 1,
  offers: OFFERS,
  offersPerBlock: IS_LONG ? 4_000 : 1_000,
  whaleQuota: IS_LONG ? 40_000 : 2_000,
  small: IS_LONG ? 800 : 150,
  blockUnits: IS_LONG ? 1_000 : 200,
  limits: IS_LONG ? {} : { maxBytes: 1_000 * (WAITING_BYTES + 300) },
};

/** The memory in use once what is garbage is gone: objects, and bytes beside the heap. */
const heapNow = (): number => {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe('a pool under attack', () => {
  it('stays within its bounds, and what honest people send stands in one of the next three blocks', () => {
    const before = heapNow();
    let mostHeap = 0;
    let longest = 0;
    const watch = (attack: Attack): void => {
      longest = Math.max(longest, attack.longestWait);
      if (!IS_LONG || attack.figures().blocks % 25 !== 0) return;
      mostHeap = Math.max(mostHeap, heapNow() - before);
      const { blocks, mostBytes, mostWaiting } = attack.figures();
      process.stdout.write(`${blocks} blocks, waiting ${mostWaiting}, ${mostBytes} bytes, memory ${mostHeap}\n`);
    };
    const figures = new Attack({ ...setting, watch }).run();
    const maxBytes = setting.limits.maxBytes ?? defaultPoolLimits.maxBytes;
    expect(figures.mostBytes).toBeLessThanOrEqual(maxBytes);
    expect(longest).toBeLessThan(3);
    expect(Math.max(...Object.keys(figures.honest).map(Number))).toBeLessThanOrEqual(3);
    expect(figures.stripped).toBe(0);
    if (IS_LONG) {
      process.stdout.write(`${JSON.stringify(figures)}\nmemory ${mostHeap}\n`);
      expect(mostHeap).toBeLessThan(2 * maxBytes);
    }
    // The attack is one: the pool was full, and every way to be refused was met.
    expect(figures.mostBytes).toBeGreaterThan(0.9 * maxBytes);
    for (const code of [
      'taken',
      'transaction_known',
      'nonce_held',
      'bandwidth_exceeded',
      'bandwidth_promised',
      'pool_full',
    ]) {
      expect(figures.answers[code] ?? 0, code).toBeGreaterThan(0);
    }
  });
});
