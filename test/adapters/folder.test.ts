import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { directoryFolder, makeDirectory } from '../../src/adapters/folder/directory.ts';

const root = mkdtempSync(join(tmpdir(), 'medstate-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('a directory is made once, and gives back what was put into it, at most as much as is asked for', async () => {
  const path = join(root, 'snapshot');
  await makeDirectory(path);
  await makeDirectory(path);
  const folder = directoryFolder(path);
  expect(folder.name).toBe(path);
  expect(await folder.list()).toEqual([]);
  expect(await folder.read('one', 10)).toBeUndefined();
  await folder.write('one', Uint8Array.of(1, 2, 3));
  await folder.write('one', Uint8Array.of(4, 5, 6, 7));
  await folder.write('empty', new Uint8Array(0));
  expect(await folder.read('one', 100)).toEqual(Uint8Array.of(4, 5, 6, 7));
  expect(await folder.read('one', 2)).toEqual(Uint8Array.of(4, 5));
  expect(await folder.read('empty', 2)).toEqual(new Uint8Array(0));
  expect(await folder.list()).toEqual(['empty', 'one']);
  await folder.remove('one');
  await folder.remove('one');
  expect(await folder.list()).toEqual(['empty']);
});

it('a name within it that is no plain file is told as such and not read, and no half of a file is left by a write', async () => {
  const path = join(root, 'other');
  await makeDirectory(path);
  mkdirSync(join(path, 'inner'));
  writeFileSync(join(path, 'plain.part'), 'left by somebody who died');
  const folder = directoryFolder(path);
  expect(await folder.list()).toEqual(['inner/', 'plain.part']);
  expect(await folder.read('inner', 10)).toBeUndefined();
  await folder.write('plain', Uint8Array.of(1));
  expect(readdirSync(path).sort()).toEqual(['inner', 'plain']);
});

it('where no directory can be, the file system says so', async () => {
  const folder = directoryFolder(join(root, 'nowhere'));
  await expect(folder.list()).rejects.toThrow('ENOENT');
  await expect(folder.write('one', new Uint8Array(1))).rejects.toThrow('ENOENT');
  await expect(makeDirectory(join(root, 'nowhere', 'deep'))).rejects.toThrow('ENOENT');
});

it('a write goes to the folder, and not to where a link in its way leads', async () => {
  const path = join(root, 'linked');
  await makeDirectory(path);
  const elsewhere = join(root, 'elsewhere');
  writeFileSync(elsewhere, 'precious');
  symlinkSync(elsewhere, join(path, 'one.part'));
  symlinkSync(elsewhere, join(path, 'two'));
  const folder = directoryFolder(path);
  for (const file of ['one', 'two']) await folder.write(file, Uint8Array.of(1));
  expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
  for (const file of ['one', 'two']) expect(await folder.read(file, 10)).toEqual(Uint8Array.of(1));
});
