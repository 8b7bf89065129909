/**
 * Child programs: compiled, run to their end, or started and killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
/** Types are checked elsewhere. */
const OPTIONS = [
  ['--ignoreConfig', '--noCheck', '--rewriteRelativeImportExtensions', '--skipLibCheck'],
  ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'],
];

/** Compiles a program of the repository into `folder`, as plain JavaScript that starts quickly; the path of it. */
export const compileProgram = (source: string, folder: string): string => {
  const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const places = ['--rootDir', REPOSITORY, '--outDir', join(folder, 'js')];
  const done = spawnSync(process.execPath, [tsc, ...OPTIONS.flat(), ...places, source], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`${source} does not compile: ${done.stdout}${done.stderr}`);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  symlinkSync(join(REPOSITORY, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'js', source.replace(/\.ts$/, '.js'));
};

/** Runs a program to its end and gives what it printed, by line. With a limit its files may have so many KiB. */
export const runChild = (program: string, args: readonly string[], limitKib?: number): string[] => {
  const command =
    limitKib === undefined
      ? [process.execPath, program, ...args]
      : ['bash', '-c', `trap '' XFSZ; ulimit -f ${limitKib}; exec "$0" "$@"`, process.execPath, program, ...args];
  const [file = '', ...rest] = command;
  return spawnSync(file, rest, { encoding: 'utf8', timeout: 60_000 }).stdout.trim().split('\n');
};

/** A program that is running and has printed a line; `kill` ends it by SIGKILL and resolves when it is dead. */
export const startChild = async (program: string, log: string, ...args: readonly string[]) => {
  const output = openSync(log, 'w');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', output, 'inherit'] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  closeSync(output);
  while (statSync(log).size === 0 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    ended,
    kill: async (): Promise<void> => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
