import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poolLaws } from './pool-laws.ts';
import { type PoolMutant, poolMutants } from './pool-mutants.ts';
import type { PoolParts } from './pool-world.ts';

const SOURCE = fileURLToPath(new URL('../../src/engine/', import.meta.url));
const FOLDER = join(SOURCE, 'pool');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'medstate-pool-'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** A copy of the pool with this edit; everything else it takes from the source as it is. */
const spoiled = async ({ file, find, put }: PoolMutant, index: number): Promise<PoolParts> => {
  const folder = join(place, String(index));
  mkdirSync(folder);
  for (const name of files) {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    if (name === file) expect(text.split(find), `${file}: ${find}`).toHaveLength(2);
    const edited = name === file ? text.replace(find, () => put) : text;
    const core = join(SOURCE, '..', 'core');
    writeFileSync(
      join(folder, name),
      edited.replaceAll("'../../core/", `'${core}/`).replaceAll("'../outcome.ts'", `'${SOURCE}outcome.ts'`),
    );
  }
  const { Pool } = (await import(/* @vite-ignore */ join(folder, 'pool.ts'))) as Pick<PoolParts, 'Pool'>;
  const { estimate } = (await import(/* @vite-ignore */ join(folder, 'estimate.ts'))) as Pick<PoolParts, 'estimate'>;
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

const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
const HEADING = '### The pool\n';
const caught: (string | undefined)[] = [];

const code = (text: string): string => `\`${text.replaceAll(/\s+/g, ' ').trim().replaceAll('|', '\\|')}\``;

const table = (): string =>
  [
    `${caught.filter((name) => name !== undefined).length} of ${poolMutants.length} mutants are caught.`,
    '',
    '| guard | where | what the mutant has in its place | the first law that it breaks |',
    '|---|---|---|---|',
    ...poolMutants.map(
      ({ guard, file, put }, index) =>
        `| ${guard} | ${file} | ${put === '' ? 'nothing' : code(put)} | ${caught[index]} |`,
    ),
    '',
  ].join('\n');

describe('a pool without one of its guards breaks a law:', () => {
  it.each(poolMutants.map((mutant, index) => ({ ...mutant, index })))('$guard', async ({ index, ...mutant }) => {
    caught[index] = caughtBy(await spoiled(mutant, index));
    expect(caught[index]).toBeDefined();
  });

  it('and the copy as it is breaks none', async () => {
    const parts = await spoiled(
      { guard: '', file: 'pool.ts', find: 'export class Pool', put: 'export class Pool' },
      -1,
    );
    expect(caughtBy(parts)).toBeUndefined();
  });

  it('and docs/reliability.md has them all', () => {
    const page = readFileSync(PAGE, 'utf8');
    const start = page.indexOf(HEADING) + HEADING.length;
    const end = page.indexOf('\n#', start);
    const told = `${page.slice(0, start)}${table()}${end < 0 ? '' : page.slice(end)}`;
    if (process.env['MEDSTATE_WRITE'] === '1') writeFileSync(PAGE, told);
    expect(readFileSync(PAGE, 'utf8')).toBe(told);
  });
});
