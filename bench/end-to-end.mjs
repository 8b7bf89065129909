/**
 * End to end: blocks of signed transfers from their bytes to the root, in memory and on SQLite, beside the bare recovery of the same
 * signatures; in turns, round by round.
 *
 * A chain in memory makes the blocks; another follows them by `reduce` alone, and an engine on SQLite (synchronous FULL) takes them with
 * all that is its own: fork choice, finality, the commit to the disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteStorage } from '../dist/adapters/storage/sqlite.js';
import { bytesOf } from '../dist/core/bytes.js';
import {
  checkBlock,
  encodeTransaction,
  readBlock,
  reduce,
  signTransaction,
  slotStart,
  transactionMessage,
} from '../dist/core/index.js';
import { blockOf, right } from './chain.mjs';
import { fillStore, openOn } from './engines.mjs';
import { seededBelow, timedAsync } from './measure.mjs';
import { syntheticChain } from './synthetic.mjs';
import { twinLedger } from './twin-ledger.mjs';

/** Transfers of one unit: people send in turn, any account receives. */
const transferMaker = (world, twin) => {
  const below = seededBelow(2_024);
  let next = 0;
  return () => {
    const { address, privateKey } = world.people.at(next % world.people.length);
    next += 1;
    const to = world.rows.addressOf(below(world.accounts));
    const fields = { kind: 'transfer', chainId: 1, nonce: twin.nonceOf(address) + 1n, to, value: 1n };
    twin.transfer(address, to, 1n);
    return encodeTransaction(signTransaction(world.crypto, fields, privateKey));
  };
};

/** Hash and signature of each transfer, as the library wants them. */
const signaturesIn = (transfers) =>
  transfers
    .map((bytes) => right(transactionMessage.decode(bytes)))
    .map(({ hash, sign }) => ({ hash: bytesOf(hash), compact: sign.slice(0, 64), id: sign[64] }));

/** As many signatures of a round are recovered bare: what the bench itself keeps must not be the collector's work. */
const BARE = 3_000;

/** The blocks of a round, how many transfers they hold, and some of their signatures. */
const roundOf = (run) => {
  const { world, plan, makeTransfer } = run;
  const blocks = [];
  const some = [];
  for (let block = 0; block < plan.blocksPerRound; block += 1) {
    const transfers = Array.from({ length: plan.count }, makeTransfer);
    const made = blockOf(world, run.madeTip, transfers);
    run.madeTip = made.tip;
    blocks.push(made.bytes);
    if (some.length < BARE) some.push(...transfers);
  }
  return { blocks, transfers: plan.blocksPerRound * plan.count, signatures: signaturesIn(some.slice(0, BARE)) };
};

const recoverAll = (recover, signatures) => {
  for (const { hash, compact, id } of signatures)
    if (recover(hash, compact, id)[0] === 0) throw new Error('no key was recovered');
};

const followInMemory = (run, blocks) => {
  const { chain } = run.world;
  for (const bytes of blocks)
    run.memoryTip = right(reduce(chain, run.memoryTip, checkBlock(chain, right(readBlock(bytes))))).tip;
};

/** What the store is owed of these blocks is paid with them. */
const followOnDisk = async ({ engine }, blocks) => {
  for await (const followed of engine.followAll(blocks)) right(followed);
  await engine.flush();
};

const measureRound = async (run, round, isWarm) => {
  const { blocks, transfers, signatures } = roundOf(run);
  run.clock.set(slotStart(run.world.chain, run.madeTip.slot));
  const bare = ['bare', signatures.length, () => recoverAll(run.plan.recover, signatures)];
  const memory = ['memory', transfers, () => followInMemory(run, blocks)];
  const disk = ['disk', transfers, () => followOnDisk(run, blocks)];
  // The limit, which takes little time, before, between and after: what slows the machine down for a while slows down all.
  const turns = round % 2 === 0 ? [bare, memory, bare, disk, bare] : [bare, disk, bare, memory, bare];
  const sums = { bare: [0, 0, 0], memory: [0, 0, 0], disk: [0, 0, 0] };
  for (const [name, count, work] of turns) {
    const { micros, wall } = await timedAsync(work);
    const sum = sums[name];
    sum[0] += micros;
    sum[1] += wall;
    sum[2] += count;
  }
  if (!isWarm) return;
  for (const [name, [micros, wall, count]] of Object.entries(sums)) {
    run.figures[name].cpu.push(micros / count);
    run.figures[name].wall.push(wall / count);
  }
};

const checkAnswers = (run) => {
  const { engine, madeTip, memoryTip, twin } = run;
  const { root } = madeTip.state;
  if (memoryTip.state.root !== root || engine.tip.state.root !== root)
    throw new Error('wrong answer: the roots differ');
  twin.check(memoryTip.state);
};

/**
 * Microseconds a transfer, round by round: `bare`, `memory` and `disk`, each by `cpu` and by `wall`.
 *
 * `plan`: `accounts`; `count` of transfers in a block; `blocksPerRound`; `rounds`, after `warming` ones; `crypto`; and
 * `recover(hash, compact, id)`, the library's own call.
 */
export const measureEndToEnd = async (plan) => {
  const folder = mkdtempSync(join(tmpdir(), 'medstate-transfer-'));
  const file = join(folder, 'store');
  try {
    const all = (plan.rounds + plan.warming) * plan.blocksPerRound * plan.count;
    const people = Math.min(plan.accounts, all);
    const world = await syntheticChain(plan.accounts, { people, crypto: plan.crypto });
    const filling = await sqliteStorage({ file, durability: 'normal' });
    const root = await fillStore(world, filling);
    await filling.close();
    const twin = twinLedger(Math.min(plan.accounts, 2 * all));
    const { engine, clock } = await openOn(world, await sqliteStorage({ file }), root);
    const figures = Object.fromEntries(['bare', 'memory', 'disk'].map((name) => [name, { cpu: [], wall: [] }]));
    const run = { plan, world, twin, makeTransfer: transferMaker(world, twin), engine, clock, figures };
    run.madeTip = world.memoryTip();
    run.memoryTip = world.memoryTip();
    for (let round = 0; round < plan.rounds + plan.warming; round += 1)
      await measureRound(run, round, round >= plan.warming);
    checkAnswers(run);
    await engine.close();
    await checkStored(run, file, root);
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What is on the disk leads to the same root: an engine that is opened on it anew stands where the other did. */
const checkStored = async ({ world, madeTip }, file, root) => {
  const { engine } = await openOn(world, await sqliteStorage({ file }), root);
  if (engine.tip.state.root !== madeTip.state.root) throw new Error('wrong answer: the store has another root');
  await engine.close();
};
