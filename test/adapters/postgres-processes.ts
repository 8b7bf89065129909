/**
 * PostgreSQL processes: the child program compiled and run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresOptions } from '../../src/adapters/storage/postgres.ts';
import { printedCodes, printedNumbers } from './postgres-numbered.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = 'test/adapters/postgres-child.ts';
const OPTIONS = [
  ['--ignoreConfig', '--rewriteRelativeImportExtensions', '--skipLibCheck', '--strict'],
  ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'],
];

/** A child that runs and prints to a file. */
export interface Child {
  /** The numbers that it has printed by now, and the codes. */
  numbers(): number[];
  codes(): string[];
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  hasEnded(): boolean;
  /** Resolves when it is no more. */
  readonly ended: Promise<void>;
  /** Resolves when it has printed something, or is no more. */
  spoke(): Promise<void>;
}

/** The child program, compiled into a folder of its own. */
export class ChildProgram {
  readonly #folder = mkdtempSync(join(tmpdir(), 'medstate-child-'));
  #started = 0;

  constructor() {
    const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
    const places = ['--rootDir', REPOSITORY, '--outDir', join(this.#folder, 'js')];
    const done = spawnSync(process.execPath, [tsc, ...OPTIONS.flat(), ...places, PROGRAM], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(`the child program does not compile: ${done.stdout}${done.stderr}`);
    symlinkSync(join(REPOSITORY, 'node_modules'), join(this.#folder, 'node_modules'));
    symlinkSync(join(REPOSITORY, 'package.json'), join(this.#folder, 'package.json'));
  }

  start(command: readonly (string | number)[], options: PostgresOptions): Child {
    this.#started += 1;
    const file = join(this.#folder, `${this.#started}.log`);
    const output = openSync(file, 'w');
    const program = join(this.#folder, 'js', PROGRAM.replace('.ts', '.js'));
    const child = spawn(process.execPath, [program, ...command.map(String), JSON.stringify(options)], {
      stdio: ['ignore', output, 'inherit'],
    });
    closeSync(output);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
    return {
      hasEnded,
      numbers: () => printedNumbers(file),
      codes: () => printedCodes(file),
      signal: (name) => child.kill(name),
      ended,
      spoke: async () => {
        while (readFileSync(file).length === 0 && !hasEnded()) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
