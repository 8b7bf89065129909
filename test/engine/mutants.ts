/**
 * Mutants: copies of the source with one edit each, and the table of them in docs/reliability.md.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));
const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));

/** A guard taken away, as an edit of the source, which a law must catch. */
export interface Mutant {
  /** What the guard is for. */
  readonly guard: string;
  /** One of the files that are copied. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly put: string;
}

/** Mutants of one file. */
export const mutantsOf =
  (file: string) =>
  (guard: string, find: string, put = ''): Mutant => ({ guard, file, find, put });

/** A mutant that changes nothing: the copy as it is must break no law. */
export const unchanged = (file: string, text: string): Mutant => ({ guard: '', file, find: text, put: text });

/** Copies of files of src/, by the names that mutants have for them; what is not among them is taken from the source as it is. */
export const copiesOf = (origins: ReadonlyMap<string, string>) => {
  const place = mkdtempSync(join(tmpdir(), 'medstate-mutants-'));
  const nameOf = new Map([...origins].map(([name, origin]) => [origin, name]));
  return {
    /** Makes the copy with this edit; the answer imports a file of it. */
    spoiled: ({ file, find, put }: Mutant, index: number) => {
      const folder = join(place, String(index));
      for (const [name, origin] of origins) {
        const text = readFileSync(join(SOURCE, origin), 'utf8');
        if (name === file) expect(text.split(find), `${file}: ${find}`).toHaveLength(2);
        const edited = name === file ? text.replace(find, () => put) : text;
        const bound = edited.replaceAll(/from '(\.[^']+)'/g, (_, path: string) => {
          const target = resolve(dirname(join(SOURCE, origin)), path);
          const copied = nameOf.get(relative(SOURCE, target).replaceAll('\\', '/'));
          return `from '${copied === undefined ? target : join(folder, copied)}'`;
        });
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), bound);
      }
      return <T>(name: string): Promise<T> => import(/* @vite-ignore */ join(folder, name));
    },
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
};

const code = (text: string): string =>
  text === '' ? 'nothing' : `\`${text.replaceAll(/\s+/g, ' ').trim().replaceAll('|', '\\|')}\``;

/** The table of mutants under a heading of docs/reliability.md, `caught` being the first law that each breaks. */
export const mutantTable = (heading: string, mutants: readonly Mutant[], caught: readonly (string | undefined)[]) => {
  const page = readFileSync(PAGE, 'utf8');
  const start = page.indexOf(heading) + heading.length;
  const end = page.indexOf('\n#', start);
  const rowOf = ({ guard, file, put }: Mutant, index: number): string =>
    `| ${guard} | ${file} | ${code(put)} | ${caught[index]} |`;
  return {
    /** Writes what was found into the page, if MEDSTATE_WRITE=1. */
    write: (): void => {
      if (process.env['MEDSTATE_WRITE'] !== '1') return;
      const table = [
        `${caught.filter((name) => name !== undefined).length} of ${mutants.length} mutants are caught.`,
        '',
        '| guard | where | what the mutant has in its place | the first law that it breaks |',
        '|---|---|---|---|',
        ...mutants.map(rowOf),
        '',
      ].join('\n');
      writeFileSync(PAGE, `${page.slice(0, start)}${table}${end < 0 ? '' : page.slice(end)}`);
    },
    /** Holds the page to what was found of those that were tried, by their places. */
    check: (tried: readonly number[]): void => {
      const told = readFileSync(PAGE, 'utf8').slice(start).split('\n');
      expect(told[0]).toBe(`${mutants.length} of ${mutants.length} mutants are caught.`);
      for (const index of tried) expect(told[4 + index]).toBe(rowOf(mutants[index] as Mutant, index));
      expect(told[4 + mutants.length]).toBe('');
    },
  };
};
