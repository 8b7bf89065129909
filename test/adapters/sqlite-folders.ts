/**
 * SQLite processes: the child program compiled and run, and folders as they are to the byte.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const OPTIONS = [
  ['--ignoreConfig', '--rewriteRelativeImportExtensions', '--skipLibCheck', '--strict'],
  ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'],
];

/** A fresh folder for a test; the caller removes it. */
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'medstate-sqlite-'));

/** Compiles the child program into `folder` and gives the path of its JavaScript. */
export const compileChild = (folder: string): string => {
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const places = ['--rootDir', REPOSITORY, '--outDir', join(folder, 'js')];
  const done = spawnSync(process.execPath, [tsc, ...OPTIONS.flat(), ...places, 'test/adapters/sqlite-child.ts'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`the child program does not compile: ${done.stdout}${done.stderr}`);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'js/test/adapters/sqlite-child.js');
};

/** Runs the child program to its end and gives what it printed, by line. */
export const runChild = (program: string, ...args: readonly string[]): string[] =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 60_000 })
    .stdout.trim()
    .split('\n');

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
  });

/** A child program that is running and has printed a line; `kill` ends it by SIGKILL and resolves when it is dead. */
export const startChild = async (program: string, log: string, ...args: readonly string[]) => {
  const output = openSync(log, 'w');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', output, 'inherit'] });
  const end = ended(child);
  closeSync(output);
  while (statSync(log).size === 0 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await end;
    },
  };
};

/** Every file of a folder, by name, with its size and hash. Call it only when no store of this process is open there. */
export const contentsOfFolder = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).map((item) => {
      if (!item.isFile()) return [item.name, 'no file'];
      const bytes = readFileSync(join(folder, item.name));
      return [item.name, `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`];
    }),
  );
