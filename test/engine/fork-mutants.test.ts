import { afterAll, describe, expect, it } from 'vitest';
import { type ForkParts, forkLaws } from './fork-laws.ts';
import { forkMutants } from './fork-mutants.ts';
import { copiesOf, type Mutant, mutantTable, unchanged } from './mutants.ts';

const NAMES = [
  ...['aside', 'block-tree', 'kept', 'locator', 'watch'].map((name) => `fork/${name}.ts`),
  'verdicts/read-ahead.ts',
  ...['inbox', 'messages', 'node', 'producer'].map((name) => `node/${name}.ts`),
  ...[
    'chain-engine',
    'engine',
    'finalising',
    'group-commit',
    'live-chain',
    'offers',
    'owed',
    'producing',
    'stored',
  ].map((name) => `${name}.ts`),
];
const copies = copiesOf(
  new Map([...NAMES.map((name) => [name, `engine/${name}`] as const), ['fork-choice.ts', 'core/fork-choice.ts']]),
);
afterAll(copies.remove);

/** A run tries every fourth mutant; with MEDSTATE_ALL_MUTANTS=1 all, which takes about 40 seconds. */
const STEP = process.env['MEDSTATE_ALL_MUTANTS'] === '1' ? 1 : 4;

const partsOf = async (mutant: Mutant, index: number): Promise<ForkParts> => {
  const load = copies.spoiled(mutant, index);
  const { openEngine } = await load<ForkParts>('engine.ts');
  const { startNode } = await load<ForkParts>('node/node.ts');
  const { PeerInbox } = await load<ForkParts>('node/inbox.ts');
  const { compareForks } = await load<ForkParts>('fork-choice.ts');
  return { openEngine, startNode, PeerInbox, compareForks };
};

const PATIENCE_MS = 5_000;

/** The first law that it breaks; a law that never ends is broken too. */
const caughtBy = async (parts: ForkParts): Promise<string | undefined> => {
  for (const { name, check } of forkLaws) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no end')), PATIENCE_MS);
    });
    try {
      await Promise.race([check(parts), late]);
    } catch {
      return name;
    } finally {
      clearTimeout(timer);
    }
  }
  return undefined;
};

describe('fork choice or a node without one of its guards breaks a law:', () => {
  const caught: (string | undefined)[] = [];
  const chosen = forkMutants.map((mutant, index) => ({ ...mutant, index })).filter(({ index }) => index % STEP === 0);

  it.each(chosen)('$guard', async ({ index, ...mutant }) => {
    caught[index] = await caughtBy(await partsOf(mutant, index));
    expect(caught[index]).toBeDefined();
  });

  it('and the copy as it is breaks none', async () => {
    const asItIs = unchanged('fork/block-tree.ts', 'export class BlockTree');
    expect(await caughtBy(await partsOf(asItIs, -1))).toBeUndefined();
  });

  it('and docs/reliability.md has them all', () => {
    const table = mutantTable('### Fork choice and nodes\n', forkMutants, caught);
    if (STEP === 1) table.write();
    table.check(chosen.map(({ index }) => index));
  });
});
