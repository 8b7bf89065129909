/**
 * Help: what `medstate` says about itself, made from the commands themselves so that it cannot fall behind them.
 */
import type { Command, Option, Options } from './command.ts';

/** The options that every command has. */
export const EVERY_COMMAND = {
  help: { type: 'boolean', short: 'h', description: 'show this help' },
  quiet: { type: 'boolean', short: 'q', description: 'show no progress' },
} as const satisfies Options;

/** The options that stand without a command. */
export const NO_COMMAND = {
  help: EVERY_COMMAND.help,
  version: { type: 'boolean', short: 'V', description: 'show the version' },
} as const satisfies Options;

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'done, or the answer is yes'],
  ['1', 'the answer is no'],
  ['2', 'bad usage or bad input'],
  ['70', 'a fault of medstate itself; MEDSTATE_DEBUG=1 shows where'],
];

/** Two columns, indented, the first as wide as its widest cell. */
const table = (rows: readonly (readonly [string, string])[]): string => {
  const width = rows.reduce((widest, [left]) => Math.max(widest, left.length), 0);
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
};

const optionRow = ([name, option]: readonly [string, Option]): readonly [string, string] => {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const value = option.type === 'string' ? ` <${option.value ?? 'value'}>` : '';
  return [`${short}--${name}${value}`, `${option.description}${option.multiple === true ? ' (may be repeated)' : ''}`];
};

const optionTable = (options: Options): string => `Options:\n${table(Object.entries(options).map(optionRow))}`;

/** What `medstate --help` prints. */
export const programHelp = (about: string, commands: readonly Command[]): string =>
  [
    `${about}\n`,
    'Usage: medstate <command> [options]\n',
    `Commands:\n${table(commands.map(({ name, summary }) => [name, summary]))}`,
    optionTable(NO_COMMAND),
    `Exit codes:\n${table(EXIT_CODES)}`,
    '`medstate <command> --help` tells more about a command.\n',
  ].join('\n');

/** What `medstate <command> --help` prints. */
export const commandHelp = ({ name, summary, usage, options }: Command): string =>
  [
    `medstate ${name}: ${summary}\n`,
    `Usage: medstate ${name}${usage === '' ? '' : ` ${usage}`}\n`,
    optionTable({ ...options, ...EVERY_COMMAND }),
  ].join('\n');

/** How many letters must be put in, taken out or changed to make one word the other. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...a].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...b].entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const LONGEST_WORD = 40;

/** The known word that a mistyped one was probably meant to be, as `; did you mean 'run'?`, or nothing. */
export const suggestion = (word: string, known: readonly string[]): string => {
  if (word.length > LONGEST_WORD) return '';
  const near = known.filter((name) => distance(word, name) <= Math.min(2, Math.floor(name.length / 2)));
  near.sort((a, b) => distance(word, a) - distance(word, b));
  return near[0] === undefined ? '' : `; did you mean '${near[0]}'?`;
};
