import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileProgram } from '../adapters/child-programs.ts';
import { describeWithServer } from '../adapters/postgres-server.ts';
import { crypto } from '../engine/small-chain.ts';
import { writeChain } from './chain-file.ts';
import { type Expected, expectedOf, foundingOf, type PolicyName } from './follower.ts';
import { type HeavyChain, heavyChain } from './heavy-chain.ts';
import { type Figures, MOMENTS, runKills, toldFigures } from './kill-campaign.ts';
import type { Place } from './store-places.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 8);
const IS_LONG = KILLS >= 100;
const WEIGHT = { heights: IS_LONG ? 40 : 16, transfers: 20, heavyTransfers: IS_LONG ? 300 : 100 };
const SEED = 20_260_000;

let folder = '';
let program = '';
let chain: HeavyChain = {
  document: { genesisTime: 0 as never, params: {}, transactions: [] },
  blocks: [],
  siblings: new Map(),
};
let places = 0;
const runs = new Map<PolicyName, Promise<Expected>>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'medstate-crash-'));
  program = compileProgram('test/crash/crash-child.ts', folder);
  chain = await heavyChain(WEIGHT);
  writeChain(join(folder, 'chain'), chain);
}, 600_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The uninterrupted run of a policy, made when it is asked for. */
const expected = (policy: PolicyName): Promise<Expected> => {
  const known = runs.get(policy) ?? expectedOf(foundingOf(crypto, chain), chain, policy);
  runs.set(policy, known);
  return known;
};

const freshPath = (): string => {
  places += 1;
  return join(folder, `store-${places}`);
};

const killsOf = ({ kills }: Figures): number => Object.values(kills).reduce((sum, count) => sum + count, 0);

const campaign = async (name: string, newPlace: () => Place): Promise<void> => {
  const startedAt = performance.now();
  const tell = (figures: Figures): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    writeSync(2, `${name}: ${killsOf(figures)} kills in ${seconds} s: ${toldFigures(figures)}\n`);
  };
  const figures = await runKills({
    program,
    chainFile: join(folder, 'chain'),
    expected,
    newPlace,
    kills: KILLS,
    seed: SEED,
    isWalkFirst: IS_LONG,
    onKill: (now) => {
      if (IS_LONG && killsOf(now) % 50 === 0) tell(now);
    },
  });
  if (IS_LONG) tell(figures);
  expect(killsOf(figures)).toBe(KILLS);
  for (const moment of MOMENTS) expect(figures.kills[moment]).toBeGreaterThan(0);
  expect(figures.ends).toBeGreaterThan(0);
};

const TITLE = `is at one block, whole, after each of ${KILLS} kills of its process, and goes on to the same end`;

describe('a store in SQLite', () => {
  it(TITLE, () => campaign('SQLite', () => ({ kind: 'sqlite', file: freshPath() })));
});

describe('a store in LevelDB', () => {
  it(TITLE, () => campaign('Level', () => ({ kind: 'level', folder: freshPath() })));
});

describeWithServer('a store in PostgreSQL', (server) => {
  it(TITLE, () =>
    campaign('PostgreSQL', () => ({
      kind: 'postgres',
      connection: server().connection,
      schema: server().freshSchema(),
    })),
  );
});
