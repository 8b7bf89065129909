#!/usr/bin/env node
/**
 * Main: the `medstate` program bound to this process: its arguments, its terminal, its exit code.
 */
import { readFileSync } from 'node:fs';
import type { Io } from './command.ts';
import { commands } from './commands.ts';
import { runProgram } from './program.ts';

/** What a shell reports of a program that SIGPIPE ended. */
const READER_LEFT = 141;

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  // A getter, because opening standard input has effects that a command that does not read it should not have.
  get stdin() {
    return process.stdin;
  },
  isTerminal: process.stderr.isTTY === true,
  get columns() {
    return process.stderr.columns ?? 80;
  },
};

/** `medstate ... | head`: once the reader has left, there is nobody to answer and nothing to complain about. */
const leaveQuietly = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
  // biome-ignore lint/nursery/noProcessExit: whatever still waits to be written has no reader
  process.exit(READER_LEFT);
};
process.stdout.on('error', leaveQuietly);
process.stderr.on('error', leaveQuietly);

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};
const isDebug = (process.env['MEDSTATE_DEBUG'] ?? '') !== '';
process.exitCode = await runProgram({ version, commands, isDebug }, process.argv.slice(2), io);
