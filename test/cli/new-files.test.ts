import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ANYBODY, demandFree, OWNER_ONLY, placeFile, writeNewFiles } from '../../src/cli/new-files.ts';
import { crypto } from '../health/records.ts';
import { healthDesk } from './health-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-new-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let places = 0;
/** An empty folder. */
const emptyFolder = (): string => {
  places += 1;
  return mkdtempSync(join(folder, `${places}-`));
};

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function* broken(): AsyncGenerator<Uint8Array> {
  yield text('some');
  await Promise.resolve();
  throw new Error('the source broke');
}

describe('new files', () => {
  it('get their names together, when everything was written', async () => {
    const at = emptyFolder();
    const [a, b] = [join(at, 'a'), join(at, 'b')];
    const answer = await writeNewFiles(async (files) => {
      await files.add(a, [text('one '), text('two')], OWNER_ONLY);
      await files.add(b, [], ANYBODY);
      expect([existsSync(a), existsSync(b)]).toEqual([false, false]);
      return 5;
    });
    expect([answer, readdirSync(at), readFileSync(a, 'utf8'), readFileSync(b, 'utf8')]).toEqual([
      5,
      ['a', 'b'],
      'one two',
      '',
    ]);
    if (process.platform !== 'win32') expect(statSync(a).mode & 0o777).toBe(0o600);
  });

  it('are all gone if one of them breaks', async () => {
    const at = emptyFolder();
    const writing = writeNewFiles(async (files) => {
      await files.add(join(at, 'a'), [text('one')], OWNER_ONLY);
      await files.add(join(at, 'b'), broken(), OWNER_ONLY);
    });
    await expect(writing).rejects.toThrow('the source broke');
    expect(readdirSync(at)).toEqual([]);
  });

  it('are all gone if the name of one is taken while they are written, and what took it stays', async () => {
    const at = emptyFolder();
    const writing = writeNewFiles(async (files) => {
      await files.add(join(at, 'a'), [text('one')], OWNER_ONLY);
      await files.add(join(at, 'b'), [text('two')], OWNER_ONLY);
      writeFileSync(join(at, 'b'), 'mine');
    });
    await expect(writing).rejects.toThrow(`${join(at, 'b')}: found a file, wanted none`);
    expect(readdirSync(at)).toEqual(['b']);
    expect(readFileSync(join(at, 'b'), 'utf8')).toBe('mine');
  });

  it('leave nobody listening for signals', async () => {
    const before = process.listenerCount('SIGTERM');
    await writeNewFiles(() => Promise.resolve(expect(process.listenerCount('SIGTERM')).toBe(before + 1)));
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('are placed without hard links where a file system has none, and never over another', async () => {
    const at = emptyFolder();
    const [part, taken] = [join(at, 'part'), join(at, 'taken')];
    writeFileSync(part, 'one');
    writeFileSync(taken, 'mine');
    const noLinks = () => Promise.reject(Object.assign(new Error('no links here'), { code: 'EPERM' }));
    await expect(placeFile(part, taken, noLinks)).rejects.toThrow('nothing is overwritten');
    await placeFile(part, join(at, 'new'), noLinks);
    expect(readFileSync(join(at, 'new'), 'utf8')).toBe('one');
    expect(readFileSync(taken, 'utf8')).toBe('mine');
    const full = () => Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }));
    await expect(placeFile(taken, join(at, 'other'), full)).rejects.toThrow('no room');
  });

  it('are asked for before the work: a link that leads nowhere takes a name, too', async () => {
    const at = emptyFolder();
    symlinkSync('nowhere', join(at, 'link'));
    await demandFree(join(at, 'free'));
    await expect(demandFree(join(at, 'free'), join(at, 'link'))).rejects.toThrow('nothing is overwritten');
  });
});

const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const desk = healthDesk();
const ann = await desk.person(1);

/** Makes these packages impossible to find. */
const without = (name: string): readonly string[] => {
  const hooks = `export async function resolve(name, context, next) {
    if (!name.startsWith('${name}')) return next(name, context);
    const found = name.split('/').slice(0, name.startsWith('@') ? 2 : 1).join('/');
    throw Object.assign(new Error("Cannot find package '" + found + "' imported from x"), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const url = JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`);
  const register = `import { register } from 'node:module'; register(${url});`;
  return ['--import', `data:text/javascript,${encodeURIComponent(register)}`];
};

const launched = async (
  words: readonly string[],
  onStart?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>,
) => {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  let out = '';
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  await onStart?.((signal) => child.kill(signal));
  return { ended: await ended, err, out };
};

describe('the built program', () => {
  const seal = (file: string, out: string): readonly string[] => [
    ...[BUILT, 'health', 'seal', file, '--plain', '--to', ann.address, '--sender', ann.keystore],
    ...['--chain-id', '7', '--out', out, ...desk.withPassword],
  ];

  it('leaves nothing behind when it is told to end in the middle of a file', async () => {
    const at = emptyFolder();
    const [pipe, out] = [join(emptyFolder(), 'pipe'), join(at, 'out')];
    execFileSync('mkfifo', [pipe]);
    const { ended } = await launched(seal(pipe, out), async (kill) => {
      const writer = await open(pipe, 'r+');
      await writer.write(crypto.sha256(text('a little')));
      while (readdirSync(at).length === 0) await setTimeout(5);
      kill('SIGTERM');
      await setTimeout(50);
      await writer.close();
    });
    expect(ended).toBe('SIGTERM');
    expect(readdirSync(at)).toEqual([]);
  });

  it('says what to install if a package is missing, and does without it where it can', async () => {
    const file = desk.write('{"resourceType":"Patient","active":true}');
    const sealing = await launched([...without('@hpke/'), ...seal(file, desk.place())]);
    expect(sealing).toMatchObject({
      ended: 2,
      err: 'medstate: sealing: package_missing: it wants @hpke/core and @hpke/common: run npm install @hpke/core @hpke/common\n',
    });
    const prove = [BUILT, 'health', 'prove', file, '--preview'];
    const byPath = await launched([...without('fhirpath'), ...prove, '--fhirpath', 'active']);
    expect(byPath).toMatchObject({
      ended: 2,
      err: 'medstate: --fhirpath: package_missing: it wants fhirpath: run npm install fhirpath\n',
    });
    expect(await launched([...without('fhirpath'), ...prove, '--show', '/active'])).toMatchObject({
      ended: 0,
      err: '',
    });
  });
});
