import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Runs the built program; or lets its reader leave before the first byte. */
const launch = (words: readonly string[], isReaderGone = false) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    if (!existsSync(BUILT)) throw new Error('dist/ is not built; `npm test` builds it first');
    const child = spawn(process.execPath, [BUILT, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    if (isReaderGone) child.stdout.destroy();
    child.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });

describe('the built program', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(await launch(['--version'])).toEqual({ code: 0, out: `medstate ${version}\n`, err: '' });
  });

  it('exits with 2 and one line on an unknown command', async () => {
    expect(await launch(['zzz'])).toEqual({
      code: 2,
      out: '',
      err: "medstate: unknown command 'zzz' (see medstate --help)\n",
    });
  });

  it('says nothing when its reader has left', async () => {
    expect(await launch(['--help'], true)).toEqual({ code: 141, out: '', err: '' });
  });
});
