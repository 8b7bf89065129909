import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

const examplesOf = (markdown: string, language: string): readonly string[] =>
  [...markdown.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');

/** Runs an example within the package, where the package's own name resolves through its exports, as for an embedder. */
const outputOf = async (example: string): Promise<string> => {
  const folder = await mkdtemp(`${root}test/docs/example-`);
  try {
    await writeFile(`${folder}/example.mjs`, example);
    return (await run(process.execPath, [`${folder}/example.mjs`], { cwd: folder })).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

it.each([
  [
    'README.md',
    [
      'Right 1 64\n',
      '/resourceType: "Observation"\n/valueQuantity: object of "unit", "value"\n/valueQuantity/unit: "%"\n' +
        '/valueQuantity/value: 7.10\nwithheld: reference\n',
    ],
  ],
  ['docs/kinds.md', ['true be well\n']],
])('the examples of %s run as they stand', async (page, outputs) => {
  const examples = examplesOf(await readFile(root + page, 'utf8'), 'ts');
  expect(await Promise.all(examples.map(outputOf))).toEqual(outputs);
});

it('every command of the README exists and explains itself', async () => {
  const readme = await readFile(`${root}README.md`, 'utf8');
  const named = [...readme.matchAll(/`npx medstate ([a-z-]+)/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThanOrEqual(4);
  for (const command of named) {
    const { stdout } = await run(process.execPath, [`${root}dist/cli/main.js`, command, '--help']);
    expect(stdout).toContain(`medstate ${command}`);
  }
});

it('the table of the README has every subpath, and no other', async () => {
  const readme = await readFile(`${root}README.md`, 'utf8');
  const { exports } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { exports: object };
  const [, section = ''] = readme.split('## Subpaths\n');
  const [table = ''] = section.split('\n## ');
  const named = table.split('\n').flatMap((line) => {
    const [, cell = ''] = line.split('|');
    const [first = '', ...rest] = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    // Behind the first, `/sqlite` stands in the same folder.
    return [first, ...rest.map((name) => (name.startsWith('/') ? first.replace(/\/[^/]+$/, name) : name))];
  });
  const subpaths = Object.keys(exports).filter((name) => name !== './package.json');
  expect(new Set(named.filter((name) => name !== ''))).toEqual(
    new Set(subpaths.map((name) => name.replace('.', 'medstate'))),
  );
});

it('the command lines of the README are those that the package has', async () => {
  const readme = await readFile(`${root}README.md`, 'utf8');
  const { scripts } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
  expect(examplesOf(readme, 'sh')).toEqual(['npm install && npm start\n', 'npm install && npm test\n']);
  expect(scripts['start']).toContain('demo');
  expect(scripts['test']).toContain('vitest run');
});
