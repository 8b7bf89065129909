import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ForkParts, forkLaws } from './fork-laws.ts';
import { type ForkMutant, forkMutants } from './fork-mutants.ts';

const SOURCE = fileURLToPath(new URL('../../src/engine', import.meta.url));
const CHOICE = 'fork-choice.ts';
/** What is copied; everything else is taken from the source as it is. */
const FILES = [
  ...['aside', 'block-tree', 'locator', 'watch'].map((name) => `fork/${name}.ts`),
  ...['inbox', 'messages', 'node'].map((name) => `node/${name}.ts`),
  ...['chain-engine', 'engine', 'live-chain', 'offers', 'producing', 'stored'].map((name) => `${name}.ts`),
];

/** A run tries every fourth mutant; with MEDSTATE_ALL_MUTANTS=1 all, which takes about 40 seconds. */
const STEP = process.env['MEDSTATE_ALL_MUTANTS'] === '1' ? 1 : 4;

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'medstate-fork-'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const originOf = (file: string): string => (file === CHOICE ? join(SOURCE, '../core', CHOICE) : join(SOURCE, file));

/** Copies the files with this edit; what they import from others they import from the source. */
const spoiled = async ({ file, find, put }: ForkMutant, index: number): Promise<ForkParts> => {
  const folder = join(place, String(index));
  const files = [...FILES, CHOICE];
  for (const name of files) {
    const text = readFileSync(originOf(name), 'utf8');
    if (name === file) expect(text.split(find), `${file}: ${find}`).toHaveLength(2);
    const edited = name === file ? text.replace(find, () => put) : text;
    const bound = edited.replaceAll(/from '(\.[^']+)'/g, (whole, path: string) => {
      const target = resolve(dirname(originOf(name)), path);
      return FILES.includes(relative(SOURCE, target)) ? whole : `from '${target}'`;
    });
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bound);
  }
  const load = (name: string) => import(/* @vite-ignore */ join(folder, name)) as Promise<ForkParts>;
  const { openEngine } = await load('engine.ts');
  const { startNode } = await load('node/node.ts');
  const { PeerInbox } = await load('node/inbox.ts');
  const { compareForks } = await load(CHOICE);
  return { openEngine, startNode, PeerInbox, compareForks };
};

const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
const HEADING = '### Fork choice and nodes\n';
const caught: (string | undefined)[] = [];

const code = (text: string): string =>
  text === '' ? 'nothing' : `\`${text.replaceAll(/\s+/g, ' ').trim().replaceAll('|', '\\|')}\``;

const rowOf = ({ guard, file, put }: ForkMutant, index: number): string =>
  `| ${guard} | ${file} | ${code(put)} | ${caught[index]} |`;

const table = (): string =>
  [
    `${caught.filter((name) => name !== undefined).length} of ${forkMutants.length} mutants are caught.`,
    '',
    '| guard | where | what the mutant has in its place | the first law that it breaks |',
    '|---|---|---|---|',
    ...forkMutants.map(rowOf),
    '',
  ].join('\n');

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
  const chosen = forkMutants.map((mutant, index) => ({ ...mutant, index })).filter(({ index }) => index % STEP === 0);
  it.each(chosen)('$guard', async ({ index, ...mutant }) => {
    caught[index] = await caughtBy(await spoiled(mutant, index));
    expect(caught[index]).toBeDefined();
  });

  it('and the copy as it is breaks none', async () => {
    const name = 'export class BlockTree';
    const asItIs = { guard: '', file: 'fork/block-tree.ts', find: name, put: name };
    expect(await caughtBy(await spoiled(asItIs, -1))).toBeUndefined();
  });

  it('and docs/reliability.md has them all', () => {
    const page = readFileSync(PAGE, 'utf8');
    const start = page.indexOf(HEADING) + HEADING.length;
    const end = page.indexOf('\n#', start);
    if (process.env['MEDSTATE_WRITE'] === '1' && STEP === 1)
      writeFileSync(PAGE, `${page.slice(0, start)}${table()}${end < 0 ? '' : page.slice(end)}`);
    const told = readFileSync(PAGE, 'utf8').slice(start).split('\n');
    expect(told[0]).toBe(`${forkMutants.length} of ${forkMutants.length} mutants are caught.`);
    for (const { index, ...mutant } of chosen) expect(told[4 + index]).toBe(rowOf(mutant, index));
  });
});
