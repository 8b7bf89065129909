import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { copiesOf, type Mutant, mutantTable, unchanged } from './mutants.ts';
import { poolLaws } from './pool-laws.ts';
import { poolMutants } from './pool-mutants.ts';
import type { PoolParts } from './pool-world.ts';

const names = readdirSync(new URL('../../src/engine/pool', import.meta.url)).filter((name) => name.endsWith('.ts'));
const copies = copiesOf(new Map(names.map((name) => [name, `engine/pool/${name}`])));
afterAll(copies.remove);

const partsOf = async (mutant: Mutant, index: number): Promise<PoolParts> => {
  const load = copies.spoiled(mutant, index);
  const { Pool } = await load<PoolParts>('pool.ts');
  const { estimate } = await load<PoolParts>('estimate.ts');
  return { Pool, estimate };
};

/** The first law that catches it. */
const caughtBy = (parts: PoolParts): string | undefined =>
  poolLaws.find(({ check }) => {
    try {
      check(parts);
      return false;
    } catch {
      return true;
    }
  })?.name;

describe('a pool without one of its guards breaks a law:', () => {
  const caught: (string | undefined)[] = [];

  it.each(poolMutants.map((mutant, index) => ({ ...mutant, index })))('$guard', async ({ index, ...mutant }) => {
    caught[index] = caughtBy(await partsOf(mutant, index));
    expect(caught[index]).toBeDefined();
  });

  it('and the copy as it is breaks none', async () => {
    expect(caughtBy(await partsOf(unchanged('pool.ts', 'export class Pool'), -1))).toBeUndefined();
  });

  it('and docs/reliability.md has them all', () => {
    const table = mutantTable('### The pool\n', poolMutants, caught);
    table.write();
    table.check(poolMutants.map((_, index) => index));
  });
});
