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
  ['README.md', 'Right 1 64\n'],
  ['docs/kinds.md', 'true be well\n'],
])('the example of %s runs as it stands', async (page, output) => {
  const examples = examplesOf(await readFile(root + page, 'utf8'), 'ts');
  expect(examples).toHaveLength(1);
  expect(await outputOf(examples[0] ?? '')).toBe(output);
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

it('the command lines of the README are those that the package has', async () => {
  const readme = await readFile(`${root}README.md`, 'utf8');
  const { scripts } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
  expect(examplesOf(readme, 'sh')).toEqual(['npm install && npm start\n', 'npm install && npm test\n']);
  expect(scripts['start']).toContain('demo');
  expect(scripts['test']).toContain('vitest run');
});
