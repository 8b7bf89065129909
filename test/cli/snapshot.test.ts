import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Seconds } from '../../src/core/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { testnetGenesisFile } from '../../src/fixtures/testnet.ts';
import { contentsOf, crypto, drive, smallChain, toldOf } from '../engine/small-chain.ts';
import { screen } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-snapshot-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const params = { chainId: '7', producersPerRound: '4', windowSeconds: '600', unstakeSeconds: '600' };
const { document } = knownGenesis(crypto, {
  genesisTime: 1_000_000 as Seconds,
  params,
  producers: 5,
  others: { alice: 90_000_000n, bob: 1_000n },
});
const genesis = join(folder, 'genesis.json');
writeFileSync(genesis, JSON.stringify({ ...document, genesisTime: '1000000' }));
const founding = smallChain();

let places = 0;
const place = (): string => {
  places += 1;
  return join(folder, `place-${places}`);
};

const play = async (words: readonly string[], { isTerminal = false, isQuiet = true } = {}) => {
  const { io, out, errors } = screen({ isTerminal });
  const quiet = isQuiet ? ['--quiet'] : [];
  const code = await runProgram({ version: '0', commands, isDebug: false }, ['snapshot', ...words, ...quiet], io);
  return { code, out: out(), err: errors().join('') };
};

/** A store in a file whose engine lived for 30 blocks. */
const lived = await (async () => {
  const file = join(folder, 'chain.sqlite');
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const { engine, make } = await drive(founding, storage);
  for (let made = 0; made < 30; made += 1) await make();
  const height = engine.tip.votes.finalHeight;
  const final = await storage.block(height);
  await engine.close();
  return { file, height, blockId: final?.id ?? '' };
})();

const exported = join(folder, 'exported');
const told = await play(['export', lived.file, exported, '--genesis', genesis]);
const rootOf = (out: string): string => /^state root +([0-9a-f]{64})$/m.exec(out)?.[1] ?? '';

/** A copy of the export in which a byte of a file is another one. */
const spoiledCopy = (file: string): string => {
  const copy = place();
  mkdirSync(copy);
  for (const name of readdirSync(exported)) {
    const bytes = readFileSync(join(exported, name));
    if (name === file) bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    writeFileSync(join(copy, name), bytes);
  }
  return copy;
};

const filesIn = (path: string) =>
  readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString('hex')]);

describe('medstate snapshot', () => {
  it('exports the state of a store at its final height, tells what it is of, and does so again to the same bytes', async () => {
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toContain(
      `genesis id   ${founding.chain.genesisId}\nheight       ${lived.height}\nblock        ${lived.blockId}\n`,
    );
    expect(readdirSync(exported)).toEqual(['blocks-000000.bin', 'manifest.bin', 'rows-000000.bin']);
    const again = place();
    expect(await play(['export', lived.file, again, '-g', genesis])).toEqual(told);
    expect(filesIn(again)).toEqual(filesIn(exported));
  });

  it('verifies what it exported, and says what the answer rests on', async () => {
    const alone = await play(['verify', exported]);
    expect(alone).toEqual({
      code: 0,
      err: '',
      out: `${told.out}trusted      nothing: it fits together; give --block to know that it is of your chain\n`,
    });
    const byRoot = await play(['verify', exported, '--root', rootOf(told.out)]);
    expect(byRoot).toMatchObject({ code: 0, err: '' });
    expect(byRoot.out).toContain(
      'trusted      the state root: every byte of the state is settled, the blocks are not\n',
    );
    const byBlock = await play(['verify', exported, '--block', lived.blockId, '--genesis', genesis]);
    expect(byBlock).toMatchObject({ code: 0, err: '' });
    expect(byBlock.out).toContain('trusted      the block: every byte is settled\n');
  });

  it.each(['rows-000000.bin', 'blocks-000000.bin', 'manifest.bin'])(
    'answers no, in one line that names the file, if a byte of %s was changed, and imports nothing of it',
    async (file) => {
      const copy = spoiledCopy(file);
      const { code, out, err } = await play(['verify', copy]);
      expect({ code, err }).toEqual({ code: 1, err: '' });
      expect(out).toMatch(new RegExp(`^${copy}: ${file}[^\\n]*\\n$`));
      const store = place();
      const answer = await play(['import', copy, store, '--genesis', genesis]);
      expect(answer).toEqual({ code: 2, out: '', err: `medstate: ${out}` });
      expect(existsSync(store)).toBe(false);
    },
  );

  it('answers no if the snapshot is not of the trusted block or root, or not of the chain', async () => {
    const other = 'ab'.repeat(32);
    for (const words of [
      ['--block', other],
      ['--root', other],
      ['--genesis', testnetGenesisFile],
    ]) {
      const { code, out, err } = await play(['verify', exported, ...words]);
      expect({ code, err }).toEqual({ code: 1, err: '' });
      expect(out).toMatch(/^[^\n]*manifest\.bin: it is of [^\n]*\n$/);
    }
  });

  it('imports into a new store, from which an engine goes on as from the old one', async () => {
    const store = place();
    const answer = await play(['import', exported, store, '--genesis', genesis, '--block', lived.blockId]);
    expect(answer).toMatchObject({
      code: 0,
      err: '',
      out: `${told.out}trusted      the block: every byte is settled\n`,
    });
    const [old, young] = [await sqliteStorage({ file: lived.file }), await sqliteStorage({ file: store })];
    const before = await contentsOf(old);
    expect((await contentsOf(young)).rows).toEqual(before.rows);
    const [a, b] = [await drive(founding, old), await drive(founding, young)];
    expect(b.engine.tip.height).toBe(lived.height);
    b.clock.set(a.engine.tip.time);
    for (const { bytes } of before.blocks.slice(lived.height)) await b.engine.follow(bytes);
    expect(toldOf(b.engine.tip)).toEqual(toldOf(a.engine.tip));
    await Promise.all([a.engine.close(), b.engine.close()]);
  });

  it('leaves alone a folder or a store that holds something else', async () => {
    const before = filesIn(exported);
    expect(await play(['export', lived.file, exported, '--genesis', genesis])).toEqual({
      code: 2,
      out: '',
      err: `medstate: ${exported} holds a snapshot already; it was left as it is: give an empty folder\n`,
    });
    expect(filesIn(exported)).toEqual(before);
    expect(await play(['import', exported, lived.file, '--genesis', genesis])).toEqual({
      code: 2,
      out: '',
      err: 'medstate: the store holds a chain already; import into a new one\n',
    });
  });

  it('shows how far it is: on a terminal as a bar, elsewhere in plain lines, and not if it is told to be quiet', async () => {
    const onTerminal = { isTerminal: true, isQuiet: false };
    const drawn = await play(['verify', exported], onTerminal);
    expect(drawn.err).toMatch(/\rverifying \[#{20}\] 100 %, [0-9]+ of [0-9]+ leaves/);
    expect(drawn.err).toMatch(/\rverifying [0-9]+ of [0-9]+ leaves[^\n]*\n$/);
    const imported = await play(['import', exported, place(), '-g', genesis], onTerminal);
    expect(imported.err).toContain('\rimporting [');
    const out = await play(['export', lived.file, place(), '-g', genesis], onTerminal);
    expect(out.err).toContain('\rexporting [');
    const plain = await play(['verify', exported], { isQuiet: false });
    expect(plain.err).toMatch(/^verifying: [0-9]+ of [0-9]+ leaves, [^\r]*\n$/);
    expect(await play(['verify', exported], { isTerminal: true })).toMatchObject({ code: 0, err: '' });
  });

  it.each<[string, readonly string[], string]>([
    ['no action', [], 'found 0 arguments, wanted at least 1'],
    ['an unknown action', ['exprt', 'a', 'b'], "found 'exprt', wanted one of export, verify, import"],
    ['a word of every object', ['constructor'], "found 'constructor', wanted one of export, verify, import"],
    ['an export without a folder', ['export', 'a'], 'export wants <store> <folder>'],
    ['a verification of two', ['verify', 'a', 'b'], 'verify wants <folder>'],
    ['an import without a store', ['import', 'a'], 'import wants <folder> <store>'],
    ['an export without a genesis', ['export', 'a', 'b'], 'export wants --genesis <file>'],
    ['an import without a genesis', ['import', 'a', 'b'], 'import wants --genesis <file>'],
    [
      'an export of a root',
      ['export', 'a', 'b', '--root', 'ab'.repeat(32)],
      '--block and --root are for verify and import',
    ],
    ['a root that is none', ['verify', 'a', '--root', 'AB'], "--root: found 'AB', wanted 64 lower-case hex digits"],
    ['a block that is none', ['verify', 'a', '--block', ''], "--block: found '', wanted 64 lower-case hex digits"],
    [
      'a time for a document that has one',
      ['verify', 'a', '--genesis', genesis, '--time', '5'],
      '--time and --param are for a document of the first network; this one has its own',
    ],
  ])('complains about %s in one line', async (_, words, line) => {
    expect(await play(words)).toEqual({ code: 2, out: '', err: `medstate: ${line} (see medstate snapshot --help)\n` });
  });

  it('complains in one line if a store, a folder, a snapshot or a genesis is not there', async () => {
    const none = join(folder, 'none');
    const line = (text: string) => ({ code: 2, out: '', err: `medstate: ${text}\n` });
    expect(await play(['export', none, place(), '-g', genesis])).toEqual(
      line(`there is no store at ${none}; check the path, or make it`),
    );
    expect(await play(['export', lived.file, join(none, 'deep'), '-g', genesis])).toEqual(
      line(`${none}/deep: no such file or directory`),
    );
    expect(await play(['import', none, place(), '-g', genesis])).toEqual(line(`${none}: no such file or directory`));
    expect(await play(['verify', exported, '-g', none])).toEqual(line(`${none}: no such file or directory`));
    const empty = place();
    mkdirSync(empty);
    expect(await play(['verify', empty])).toEqual({
      code: 1,
      out: `${empty}: manifest.bin: it is missing: there is no snapshot in ${empty}\n`,
      err: '',
    });
  });

  it('takes the genesis of the first network with its time and parameters', async () => {
    const words = [
      '-g',
      testnetGenesisFile,
      '--time',
      '5',
      '--param',
      'slotSeconds=15',
      '--param',
      'windowSeconds=600',
    ];
    const { code, out } = await play(['verify', exported, ...words]);
    expect(code).toBe(1);
    expect(out).toMatch(/it is of the chain [0-9a-f]{64}, not [0-9a-f]{64}\n$/);
    expect((await play(['verify', exported, '-g', testnetGenesisFile, '--param', 'no'])).code).toBe(2);
  });

  it('shows control characters in the name of a file that should not be there', async () => {
    const copy = spoiledCopy('none');
    writeFileSync(join(copy, 'a\u001b[2Jb'), '');
    expect((await play(['verify', copy])).out).toBe(`${copy}: a\\u001b[2Jb: the manifest does not name it\n`);
  });
});
