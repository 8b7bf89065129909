import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  exports: Record<string, { readonly default?: string } | string>;
};

it('the public names of every subpath are these: a change here is a change for embedders', async () => {
  const lines: string[] = [];
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === 'string' || target.default === undefined) continue;
    const source = target.default.replace('./dist/', '../src/').replace(/\.js$/, '.ts');
    const names = Object.keys((await import(/* @vite-ignore */ source)) as object).sort((a, b) => (a < b ? -1 : 1));
    lines.push(`${subpath.replace('.', 'medstate')}: ${names.join(' ')}`);
  }
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('vectors/public-names.txt');
});
