/**
 * Terminal: an `Io` made of strings, and a clock that moves when a test says so.
 */
import type { Io } from '../../src/cli/command.ts';

export interface Screen {
  readonly io: Io;
  /** All that was written to standard output so far. */
  out(): string;
  /** Each piece that was written to standard error. */
  errors(): readonly string[];
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

export const screen = ({ isTerminal = false, columns = 80, stdin = '' } = {}): Screen => {
  const out: string[] = [];
  const errors: string[] = [];
  return {
    io: {
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => errors.push(text) },
      stdin: bytesOf(stdin),
      isTerminal,
      columns,
    },
    out: () => out.join(''),
    errors: () => errors,
  };
};
