/**
 * PostgreSQL processes: the child program compiled and run.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresOptions } from '../../src/adapters/storage/postgres.ts';
import { compileProgram } from './child-programs.ts';
import { printedCodes, printedNumbers } from './postgres-numbered.ts';

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
  readonly #program: string;
  #started = 0;

  constructor() {
    this.#program = compileProgram('test/adapters/postgres-child.ts', this.#folder);
  }

  start(command: readonly (string | number)[], options: PostgresOptions): Child {
    this.#started += 1;
    const file = join(this.#folder, `${this.#started}.log`);
    const output = openSync(file, 'w');
    const child = spawn(process.execPath, [this.#program, ...command.map(String), JSON.stringify(options)], {
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
