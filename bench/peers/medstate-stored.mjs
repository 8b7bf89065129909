/**
 * Medstate, stored: the same blocks as `medstate`, taken by the engine on SQLite, each on the disk before the next.
 *
 * What it does beside the chain alone: fork choice, finality, and the commit to a file in full durability. Its peers' stores are in memory.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStorage } from '../../dist/adapters/storage/sqlite.js';
import { slotStart } from '../../dist/core/index.js';
import { right } from '../chain.mjs';
import { fillStore, openOn } from '../engines.mjs';
import { checkBalances, makeChain } from './medstate.mjs';

export const prepare = async (plan) => {
  const { world, blocks, made, root } = await makeChain(plan);
  const folder = mkdtempSync(join(tmpdir(), 'medstate-peers-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'store');
  const filling = await sqliteStorage({ file, durability: 'normal' });
  const founded = await fillStore(world, filling);
  await filling.close();
  const { engine, clock } = await openOn(world, await sqliteStorage({ file }), founded);
  clock.set(slotStart(world.chain, made.length));
  let next = 0;
  return {
    about: 'native secp256k1, SQLite',
    run: async () => {
      right(await engine.follow(made[next]));
      next += 1;
    },
    check: () => checkBalances({ plan, world, blocks: blocks.slice(0, next), state: engine.tip.state, root }),
  };
};
