import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Batch } from '../../src/adapters/storage/storage.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Seconds } from '../../src/core/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { testnetGenesisFile } from '../../src/fixtures/testnet.ts';
import { crypto, drive, smallChain } from '../engine/small-chain.ts';
import { screen } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'medstate-check-'));
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

const play = async (words: readonly string[], { isTerminal = false, name = 'check' } = {}) => {
  const { io, out, errors } = screen({ isTerminal });
  const code = await runProgram({ version: '0', commands, isDebug: false }, [name, ...words], io);
  return { code, out: out(), err: errors().join('') };
};

/** A store in a file whose engine lived for 30 blocks and kept all old states. */
const lived = await (async () => {
  const file = join(folder, 'chain.sqlite');
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const { engine, make } = await drive(founding, storage, { history: { keep: 'all' } });
  for (let made = 0; made < 30; made += 1) await make();
  const height = engine.tip.votes.finalHeight;
  const { root } = await engine
    .readAt(height, (state) => state)
    .then((answer) => {
      if (answer._tag === 'Left') throw new Error('not kept');
      return answer.right;
    });
  const rows = await storage.scan(0, 1000);
  await engine.close();
  return { file, height, root, rows };
})();

let copies = 0;
const copyOf = async (batch: Batch): Promise<string> => {
  copies += 1;
  const file = join(folder, `copy-${copies}.sqlite`);
  copyFileSync(lived.file, file);
  const storage = await sqliteStorage({ file, durability: 'normal' });
  await storage.commit(batch);
  await storage.close();
  return file;
};

/** A row with the last bit of its value turned. */
const turned = (at: number) => {
  const { leaf, bytes } = lived.rows[at] ?? { leaf: 0, bytes: new Uint8Array(0) };
  return { leaf, bytes: bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)) };
};

/** A row whose record makes sense with its last bit turned: then only the root knows. */
const silent = await (async () => {
  for (const at of lived.rows.keys()) {
    const file = await copyOf({ rows: [turned(at)] });
    const { out } = await play([file, '-q']);
    if (out.startsWith(`${file}: state at height`)) return turned(at);
  }
  throw new Error('every row says that it was changed');
})();

describe('medstate check', () => {
  it('says of a sound store what it holds, with 0, and leaves every byte of it as it was', async () => {
    const before = readFileSync(lived.file);
    const files = readdirSync(folder);
    const expected = [
      `genesis id   ${founding.chain.genesisId}`,
      'blocks       1 to 30',
      `state        height ${lived.height}, ${lived.rows.length} rows`,
      `state root   ${lived.root}`,
      `history      ${lived.height} records, back to height 0`,
    ];
    const known = await play([lived.file, '--genesis', genesis, '--quiet']);
    const end = 'findings     none: all of it fits together\n';
    expect(known).toEqual({ code: 0, err: '', out: `${expected.join('\n')}\ntrusted      the genesis\n${end}` });
    const alone = await play([lived.file, '--quiet']);
    expect(alone).toMatchObject({ code: 0, err: '' });
    expect(alone.out).toContain('\ntrusted      nothing; give --genesis to know that it is of your chain\n');
    expect(alone.out).toContain('\nnote         the kept state of height 0 was not compared');
    expect(readFileSync(lived.file).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(files);
  });

  it('says of an empty store that it is empty', async () => {
    const file = join(folder, 'empty.sqlite');
    await (await sqliteStorage({ file })).close();
    expect(await play([file, '-q'])).toEqual({ code: 0, out: 'findings     none: the store is empty\n', err: '' });
    expect((await play([file, '-q', '-g', genesis])).code).toBe(1);
  });

  it('tells each fault in one line that names the file and the place, with 1', async () => {
    const block = { height: 12, id: 'ab'.repeat(32), bytes: Uint8Array.of(1, 2, 3) };
    const history = [{ height: 5, bytes: Uint8Array.of(9) }];
    const [row] = lived.rows;
    const rows = [{ leaf: row?.leaf ?? 0, bytes: Uint8Array.of(1) }];
    const file = await copyOf({ blocks: [block], history, rows });
    const { code, out, err } = await play([file, '--genesis', genesis, '-q']);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    const [leaf, twelve, thirteen, ...rest] = out.split('\n');
    expect(leaf).toBe(`${file}: row of leaf ${row?.leaf}: its bytes are no row`);
    expect(twelve).toBe(`${file}: block 12: its bytes are no block`);
    expect(thirteen).toMatch(/: block 13: it names [0-9a-f]{64} as the block before, which is (ab){32}$/);
    expect(rest.slice(0, 1)).toEqual([`${file}: history of height 5: its bytes make no sense`]);
    expect(out).toContain('\nfindings     4\n');
  });

  it('names the changed row against another store, or against a snapshot', async () => {
    const file = await copyOf({ rows: [silent] });
    const alone = await play([file, '--genesis', genesis, '-q']);
    expect(alone.code).toBe(1);
    expect(alone.out).toMatch(
      new RegExp(`^${file}: state at height ${lived.height}: its rows come to the root [^\\n]*\\n`),
    );
    const snapshot = join(folder, 'snapshot');
    expect((await play(['export', lived.file, snapshot, '-g', genesis, '-q'], { name: 'snapshot' })).code).toBe(0);
    for (const other of [lived.file, snapshot]) {
      const { code, out, err } = await play([file, '--against', other, '-g', genesis, '-q']);
      expect({ code, err }).toEqual({ code: 1, err: '' });
      expect(out.split('\n')[0]).toBe(`${file}: row of leaf ${silent.leaf}: its value differs from that of ${other}`);
      expect(out).toContain(`\nnote         with the rows of ${other} the state root is right\n`);
      expect(out).toContain('\nfindings     1\n');
    }
  });

  it('answers 2 for what is no store, no snapshot, no genesis, or another command line', async () => {
    const nothing = join(folder, 'nothing.sqlite');
    expect(await play([nothing])).toMatchObject({ code: 2, out: '' });
    expect(await play([genesis])).toMatchObject({ code: 2, out: '' });
    const file = await copyOf({ rows: [silent] });
    for (const other of [nothing, folder, genesis]) {
      const { code, out, err } = await play([file, '--against', other, '-q']);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^medstate: [^\n]+\n$/);
    }
    expect((await play([lived.file, '--genesis', nothing])).code).toBe(2);
    expect((await play([lived.file, '--time', '5'])).code).toBe(2);
    expect((await play([])).code).toBe(2);
    expect((await play([lived.file, lived.file])).code).toBe(2);
  });

  it('finds that a store is not of the chain that is asked for', async () => {
    const { code, out } = await play([lived.file, '--genesis', testnetGenesisFile, '-q']);
    expect(code).toBe(1);
    expect(out).toContain(`${lived.file}: fact genesis-id: it is ${founding.chain.genesisId}, the genesis is `);
  });

  it('draws how far it is on a terminal, and says it in lines where there is none', async () => {
    const drawn = await play([lived.file, '-g', genesis], { isTerminal: true });
    for (const label of ['checking rows', 'checking blocks', 'checking history'])
      expect(drawn.err).toContain(`\r${label} [`);
    const lines = await play([lived.file, '-g', genesis]);
    expect(lines.err.split('\n').map((line) => line.split(',')[0])).toEqual([
      `checking rows: ${lived.rows.length} of ${lived.rows.length} leaves`,
      'checking blocks: 30 of 30 blocks',
      `checking history: ${lived.height} of ${lived.height} records`,
      '',
    ]);
    expect(lines.out).toBe(drawn.out);
  });
});
