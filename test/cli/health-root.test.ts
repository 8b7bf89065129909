import { statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, type Hash } from '../../src/core/index.ts';
import { documentSeed } from '../../src/health/index.ts';
import { treeOf } from '../health/records.ts';
import { factOf, healthDesk, RECORD } from './health-desk.ts';

const { play, place, write, read, names, complaint, usage } = healthDesk();

const SEED = '07'.repeat(32);
const seedBytes = fromHex(SEED) ?? new Uint8Array();
const ROOT: Hash = treeOf(RECORD, { seed: seedBytes }).root;

describe('medstate health root', () => {
  it('draws a seed for a record, writes it beside the record for its owner alone, and tells the root under it', async () => {
    const file = write(RECORD);
    const { code, out, err } = await play(['root', file]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const kept = JSON.parse(read(`${file}.seed`)) as { readonly seed: string };
    const tree = treeOf(RECORD, { seed: fromHex(kept.seed) ?? seedBytes });
    expect(kept).toEqual({ profile: 'medstate/seed/1', seed: kept.seed, mode: 'A', minDepth: 4, root: tree.root });
    expect(out).toBe(
      `root    ${tree.root}\ndepth   5 levels, mode A\nleaves  ${tree.leafCount}\n` +
        `seed    ${file}.seed, written now: keep it as secret as the record; without it nothing can be shown\n`,
    );
    if (process.platform !== 'win32') expect(statSync(`${file}.seed`).mode & 0o777).toBe(0o600);
    const again = await play(['root', file, '--seed-file', `${file}.seed`]);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(factOf(again.out, 'root')).toBe(tree.root);
    expect(factOf(again.out, 'seed')).toBe(`${file}.seed`);
    expect(out + again.out).not.toContain(kept.seed);
  });

  it('draws another seed for the same record, so the roots do not show that they are of the same', async () => {
    const [a, b] = [await play(['root', write(RECORD)]), await play(['root', write(RECORD)])];
    expect(factOf(a.out, 'root')).not.toBe(factOf(b.out, 'root'));
  });

  it('never writes over a seed', async () => {
    const file = write(RECORD);
    writeFileSync(`${file}.seed`, 'mine');
    const line = 'there is a seed, and it is never overwritten: name it by --seed-file, or move it away';
    const secret = write(SEED);
    const before = names();
    expect(await play(['root', file])).toEqual(complaint(`${file}.seed: seed_exists: ${line}`));
    expect(await play(['root', file, '--secret', secret])).toEqual(complaint(`${file}.seed: seed_exists: ${line}`));
    writeFileSync(`${file}.seed`, `${SEED}\n`);
    const named = await play(['root', file, '--secret', secret, '--nonce', '01'.repeat(16)]);
    expect(named).toEqual(complaint(`${file}.seed: seed_exists: ${line}`));
    expect(read(`${file}.seed`)).toBe(`${SEED}\n`);
    expect(names()).toEqual(before);
  });

  it('takes 64 hex digits as a seed, with the mode and the least depth that are said', async () => {
    const file = write(RECORD);
    const seed = write(`${SEED}\n`);
    expect(factOf((await play(['root', file, '--seed-file', seed])).out, 'root')).toBe(ROOT);
    const form = ['--mode', 'B', '--min-depth', '9'];
    const { out } = await play(['root', file, '--seed-file', seed, ...form, '--json']);
    const { root, depth, leafCount } = treeOf(RECORD, { seed: seedBytes, mode: 'B', minDepth: 9 });
    expect(out).toMatch(/^\{[^\n]*\}\n$/);
    expect(JSON.parse(out)).toEqual({
      ...{ root, depth, leaves: leafCount, mode: 'B', minDepth: 9 },
      ...{ seedFile: seed, isSeedWritten: false },
    });
  });

  it('derives the seed from the secret and a nonce, tells the nonce, and comes to the same with both', async () => {
    const secret = write(`${SEED}\n`);
    const file = write(RECORD);
    const { code, out } = await play(['root', file, '--secret', secret]);
    expect(code).toBe(0);
    const nonce = factOf(out, 'nonce');
    const seed = documentSeed(seedBytes, fromHex(nonce) ?? new Uint8Array());
    expect(factOf(out, 'root')).toBe(treeOf(RECORD, { seed }).root);
    const again = await play(['root', file, '--secret', secret, '--nonce', nonce]);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(factOf(again.out, 'root')).toBe(factOf(out, 'root'));
    expect(factOf(again.out, 'seed')).toBe(`${file}.seed`);
    const elsewhere = write(RECORD);
    await play(['root', elsewhere, '--secret', secret, '--nonce', nonce]);
    expect(read(`${elsewhere}.seed`)).toBe(read(`${file}.seed`));
  });

  it('refuses the seed of a record that was changed since', async () => {
    const file = write(RECORD);
    const root = factOf((await play(['root', file])).out, 'root');
    writeFileSync(file, RECORD.replace('7.10', '7.1'));
    const seed = `${file}.seed`;
    expect(await play(['root', file, '--seed-file', seed])).toEqual(
      complaint(
        `${seed}: seed_of_other_document: it goes with root ${root}, and ${file} has another: ` +
          'a record that was changed wants a seed of its own',
      ),
    );
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a member twice', '{\n  "a": 1,\n  "a": 2\n}', 'json_duplicate_member: line 3, column 8 '],
    ['a comma too many', '[1,\n]', 'json_syntax: line 2, column 1 '],
    ['a number that is none', '{"a":01}', 'json_number: line 1, column 6 '],
    ['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'json_not_utf8: line 1, column 2 '],
    ['nothing', '', 'json_syntax: line 1, column 1 '],
  ])('says where a document has %s, and leaves nothing behind', async (_, text, told) => {
    const file = write(text);
    const before = names();
    const { code, out, err } = await play(['root', file]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.startsWith(`medstate: ${file}: ${told}`)).toBe(true);
    expect(err.split('\n')).toHaveLength(2);
    expect(names()).toEqual(before);
  });

  it.each<[string, string]>([
    ['07', 'this is neither 64 hex digits nor JSON'],
    ['{"a":1}', 'profile is not medstate/seed/1'],
    ['[]', 'profile is not medstate/seed/1'],
    ['null', 'this is no JSON object'],
    ['{"profile":"medstate/seed/1","seed":"0707"}', 'seed is not 64 hex digits'],
    [`{"profile":"medstate/seed/1","seed":"${SEED}","mode":"C"}`, 'mode is not A or B'],
    [
      `{"profile":"medstate/seed/1","seed":"${SEED}","mode":"A","minDepth":23}`,
      'minDepth is not a whole number from 4 to 22',
    ],
    [
      `{"profile":"medstate/seed/1","seed":"${SEED}","mode":"A","minDepth":4,"nonce":"1"}`,
      'nonce is not 32 hex digits',
    ],
    [`{"profile":"medstate/seed/1","seed":"${SEED}","mode":"A","minDepth":4,"root":1}`, 'root is not 64 hex digits'],
    [
      `{"profile":"medstate/seed/1","seed":"${SEED}","mode":"A","minDepth":4,"x":1}`,
      'there are members that no seed has',
    ],
    [' '.repeat(4097), 'a seed has at most 4096 bytes'],
  ])('refuses the seed file %s without a word of what is in it', async (text, told) => {
    const seed = write(text);
    const answer = await play(['root', write(RECORD), '--seed-file', seed]);
    expect(answer).toEqual(
      complaint(`${seed}: seed_malformed: ${told}; take the file that medstate health root wrote`),
    );
    expect(answer.err).not.toContain(SEED);
  });

  it('refuses a secret that is none', async () => {
    const secret = write('x');
    expect(await play(['root', write(RECORD), '--secret', secret])).toEqual(
      complaint(`${secret}: secret_malformed: a secret is 64 lower-case hex digits`),
    );
  });

  it('complains about files that are not there, and about folders', async () => {
    const none = place();
    expect(await play(['root', none])).toEqual(complaint(`${none}: no such file or directory`));
    expect(await play(['root', '.'])).toEqual(complaint('.: found a directory, wanted a file'));
    expect(await play(['root', write(RECORD), '--seed-file', none])).toEqual(
      complaint(`${none}: no such file or directory`),
    );
  });

  it.each<[readonly string[], string]>([
    [['root'], 'found 1 arguments, wanted 2'],
    [['rot', 'x'], "found 'rot', wanted one of root, prove, verify, seal, open, share"],
    [['constructor', 'x'], "found 'constructor', wanted one of root, prove, verify, seal, open, share"],
    [['root', 'x', '--show', '/a'], '--show is not for root'],
    [['root', 'x', '--mode', 'C'], "--mode: found 'C', wanted A or B"],
    [['root', 'x', '--min-depth', '3'], "--min-depth: found '3', wanted a whole number from 4 to 22"],
    [['root', 'x', '--nonce', '00'], '--nonce is for --secret: a drawn seed has none'],
    [['root', 'x', '--secret', 'y', '--nonce', '00'], "--nonce: found '00', wanted 32 lower-case hex digits"],
    [
      ['root', 'x', '--secret', 'y', '--seed-file', 'z'],
      '--seed-file is a seed, and --secret and --nonce make one: name one of them',
    ],
  ])('complains about the usage %j in one line', async (words, line) => {
    expect(await play(words)).toEqual(usage(line));
  });

  it('complains about a mode or a least depth that is not that of the seed', async () => {
    const file = write(RECORD);
    await play(['root', file, '--mode', 'B']);
    const seed = ['--seed-file', `${file}.seed`];
    expect(await play(['root', file, ...seed, '--mode', 'A'])).toEqual(
      usage(`--mode: found 'A', but ${file}.seed says B: leave the option away`),
    );
    expect(await play(['root', file, ...seed, '--min-depth', '5'])).toEqual(
      usage(`--min-depth: found '5', but ${file}.seed says 4: leave the option away`),
    );
    expect((await play(['root', file, ...seed, '--mode', 'B'])).code).toBe(0);
  });

  it('shows how far it is with a large record, and not with a small one', async () => {
    const large = write(
      JSON.stringify({ list: Array.from({ length: 40_000 }, (_, index) => `item number ${index} of many`) }),
    );
    const drawn = await play(['root', large], { isTerminal: true, isQuiet: false });
    expect(drawn.code).toBe(0);
    expect(drawn.err).toMatch(/\rbuilding \[[#-]{20}\] \d+ %, [0-9 ]+ of 40 002 values/);
    expect(drawn.err).toMatch(/\rbuilding 40 002 of 40 002 values[^\n]*\n$/);
    expect((await play(['root', write(RECORD)], { isTerminal: true, isQuiet: false })).err).toBe('');
  });
});
