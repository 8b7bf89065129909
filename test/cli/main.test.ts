import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Args, type Command, defineCommand, InputError, UsageError, wholeNumber } from '../../src/cli/command.ts';
import { printable } from '../../src/cli/complaint.ts';
import { runProgram } from '../../src/cli/program.ts';
import { InvariantViolation } from '../../src/core/refusal.ts';
import { screen } from './terminal.ts';

/** Text of the first code points, control characters among them. */
const anyText = fc.string({ unit: fc.nat(0x2fff).map((point) => String.fromCodePoint(point)) });

const RUNS = Number(process.env['MEDSTATE_RUNS'] ?? 200);

/** A command that keeps what it was given, so that a test can look at it. */
const listener = () => {
  const heard: Args[] = [];
  const command = defineCommand({
    name: 'count',
    summary: 'count the blocks of a chain',
    usage: '<chain> [--from <height>] [--tag <word>]... [--strict]',
    options: {
      from: { type: 'string', short: 'f', value: 'height', description: 'where to begin' },
      tag: { type: 'string', multiple: true, value: 'word', description: 'a word to look for' },
      strict: { type: 'boolean', description: 'count nothing twice' },
    },
    operands: [1, 2],
    run: async (args, io) => {
      heard.push(args);
      const from: number = wholeNumber('from', args.values.from ?? '0', [0, 100]);
      const tags: readonly string[] = args.values.tag ?? [];
      const isStrict: boolean = args.values.strict ?? false;
      await Promise.resolve();
      io.stdout.write(`${from} ${tags.join('+')} ${isStrict}\n`);
      return isStrict ? 1 : 0;
    },
  });
  return { command, heard };
};

const thrower = (thrown: unknown): Command =>
  defineCommand({
    name: 'fail',
    summary: 'throw what it was told to',
    usage: '',
    options: {},
    run: () => Promise.reject(thrown),
  });

const reader = defineCommand({
  name: 'read',
  summary: 'read standard input',
  usage: '',
  options: {},
  run: async (_args, io) => {
    for await (const chunk of io.stdin) io.stdout.write(new TextDecoder().decode(chunk));
    return 0;
  },
});

const play = async (words: readonly string[], commands: readonly Command[], { isDebug = false, stdin = '' } = {}) => {
  const { io, out, errors } = screen({ stdin });
  const code = await runProgram({ version: '1.2.3', commands, isDebug }, words, io);
  return { code, out: out(), err: errors().join('') };
};

describe('a command line', () => {
  it('gives a command its options by name and its operands in order', async () => {
    const { command, heard } = listener();
    const { code, out, err } = await play(['count', 'a', '-f', '7', '--tag=x', '--tag', 'y', 'b', '-q'], [command]);
    expect({ code, out, err }).toEqual({ code: 0, out: '7 x+y false\n', err: '' });
    expect(heard).toHaveLength(1);
    expect({ ...heard[0]?.values }).toEqual({ from: '7', tag: ['x', 'y'] });
    expect(heard[0]?.operands).toEqual(['a', 'b']);
    expect(heard[0]?.quiet).toBe(true);
  });

  it('takes everything after -- as operands', async () => {
    const { command, heard } = listener();
    await play(['count', '--', '--strict', '-x'], [command]);
    expect(heard[0]?.operands).toEqual(['--strict', '-x']);
  });

  it('exits with the answer of its command', async () => {
    expect(await play(['count', 'a', '--strict'], [listener().command])).toMatchObject({ code: 1, err: '' });
  });

  it('hands standard input to the command', async () => {
    expect(await play(['read'], [reader], { stdin: 'blocks' })).toEqual({ code: 0, out: 'blocks', err: '' });
  });

  it.each([
    [['cuont', 'a'], "unknown command 'cuont'; did you mean 'count'? (see medstate --help)"],
    [['zzz'], "unknown command 'zzz' (see medstate --help)"],
    [['count', 'a', '--stric'], "unknown option '--stric'; did you mean '--strict'? (see medstate count --help)"],
    [['count', 'a', '-x'], "unknown option '-x' (see medstate count --help)"],
    [['count', 'a', '--from'], "option '-f, --from <value>' argument missing (see medstate count --help)"],
    [['count', 'a', '--strict=yes'], "option '--strict' does not take an argument (see medstate count --help)"],
    [['count'], 'found 0 arguments, wanted at least 1 (see medstate count --help)'],
    [['count', 'a', 'b', 'c'], "unexpected argument 'c' (see medstate count --help)"],
    [
      ['count', 'a', '--from', '101'],
      "--from: found '101', wanted a whole number from 0 to 100 (see medstate count --help)",
    ],
    [['read', 'a'], "unexpected argument 'a' (see medstate read --help)"],
    [['--nope'], "unknown option '--nope' (see medstate --help)"],
    [['help', 'zzz'], "unknown command 'zzz' (see medstate --help)"],
  ])('answers the bad usage %j with one line and 2', async (words, line) => {
    const { command } = listener();
    expect(await play(words, [command, reader])).toEqual({ code: 2, out: '', err: `medstate: ${line}\n` });
  });

  it('whatever the words are, ends with a known code and complains in plain lines', async () => {
    const word = fc.oneof(
      fc.constantFrom(
        'count',
        'help',
        '--help',
        '-h',
        '-q',
        '--from',
        '-f',
        '--tag',
        '--strict',
        '--',
        '-',
        '--version',
      ),
      anyText,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (words) => {
        const { code, err } = await play(words, [listener().command, reader]);
        expect([0, 1, 2]).toContain(code);
        if (code === 2 && words.length > 0) expect(err).toMatch(/^medstate: [^\n]+\n$|^medstate 1\.2\.3: /);
        else if (words.length > 0) expect(err).toBe('');
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the help', () => {
  it('lists every command and option, on standard output when asked for', async () => {
    const commands = [listener().command, reader];
    const asked = await play(['--help'], commands);
    expect(asked).toMatchObject({ code: 0, err: '' });
    expect(asked.out).toBe(
      [
        'medstate 1.2.3: a deterministic state machine for the MediBloc healthcare chain',
        '',
        'Usage: medstate <command> [options]',
        '',
        'Commands:',
        '  count  count the blocks of a chain',
        '  read   read standard input',
        '',
        'Options:',
        '  -h, --help     show this help',
        '  -V, --version  show the version',
        '',
        'Exit codes:',
        '  0   done, or the answer is yes',
        '  1   the answer is no',
        '  2   bad usage or bad input',
        '  70  a fault of medstate itself; MEDSTATE_DEBUG=1 shows where',
        '',
        '`medstate <command> --help` tells more about a command.',
        '',
      ].join('\n'),
    );
    expect(await play(['help'], commands)).toEqual(asked);
    expect(await play(['-h'], commands)).toEqual(asked);
  });

  it('goes to standard error, with 2, when there is no command', async () => {
    const { code, out, err } = await play([], [reader]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: medstate <command>');
  });

  it('of a command tells its usage and its options, and does not run it', async () => {
    const { command, heard } = listener();
    const { code, out, err } = await play(['count', '--help'], [command]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(
      [
        'medstate count: count the blocks of a chain',
        '',
        'Usage: medstate count <chain> [--from <height>] [--tag <word>]... [--strict]',
        '',
        'Options:',
        '  -f, --from <height>  where to begin',
        '      --tag <word>     a word to look for (may be repeated)',
        '      --strict         count nothing twice',
        '  -h, --help           show this help',
        '  -q, --quiet          show no progress',
        '',
      ].join('\n'),
    );
    expect(await play(['help', 'count'], [command])).toEqual({ code, out, err });
    expect(heard).toEqual([]);
  });

  it.each([['--version'], ['-V']])('%s prints the version alone', async (word) => {
    expect(await play([word], [])).toEqual({ code: 0, out: 'medstate 1.2.3\n', err: '' });
  });
});

describe('what a command throws', () => {
  it('is one line a fault and 2 if the input is wrong', async () => {
    const error = new InputError(
      { path: 'genesis.json: params.chainId', found: '"0"', wanted: 'a whole number above 0' },
      { path: 'genesis.json: supply', found: 'nothing', wanted: 'an amount' },
    );
    expect(await play(['fail'], [thrower(error)])).toEqual({
      code: 2,
      out: '',
      err:
        'medstate: genesis.json: params.chainId: found "0", wanted a whole number above 0\n' +
        'medstate: genesis.json: supply: found nothing, wanted an amount\n',
    });
  });

  it('is one line and 2 for any error of our own, which has a lower-case code', async () => {
    const error = Object.assign(new Error('the store was made by a later version'), { code: 'store_is_newer' });
    const { code, err } = await play(['fail'], [thrower(error)]);
    expect({ code, err }).toEqual({ code: 2, err: 'medstate: the store was made by a later version\n' });
  });

  it('is one line and 2 if a file is not there', async () => {
    const missing = await readFile('no/such.json').catch((error: unknown) => error);
    const { code, err } = await play(['fail'], [thrower(missing)]);
    expect({ code, err }).toEqual({ code: 2, err: 'medstate: no/such.json: no such file or directory\n' });
  });

  it.each([
    [new InvariantViolation('supply changed'), 'InvariantViolation: supply changed'],
    [new TypeError('x is undefined'), 'TypeError: x is undefined'],
    [Object.assign(new TypeError('bad argument'), { code: 'ERR_INVALID_ARG_TYPE' }), 'TypeError: bad argument'],
    ['a string', 'a string'],
  ])('is a fault of ours and 70 if nobody expected it: %s', async (thrown, told) => {
    const { code, out, err } = await play(['fail'], [thrower(thrown)]);
    expect({ code, out }).toEqual({ code: 70, out: '' });
    expect(err).toBe(
      `medstate: a fault of medstate itself, please report it (MEDSTATE_DEBUG=1 shows where): ${told}\n`,
    );
  });

  it('is shown with its stack when asked', async () => {
    const { code, err } = await play(['fail'], [thrower(new TypeError('x is undefined'))], { isDebug: true });
    expect(code).toBe(70);
    expect(err).toMatch(/please report it: TypeError: x is undefined\nmedstate: {5}at /);
  });

  it('cannot command the terminal with what it quotes', async () => {
    const { err } = await play(['fail'], [thrower(new UsageError('\u001b[2J\u0007gone'))]);
    expect(err).toBe('medstate: \\u001b[2J\\u0007gone (see medstate fail --help)\n');
    fc.assert(
      fc.property(anyText, (text) => !/\p{Cc}/u.test(printable(text))),
      { numRuns: RUNS },
    );
  });
});
