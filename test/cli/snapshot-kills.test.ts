import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteStorage } from '../../src/adapters/storage/sqlite.ts';
import type { Seconds } from '../../src/core/index.ts';
import { knownGenesis } from '../../src/fixtures/genesis.ts';
import { crypto, smallChain } from '../engine/small-chain.ts';
import { worldOf } from '../engine/snapshot-world.ts';

const KILLS = Number(process.env['MEDSTATE_KILLS'] ?? 4);
const BUILT = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'medstate-kills-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const params = { chainId: '7', producersPerRound: '4', windowSeconds: '600', unstakeSeconds: '600' };
const others = { alice: 90_000_000n, bob: 1_000n };
const { document } = knownGenesis(crypto, { genesisTime: 1_000_000 as Seconds, params, producers: 5, others });
writeFileSync(at('genesis.json'), JSON.stringify({ ...document, genesisTime: '1000000' }));

/** A store of five files of rows. */
const ENTRIES = 33_000;
const world = worldOf({
  chain: smallChain().chain,
  entries: Array.from({ length: ENTRIES }, (_, leaf) => ({
    leaf,
    key: crypto.sha256(Uint8Array.of(leaf & 255, leaf >> 8)),
    value: new Uint8Array(60).fill(leaf & 255),
  })),
  height: 3,
});
const source = await sqliteStorage({ file: at('source.sqlite'), durability: 'normal' });
await source.commit(world.batch);
await source.close();

/** Runs the built program, killed after a while if that is given; whether it ended by itself, and how long it took. */
const run = (words: readonly string[], killMs?: number) =>
  new Promise<{ isDone: boolean; ms: number }>((resolve, reject) => {
    if (!existsSync(BUILT)) throw new Error('dist/ is not built; `npm test` builds it first');
    const start = performance.now();
    const args = [BUILT, 'snapshot', ...words, '--genesis', at('genesis.json'), '--quiet'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += String(chunk);
    });
    const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === 'SIGKILL') resolve({ isDone: code === 0, ms: performance.now() - start });
      else reject(new Error(complaint));
    });
  });

/** Goes on where a kill left off; one that came after the last file of an export or the last commit of an import left nothing to do. */
const finish = (words: readonly string[], killMs?: number): Promise<{ isDone: boolean }> =>
  run(words, killMs).catch((error: Error) => {
    if (!/holds a (snapshot|chain) already/.test(error.message)) throw error;
    return { isDone: true };
  });

/** Runs the words to their end, and kills them on the way at moments spread over their time; how often that came in time. */
const runKilled = async (words: readonly string[], wholeMs: number): Promise<number> => {
  let killed = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const { isDone } = await finish(words, (wholeMs * kill) / (KILLS + 1));
    if (isDone) return killed;
    killed += 1;
  }
  await finish(words);
  return killed;
};

const digests = (path: string): readonly string[] =>
  readdirSync(path).map(
    (name) =>
      `${name} ${createHash('sha256')
        .update(readFileSync(join(path, name)))
        .digest('hex')}`,
  );

describe('a process that is killed', () => {
  it('while it exports or imports goes on when it is started again, and ends with the same bytes', async () => {
    const whole = await run(['export', at('source.sqlite'), at('whole')]);
    const files = digests(at('whole'));
    expect(files).toHaveLength(7);
    const exports = await runKilled(['export', at('source.sqlite'), at('killed')], whole.ms);
    expect(digests(at('killed'))).toEqual(files);

    const once = await run(['import', at('whole'), at('once.sqlite'), '--block', world.blockId]);
    const imports = await runKilled(['import', at('whole'), at('killed.sqlite'), '--block', world.blockId], once.ms);
    expect(exports + imports).toBeGreaterThan(0);
    for (const name of ['once', 'killed']) {
      await run(['export', at(`${name}.sqlite`), at(`again-${name}`)]);
      expect(digests(at(`again-${name}`))).toEqual(files);
    }
  });
});
