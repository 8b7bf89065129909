import { writeSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Crypto } from '../../src/core/index.ts';
import { crypto } from '../engine/small-chain.ts';
import { expectedOf, foundingOf, POLICIES } from './follower.ts';
import { heavyChain } from './heavy-chain.ts';
import { runSeed, type World } from './mishap-campaign.ts';
import { emptyToll, TRIALS, toldToll } from './mishap-trials.ts';

const SEEDS = Number(process.env['MEDSTATE_MISHAPS'] ?? 96);
const IS_LONG = SEEDS >= 1000;
const FIRST_SEED = Number(process.env['MEDSTATE_FIRST_SEED'] ?? 1);
const WEIGHT = { heights: 18, transfers: 3, heavyTransfers: 15 };

/** The same blocks come by again and again, and their signatures are not what is tried here. */
const remembering = (inner: Crypto): Crypto => {
  const known = new Map<string, Uint8Array | undefined>();
  return {
    ...inner,
    recover: (hash, signature) => {
      const asked = Buffer.concat([hash, signature]).toString('latin1');
      if (!known.has(asked)) known.set(asked, inner.recover(hash, signature));
      return known.get(asked)?.slice();
    },
  };
};

let world: World | undefined;
beforeAll(async () => {
  const chain = await heavyChain(WEIGHT);
  const founding = foundingOf(remembering(crypto), chain);
  const runs = await Promise.all(
    POLICIES.map(async (policy) => [policy, await expectedOf(founding, chain, policy)] as const),
  );
  world = { founding, chain, expected: Object.fromEntries(runs) as World['expected'] };
}, 600_000);

describe('a chain on a store that fails, dies, is full, tears or rots', () => {
  it(`is at one block, whole, or refused as damaged, and never tells anything wrong, for ${SEEDS} seeds`, async () => {
    if (world === undefined) throw new Error('no chain');
    const toll = emptyToll();
    const startedAt = performance.now();
    for (let done = 0; done < SEEDS; done += 1) {
      await runSeed(world, toll, FIRST_SEED + done);
      if (!IS_LONG || ((done + 1) % 100 !== 0 && done + 1 !== SEEDS)) continue;
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      writeSync(2, `${done + 1} seeds in ${seconds} s: ${toldToll(toll)}\n`);
    }
    for (const trial of TRIALS) expect(toll.trials[trial], trial).toBeGreaterThan(0);
    for (const [mishap, count] of Object.entries(toll.mishaps)) expect(count, mishap).toBeGreaterThan(0);
    expect(toll.damaged.opening).toBeGreaterThan(0);
    expect(toll.mended).toBeGreaterThan(0);
  });
});
