import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { screen } from './terminal.ts';

const golden = (file: string): string => fileURLToPath(new URL(`../vectors/golden/${file}`, import.meta.url));
const SCENARIO = golden('fills.scenario.json');
const TRACE = golden('fills.trace.json');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'medstate-run-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const put = async (name: string, content: string | Uint8Array): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
};

const play = async (words: readonly string[], settings: Parameters<typeof screen>[0] = {}, stdin?: Io['stdin']) => {
  const { io, out, errors } = screen(settings);
  const code = await runProgram(
    { version: '1.2.3', commands, isDebug: false },
    words,
    stdin === undefined ? io : { ...io, stdin },
  );
  return { code, out: out(), err: errors().join('') };
};

/** What `medstate run` says of a document; the name of its file left out. */
const refusalOf = async (document: unknown) => {
  const file = await put('bad.json', JSON.stringify(document));
  const { code, out, err } = await play(['run', file]);
  return { code, out, lines: err.replaceAll(`${file}: `, '').trimEnd().split('\n') };
};

describe('medstate run', () => {
  it('prints the trace of a scenario and nothing else', async () => {
    const trace = await readFile(TRACE, 'utf8');
    expect(await play(['run', SCENARIO])).toEqual({ code: 0, out: trace, err: '' });
  });

  it('reads a scenario from standard input', async () => {
    const stdin = await readFile(SCENARIO, 'utf8');
    expect(await play(['run', '-'], { stdin })).toEqual({ code: 0, out: await readFile(TRACE, 'utf8'), err: '' });
  });

  it('reads one that begins with a byte order mark', async () => {
    const stdin = `\ufeff${await readFile(SCENARIO, 'utf8')}`;
    expect(await play(['run', '-'], { stdin })).toMatchObject({ code: 0, err: '' });
  });

  it('writes the trace to a file instead', async () => {
    const file = join(folder, 'out.json');
    expect(await play(['run', SCENARIO, '--out', file])).toEqual({ code: 0, out: '', err: '' });
    expect(await readFile(file, 'utf8')).toBe(await readFile(TRACE, 'utf8'));
  });

  it('tells every account in every told block when asked', async () => {
    const { out } = await play(['run', SCENARIO, '--every']);
    const { blocks } = JSON.parse(out) as {
      readonly blocks: readonly { readonly accounts: object; readonly filled?: string }[];
    };
    expect(blocks.map(({ accounts }) => Object.keys(accounts))).toEqual(Array(6).fill(['alice', 'p0', 'p1']));
    expect(blocks.map(({ filled }) => filled)).toEqual(['1', '4', undefined, '200', undefined, undefined]);
  });

  it('shows how far it is on a terminal alone, and there not when quiet', async () => {
    const { out, err } = await play(['run', SCENARIO], { isTerminal: true });
    expect(out).toBe(await readFile(TRACE, 'utf8'));
    expect(err).toMatch(/running .*208 of 208 blocks.*\n$/s);
    expect(await play(['run', SCENARIO, '--quiet'], { isTerminal: true })).toMatchObject({ code: 0, err: '' });
  });

  it('takes one scenario', async () => {
    expect(await play(['run'])).toMatchObject({ code: 2, out: '' });
    expect(await play(['run', SCENARIO, SCENARIO])).toMatchObject({ code: 2, out: '' });
  });
});

describe('medstate run answers bad input with one line a fault and 2:', () => {
  it('a scenario that does not fit the form', async () => {
    expect(await refusalOf({ format: 'medstate-scenario/1', genesisTime: 5, producers: [], blocks: [] })).toEqual({
      code: 2,
      out: '',
      lines: ['medstate: genesisTime: found 5, wanted a whole number as a decimal string, 0 to 2^53-1'],
    });
  });

  it('a field whose name is more than a line', async () => {
    const json = JSON.parse(await readFile(SCENARIO, 'utf8')) as object;
    const { lines } = await refusalOf({ ...json, 'a\nmedstate: \u001b[2J': '1' });
    expect(lines).toEqual([
      expect.stringMatching(/^medstate: a\\u000amedstate: \\u001b\[2J: found "1", wanted no such field/),
    ]);
  });

  it('a fault that shows only while it runs, without a part of the trace', async () => {
    const json = JSON.parse(await readFile(SCENARIO, 'utf8')) as { readonly blocks: readonly object[] };
    expect(await refusalOf({ ...json, blocks: [...json.blocks, { slot: '3' }] })).toEqual({
      code: 2,
      out: '',
      lines: ['medstate: blocks[6].slot: found slot 3 after slot 219, wanted a slot after the last'],
    });
  });

  it('many faults, of which it tells twenty', async () => {
    const json = JSON.parse(await readFile(SCENARIO, 'utf8')) as object;
    const faulty = (count: number) => refusalOf({ ...json, blocks: Array(count).fill({ slot: 7 }) });
    const { lines } = await faulty(25);
    expect(lines).toHaveLength(21);
    expect(lines[19]).toBe(
      'medstate: blocks[19].slot: found 7, wanted a slot as a decimal string, or "+n" after the last',
    );
    expect(lines[20]).toBe('medstate: ... and 5 more');
    expect((await faulty(20)).lines).toHaveLength(20);
  });

  it('no file', async () => {
    expect(await play(['run', 'no/such.json'])).toEqual({
      code: 2,
      out: '',
      err: 'medstate: no/such.json: no such file or directory\n',
    });
  });

  it('a directory', async () => {
    expect(await play(['run', folder])).toEqual({
      code: 2,
      out: '',
      err: `medstate: ${folder}: found a directory, wanted a file\n`,
    });
  });

  it('text that is no JSON, by line and column', async () => {
    const file = await put('broken.json', '{\n "format": "medstate-scenario/1",\n "blocks": [,]\n}\n');
    expect(await play(['run', file])).toEqual({
      code: 2,
      out: '',
      err: `medstate: ${file}, line 3, column 13: found ",", wanted a JSON value\n`,
    });
    expect((await play(['run', '-'], { stdin: '{"format": ' })).err).toBe(
      'medstate: (stdin), line 1, column 12: found the end of the text, wanted a JSON value\n',
    );
    expect((await play(['run', '-'], { stdin: '' })).err).toBe(
      'medstate: (stdin), line 1, column 1: found the end of the text, wanted a JSON value\n',
    );
  });

  it('a member that stands twice, of which a reader would silently drop one', async () => {
    const text = (await readFile(SCENARIO, 'utf8')).replace('"p0"', '"p0", "label": "p1"');
    expect((await play(['run', '-'], { stdin: text })).err).toMatch(
      /^medstate: \(stdin\), line \d+, column \d+: found the member "label" again, wanted each member once\n$/,
    );
  });

  it('bytes that are no UTF-8', async () => {
    const file = await put('latin.json', new Uint8Array([0x22, 0xe9, 0x22]));
    expect(await play(['run', file])).toMatchObject({
      code: 2,
      out: '',
      err: `medstate: ${file}: found bytes that are no UTF-8, wanted a JSON document\n`,
    });
  });

  it('a document too large, from a file or from standard input, with the limit', async () => {
    const file = await put('large.json', '');
    await truncate(file, 2 ** 28 + 1);
    const line = 'found more than 268435456 bytes, wanted a smaller document\n';
    expect(await play(['run', file])).toEqual({ code: 2, out: '', err: `medstate: ${file}: ${line}` });
    const chunk = new Uint8Array(2 ** 24).fill(32);
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield await Promise.resolve(chunk);
    }
    expect(await play(['run', '-'], {}, endless())).toEqual({ code: 2, out: '', err: `medstate: (stdin): ${line}` });
  });

  it('an output that cannot be written', async () => {
    const file = join(folder, 'none', 'out.json');
    expect(await play(['run', SCENARIO, '--out', file])).toEqual({
      code: 2,
      out: '',
      err: `medstate: ${file}: no such file or directory\n`,
    });
  });

  it('a document so deep that it would exhaust the stack', async () => {
    const stdin = `{"format": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect((await play(['run', '-'], { stdin })).err).toMatch(
      /found more than 100 open objects and lists, wanted fewer\n$/,
    );
  });
});
