/**
 * How many blocks a second do the nodes of a simulated network take on one core, and what of that is the bare reduction?
 *
 * A network of 21 (and of 4) in which nothing goes wrong; a node-block is one block taken by one node, with all that belongs to it:
 * messages, fork choice, the store in memory, the slot's turn. Beside it, in the same run, the same number of empty blocks of the
 * same chain are reduced and nothing else. CPU time of this process; each figure is the median of several runs.
 */
import { bestCrypto } from '../dist/adapters/crypto/best.js';
import { bytesOf } from '../dist/core/bytes.js';
import { beginTip, buildBlock, checkBlock, producerAt, readBlock, reduce } from '../dist/core/index.js';
import { encodeBlock } from '../dist/core/wire/header.js';
import { planOf, runNetwork } from '../dist/sim/index.js';
import { stubCrypto } from '../dist/sim/network/stub-crypto.js';
import { foundWorld } from '../dist/sim/network/world.js';
import { rightRules } from '../dist/sim/wrong-rules.js';
import { median } from './measure.mjs';
import { atLeast, reportOf } from './report.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SLOTS = Number(process.env.SLOTS ?? 200);
const report = reportOf(import.meta.url, 'blocks that simulated nodes take');
const hasher = await bestCrypto();
const crypto = stubCrypto(hasher);

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const quietPlan = (producers) => ({
  ...planOf(7, { producers, byzantine: false, elections: false, restarts: false, kinds: [] }),
  chaosSlots: SLOTS / 2,
  calmSlots: SLOTS / 2,
});

/** Blocks of a chain, made without an engine. */
const blocksOf = ({ founding, people }) => {
  const keys = new Map([...people.values()].map(({ address, privateKey }) => [address, privateKey]));
  const { chain } = founding;
  const blocks = [];
  for (let slot = 1, tip = beginTip(founding); slot <= SLOTS; slot += 1) {
    const height = tip.votes.blocks.findLast(({ producer }) => producer === producerAt(chain, tip, slot))?.height ?? 0;
    const built = buildBlock(chain, tip, { slot, lockOf: () => height, offers: () => [] });
    if (built._tag === 'Left') throw new Error(built.left.code);
    const { claim, id, transition } = built.right;
    blocks.push(
      encodeBlock({ header: { ...claim, sign: crypto.sign(bytesOf(id), keys.get(claim.producer)) }, transactions: [] }),
    );
    tip = transition.tip;
  }
  return blocks;
};

const reduceAll = ({ founding }, blocks) => {
  let tip = beginTip(founding);
  for (const bytes of blocks) {
    const reduced = reduce(founding.chain, tip, checkBlock(founding.chain, readBlock(bytes).right));
    if (reduced._tag === 'Left') throw new Error(reduced.left.code);
    tip = reduced.right.tip;
  }
};

for (const producers of [21, 4]) {
  const plan = quietPlan(producers);
  const world = foundWorld(crypto, plan, rightRules);
  const blocks = blocksOf(world);
  const [nodes, bare] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const beforeRun = cpuSeconds();
    const run = await runNetwork(plan, { hasher });
    nodes.push(run.nodeBlocks / (cpuSeconds() - beforeRun));
    if (run.violations.length > 0 || run.nodeBlocks !== producers * SLOTS) throw new Error(JSON.stringify(run));
    const beforeBare = cpuSeconds();
    for (let node = 0; node < 4; node += 1) reduceAll(world, blocks);
    bare.push((4 * blocks.length) / (cpuSeconds() - beforeBare));
  }
  const [rate, limit] = [median(nodes), median(bare)];
  report.row({
    what: `${producers} nodes`,
    figure: rate,
    unit: 'node-blocks a second',
    against: 'bare reduction of the same blocks',
    limit,
    ratio: rate / limit,
    ...(producers === 21 ? { mark: atLeast(2_000), marked: rate } : {}),
  });
}
