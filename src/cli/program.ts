/**
 * Program: from the words of a command line to a command and its exit code.
 *
 * Nothing here knows the process it runs in: words, terminal and commands come in, an exit code comes out.
 */
import { parseArgs } from 'node:util';
import { type Args, type Command, type ExitCode, type Io, type Options, UsageError } from './command.ts';
import { complaintOf, type EXIT_FAULT, printable } from './complaint.ts';
import { commandHelp, EVERY_COMMAND, NO_COMMAND, programHelp, suggestion } from './help.ts';

/** What the program is made of. */
export interface Program {
  readonly version: string;
  readonly commands: readonly Command[];
  /** Whether a fault of ours is told with its stack. */
  readonly isDebug: boolean;
}

const ABOUT = 'a deterministic state machine for the MediBloc healthcare chain';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What parseArgs says, without its advice: the first sentence, in our own case. */
const parseFault = (error: unknown, options: Options): UsageError => {
  const message = messageOf(error);
  const unknown = /^Unknown option '(-{1,2})([^']*)'/.exec(message);
  if (unknown !== null) {
    const [, dashes = '', word = ''] = unknown;
    const near = dashes === '--' ? suggestion(word, Object.keys(options)).replace("mean '", "mean '--") : '';
    return new UsageError(`unknown option '${dashes}${word}'${near}`);
  }
  const sentence = message.split(/\.\s|\n/)[0] ?? message;
  return new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`);
};

const parse = (words: readonly string[], options: Options) => {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw parseFault(error, options);
  }
};

const checkOperands = ({ operands = [0, 0] }: Command, given: readonly string[]): void => {
  const [least, most] = operands;
  if (given.length > most) throw new UsageError(`unexpected argument '${given[most] ?? ''}'`);
  if (given.length < least) {
    throw new UsageError(`found ${given.length} arguments, wanted ${least === most ? least : `at least ${least}`}`);
  }
};

const runCommand = async (command: Command, words: readonly string[], io: Io): Promise<ExitCode> => {
  const { values, positionals } = parse(words, { ...command.options, ...EVERY_COMMAND });
  const { help, quiet, ...rest } = values;
  if (help === true) {
    io.stdout.write(commandHelp(command));
    return 0;
  }
  checkOperands(command, positionals);
  // parseArgs gives each option the type and the number of values that its entry asks for; its types do not say so.
  const args: Args = { values: rest as Args['values'], operands: positionals, quiet: quiet === true };
  return await command.run(args, io);
};

/** `medstate`, `medstate --help`, `medstate --version`. */
const runBare = ({ version, commands }: Program, words: readonly string[], io: Io): ExitCode => {
  const { values } = parse(words, NO_COMMAND);
  if (values['version'] === true) {
    io.stdout.write(`medstate ${version}\n`);
    return 0;
  }
  const isAsked = values['help'] === true;
  const to = isAsked ? io.stdout : io.stderr;
  to.write(programHelp(`medstate ${version}: ${ABOUT}`, commands));
  return isAsked ? 0 : 2;
};

const dispatch = async (program: Program, words: readonly string[], io: Io): Promise<ExitCode> => {
  const [word, ...rest] = words;
  if (word === undefined || word.startsWith('-')) return runBare(program, words, io);
  if (word === 'help')
    return rest.length === 0 ? runBare(program, ['--help'], io) : dispatch(program, [...rest, '--help'], io);
  const command = program.commands.find(({ name }) => name === word);
  if (command !== undefined) return await runCommand(command, rest, io);
  const names = program.commands.map(({ name }) => name);
  throw new UsageError(`unknown command '${word}'${suggestion(word, names)}`);
};

const helpFor = ({ commands }: Program, words: readonly string[]): string => {
  const named = commands.find(({ name }) => name === words[0]);
  return named === undefined ? 'medstate --help' : `medstate ${named.name} --help`;
};

/**
 * Runs one command line, given without the program's own name, and tells the exit code. Never throws: what a command
 * throws becomes a complaint on `stderr`.
 */
export const runProgram = async (
  program: Program,
  words: readonly string[],
  io: Io,
): Promise<ExitCode | typeof EXIT_FAULT> => {
  try {
    return await dispatch(program, words, io);
  } catch (error) {
    const { lines, exitCode } = complaintOf(error, program.isDebug);
    const hint = error instanceof UsageError ? ` (see ${helpFor(program, words)})` : '';
    for (const line of lines) io.stderr.write(`medstate: ${printable(line)}${hint}\n`);
    return exitCode;
  }
};
