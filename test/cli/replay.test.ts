import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as E from 'fp-ts/lib/Either.js';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Block, MED, readBlock, type Seconds, signBlock } from '../../src/core/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { crypto, drive, person, rightOf, signed, smallChain, transfer } from '../engine/small-chain.ts';
import { screen } from './terminal.ts';

const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'medstate-replay-'));
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

/** A store of 12 blocks, some with thirty transfers, and what it came to. */
const lived = await (async () => {
  const file = join(folder, 'chain.sqlite');
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const { engine, make } = await drive(smallChain(), storage);
  rightOf(await engine.offer(signed('alice', 1, { kind: 'stake', value: 50_000_000n * MED })));
  for (let made = 0; made < 12; made += 1) {
    if (made < 3)
      for (let nonce = 0; nonce < 30; nonce += 1) rightOf(await engine.offer(transfer('alice', 2 + 30 * made + nonce)));
    await make();
  }
  const { id, state, votes } = engine.tip;
  await engine.close();
  return { file, id, root: state.root, finalHeight: votes.finalHeight };
})();

let copies = 0;
/** A copy of the store with the block of height 2 changed. */
const copyWith = async (change: (block: Block) => Uint8Array): Promise<string> => {
  copies += 1;
  const file = join(folder, `copy-${copies}.sqlite`);
  copyFileSync(lived.file, file);
  const storage = await sqliteStorage({ file, durability: 'normal' });
  const stored = await storage.block(2);
  const block = readBlock(stored?.bytes ?? new Uint8Array(0));
  if (stored === undefined || E.isLeft(block)) throw new Error('no block 2');
  await storage.commit({ blocks: [{ ...stored, bytes: change(block.right) }] });
  await storage.close();
  return file;
};

const play = async (words: readonly string[]) => {
  const { io, out, errors } = screen();
  const code = await runProgram({ version: '0', commands, isDebug: false }, ['replay', ...words], io);
  return { code, out: out(), err: errors().join('') };
};

const isTimed = (line: string): boolean => line.startsWith('time') || line.startsWith('transactions');
const steady = (out: string): readonly string[] => out.split('\n').filter((line) => !isTimed(line));

describe('medstate replay', () => {
  const expected = [
    `blocks         12, up to ${lived.id}`,
    `state root     ${lived.root}`,
    `final height   ${lived.finalHeight}`,
    'trusted        the genesis',
    '',
  ];

  it('replays a store to the state that its engine had, and tells the rate', async () => {
    const { code, out, err } = await play([lived.file, '-g', genesis, '--workers', '0', '-q']);
    expect({ code, err, lines: steady(out) }).toEqual({ code: 0, err: '', lines: expected });
    expect(out).toMatch(/^transactions {3}91, [\d ]+ a second$/m);
    expect(out).toMatch(/^time {11}\d+ s$/m);
  });

  it('does the same on worker threads, and ends by itself', () => {
    const words = [BUILT, 'replay', lived.file, '--genesis', genesis, '--workers', '2'];
    const done = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 60_000 });
    expect(done.stderr).toMatch(/(?:^|\n)replaying: 12 of 12 blocks, [\d. ]+\/s, \d+ s\n$/);
    expect(steady(done.stdout)).toEqual(expected);
    expect(done.status).toBe(0);
  });

  it('says at which block a history parts, and why', async () => {
    const alice = person('alice').privateKey;
    const file = await copyWith(({ header, transactions }) => signBlock(crypto, header, transactions, alice));
    const { code, out } = await play([file, '-g', genesis, '-w', '0', '-q']);
    expect(code).toBe(1);
    expect(out.split('\n')[0]).toBe(`${file}: block 2: block_signature_invalid`);
  });

  it('with --no-signatures takes a wrong signature of a producer, says so, and finds all else', async () => {
    const alice = person('alice').privateKey;
    const unsigned = await copyWith(({ header, transactions }) => signBlock(crypto, header, transactions, alice));
    const trusting = await play([unsigned, '-g', genesis, '-w', '0', '-q', '--no-signatures']);
    expect(trusting.code).toBe(0);
    expect(trusting.out).toContain(
      'trusted        the genesis, and that each block is signed by the producer that it states\n',
    );
    const other = await copyWith(({ header, transactions }) =>
      signBlock(crypto, { ...header, stateRoot: header.parentId }, transactions, alice),
    );
    const { code, out } = await play([other, '-g', genesis, '-w', '0', '-q', '--no-signatures']);
    expect(code).toBe(1);
    expect(out).toContain('block 2: state_root_wrong');
  });

  it.each([
    [[lived.file], 'replay wants --genesis <file>'],
    [[lived.file, '-g', genesis, '-w', '65'], "--workers: found '65', wanted a whole number from 0 to 64"],
    [[], 'found 0 arguments, wanted 1'],
  ])('wants to know what it is to do: %#', async (words, complaint) => {
    const { code, err } = await play(words);
    expect({ code, err }).toEqual({ code: 2, err: `medstate: ${complaint} (see medstate replay --help)\n` });
  });
});
