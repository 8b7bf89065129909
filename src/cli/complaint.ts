/**
 * Complaint: what `medstate` says when a command throws, and with which code it then exits.
 *
 * What the caller can mend is one line without a stack: our own errors (they carry a lower-case `code`) and those of
 * the file system. Everything else is a fault of ours, and says so.
 */
import { InputError } from './command.ts';

/** The exit code of a fault of ours: EX_SOFTWARE of BSD's sysexits. */
export const EXIT_FAULT = 70;

/** The lines for `stderr`, and the exit code. */
export interface Complaint {
  readonly lines: readonly string[];
  readonly exitCode: 2 | typeof EXIT_FAULT;
}

const OWN_CODE = /^[a-z][a-z0-9_]*$/;
const OUR_FAULT = 'invariant_violated';

interface SystemError extends Error {
  readonly code: string;
  readonly path?: unknown;
}

const isOwn = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && OWN_CODE.test(error.code) && error.code !== OUR_FAULT;

const isSystem = (error: Error): error is SystemError =>
  'syscall' in error && 'code' in error && typeof error.code === 'string';

/** `ENOENT: no such file or directory, open 'x'` as `x: no such file or directory`. */
const systemLine = ({ message, code, path }: SystemError): string => {
  const reason = message.startsWith(`${code}: `)
    ? message.slice(code.length + 2).replace(/, [a-z]+\b.*$/s, '')
    : message;
  return typeof path === 'string' ? `${path}: ${reason}` : reason;
};

/** Text from files and arguments with its control characters shown, so that it cannot command the terminal. */
export const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The complaint about anything that was thrown. */
export const complaintOf = (thrown: unknown, isDebug: boolean): Complaint => {
  // Of our own errors only this one has a line a fault; a line feed in another comes from what it quotes.
  if (thrown instanceof InputError) return { lines: thrown.message.split('\n'), exitCode: 2 };
  if (thrown instanceof Error && isOwn(thrown)) return { lines: [thrown.message], exitCode: 2 };
  if (thrown instanceof Error && isSystem(thrown)) return { lines: [systemLine(thrown)], exitCode: 2 };
  const told = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  const stack = isDebug && thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(1) : [];
  const hint = isDebug ? '' : ' (MEDSTATE_DEBUG=1 shows where)';
  return { lines: [`a fault of medstate itself, please report it${hint}: ${told}`, ...stack], exitCode: EXIT_FAULT };
};
