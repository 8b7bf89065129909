/**
 * Command: what a command of `medstate` is, and all it may touch of the world.
 *
 * A command is a value: the help text, the parser and the tests read the same fields. It reaches the terminal only
 * through its `Io`, so a test can hand it one made of arrays.
 */

/** 0: done, or the answer is yes. 1: the answer is no. 2: bad usage or bad input. */
export type ExitCode = 0 | 1 | 2;

/** Where text goes. What `write` gives back is not looked at. */
export interface Output {
  write(text: string): unknown;
}

/** The terminal as a command sees it. Answers go to `stdout`; progress and complaints go to `stderr`. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Whether `stderr` is a terminal, so that a line may be drawn again. */
  readonly isTerminal: boolean;
  /** The width of that terminal in characters; 80 where nobody knows. */
  readonly columns: number;
}

/** One option: `--name`, or `--name <value>` if its type is `string`. */
export interface Option {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** May stand more than once; its values come as a list. */
  readonly multiple?: boolean;
  /** What stands for the value in the help, `file` for `--trace <file>`. */
  readonly value?: string;
  readonly description: string;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<Type> = Type extends 'boolean' ? boolean : string;
type Given<Type, Multiple> = Multiple extends true ? readonly ValueOf<Type>[] : ValueOf<Type>;

/** What stood on the command line: each option's value by its name, and the operands in their order. */
export interface Args<O extends Options = Options> {
  readonly values: { readonly [K in keyof O]?: Given<O[K]['type'], O[K]['multiple']> };
  readonly operands: readonly string[];
  /** Whether `--quiet` stood there: no progress is to be shown. */
  readonly quiet: boolean;
}

/** A command as the program sees it, whatever its options are. */
export interface Command<O extends Options = Options> {
  /** The word on the command line. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** What follows `medstate <name>` in the usage line: `<scenario> [--trace <file>]`. */
  readonly usage: string;
  readonly options: O;
  /** The fewest and the most operands it takes; none if absent. */
  readonly operands?: readonly [least: number, most: number];
  /** Does the work. Throws a `UsageError` or an `InputError` for what the caller can mend. */
  run(args: Args<O>, io: Io): Promise<ExitCode>;
}

/** A command whose `run` knows the types of its own options. */
export const defineCommand = <const O extends Options>(command: Command<O>): Command<O> => command;

/** The command line itself is wrong. The program prints the message, points at the help, and exits with 2. */
export class UsageError extends Error {
  readonly code = 'bad_usage';
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Where an input is wrong: the path of the fault, what stands there, and what should. */
export interface InputFault {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
}

const faultLine = ({ path, found, wanted }: InputFault): string => `${path}: found ${found}, wanted ${wanted}`;

/** An input file, or an option's value, is wrong. The program prints one line a fault and exits with 2. */
export class InputError extends Error {
  readonly code = 'bad_input';
  constructor(...faults: readonly [InputFault, ...InputFault[]]) {
    super(faults.map(faultLine).join('\n'));
    this.name = 'InputError';
  }
}

/** The whole number that the option `--name` was given; `UsageError` unless `least <= number <= most`. */
export const wholeNumber = (name: string, text: string, [least, most]: readonly [number, number]): number => {
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name}: found '${text}', wanted a whole number from ${least} to ${most}`);
};
